"""What names mean elsewhere, and since which release there are which: facts, read once."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from knowledge.facts.files import read_json


class Names(NamedTuple):
    """What names mean elsewhere: other trainers' (facts/names.json), removed ones and releases (facts/history.json)."""

    foreign: dict[str, dict[str, str]]
    removed: dict[str, dict[str, Any]]
    since: dict[str, str]
    releases: list[str]


@lru_cache(maxsize=1)
def load_names() -> Names:
    """The facts about names, read once."""
    names, history = read_json("names.json"), read_json("history.json")
    return Names(names["names"], history["removed"], history["since"], history["releases"])
