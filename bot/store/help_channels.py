"""Help channels: where moderators let the bot read along, how it may answer there, and who is left alone."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Literal

from bot.store.guilds import know_guild

if TYPE_CHECKING:
    from bot.store.database import Database, Row

Mode = Literal["quiet", "offer", "answer"]
MODES: tuple[Mode, ...] = ("quiet", "offer", "answer")


@dataclass(frozen=True, slots=True)
class HelpChannel:
    """A channel with its settings.

    Attributes:
        channel_id: the channel; of a forum the forum, not one of its threads.
        mode: `quiet` adds a reaction, `offer` a button for the author, `answer` replies.
        paused: whether the bot keeps quiet for now.
        solved: whether answers in a forum carry a button that closes the thread.
        reminders: whether a forum post without a config or a log is asked for them, once.
        tags: whether forum posts get those of the forum's tags that fit what was found.
        delete_secrets: whether a message that shows a token is deleted.
    """

    channel_id: int
    mode: Mode
    paused: bool = False
    solved: bool = True
    reminders: bool = False
    tags: bool = False
    delete_secrets: bool = False


_COLUMNS = tuple(field.name for field in fields(HelpChannel))


class HelpChannels:
    """The help channels of servers, and the members who do not want to be answered there."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self, guild_id: int) -> tuple[HelpChannel, ...]:
        """The help channels of a server."""
        async with self._database.reading() as session:
            rows = await session.rows(
                f"SELECT {', '.join(_COLUMNS)} FROM help_channels WHERE guild_id = ? ORDER BY channel_id", guild_id
            )
        return tuple(_channel(row) for row in rows)

    async def put(self, guild_id: int, channel: HelpChannel) -> None:
        """Makes a channel a help channel, or changes its settings."""
        values = [int(value) if isinstance(value, bool) else value for value in _values(channel)]
        changes = ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS[1:])
        async with self._database.writing() as session:
            await know_guild(session, guild_id)
            await session.run(
                f"INSERT INTO help_channels (guild_id, {', '.join(_COLUMNS)}) "
                f"VALUES ({', '.join('?' * (len(_COLUMNS) + 1))}) "
                f"ON CONFLICT (guild_id, channel_id) DO UPDATE SET {changes}",
                guild_id,
                *values,
            )

    async def remove(self, guild_id: int, channel_id: int) -> bool:
        """Makes it an ordinary channel again; False if it was one."""
        async with self._database.writing() as session:
            sql = "DELETE FROM help_channels WHERE guild_id = ? AND channel_id = ?"
            return await session.run(sql, guild_id, channel_id) > 0

    async def leave_alone(self, member_id: int, *, alone: bool) -> None:
        """Remembers that a member does not want to be answered unasked, or forgets it."""
        sql = (
            "INSERT INTO help_opt_outs (member_id) VALUES (?) ON CONFLICT (member_id) DO NOTHING"
            if alone
            else "DELETE FROM help_opt_outs WHERE member_id = ?"
        )
        async with self._database.writing() as session:
            await session.run(sql, member_id)

    async def wants_none(self, member_id: int) -> bool:
        """Whether a member does not want to be answered unasked."""
        async with self._database.reading() as session:
            return await session.row("SELECT 1 FROM help_opt_outs WHERE member_id = ?", member_id) is not None


def _values(channel: HelpChannel) -> list[int | str]:
    return [getattr(channel, name) for name in _COLUMNS]


def _channel(row: Row) -> HelpChannel:
    switches = {name: bool(row[name]) for name in _COLUMNS[2:]}
    return HelpChannel(channel_id=row["channel_id"], mode=row["mode"], **switches)
