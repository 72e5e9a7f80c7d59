"""supported.json: which of Axolotl's lists each model type is in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scripts.facts.source import Source

NAME = "supported.json"


def generate(source: Source) -> dict[str, Any]:
    """Model type -> its class, its lists, and what Axolotl's own descriptor says."""
    snapshot = source.snapshot
    return {"axolotl": snapshot["axolotl"], "transformers": snapshot["transformers"], "types": snapshot["support"]}
