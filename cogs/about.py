"""/about and /help, and the first message in a new server."""

from __future__ import annotations

import logging

import discord
from discord import app_commands
from discord.ext import commands

from bot.permissions import is_moderator
from bot.replies import answered_command
from bot.services import ServiceBot
from bot.views import commands as words
from bot.views.about import about_layout, help_layout, welcome_layout
from knowledge.facts import load_names

_log = logging.getLogger(__name__)


class About(commands.Cog):
    """What the bot is and how it is used."""

    def __init__(self, bot: ServiceBot) -> None:
        self.bot = bot

    @app_commands.command(name="about", description=words.ABOUT)
    @answered_command
    async def about(self, interaction: discord.Interaction[ServiceBot]) -> None:
        """Says what the bot does, stores, and speaks for."""
        view = about_layout(self.bot.services.version, load_names().releases[-1], self.bot.services.settings.source_url)
        await interaction.response.send_message(view=view, ephemeral=True)

    @app_commands.command(name="help", description=words.HELP)
    @answered_command
    async def help(self, interaction: discord.Interaction[ServiceBot]) -> None:
        """Shows the commands with examples."""
        view = help_layout(moderator=await is_moderator(interaction))
        await interaction.response.send_message(view=view, ephemeral=True)

    @commands.Cog.listener()
    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Says hello where the server shows its system messages, else in the first channel that takes a message."""
        me = guild.me
        channels = [guild.system_channel, *guild.text_channels]
        for channel in channels:
            if channel is not None and me is not None and channel.permissions_for(me).send_messages:
                try:
                    await channel.send(view=welcome_layout())
                except discord.HTTPException as error:
                    _log.warning("could not say hello", extra={"status": error.status, "code": error.code})
                    continue
                return


async def setup(bot: ServiceBot) -> None:
    """Adds the cog."""
    await bot.add_cog(About(bot))
