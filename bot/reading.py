"""A text that was handed in, looked at before anything else: its secrets are masked, and it is told what it is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.request import Submission
from knowledge import secrets

if TYPE_CHECKING:
    from bot.request import Kind

_LOOKED_AT = 200_000
_KEY_LINE = re.compile(r"^[ \t>]*(?:- )?[\w.\"'-]+[ \t]*:(?:[ \t]|$)", re.MULTILINE)
_LOG_LINE = re.compile(
    r"^Traceback \(most recent call last\)|^[ \t]*File \".+\", line \d+|^[\w.]{1,100}(?:Error|Exception)\b|"
    r"\[(?:ERROR|WARNING|INFO)\]|CUDA out of memory|ValidationError|\d(?:it/s|s/it)\b|^\{'(?:train_|eval_)?loss':",
    re.MULTILINE,
)
_ROWS = re.compile(r"\s*\[\s*\{\s*\"|\s*\{\s*\"[^\n]*\}[ \t]*(?:\r?\n\s*\{|\s*\Z)")
_FIRST_ROWS = 20_000
_WORD = re.compile(r"[^\W\d_]{2,}")
_LONGEST_QUESTION = 1500


def read(name: str, text: str) -> Submission:
    """Masks a text and tells what it is; linear in its length."""
    found = secrets.find(text)
    masked = secrets.mask(text) if found else text
    return Submission(name, masked, found, _kind(masked[:_LOOKED_AT]))


_METRICS = ("{'loss'", '{"loss"', '"log_history"')
"""What stands in the log of a run that trains, and in no config."""


def _kind(text: str) -> Kind:
    if any(sign in text for sign in _METRICS):
        return "log"
    if _ROWS.match(text[:_FIRST_ROWS]) and '"base_model"' not in text[:_FIRST_ROWS]:
        return "rows"
    keys = sum(1 for _ in _KEY_LINE.finditer(text))
    told = sum(1 for _ in _LOG_LINE.finditer(text))
    if told and told * 4 >= keys:
        return "log"
    if keys > 1:
        return "config"
    asks = len(text) <= _LONGEST_QUESTION and not keys and "=" not in text and len(_WORD.findall(text)) > 1
    return "question" if asks else "other"
