"""Searches that found nothing, by text, without who searched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.store.clock import from_stored, to_stored
from bot.store.content import clean_line
from bot.store.guilds import know_guild
from bot.store.words import name_key

if TYPE_CHECKING:
    from datetime import datetime

    from bot.store.clock import Clock
    from bot.store.database import Database

QUERY_LIMIT = 100
"""Characters of a query that are kept."""
KEPT_QUERIES = 500
"""Different queries kept a server; beyond them the rarest and oldest goes."""


@dataclass(frozen=True, slots=True)
class Miss:
    """A query that found nothing, how often, and when last."""

    query: str
    times: int
    last_at: datetime


class Misses:
    """What members looked up in vain."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def add(self, guild_id: int, query: str) -> None:
        """Counts a query; secrets in it are to be masked before."""
        line = clean_line(query)[:QUERY_LIMIT].strip()
        if not line:
            return
        async with self._database.writing() as session:
            await know_guild(session, guild_id)
            await session.run(
                "INSERT INTO misses (guild_id, query_key, query, times, last_at) VALUES (?, ?, ?, 1, ?) "
                "ON CONFLICT (guild_id, query_key) DO UPDATE SET times = misses.times + 1, last_at = excluded.last_at",
                guild_id,
                name_key(line),
                line,
                to_stored(self._clock()),
            )
            await session.run(
                "DELETE FROM misses WHERE guild_id = ? AND query_key IN (SELECT query_key FROM misses "
                "WHERE guild_id = ? ORDER BY times DESC, last_at DESC, query_key LIMIT 1000 OFFSET ?)",
                guild_id,
                guild_id,
                KEPT_QUERIES,
            )

    async def top(self, guild_id: int, limit: int = 25) -> tuple[Miss, ...]:
        """The most frequent ones."""
        async with self._database.reading() as session:
            rows = await session.rows(
                "SELECT query, times, last_at FROM misses WHERE guild_id = ? "
                "ORDER BY times DESC, last_at DESC, query_key LIMIT ?",
                guild_id,
                limit,
            )
        return tuple(Miss(row["query"], row["times"], from_stored(row["last_at"])) for row in rows)

    async def forget(self, guild_id: int, query: str) -> bool:
        """Takes a query off the list, once an entry answers it; False if it was not on it."""
        async with self._database.writing() as session:
            key = name_key(clean_line(query)[:QUERY_LIMIT])
            return await session.run("DELETE FROM misses WHERE guild_id = ? AND query_key = ?", guild_id, key) > 0
