"""evidence.json: a digest of the source of every place that a note was written from, so that a change is noticed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from knowledge.catalog import Catalog

if TYPE_CHECKING:
    from scripts.facts.source import Source

NAME = "evidence.json"


def places() -> dict[str, tuple[str, ...]]:
    """Name of a note (a path or a concept) -> the places it was written from."""
    catalog = Catalog.load()
    return {name: note.evidence for name, note in {**catalog.concepts, **catalog.notes}.items() if note.evidence}


def generate(source: Source) -> dict[str, Any]:
    """Note -> place -> digest.

    Raises:
        ValueError: for a place that the installed Axolotl does not have.
    """
    digests: dict[str, str | None] = source.snapshot["evidence"]
    notes = {name: {place: digests[place] for place in each} for name, each in places().items()}
    gone = [f"{name}: {place}" for name, each in notes.items() for place, digest in each.items() if digest is None]
    if gone:
        raise ValueError("evidence that Axolotl does not have:\n" + "\n".join(gone))
    return {"axolotl": source.snapshot["axolotl"], "notes": notes}
