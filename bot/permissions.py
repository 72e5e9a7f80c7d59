"""Who is a moderator of a server: asked on our side too, for admins can open any command to anybody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import discord

from bot.errors import UserError
from bot.views.kit import notice

if TYPE_CHECKING:
    from bot.services import ServiceBot

_DISCORD_FAILED, _TOO_MANY = 500, 429


def server_of(interaction: discord.Interaction[ServiceBot]) -> int | None:
    """The server that is asked in; None in a direct message, and where a member brought the bot along for themselves.

    There nobody sets anything, reads reports, or can be answered in public.
    """
    guild_id = interaction.guild_id
    return guild_id if guild_id is not None and interaction.client.get_guild(guild_id) is not None else None


async def is_moderator(interaction: discord.Interaction[ServiceBot]) -> bool:
    """Whether who asks may manage the server, or has its moderator role."""
    member = interaction.user
    guild_id = server_of(interaction)
    if guild_id is None or not isinstance(member, discord.Member):
        return False
    if interaction.permissions.manage_guild or interaction.permissions.administrator:
        return True
    settings = await interaction.client.services.store.guilds.settings(guild_id)
    return settings.moderator_role_id is not None and any(
        role.id == settings.moderator_role_id for role in member.roles
    )


def require_public(interaction: discord.Interaction[ServiceBot]) -> None:
    """Lets through who may write in this channel, if the bot may too.

    Raises:
        UserError: one of them may not.
    """
    thread = isinstance(interaction.channel, discord.Thread)
    for rights in (interaction.permissions, interaction.app_permissions):
        may = rights.send_messages_in_threads if thread else rights.send_messages
        if not (may or rights.administrator):
            raise UserError(notice.MAY_NOT_POST)


async def post_reply(message: discord.PartialMessage, view: discord.ui.LayoutView, **options: Any) -> None:
    """Replies to a message, where everybody sees it.

    Raises:
        UserError: Discord does not post it: the message is gone, the thread archived, the text stopped by AutoMod, or
            the bot may not write there.
    """
    try:
        await message.reply(view=view, **options)
    except discord.HTTPException as error:
        if error.status >= _DISCORD_FAILED or error.status == _TOO_MANY:
            raise
        raise UserError(notice.NO_REPLY) from error


async def require_moderator(interaction: discord.Interaction[ServiceBot]) -> int:
    """Lets moderators through.

    Returns:
        The id of their server.

    Raises:
        UserError: it is somebody else, or no server.
    """
    guild_id = server_of(interaction)
    if guild_id is None:
        raise UserError(notice.SERVER_ONLY)
    if not await is_moderator(interaction):
        raise UserError(notice.MODERATORS_ONLY)
    return guild_id
