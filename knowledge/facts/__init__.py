"""Generated facts about Axolotl: JSON that scripts/sync_axolotl.py writes. Each file names the version it is for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent


def read_json(name: str) -> dict[str, Any]:
    """One file of the facts."""
    loaded: dict[str, Any] = json.loads((_FOLDER / name).read_text("utf-8"))
    return loaded
