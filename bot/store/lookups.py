"""What the Hub said, kept for a while, so that it is not asked again for every check."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bot.store.clock import to_stored

if TYPE_CHECKING:
    from bot.store.clock import Clock
    from bot.store.database import Database

KEPT_LOOKUPS = 20_000
"""Rows; beyond them those go whose time is up first."""
LONGEST_BODY = 256 * 1024
"""Characters; a longer answer is rare, and asked for again."""
_AT_ONCE = 1_000


class HubLookups:
    """A cache of texts by key."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def get(self, key: str) -> str | None:
        """The text of a key whose time is not up, or None."""
        async with self._database.reading() as session:
            row = await session.row(
                "SELECT body FROM hub_lookups WHERE lookup_key = ? AND ends_at > ?", key, to_stored(self._clock())
            )
        return str(row["body"]) if row else None

    async def put(self, key: str, body: str, seconds: int) -> None:
        """Keeps a text for so many seconds; what is too old, and the oldest of too many, go."""
        if len(body) > LONGEST_BODY:
            return
        now = self._clock()
        async with self._database.writing() as session:
            await session.run(
                "INSERT INTO hub_lookups (lookup_key, body, ends_at) VALUES (?, ?, ?) "
                "ON CONFLICT (lookup_key) DO UPDATE SET body = excluded.body, ends_at = excluded.ends_at",
                key,
                body,
                to_stored(now + timedelta(seconds=seconds)),
            )
            await session.run("DELETE FROM hub_lookups WHERE ends_at <= ?", to_stored(now))
            await session.run(
                "DELETE FROM hub_lookups WHERE lookup_key IN (SELECT lookup_key FROM hub_lookups "
                "ORDER BY ends_at DESC, lookup_key LIMIT ? OFFSET ?)",
                _AT_ONCE,
                KEPT_LOOKUPS,
            )
