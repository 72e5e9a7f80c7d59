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
