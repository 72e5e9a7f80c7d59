"""Counters: how often something was looked at, helped, or was used. Never who."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.store.clock import from_stored, to_stored
from bot.store.guilds import know_guild

if TYPE_CHECKING:
    from datetime import datetime

    from bot.store.clock import Clock
    from bot.store.database import Database


@dataclass(frozen=True, slots=True)
class Count:
    """A counter's subject, its value, and when it was last raised."""

    subject: str
    times: int
    last_at: datetime


class Counts:
    """Counters of servers, by kind and subject; server 0 stands for direct messages."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def add(self, guild_id: int, kind: str, subject: str, by: int = 1) -> None:
        """Raises a counter."""
        async with self._database.writing() as session:
            await know_guild(session, guild_id)
            await session.run(
                "INSERT INTO counts (guild_id, kind, subject, times, last_at) VALUES (?, ?, ?, ?, ?) "
                "ON CONFLICT (guild_id, kind, subject) DO UPDATE SET times = counts.times + excluded.times, "
                "last_at = excluded.last_at",
                guild_id,
                kind,
                subject,
                by,
                to_stored(self._clock()),
            )

    async def top(self, guild_id: int, kind: str, limit: int = 25) -> tuple[Count, ...]:
        """The highest counters of a kind."""
        async with self._database.reading() as session:
            rows = await session.rows(
                "SELECT subject, times, last_at FROM counts WHERE guild_id = ? AND kind = ? "
                "ORDER BY times DESC, subject LIMIT ?",
                guild_id,
                kind,
                limit,
            )
        return tuple(Count(row["subject"], row["times"], from_stored(row["last_at"])) for row in rows)

    async def get(self, guild_id: int, kind: str, subject: str) -> int:
        """A counter's value, 0 if it was never raised."""
        async with self._database.reading() as session:
            row = await session.row(
                "SELECT times FROM counts WHERE guild_id = ? AND kind = ? AND subject = ?", guild_id, kind, subject
            )
        return int(row["times"]) if row else 0

    async def total(self, guild_id: int, kind: str) -> int:
        """The sum of the counters of a kind."""
        async with self._database.reading() as session:
            row = await session.row(
                "SELECT CAST(coalesce(sum(times), 0) AS BIGINT) AS times FROM counts WHERE guild_id = ? AND kind = ?",
                guild_id,
                kind,
            )
        return int(row["times"]) if row else 0
