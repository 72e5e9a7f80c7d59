"""Which names were removed, and since which release there are which: facts, read once."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from knowledge.facts.files import read_json


class Names(NamedTuple):
    """What the history of releases tells of names (facts/history.json)."""

    removed: dict[str, dict[str, Any]]
    since: dict[str, str]
    releases: list[str]


@lru_cache(maxsize=1)
def load_names() -> Names:
    """The history, read once."""
    history = read_json("history.json")
    return Names(history["removed"], history["since"], history["releases"])
