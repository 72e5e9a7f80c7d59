"""Where a message stands: its help channel, and the post that it belongs to. A thread's id is not its channel's."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING

import discord
from cachetools import TTLCache

from bot.store import StoreError

if TYPE_CHECKING:
    from bot.store import HelpChannel, Store

_KEPT_SECONDS = 30.0
"""After so long a change that another process of the fleet has stored counts here too."""


@dataclass(frozen=True, slots=True)
class Place:
    """A help channel, and a post in it.

    Attributes:
        settings: The help channel's.
        post_id: What is answered once: the thread, or the message where it stands in no thread.
        forum: Whether it is a forum.
        first: Whether the message is the first of its post.
    """

    settings: HelpChannel
    post_id: int
    forum: bool
    first: bool


class Places:
    """Help channels by server, remembered for half a minute."""

    def __init__(self) -> None:
        self._known: TTLCache[int, dict[int, HelpChannel]] = TTLCache(10_000, _KEPT_SECONDS, timer=monotonic)
        self._asking = asyncio.Lock()

    def forget(self, guild_id: int) -> None:
        """Settings of a server were changed here."""
        self._known.pop(guild_id, None)

    async def find(self, store: Store, guild_id: int, channel: object, message_id: int) -> Place | None:
        """The place of a message; None where it is no help channel, or one that is paused."""
        thread = channel if isinstance(channel, discord.Thread) else None
        channel_id = thread.parent_id if thread is not None else getattr(channel, "id", 0)
        settings = (await self.channels(store, guild_id)).get(channel_id)
        if settings is None or settings.paused:
            return None
        if thread is None:
            return Place(settings, message_id, forum=False, first=True)
        forum = isinstance(thread.parent, discord.ForumChannel)
        return Place(settings, thread.id, forum=forum, first=thread.id == message_id)

    async def channels(self, store: Store, guild_id: int) -> dict[int, HelpChannel]:
        """Channel -> its settings; nothing while the database is away."""
        known = self._known.get(guild_id)
        if known is not None:
            return known
        async with self._asking:  # of a thousand messages at once, one asks
            known = self._known.get(guild_id)
            if known is None:
                try:
                    known = {channel.channel_id: channel for channel in await store.help_channels.all(guild_id)}
                except StoreError:
                    return {}
                self._known[guild_id] = known
        return known


def missing(mode: str, channel: discord.abc.GuildChannel | discord.Thread, me: discord.Member | None) -> list[str]:
    """The permissions that the bot lacks to help in a channel, as Discord calls them."""
    if me is None:
        return []
    rights = channel.permissions_for(me)
    threaded = isinstance(channel, discord.Thread | discord.ForumChannel)
    needed = {"View Channel": rights.view_channel, "Read Message History": rights.read_message_history}
    if mode == "quiet":
        needed["Add Reactions"] = rights.add_reactions
    elif threaded:
        needed["Send Messages in Threads"] = rights.send_messages_in_threads
    else:
        needed["Send Messages"] = rights.send_messages
    return [name for name, granted in needed.items() if not granted]
