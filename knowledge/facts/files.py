"""The files of the facts, each read once."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent


@cache
def read_json(name: str) -> dict[str, Any]:
    """One file of the facts, such as types.json; shared, so nobody may change it."""
    loaded: dict[str, Any] = json.loads((_FOLDER / name).read_text("utf-8"))
    return loaded


@cache
def read_lines(name: str) -> dict[str, str]:
    """A file of the facts that is large: entry -> its JSON, of which a caller parses only what it needs."""
    found: dict[str, str] = {}
    for line in (_FOLDER / name).read_text("utf-8").splitlines():
        key, separator, value = line.strip().partition(": ")
        if separator and value.startswith("{") and len(value) > 1:
            found[json.loads(key)] = value.rstrip(",")
    return found
