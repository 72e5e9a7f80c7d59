"""classes.json: the names by which Transformers loads models, which `model_type` has to be one of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scripts.facts.source import Source

NAME = "classes.json"


def generate(source: Source) -> dict[str, Any]:
    """The names, and the release of Transformers that has them."""
    snapshot = source.snapshot
    return {
        "axolotl": source.version,
        "transformers": snapshot["transformers"],
        "classes": snapshot["libraries"]["classes"],
    }
