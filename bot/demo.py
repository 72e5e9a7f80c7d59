"""The bot in a local browser page, without a token: the real bot on an in-process Discord, in a furnished channel."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import simcord

from bot.client import create_bot
from bot.demo_forum import Forum, Room
from bot.demo_menu import add_message_menu
from bot.hub.example import ExampleHub, from_folder
from bot.settings import Settings
from bot.views import demo as words
from bot.views.commands import CHECK_MESSAGE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.services import ServiceBot

EXAMPLE = "facts.yaml"
_PASTED = "pasted.yaml"
_ON_THE_HUB = "hub/config.yaml"
_SETTLE_SECONDS = 30
# The first curve imports a large library; a visitor's busy machine gets the time for it.
_JOB_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Demo:
    """A running demo.

    Attributes:
        url: The page's address.
        env: The in-process Discord.
        bot: The bot.
        channel: The channel that the page shows first.
        forum: The help forum.
        member: A member of its server.
        moderator: A member who may manage it.
    """

    url: str
    env: Any
    bot: ServiceBot
    channel: Any
    forum: Any
    member: Any
    moderator: Any


def example(name: str = EXAMPLE) -> str:
    """A bundled config."""
    return (resources.files("bot") / "examples" / name).read_text("utf-8")


@asynccontextmanager
async def demo(*, port: int | None = None, workers: int = 1) -> AsyncIterator[Demo]:
    """Runs the bot on its own in-process Discord and serves a page of it on loopback.

    Args:
        port: The page's port; any free one if None.
        workers: Processes that check configs.
    """
    with _hub().serve_apart() as hub:
        async with _running(hub, port=port, workers=workers) as running:
            yield running


@asynccontextmanager
async def _running(hub: str, *, port: int | None, workers: int) -> AsyncIterator[Demo]:
    folder = await asyncio.to_thread(tempfile.mkdtemp, prefix="helpbot-demo-")
    bot = create_bot(
        Settings(
            database=Path(folder) / "demo.sqlite3",
            workers=workers,
            member_burst=500,
            check_seconds=_JOB_SECONDS,
            help_channels="on",
            hub_endpoint=hub,
            hub_viewer=hub,
        )
    )
    await add_message_menu(bot)
    room = Room()
    await bot.add_cog(Forum(room))
    env = simcord.Env(bot, settle_timeout=_SETTLE_SECONDS, check_errors=False)
    # Set before the bot starts: its daily tasks would make up for every day that passes later.
    env.backend.advance_clock(max(0.0, (datetime.now(UTC) - env.now()).total_seconds()))
    try:
        await env.start()
        with env.time_context():
            member, moderator = await _furnish(env, bot, room)
            preview = env.preview(room.channel, viewers=[member, moderator], layout="channel", port=port)
            room.page = preview
            async with preview:
                yield Demo(preview.url, env, bot, room.channel, room.forum, member, moderator)
    finally:
        await env.shutdown()
        await bot.close()
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


def _hub() -> ExampleHub:
    """A Hub of the demo's own, which knows the names of one owner and nothing of the others."""
    return from_folder(resources.files("bot") / "examples" / "hub", owner=words.HUB_OWNER)


async def _furnish(env: Any, bot: ServiceBot, room: Room) -> tuple[Any, Any]:
    """A server with the starter FAQ, a member who asked for help, and an answer that is already there."""
    if bot.user is not None:
        await bot.user.edit(username=words.BOT_NAME)
    guild = env.create_guild(words.SERVER)
    channel, forum = guild.create_text_channel(words.CHANNEL), guild.create_forum_channel(words.FORUM)
    room.env, room.channel, room.forum = env, channel, forum
    member = guild.add_member(env.create_user(words.MEMBER))
    moderator = guild.add_member(env.create_user(words.MODERATOR), roles=[_moderator_role(guild)])
    asker = guild.add_member(env.create_user(words.ASKER))
    plan = await bot.services.store.transfer.plan_starter(guild.id)
    await bot.services.store.transfer.carry_out(guild.id, plan, author_id=moderator.id, note=words.STARTER_NOTE)
    for text in (words.hub_question(example(_ON_THE_HUB)), words.question(example(_PASTED))):
        message = await asker.send(channel, text)
        await member.context_menu(channel, CHECK_MESSAGE, message)
    for place in (channel, forum):
        await moderator.slash(channel, "help-channels add", channel=place, mode="answer")
    # Last, and short: the page opens at the bot's newest message, and follows new answers only from the very end.
    await bot.get_partial_messageable(channel.id, guild_id=guild.id).send(view=words.greeting_layout())
    return member, moderator


def _moderator_role(guild: Any) -> Any:
    return guild.create_role(words.MODERATOR_ROLE, permissions=words.moderator_permissions())
