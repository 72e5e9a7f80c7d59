"""knowledge/fields/modes.json: where each field works, from the notes, so that a check need not read those."""

from __future__ import annotations

import json

from knowledge.catalog import Catalog
from knowledge.json_values import to_plain

PATH = "knowledge/fields/modes.json"


def render() -> str:
    """One line a path, sorted; a path that shares a note with another is listed by itself."""
    notes = Catalog.load().notes
    lines = [
        f"  {json.dumps(path)}: {json.dumps({name: listed for name, listed in to_plain(note.modes).items() if listed})}"
        for path, note in sorted(notes.items())
        if note.modes
    ]
    return "{\n" + ",\n".join(lines) + "\n}\n"
