"""Rules that a server does not want to hear of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.store.clock import from_stored, to_stored
from bot.store.content import clean_line
from bot.store.guilds import know_guild

if TYPE_CHECKING:
    from datetime import datetime

    from bot.store.clock import Clock
    from bot.store.database import Database, Row


@dataclass(frozen=True, slots=True)
class Mute:
    """A muted rule: by whom, since when, why, and until when (None: until somebody unmutes it)."""

    rule: str
    author_id: int
    at: datetime
    reason: str
    until: datetime | None = None


class Mutes:
    """The muted rules of servers."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def mute(
        self, guild_id: int, rule: str, *, author_id: int, reason: str, until: datetime | None = None
    ) -> Mute:
        """Mutes a rule in a server; muted again, the newer reason and end count."""
        now = to_stored(self._clock())
        reason = clean_line(reason)[:500]
        ends = None if until is None else to_stored(until)
        async with self._database.writing() as session:
            await know_guild(session, guild_id)
            await session.run(
                "INSERT INTO mutes (guild_id, rule, author_id, made_at, reason, ends_at) VALUES (?, ?, ?, ?, ?, ?) "
                "ON CONFLICT (guild_id, rule) DO UPDATE SET author_id = excluded.author_id, "
                "made_at = excluded.made_at, reason = excluded.reason, ends_at = excluded.ends_at",
                guild_id,
                rule,
                author_id,
                now,
                reason,
                ends,
            )
        return Mute(rule, author_id, from_stored(now), reason, until)

    async def unmute(self, guild_id: int, rule: str) -> bool:
        """Lets a rule speak again; False if it was not muted."""
        async with self._database.writing() as session:
            return await session.run("DELETE FROM mutes WHERE guild_id = ? AND rule = ?", guild_id, rule) > 0

    async def all(self, guild_id: int) -> tuple[Mute, ...]:
        """The rules that are muted in a server now, by name."""
        async with self._database.reading() as session:
            rows = await session.rows(
                "SELECT rule, author_id, made_at, reason, ends_at FROM mutes "
                "WHERE guild_id = ? AND (ends_at IS NULL OR ends_at > ?) ORDER BY rule",
                guild_id,
                to_stored(self._clock()),
            )
        return tuple(_mute(row) for row in rows)

    async def rules(self, guild_id: int) -> frozenset[str]:
        """The ids of the rules that are muted in a server now."""
        return frozenset(mute.rule for mute in await self.all(guild_id))


def _mute(row: Row) -> Mute:
    ends = row["ends_at"]
    until = None if ends is None else from_stored(ends)
    return Mute(row["rule"], row["author_id"], from_stored(row["made_at"]), row["reason"], until)
