"""Servers: their settings, and how long their data stays after the bot has left."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, TypedDict

from bot.store.clock import to_stored

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Unpack

    from bot.store.clock import Clock
    from bot.store.database import Database, Session

KEPT_DAYS = 30
"""Days that the data of a server stays after the bot has left it."""


@dataclass(frozen=True, slots=True)
class GuildSettings:
    """What a server has set; None where it has not.

    Attributes:
        moderator_role_id: the role that may change the FAQ and mute rules.
        log_channel_id: where changes are told.
        axolotl: the Axolotl release that the server's members run.
        gpus: how many GPUs a config is for unless the member says so.
        gpu: the card that a config is for unless the member names one, as it is best written.
        hub: whether checks look things up on the Hub; None where the host decides.
    """

    moderator_role_id: int | None = None
    log_channel_id: int | None = None
    axolotl: str | None = None
    gpus: int | None = None
    gpu: str | None = None
    hub: bool | None = None


class SettingChanges(TypedDict, total=False):
    """The settings to change; those not named stay."""

    moderator_role_id: int | None
    log_channel_id: int | None
    axolotl: str | None
    gpus: int | None
    gpu: str | None
    hub: bool | None


class Guilds:
    """Settings and the lifecycle of servers."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def settings(self, guild_id: int) -> GuildSettings:
        """The settings of a server."""
        async with self._database.reading() as session:
            return await _settings(session, guild_id)

    async def change(self, guild_id: int, **changes: Unpack[SettingChanges]) -> GuildSettings:
        """Stores the named settings and returns all of them."""
        async with self._database.writing() as session:
            await know_guild(session, guild_id)
            for name, value in changes.items():
                if name not in SettingChanges.__annotations__:
                    raise TypeError(f"{name} is not a setting of a server")
                await session.run(
                    f"UPDATE guilds SET {name} = ? WHERE guild_id = ?",
                    _stored(value),
                    guild_id,
                )
            return await _settings(session, guild_id)

    async def joined(self, guild_id: int) -> None:
        """The bot is in the server (again): its data stays."""
        async with self._database.writing() as session:
            await session.run("UPDATE guilds SET left_at = NULL WHERE guild_id = ?", guild_id)

    async def left(self, guild_id: int) -> None:
        """The bot was removed from the server: from now on the days are counted."""
        async with self._database.writing() as session:
            await session.run(
                "UPDATE guilds SET left_at = ? WHERE guild_id = ? AND left_at IS NULL",
                to_stored(self._clock()),
                guild_id,
            )

    async def reconcile(self, present: Iterable[int], mine: Callable[[int], bool] = lambda _: True) -> None:
        """Makes up for servers that were joined or left while the bot was away.

        Args:
            present: the servers that the bot is in.
            mine: whether this process is the one that would see a server; others are left alone.
        """
        here = set(present)
        async with self._database.writing() as session:
            rows = await session.rows("SELECT guild_id, left_at FROM guilds WHERE guild_id > 0")
            now = to_stored(self._clock())
            for row in rows:
                guild_id: int = row["guild_id"]
                if not mine(guild_id) or (guild_id in here) == (row["left_at"] is None):
                    continue
                moment = None if guild_id in here else now
                await session.run("UPDATE guilds SET left_at = ? WHERE guild_id = ?", moment, guild_id)

    async def remove_expired(self, days: int = KEPT_DAYS) -> tuple[int, ...]:
        """Removes everything of the servers that were left so many days ago; returns their ids."""
        limit = to_stored(self._clock() - timedelta(days=days))
        async with self._database.writing() as session:
            rows = await session.rows("DELETE FROM guilds WHERE left_at <= ? RETURNING guild_id", limit)
        return tuple(sorted(row["guild_id"] for row in rows))


async def know_guild(session: Session, guild_id: int) -> None:
    """Makes sure that the server has a row for others to refer to."""
    await session.run("INSERT INTO guilds (guild_id) VALUES (?) ON CONFLICT (guild_id) DO NOTHING", guild_id)


async def _settings(session: Session, guild_id: int) -> GuildSettings:
    row = await session.row(
        "SELECT moderator_role_id, log_channel_id, axolotl, gpus, gpu, hub FROM guilds WHERE guild_id = ?", guild_id
    )
    if row is None:
        return GuildSettings()
    return GuildSettings(**{**row, "hub": None if row["hub"] is None else bool(row["hub"])})


def _stored(value: object) -> int | str | None:
    """A setting as both engines keep it; PostgreSQL takes no truth for a number."""
    return int(value) if isinstance(value, bool) else value if isinstance(value, int | str) else None
