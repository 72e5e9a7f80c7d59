"""names.json: what people write who come from another trainer, and what Axolotl calls it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scripts.facts.source import table

if TYPE_CHECKING:
    from scripts.facts.source import Source

NAME = "names.json"


def generate(source: Source) -> dict[str, Any]:
    """Name -> what it means, and whose it is."""
    if source.reference is None:
        return {**source.before(NAME), "axolotl": source.version}
    rows = table(source.reference / "axolotl" / "foreign_names.tsv")
    return {
        "axolotl": source.version,
        "names": {written: {"means": means, "from": origin} for written, means, origin in rows},
    }
