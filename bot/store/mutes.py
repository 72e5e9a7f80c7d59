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
    from bot.store.database import Database


@dataclass(frozen=True, slots=True)
class Mute:
    """A muted rule: by whom, since when and why."""

    rule: str
    author_id: int
    at: datetime
    reason: str


class Mutes:
    """The muted rules of servers."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def mute(self, guild_id: int, rule: str, *, author_id: int, reason: str) -> Mute:
        """Mutes a rule in a server; muted again, the newer reason counts."""
        now = to_stored(self._clock())
        reason = clean_line(reason)[:500]
        async with self._database.writing() as session:
            await know_guild(session, guild_id)
            await session.run(
                "INSERT INTO mutes (guild_id, rule, author_id, made_at, reason) VALUES (?, ?, ?, ?, ?) "
                "ON CONFLICT (guild_id, rule) DO UPDATE SET author_id = excluded.author_id, "
                "made_at = excluded.made_at, reason = excluded.reason",
                guild_id,
                rule,
                author_id,
                now,
                reason,
            )
        return Mute(rule, author_id, from_stored(now), reason)

    async def unmute(self, guild_id: int, rule: str) -> bool:
        """Lets a rule speak again; False if it was not muted."""
        async with self._database.writing() as session:
            return await session.run("DELETE FROM mutes WHERE guild_id = ? AND rule = ?", guild_id, rule) > 0

    async def all(self, guild_id: int) -> tuple[Mute, ...]:
        """The muted rules of a server by name."""
        async with self._database.reading() as session:
            rows = await session.rows(
                "SELECT rule, author_id, made_at, reason FROM mutes WHERE guild_id = ? ORDER BY rule", guild_id
            )
        return tuple(Mute(row["rule"], row["author_id"], from_stored(row["made_at"]), row["reason"]) for row in rows)

    async def rules(self, guild_id: int) -> frozenset[str]:
        """The ids of the muted rules of a server."""
        async with self._database.reading() as session:
            rows = await session.rows("SELECT rule FROM mutes WHERE guild_id = ?", guild_id)
        return frozenset(row["rule"] for row in rows)
