"""Changes of the FAQ, told in the channel that the moderators chose."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import discord
from discord import ui

from bot.views.kit import limits
from bot.views.kit.escape import inert
from bot.views.kit.layout import Colour, container, layout

if TYPE_CHECKING:
    from bot.services import ServiceBot

_log = logging.getLogger(__name__)


async def tell(
    interaction: discord.Interaction[ServiceBot], what: str, title: str, note: str = "", details: str = ""
) -> None:
    """Posts one change; the history has it in any case, so a channel that is gone stops nothing.

    Args:
        interaction: Who did it, and where.
        what: `changed`, `removed` and so on.
        title: The title of the entry, or what else was changed.
        note: Why.
        details: A difference, as a code block.
    """
    if interaction.guild_id is None:
        return
    settings = await interaction.client.services.store.guilds.settings(interaction.guild_id)
    if settings.log_channel_id is None:
        return
    text = f"{interaction.user.mention} {what} **{inert(limits.one_line(title, 200))}**"
    if note:
        text += f": {inert(limits.one_line(note, 200))}"
    channel = interaction.client.get_partial_messageable(settings.log_channel_id, guild_id=interaction.guild_id)
    box = container(Colour.NEUTRAL, ui.TextDisplay(f"{text}\n{details}".rstrip()))
    try:
        await channel.send(view=layout(box))
    except discord.HTTPException as error:
        _log.warning("could not tell the log channel", extra={"status": error.status, "code": error.code})
