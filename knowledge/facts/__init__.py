"""Generated facts about Axolotl: JSON that scripts/sync_axolotl.py writes. Each file names the version it is for."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any


def read_json(name: str) -> dict[str, Any]:
    """One file of the facts."""
    loaded: dict[str, Any] = json.loads((resources.files(__name__) / name).read_text("utf-8"))
    return loaded
