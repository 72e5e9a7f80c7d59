"""Print how complete the notes are: evidence, kinds of run, and notes that leave a reader without an answer.

make notes
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from knowledge.catalog import Catalog, Note  # noqa: E402

RL_ONLY = (
    "axolotl.core.trainers.dpo",
    "axolotl.core.trainers.grpo",
    "axolotl.core.builders.rl",
    "axolotl.utils.data.rl",
)
"""Modules that run in preference and reinforcement learning alone."""


def main() -> int:
    """Print the figures; 1 where one that has to be 0 is not."""
    catalog = Catalog.load()
    notes = {**catalog.notes, **catalog.concepts}
    lists = {
        "without evidence": [name for name, note in notes.items() if not note.evidence],
        "without a kind of run where the code has one": [name for name, note in notes.items() if _modeless(note)],
        "without an answer": [name for name, note in catalog.notes.items() if _empty(note)],
    }
    print(f"{len(notes)} notes ({len(catalog.notes)} paths, {len(catalog.concepts)} concepts)")
    for label, names in lists.items():
        shown = ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")
        print(f"  {label}: {len(names)}{f' ({shown})' if names else ''}")
    return 1 if any(lists.values()) else 0


def _modeless(note: Note) -> bool:
    """Whether all evidence of a note stands where only preference or reinforcement learning comes by, unsaid."""
    return bool(note.evidence) and not note.modes and all(place.startswith(RL_ONLY) for place in note.evidence)


def _empty(note: Note) -> bool:
    """Whether a note says what a field is and neither what changing it does nor what to watch out for."""
    return not (note.raising or note.lower or note.costs or note.pitfalls)


if __name__ == "__main__":
    sys.exit(main())
