"""Names that exist and are like one that does not: the Hub's search matches parts of a name, so parts are asked for."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

from rapidfuzz import fuzz, process

from bot.hub.limits import Kind
from bot.hub.shapes import Hit
from bot.hub.transport import METADATA_BYTES, Unreachable
from knowledge.hub import is_repository

if TYPE_CHECKING:
    from bot.hub.client import Client

_FOUND = 50
_SHOWN = 3
_LIKE = 72
_WORDS = re.compile(r"[-_.\s]+")


async def nearest(client: Client, what: str, name: str) -> tuple[str, ...]:
    """The nearest names that exist.

    Args:
        client: Asks.
        what: "models" or "datasets".
        name: The name that does not.
    """
    owner, _, last = name.rpartition("/")
    queries: list[dict[str, str]] = [{"search": part} for part in _parts(last)]
    if owner:
        queries.insert(0, {"author": owner})
    pages = await asyncio.gather(*(_search(client, what, query) for query in queries))
    found = list(dict.fromkeys(hit for page in pages for hit in page))
    ranked = process.extract(name.lower(), found, processor=str.lower, scorer=fuzz.ratio, limit=_SHOWN)
    return tuple(hit for hit, score, _ in ranked if score >= _LIKE and hit != name and is_repository(hit))


def _parts(name: str) -> list[str]:
    """Three parts, one of which is likely to be spelled right: without its last word, its first, and its longest."""
    words = _WORDS.split(name)
    if len(words) < 2:
        half = len(name) // 2
        return [part for part in dict.fromkeys((name, name[:half], name[half:])) if len(part) > 2]
    last, first = name.rfind(words[-1]), len(words[0])
    parts = (name[:last].rstrip("-_. "), name[first:].lstrip("-_. "), max(words, key=len))
    return [part for part in dict.fromkeys(parts) if len(part) > 2]


async def _search(client: Client, what: str, query: dict[str, str]) -> list[str]:
    url = client.hub / "api" / what % {**query, "limit": str(_FOUND)}
    try:
        answer = await client.get(Kind.API, url, METADATA_BYTES)
        hits = answer.json() if answer.status == 200 else []
        return [Hit.model_validate(hit).id for hit in hits[:_FOUND]]
    except (Unreachable, ValueError, TypeError):
        # A suggestion that cannot be had is left out; that the name is missing is known without it.
        return []
