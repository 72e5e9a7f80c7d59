"""/help-channels, and reading along in the channels that it names."""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import discord
from discord import app_commands
from discord.ext import commands, tasks

from bot import jobs
from bot.errors import UserError
from bot.help_channels.channel_option import HelpChannelOption
from bot.help_channels.place import missing
from bot.help_channels.quiet import answer_reaction
from bot.help_channels.reader import Reader
from bot.permissions import require_moderator
from bot.replies import answered_command
from bot.responses import answer, think
from bot.services import ServiceBot
from bot.store import HelpChannel, HelpPost, StoreError
from bot.views.help_channels import moderating, words
from bot.views.help_channels.presses import PRESSES
from bot.views.kit import notice

_log = logging.getLogger(__name__)
_Channel = app_commands.Transform[discord.TextChannel | discord.ForumChannel, HelpChannelOption]
_OFFER = timedelta(hours=1)
_REMIND_AFTER, _REMIND_UNTIL = timedelta(minutes=2), timedelta(minutes=30)


@app_commands.default_permissions(manage_guild=True)
@app_commands.allowed_contexts(guilds=True, dms=False, private_channels=False)
@app_commands.allowed_installs(guilds=True, users=False)
class HelpChannels(commands.GroupCog, group_name="help-channels", group_description=words.GROUP):
    """Where the bot helps unasked, and what came of it."""

    def __init__(self, bot: ServiceBot) -> None:
        self.bot = bot
        self.reader = Reader(bot)

    async def cog_load(self) -> None:
        """Registers the buttons and starts the minutes."""
        self.bot.add_dynamic_items(*PRESSES)
        self.minutely.start()

    async def cog_unload(self) -> None:
        """Ends them."""
        self.minutely.cancel()

    @app_commands.command(name="add", description=words.ADD)
    @app_commands.describe(
        channel=words.ADD_CHANNEL,
        mode=words.ADD_MODE,
        solved=words.ADD_SOLVED,
        reminders=words.ADD_REMINDERS,
        tags=words.ADD_TAGS,
        delete_secrets=words.ADD_SECRETS,
    )
    @app_commands.choices(
        mode=[app_commands.Choice(name=name, value=name) for name in ("quiet", "offer", "answer")],
    )
    @answered_command
    async def add(  # noqa: PLR0913 - one argument an option
        self,
        interaction: discord.Interaction[ServiceBot],
        channel: _Channel,
        mode: app_commands.Choice[str],
        solved: bool = True,  # noqa: FBT001, FBT002
        reminders: bool = False,  # noqa: FBT001, FBT002
        tags: bool = False,  # noqa: FBT001, FBT002
        delete_secrets: bool = False,  # noqa: FBT001, FBT002
    ) -> None:
        """Makes a channel a help channel, or changes one."""
        guild_id = await require_moderator(interaction)
        settings = HelpChannel(
            channel.id,
            "quiet" if mode.value == "quiet" else "offer" if mode.value == "offer" else "answer",
            solved=solved,
            reminders=reminders,
            tags=tags,
            delete_secrets=delete_secrets,
        )
        await self.bot.services.store.help_channels.put(guild_id, settings)
        self.reader.places.forget(guild_id)
        lacking = missing(settings.mode, channel, channel.guild.me)
        reads = self.bot.services.settings.reads_messages
        await answer(interaction, notice.notice(words.added(channel.id, settings.mode, lacking, reading=reads)))

    @app_commands.command(name="list", description=words.LIST)
    @answered_command
    async def list(self, interaction: discord.Interaction[ServiceBot]) -> None:
        """Lists them, with what is missing and what waits."""
        guild_id = await require_moderator(interaction)
        store = self.bot.services.store
        channels = await store.help_channels.all(guild_id)
        if not channels:
            await answer(interaction, notice.notice(words.NONE))
            return
        guild = interaction.guild
        lacking = {}
        for each in channels:
            channel = guild.get_channel(each.channel_id) if guild is not None else None
            if guild is not None and channel is not None:
                lacking[each.channel_id] = missing(each.mode, channel, guild.me)
        waiting = await store.help_posts.unanswered(guild_id, moderating.UNANSWERED)
        reads = self.bot.services.settings.reads_messages
        await answer(interaction, moderating.list_layout(channels, lacking, waiting, reading=reads))

    @app_commands.command(name="remove", description=words.REMOVE)
    @app_commands.describe(channel=words.ADD_CHANNEL)
    @answered_command
    async def remove(self, interaction: discord.Interaction[ServiceBot], channel: _Channel) -> None:
        """Makes it an ordinary channel again."""
        guild_id = await require_moderator(interaction)
        if not await self.bot.services.store.help_channels.remove(guild_id, channel.id):
            raise UserError(words.NOT_ONE)
        self.reader.places.forget(guild_id)
        await answer(interaction, notice.notice(words.removed(channel.id)))

    @app_commands.command(name="pause", description=words.PAUSE)
    @app_commands.describe(channel=words.ADD_CHANNEL)
    @answered_command
    async def pause(self, interaction: discord.Interaction[ServiceBot], channel: _Channel) -> None:
        """Keeps quiet in a channel, or goes on."""
        guild_id = await require_moderator(interaction)
        store = self.bot.services.store.help_channels
        settings = next((each for each in await store.all(guild_id) if each.channel_id == channel.id), None)
        if settings is None:
            raise UserError(words.NOT_ONE)
        await store.put(guild_id, replace(settings, paused=not settings.paused))
        self.reader.places.forget(guild_id)
        await answer(interaction, notice.notice(words.paused(channel.id, on=not settings.paused)))

    @app_commands.command(name="stats", description=words.STATS)
    @answered_command
    async def stats(self, interaction: discord.Interaction[ServiceBot]) -> None:
        """Shows the figures and the picture of them."""
        guild_id = await require_moderator(interaction)
        await think(interaction)
        posts = self.bot.services.store.help_posts
        weeks = await posts.weeks(guild_id)
        drawn = await self.bot.services.workers.run(
            jobs.help_weeks,
            labels=[f"{week.begins:%d %b}" for week in weeks],
            seen=[week.seen for week in weeks],
            answered=[week.answered for week in weeks],
            solved=[week.solved for week in weeks],
        )
        view, files = moderating.stats_layout(weeks, await posts.helped(guild_id), drawn.png)
        await answer(interaction, view, **files)

    @commands.Cog.listener()
    async def on_message(self, message: discord.Message) -> None:
        """A message was written."""
        with self.reader.unasked():
            await self.reader.arrived(message)

    @commands.Cog.listener()
    async def on_raw_message_edit(self, event: discord.RawMessageUpdateEvent) -> None:
        """A message was edited, or Discord added the preview of a link."""
        with self.reader.unasked():
            await self.reader.edited(event.message)

    @commands.Cog.listener()
    async def on_raw_message_delete(self, event: discord.RawMessageDeleteEvent) -> None:
        """A message is gone."""
        if event.guild_id is None:
            return
        with self.reader.unasked():
            await self.reader.deleted(event.guild_id, event.channel_id, event.message_id)

    @commands.Cog.listener()
    async def on_thread_create(self, thread: discord.Thread) -> None:
        """A thread was made; Discord says so again when the bot is added to it."""
        with self.reader.unasked():
            await self.reader.opened(thread)

    @commands.Cog.listener()
    async def on_raw_reaction_add(self, event: discord.RawReactionActionEvent) -> None:
        """Somebody pressed a reaction."""
        with self.reader.unasked():
            await answer_reaction(self.bot, event)

    @tasks.loop(minutes=1)
    async def minutely(self) -> None:
        """Removes offers that nobody used, and sends the reminders that are due; one process at a time."""
        store = self.bot.services.store
        try:
            for post in await store.help_posts.stale_offers(_OFFER):
                if self.bot.get_guild(post.guild_id) is not None:
                    await self._take_back(post)
            for post in await store.help_posts.bare(_REMIND_AFTER, _REMIND_UNTIL):
                if self.bot.get_guild(post.guild_id) is not None:
                    await self._remind(post)
        except StoreError as error:
            _log.error("help channels: the minute failed", extra={"error": type(error).__name__})

    @minutely.before_loop
    async def _ready(self) -> None:
        await self.bot.wait_until_ready()

    async def _take_back(self, post: HelpPost) -> None:
        thread = self.bot.get_channel(post.post_id)
        channel_id = post.post_id if isinstance(thread, discord.Thread) else post.channel_id
        await self.bot.services.store.help_posts.answered(post.post_id, None)
        if post.answer_id is not None:
            channel = self.bot.get_partial_messageable(channel_id, guild_id=post.guild_id)
            with suppress(discord.HTTPException):
                await channel.get_partial_message(post.answer_id).delete()

    async def _remind(self, post: HelpPost) -> None:
        settings = (await self.reader.places.channels(self.bot.services.store, post.guild_id)).get(post.channel_id)
        thread = self.bot.get_channel(post.post_id)
        if settings is None or settings.paused or not settings.reminders or not isinstance(thread, discord.Thread):
            return
        if thread.archived or thread.locked or missing("answer", thread, thread.guild.me):
            return
        if await self.bot.services.store.help_posts.mark(post.post_id, "reminded"):
            with suppress(discord.HTTPException):
                await thread.send(view=notice.notice(words.REMINDER))


async def setup(bot: ServiceBot) -> None:
    """Adds the cog."""
    await bot.add_cog(HelpChannels(bot))
