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
    r"\[(?:ERROR|WARNING)\]|CUDA out of memory|ValidationError",
    re.MULTILINE,
)


def read(name: str, text: str) -> Submission:
    """Masks a text and tells what it is; linear in its length."""
    found = secrets.find(text)
    masked = secrets.mask(text) if found else text
    return Submission(name, masked, found, _kind(masked[:_LOOKED_AT]))


_METRICS = ("{'loss'", '{"loss"', '"log_history"')
"""What stands in the log of a run that trains, and in no config."""


def _kind(text: str) -> Kind:
    keys = sum(1 for _ in _KEY_LINE.finditer(text))
    told = sum(1 for _ in _LOG_LINE.finditer(text))
    if (told and told * 4 >= keys) or any(sign in text for sign in _METRICS):
        return "log"
    return "config" if keys > 1 else "other"
