"""types.json: Axolotl's classes as knowledge/coercion.py reads them, and those of plugins and cloud launchers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scripts.facts.source import Source

NAME = "types.json"


def generate(source: Source) -> dict[str, Any]:
    """The classes by name; `root` is the one of a whole config."""
    return {key: source.snapshot[key] for key in ("axolotl", "launchers", "models", "plugins", "root")}
