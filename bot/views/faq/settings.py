"""The settings of a server, as its moderators see them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.views.faq import admin_words as words
from bot.views.kit import notice
from bot.views.kit.escape import inert

if TYPE_CHECKING:
    from discord import ui

    from bot.store import GuildSettings


def settings_layout(settings: GuildSettings, *, saved: bool) -> ui.LayoutView:
    """What is set.

    Args:
        settings: All settings of the server.
        saved: Whether they were just changed.
    """
    role = f"<@&{settings.moderator_role_id}>" if settings.moderator_role_id else words.NOT_SET
    channel = f"<#{settings.log_channel_id}>" if settings.log_channel_id else words.NOT_SET
    lines = [
        "### Saved: settings of this server" if saved else "### Settings of this server",
        f"**Moderator role** {role}",
        f"**Changes are announced in** {channel}",
        f"**Axolotl release here** {inert(settings.axolotl) if settings.axolotl else words.NOT_SET}",
        f"**GPUs per config here** {settings.gpus or words.NOT_SET}",
        f"**Card per config here** {inert(settings.gpu) if settings.gpu else words.NOT_SET}",
        f"**Look things up on the Hub** {_switch(settings.hub)}",
    ]
    if settings.moderator_role_id:
        lines.append(words.ROLE_HINT)
    return notice.notice("\n".join(lines))


def _switch(value: bool | None) -> str:  # noqa: FBT001 - a setting that may also be unset
    return words.NOT_SET if value is None else "yes" if value else "no"
