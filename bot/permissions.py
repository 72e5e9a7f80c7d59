"""Who is a moderator of a server: asked on our side too, for admins can open any command to anybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

import discord

from bot.errors import UserError
from bot.views.kit import notice

if TYPE_CHECKING:
    from bot.services import ServiceBot


async def is_moderator(interaction: discord.Interaction[ServiceBot]) -> bool:
    """Whether who asks may manage the server, or has its moderator role."""
    member = interaction.user
    if interaction.guild_id is None or not isinstance(member, discord.Member):
        return False
    if interaction.permissions.manage_guild or interaction.permissions.administrator:
        return True
    settings = await interaction.client.services.store.guilds.settings(interaction.guild_id)
    return settings.moderator_role_id is not None and any(
        role.id == settings.moderator_role_id for role in member.roles
    )


async def require_moderator(interaction: discord.Interaction[ServiceBot]) -> int:
    """Lets moderators through.

    Returns:
        The id of their server.

    Raises:
        UserError: it is somebody else, or no server.
    """
    if interaction.guild_id is None:
        raise UserError(notice.SERVER_ONLY)
    if not await is_moderator(interaction):
        raise UserError(notice.MODERATORS_ONLY)
    return interaction.guild_id
