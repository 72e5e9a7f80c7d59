"""/about and /help, and the first message in a new server."""

from __future__ import annotations

import logging

import discord
from discord import app_commands
from discord.ext import commands

from bot.permissions import is_moderator
from bot.replies import answered_command
from bot.responses import answer
from bot.services import ServiceBot
from bot.views import commands as words
from bot.views.about import about_layout, help_layout, welcome_layout
from bot.views.help_channels import words as help_words
from bot.views.help_channels.presses import LeaveAlone
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
        services = self.bot.services
        buttons = await _reading_buttons(interaction) if services.settings.reads_messages else []
        view = about_layout(services.version, load_names().releases[-1], services.settings.source_url, buttons)
        await answer(interaction, view)

    @app_commands.command(name="help", description=words.HELP)
    @answered_command
    async def help(self, interaction: discord.Interaction[ServiceBot]) -> None:
        """Shows the commands with examples."""
        view = help_layout(moderator=await is_moderator(interaction))
        await answer(interaction, view)

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


async def _reading_buttons(interaction: discord.Interaction[ServiceBot]) -> list[LeaveAlone]:
    """The button that keeps the bot from answering a member unasked, or allows it again."""
    member = interaction.user.id
    alone = await interaction.client.services.store.help_channels.wants_none(member)
    return [LeaveAlone.button(help_words.BACK if alone else help_words.LEAVE, member, "off" if alone else "on")]


async def setup(bot: ServiceBot) -> None:
    """Adds the cog."""
    await bot.add_cog(About(bot))
