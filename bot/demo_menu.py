"""The message menu of the demo: its page has none, so a command opens it on the newest message that a person wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.errors import UserError
from bot.replies import answered_command
from bot.services import ServiceBot
from bot.views import demo as words

if TYPE_CHECKING:
    from collections.abc import Sequence

_LOOKED_AT = 50
"""Messages among which the newest one of a person is looked for."""


async def add_message_menu(bot: ServiceBot) -> None:
    """Gives the bot the command, before it starts."""
    await bot.add_cog(MessageMenu())


class MessageMenu(commands.Cog):
    """The entries of a message's menu, as a command."""

    @app_commands.command(name=words.MENU, description=words.MENU_DESCRIPTION)
    @app_commands.describe(entry=words.MENU_ENTRY)
    @answered_command
    async def message_menu(self, interaction: discord.Interaction[ServiceBot], entry: str) -> None:
        """Does with the newest message of a person what an entry of its menu does."""
        menus = {menu.name: menu for menu in _menus(interaction.client)}
        if entry not in menus:
            raise UserError(words.no_such_entry(sorted(menus)))
        message = await _newest(interaction)
        if message is None:
            raise UserError(words.NO_MESSAGE)
        callback: Any = menus[entry].callback
        await callback(interaction, message)

    @message_menu.autocomplete("entry")
    async def _entries(
        self, interaction: discord.Interaction[ServiceBot], typed: str
    ) -> list[app_commands.Choice[str]]:
        names = sorted(menu.name for menu in _menus(interaction.client))
        return [app_commands.Choice(name=name, value=name) for name in names if typed.lower() in name.lower()]


def _menus(bot: ServiceBot) -> Sequence[app_commands.ContextMenu]:
    return [
        menu
        for menu in bot.tree.walk_commands(type=discord.AppCommandType.message)
        if isinstance(menu, app_commands.ContextMenu)
    ]


async def _newest(interaction: discord.Interaction[ServiceBot]) -> discord.Message | None:
    """The newest message that no bot wrote; None where there is none."""
    if interaction.channel_id is None:
        return None
    place = interaction.client.get_partial_messageable(interaction.channel_id, guild_id=interaction.guild_id)
    async for message in place.history(limit=_LOOKED_AT):
        if not message.author.bot:
            return message
    return None
