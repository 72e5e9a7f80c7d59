"""The bot: opens what it needs at the start, and closes it when the last answer is out."""

from __future__ import annotations

import hashlib
import json
import logging
import pkgutil
from typing import TYPE_CHECKING, Any, cast

import discord
from discord import app_commands
from discord.ext import commands

from bot import errors, replies
from bot.hub import open_hub
from bot.links import Links
from bot.services import ServiceBot, Services
from bot.store import open_store
from bot.views.kit import notice

if TYPE_CHECKING:
    import re

    from bot.settings import Settings

_log = logging.getLogger(__name__)
_DRAIN_SECONDS = 7.0
"""How long closing waits for answers; a stop of the service takes 10 s at most."""
_TREE_MARK = "command-tree"


def create_bot(settings: Settings) -> HelpBot:
    """A bot that is ready to be started; nothing is opened yet."""
    return HelpBot(settings)


class HelpTree(app_commands.CommandTree["HelpBot"]):
    """The commands: who asks too often is told so, and every exception ends in the one handler."""

    async def interaction_check(self, interaction: discord.Interaction[HelpBot], /) -> bool:
        """Lets a command through unless the member or the server has used up its share."""
        if interaction.type is discord.InteractionType.autocomplete:
            return True
        try:
            interaction.client.services.spend(interaction)
        except errors.UserError as error:
            await replies.handle(interaction, error)
            return False
        return True

    async def on_error(self, interaction: discord.Interaction[HelpBot], error: app_commands.AppCommandError, /) -> None:
        """What a command did not answer itself."""
        await replies.handle(interaction, error)


class HelpBot(ServiceBot):
    """The help bot: opens the database at its start, closes it when the last answer is out."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(
            command_prefix=commands.when_mentioned,
            help_command=None,
            intents=intents_of(settings),
            max_messages=None,
            chunk_guilds_at_startup=False,
            member_cache_flags=discord.MemberCacheFlags.none(),
            allowed_mentions=discord.AllowedMentions.none(),
            allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=True),
            allowed_installs=app_commands.AppInstallationType(guild=True, user=True),
            tree_cls=HelpTree,
            shard_count=settings.shard_count or 1,
            shard_ids=cast("Any", list(settings.shard_ids) or None),
        )
        self.services = Services(settings)
        self._templates: tuple[re.Pattern[str], ...] = ()
        self._opened = False
        self._offline: set[int] = set()

    async def setup_hook(self) -> None:
        """Opens the database, loads every module of `cogs`, and tells Discord of the commands if they changed."""
        self.services.store = await open_store(self.services.settings.address)
        self._opened = True
        self.services.hub = open_hub(self.services.settings, self.services.store)
        self.services.links = Links(self.services.settings.link_hosts) if self.services.settings.link_hosts else None
        self.services.workers.warm()
        try:
            for name in extension_names():
                await self.load_extension(name)
            await self._sync()
        except BaseException:
            await self.close()
            raise

    async def launch_shards(self) -> None:
        """Asks Discord for the number of shards unless the host has given it."""
        if self.services.settings.shard_count is None:
            self.shard_count = cast("Any", None)
        await super().launch_shards()

    async def close(self) -> None:
        """Lets commands in flight answer, says so to those that could not, then closes everything."""
        if not self.is_closed():
            for interaction in await self.services.in_flight.drain(_DRAIN_SECONDS):
                await replies.reply(interaction, notice.CUT_OFF)
        self.services.workers.close()
        if self.services.hub is not None:
            await self.services.hub.close()
        if self.services.links is not None:
            await self.services.links.close()
        if self._opened:
            await self.services.store.close()
        await super().close()

    def add_dynamic_items(self, *items: type[discord.ui.DynamicItem[Any]]) -> None:
        """Registers buttons and selects that survive a restart."""
        self._templates += tuple(item.__discord_ui_compiled_template__ for item in items)
        super().add_dynamic_items(*items)

    async def on_message(self, message: discord.Message, /) -> None:
        """Nothing: the library would look for commands in the text; what reads messages listens for itself."""

    async def on_interaction(self, interaction: discord.Interaction[HelpBot]) -> None:
        """Answers what nobody else does: modals and buttons from before a restart or an update."""
        if interaction.type not in (discord.InteractionType.component, discord.InteractionType.modal_submit):
            return
        if replies.is_lost(replies.custom_id(interaction), self._templates):
            await replies.expired(interaction)

    async def on_shard_disconnect(self, shard_id: int) -> None:
        """Notes that a shard has lost Discord; the library connects it again."""
        self._offline.add(shard_id)

    async def on_shard_resumed(self, shard_id: int) -> None:
        """Notes that a shard is back, with all that happened meanwhile."""
        self._offline.discard(shard_id)

    async def on_shard_ready(self, shard_id: int) -> None:
        """Notes that a shard is back."""
        self._offline.discard(shard_id)

    @property
    def connected(self) -> bool:
        """Whether every shard of this process has its connection to Discord."""
        return self.is_ready() and not self._offline

    def sees(self, guild_id: int) -> bool:
        """Whether a server belongs to a shard of this process."""
        count = self.shard_count or 1
        ids = self.shard_ids or range(count)
        return (guild_id >> 22) % count in ids

    async def _sync(self) -> None:
        """Registers the commands if they differ from those registered last; one process of the fleet does it."""
        async with self.services.store.alone("command-sync"):
            tree = await tree_hash(self)
            if await self.services.store.marks.get(_TREE_MARK) == tree and await self._is_registered():
                return
            await self.tree.sync()
            await self.services.store.marks.set(_TREE_MARK, tree)
        _log.info("commands registered", extra={"tree": tree[:12]})

    async def _is_registered(self) -> bool:
        """Whether Discord knows the commands by name: a database may have moved to another application."""
        known = {(command.name, command.type) for command in await self.tree.fetch_commands()}
        return known == {(command.name, _type_of(command)) for command in self.tree.get_commands()}


def intents_of(settings: Settings) -> discord.Intents:
    """The events that are asked for: messages without their text, unless the host lets the bot read along."""
    reads = settings.reads_messages
    return discord.Intents(guilds=True, messages=True, message_content=reads, guild_reactions=reads)


def _type_of(command: Any) -> discord.AppCommandType:
    return command.type if isinstance(command, app_commands.ContextMenu) else discord.AppCommandType.chat_input


async def tree_hash(bot: HelpBot) -> str:
    """A hash of the commands as Discord gets them, and of the application that they belong to."""
    payload = [command.to_dict(bot.tree) for command in bot.tree.get_commands()]
    text = json.dumps([bot.application_id, payload], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def extension_names() -> tuple[str, ...]:
    """The modules of the package `cogs`, found by looking: no import points upwards."""
    root = __import__("cogs")
    return tuple(
        f"cogs.{module.name}" for module in pkgutil.iter_modules(root.__path__) if not module.name.startswith("_")
    )
