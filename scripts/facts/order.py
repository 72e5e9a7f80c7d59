"""order.json: Axolotl's checks of the whole config in the order in which they run, before and after typing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scripts.facts.source import Source

NAME = "order.json"


def generate(source: Source) -> dict[str, Any]:
    """The names of the checks."""
    return {"axolotl": source.snapshot["axolotl"], **source.snapshot["order"]}
