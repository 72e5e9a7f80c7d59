"""What happens by itself: backups, memory given back, and the end of what is stored for servers that were left."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from discord.ext import commands, tasks

from bot.memory import give_back
from bot.store import StoreError

if TYPE_CHECKING:
    import discord

    from bot.client import HelpBot

_log = logging.getLogger(__name__)


class Housekeeping(commands.Cog):
    """Every hour, after a burst of files, and when servers come and go."""

    def __init__(self, bot: HelpBot) -> None:
        self.bot = bot

    async def cog_load(self) -> None:
        """Starts the clocks."""
        self.hourly.start()
        self.often.start()

    async def cog_unload(self) -> None:
        """Stops them."""
        self.hourly.cancel()
        self.often.cancel()

    @tasks.loop(seconds=20)
    async def often(self) -> None:
        """Gives back the memory of a burst of files once it is over."""
        if self.bot.services.turns.rested():
            give_back()

    @tasks.loop(hours=1)
    async def hourly(self) -> None:
        """Makes the day's backup if it is missing, removes what is due; one process of the fleet at a time."""
        try:
            async with self.bot.services.store.alone("housekeeping"):
                if made := await self.bot.services.store.backup_daily():
                    _log.info("backup made", extra={"file": made})
                await self.bot.services.store.help_posts.remove_old()
                for guild_id in await self.bot.services.store.guilds.remove_expired():
                    _log.info("data of a server that was left is removed", extra={"guild": guild_id})
        except StoreError as error:
            # In an hour again; until then the bot answers.
            _log.error("housekeeping failed", extra={"error": type(error).__name__})
            self.bot.services.metrics.failure("store")

    @hourly.before_loop
    async def _ready(self) -> None:
        """Waits for the list of servers, then makes up for those that came or went while the bot was away."""
        await self.bot.wait_until_ready()
        present = [guild.id for guild in self.bot.guilds]
        try:
            await self.bot.services.store.guilds.reconcile(present, self.bot.sees)
        except StoreError as error:
            _log.error("servers could not be reconciled", extra={"error": type(error).__name__})

    @commands.Cog.listener()
    async def on_guild_join(self, guild: discord.Guild) -> None:
        """The server is back in time: its data stays."""
        await self.bot.services.store.guilds.joined(guild.id)

    @commands.Cog.listener()
    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """From now on the days are counted."""
        await self.bot.services.store.guilds.left(guild.id)


async def setup(bot: HelpBot) -> None:
    """Adds the cog."""
    await bot.add_cog(Housekeeping(bot))
