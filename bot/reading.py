"""A text that was handed in, looked at before anything else: its secrets are masked, and it is told what it is."""

from __future__ import annotations

from bot.request import Submission
from knowledge import secrets
from knowledge.foreign import SCRIPT_NOTE, script_config
from knowledge.text_kind import kind_of_file


def read(name: str, text: str) -> Submission:
    """Masks a text and tells what it is; linear in its length."""
    found = secrets.find(text)
    masked = secrets.mask(text) if found else text
    kind = kind_of_file(name, masked)
    script = script_config(masked) if kind == "other" else None
    if script is not None:
        return Submission(name, script, found, "config", (SCRIPT_NOTE,))
    return Submission(name, masked, found, kind)
