"""What a text is for sure: a config, a log, rows, a list of packages. Nobody asked, so doubt counts against it."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any, Literal

from knowledge.catalog import Catalog
from knowledge.config import read
from knowledge.diagnosis import diagnose
from knowledge.document import Mapping
from knowledge.versions import compare_versions, lists_packages

Recognized = Literal["config", "log", "rows", "packages", "other"]

_LOOKED_AT = 400_000
_KEYS = 4
"""Fields of Axolotl that a config names at least: fewer are quoted in passing."""
_NAMED = ("base_model", "base_model_config", "datasets", "pretraining_dataset")
"""Without one of them it is a part of a config that somebody quotes, or the config of another program."""
_OURS = 0.6
"""How much of the keys Axolotl has to know."""
_TRAINING = re.compile(
    r"axolotl|transformers|accelerate|\btorch|\bpeft\b|deepspeed|bitsandbytes|\btrl\b|flash[_-]attn|\bCUDA\b|\bNCCL\b|"
    r"huggingface|safetensors|'loss':|\bvllm\b|llama[._-]cpp",
    re.IGNORECASE,
)
_PRINTED = re.compile(
    r"^[^\n]{0,40}Traceback \(most recent call last\)|^[^\n]{0,40}File \"[^\"\n]+\", line \d+|"
    r"^[\w.\[\]: ]{0,60}\b[A-Z]\w*(?:Error|Exception)\b: |\[(?:ERROR|WARNING|INFO)\]|"
    r"\{'(?:loss|eval_loss|train_runtime)': |(?<!\d)\d{1,3}%\||CUDA out of memory\. Tried",
    re.MULTILINE,
)
"""What a program prints, in distinction to what stands in its source."""
_SOURCE = re.compile(r"^(?:import \w|from [\w.]+ import |def \w+\(|class \w+[:(]|#include|function |const |let )", re.M)


def recognize(text: str) -> Recognized:
    """Says what a text is for sure, `other` where there is any doubt; no text raises."""
    text = text[:_LOOKED_AT]
    if _are_rows(text):
        return "rows"
    if _is_log(text):
        return "log"
    if _is_config(text):
        return "config"
    return "packages" if _lists_axolotl(text) else "other"


@cache
def _fields() -> frozenset[str]:
    return frozenset(name for name in Catalog.load().fields if "." not in name and "[" not in name)


def _is_config(text: str) -> bool:
    values = read(text).document.values
    if not isinstance(values, Mapping):
        return False
    names = [str(name) for name in values]
    known = sum(name in _fields() for name in names)
    return known >= max(_KEYS, _OURS * len(names)) and any(name in values for name in _NAMED)


def _is_log(text: str) -> bool:
    if not _PRINTED.search(text):
        return False
    if _SOURCE.search(text) and "Traceback (most recent call last)" not in text and "%|" not in text:
        return False
    found = diagnose(text)
    if not _TRAINING.search(text):
        return any(match.kind == "axolotl" and match.conclusive and not match.harmless for match in found.matches)
    return found.failed or found.progress.step is not None or found.progress.last_loss is not None


def _lists_axolotl(text: str) -> bool:
    """Whether it lists installed packages with Axolotl among them; any other list may be of another program."""
    if not lists_packages(text):
        return False
    found = compare_versions(text)
    return found is not None and found.installed_axolotl is not None


def _are_rows(text: str) -> bool:
    """Whether it is JSON, at least two objects with the same keys: one a line, or in a list."""
    start = text.lstrip()
    if not start.startswith(("{", "[")):
        return False
    lines = [line for line in start.splitlines() if line.strip()]
    rows = [_value(line) for line in lines[:5]] if start.startswith("{") else _value(start)
    if not isinstance(rows, list) or len(rows) < 2:
        return False
    objects = [row for row in rows[:5] if isinstance(row, dict) and row]
    return len(objects) == len(rows[:5]) and bool(set.intersection(*(set(row) for row in objects)))


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
