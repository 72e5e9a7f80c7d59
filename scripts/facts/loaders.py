"""loaders.json: which model types Axolotl can load, and through which of Transformers' classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scripts.facts.source import Source

NAME = "loaders.json"


def generate(source: Source) -> dict[str, Any]:
    """Kind of loader -> the model types that it takes."""
    snapshot = source.snapshot
    return {"axolotl": snapshot["axolotl"], "transformers": snapshot["transformers"], **snapshot["loaders"]}
