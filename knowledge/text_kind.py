"""What a text is that somebody hands in: a config, a log, rows of a dataset, or words."""

from __future__ import annotations

import re
from typing import Final, Literal

from knowledge.pattern import expression

Kind = Literal["config", "log", "rows", "question", "other"]
ROWS_SUFFIXES: Final = (".jsonl", ".ndjson", ".csv", ".tsv", ".parquet", ".arrow")
"""How the names of files end that hold rows of a dataset."""
_LOGS = (".log", ".err", ".out")
_LOOKED_AT = 200_000
_KEY_LINE = expression(r"^[ \t>]*(?:- )?[\w.\"'-]+[ \t]*:(?:[ \t]|$)", re.MULTILINE)
_LOG_LINE = expression(
    r"^Traceback \(most recent call last\)|^[ \t]*File \".+\", line \d+|^[\w.]{1,100}(?:Error|Exception)\b|"
    r"\[(?:ERROR|WARNING|INFO)\]|CUDA out of memory|ValidationError|\d(?:it/s|s/it)\b|^\{'(?:train_|eval_)?loss':|"
    r"^[ \t]*\[rank ?\d+\]:|\[[A-Z][\w:. ]{0,60}\b\w+\.(?:cpp|cc|cu|h|py):\d+\]|\bNCCL (?:WARN|INFO|ERROR)\b",
    re.MULTILINE,
)
_ROWS = expression(r"\[\s*\{\s*\"|\{\s*\"[^\n]*\}[ \t]*(?:\r?\n\s*\{|\s*\Z)")
_FIRST_ROWS = 20_000
_METRICS = ("{'loss'", '{"loss"', '"log_history"')
"""What stands in the log of a run that trains, and in no config."""
_WORD = expression(r"[^\W\d_]{2,}")
_LONGEST_QUESTION = 1500


def kind_of_file(name: str, text: str) -> Kind:
    """What a file holds: text that could be anything is a log in a file that is named as one."""
    kind = kind_of(text)
    return "log" if kind in ("other", "question") and name.lower().endswith(_LOGS) else kind


def kind_of(text: str) -> Kind:
    """What a text is: "config" for lines of YAML, "log" for what a program printed, "rows", "question".

    Linear in its length; of a long text the beginning is looked at.
    """
    text = text[:_LOOKED_AT]
    if any(sign in text for sign in _METRICS):
        return "log"
    if _ROWS.match(text[:_FIRST_ROWS].lstrip()) and '"base_model"' not in text[:_FIRST_ROWS]:
        return "rows"
    keys = sum(1 for _ in _KEY_LINE.finditer(text))
    told = sum(1 for _ in _LOG_LINE.finditer(text))
    if told and told * 4 >= keys:
        return "log"
    if keys > 1:
        return "config"
    asks = len(text) <= _LONGEST_QUESTION and not keys and "=" not in text and len(_WORD.findall(text)) > 1
    return "question" if asks else "other"
