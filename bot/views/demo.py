"""What stands in the demo's channel before a visitor types anything."""

from __future__ import annotations

import discord
from discord import ui

from bot.views.kit.layout import Colour, container, layout

BOT_NAME = "Axolotl Help"
SERVER = "Fine-tuning"
CHANNEL = "axolotl-help"
MEMBER = "ann"
ASKER = "ben"
MODERATOR = "max"
MODERATOR_ROLE = "Moderators"
STARTER_NOTE = "starter FAQ"
_GREETING = (
    "### Try it\n"
    "Type `/` below. `/checkconfig` takes a file, or opens a field to paste into; `/explain`, `/batchsize` and `/faq` "
    "answer at once. You are **ann**; above the page you can become **max**, who may use `/faq-admin` and `/rules`."
)


def greeting_layout() -> ui.LayoutView:
    """What a visitor reads first."""
    return layout(container(Colour.NEUTRAL, ui.TextDisplay(_GREETING)))


def question(config: str) -> str:
    """The message of somebody who needs help."""
    return f"axolotl says `could not find expected ':'`, but where?\n```yaml\n{config}```"


def moderator_permissions() -> discord.Permissions:
    """What a moderator of the demo's server may do."""
    return discord.Permissions(manage_guild=True, manage_messages=True, send_messages=True, view_channel=True)
