"""pins.json: what the release of Axolotl asks of the packages beside it, as its own metadata says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scripts.facts.source import Source

NAME = "pins.json"


def generate(source: Source) -> dict[str, Any]:
    """Package -> what its version must satisfy."""
    return {"axolotl": source.snapshot["axolotl"], "packages": source.snapshot["pins"]}
