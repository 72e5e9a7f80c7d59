"""The help forum of the demo. Its page shows one channel and opens no posts, so commands do both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands, ui
from discord.ext import commands
from simcord.enums import ChannelType

from bot.errors import UserError
from bot.replies import answered_command
from bot.responses import answer
from bot.services import ServiceBot
from bot.views import demo as words
from bot.views.kit import notice

if TYPE_CHECKING:
    from collections.abc import Sequence

_LONGEST = 2000


@dataclass(slots=True)
class Room:
    """What the commands act on; known once the server is furnished.

    Attributes:
        env: The in-process Discord.
        channel: The text channel that the page shows first.
        forum: The help forum.
        page: The page; what it shows changes when a visitor loads it again.
    """

    env: Any = None
    channel: Any = None
    forum: Any = None
    page: Any = None

    def open_post(self, author: int, title: str, text: str, files: Sequence[tuple[str, bytes]]) -> Any:
        """Opens a post as Discord tells it: a thread, then its first message, which has the thread's number."""
        backend = self.env.backend
        thread = backend.create_thread(self.forum.id, title, author, type=ChannelType.PUBLIC_THREAD, broadcast=False)
        attachments = backend.store_attachments(thread.id, files)
        message = backend.prepare_message(thread.id, author, text, attachments=attachments)
        message.id = thread.id
        backend.announce_thread_create(thread)
        backend.commit_message(message)
        return next(each for each in self.forum.threads if each.id == thread.id)


class Forum(commands.Cog):
    """A forum's post, and what stands elsewhere, as commands."""

    def __init__(self, room: Room) -> None:
        self._room = room

    @app_commands.command(name=words.POST, description=words.POST_DESCRIPTION)
    @app_commands.describe(title=words.POST_TITLE, text=words.POST_TEXT, file=words.POST_FILE, log=words.POST_FILE)
    @answered_command
    async def post(
        self,
        interaction: discord.Interaction[ServiceBot],
        title: app_commands.Range[str, 1, 100],
        text: app_commands.Range[str, 1, _LONGEST],
        file: discord.Attachment | None = None,
        log: discord.Attachment | None = None,
    ) -> None:
        """Opens a post in the forum, and shows it from the next time that the page is loaded."""
        files = [(each.filename, await each.read()) for each in (file, log) if each is not None]
        self._room.page.channel = self._room.open_post(interaction.user.id, title, text, files)
        await answer(interaction, notice.notice(words.POSTED))

    @app_commands.command(name=words.SHOW, description=words.SHOW_DESCRIPTION)
    @app_commands.describe(place=words.SHOW_PLACE)
    @answered_command
    async def show(self, interaction: discord.Interaction[ServiceBot], place: str) -> None:
        """Shows another place from the next time that the page is loaded."""
        places = self._places()
        if place not in places:
            raise UserError(words.no_such_place(list(places)))
        self._room.page.channel = places[place]
        await answer(interaction, notice.notice(words.SHOWN))

    @show.autocomplete("place")
    async def _names(self, _interaction: discord.Interaction[ServiceBot], typed: str) -> list[app_commands.Choice[str]]:
        fitting = [name for name in self._places() if typed.lower() in name.lower()]
        return [app_commands.Choice(name=name, value=name) for name in fitting[:25]]

    @app_commands.command(name=words.PRIVATE, description=words.PRIVATE_DESCRIPTION)
    @answered_command
    async def private(self, interaction: discord.Interaction[ServiceBot]) -> None:
        """Shows the newest message that the bot sent to the visitor directly."""
        place = await interaction.user.create_dm()
        sent = [message async for message in place.history(limit=1)]
        if not sent:
            raise UserError(words.NO_PRIVATE)
        await answer(interaction, ui.LayoutView.from_message(sent[0]))

    def _places(self) -> dict[str, Any]:
        """What the page can show, the newest post first."""
        posts = {thread.name: thread for thread in reversed(self._room.forum.threads)}
        return {self._room.channel.name: self._room.channel, **posts}
