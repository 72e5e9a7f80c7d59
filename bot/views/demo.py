"""What is in the demo's channel before a visitor types anything."""

from __future__ import annotations

import discord
from discord import ui

from bot.views.kit.layout import Colour, container, layout
from knowledge.text import listed

BOT_NAME = "Axolotl Help"
SERVER = "Fine-tuning"
CHANNEL = "axolotl-help"
FORUM = "help-forum"
MEMBER = "ann"
ASKER = "ben"
MODERATOR = "max"
MODERATOR_ROLE = "Moderators"
HUB_OWNER = "pond"
STARTER_NOTE = "starter FAQ"
MENU = "message-menu"
MENU_DESCRIPTION = "Only here: open the menu of the newest message a person wrote"
MENU_ENTRY = "What Discord shows under Apps in a message's menu"
NO_MESSAGE = "Nobody has written a message here yet. Type one without `/` first."
POST = "new-post"
POST_DESCRIPTION = "Only here: open a post in the help forum"
POST_TITLE = "Title of the post"
POST_TEXT = "Its first message"
POST_FILE = "A config, a log, or rows"
POSTED = "Your post is in **#help-forum**. Reload this page to see it and my answer. `/show` brings you back here."
SHOW = "show"
SHOW_DESCRIPTION = "Only here: show the channel or a post of the help forum"
SHOW_PLACE = "The channel, or the title of a post"
SHOWN = "Reload this page to see it."
PRIVATE = "direct-messages"
PRIVATE_DESCRIPTION = "Only here: show the newest direct message that the bot sent you"
NO_PRIVATE = "I have not sent you a direct message yet. Click 🔎 under a message first."
_GREETING = (
    "### Try it\nType `/` below. `/checkconfig` accepts a file, or opens a field to paste into; `/explain`, "
    "`/batchsize`, and `/faq` answer right away. This page has its own small Hub: try `base_model: "
    "pond/otter-1b-GGUF`. A config or log that you post as a message is answered here. This page cannot "
    "open a message's menu: `/message-menu` does, on the newest message a person wrote. `/new-post` opens a post in "
    "the help forum, and `/direct-messages` shows what I sent you privately. You are **ann**; above the "
    "page you can become **max**, who may use `/faq-admin`, `/rules`, and `/help-channels`."
)


def no_such_entry(known: list[str]) -> str:
    """An entry that no menu has."""
    return f"A message's menu has {listed([f'**{name}**' for name in known])}."


def no_such_place(known: list[str]) -> str:
    """A place that the page cannot show."""
    return f"This page can show {listed([f'**{name}**' for name in known], 'or')}."


def greeting_layout() -> ui.LayoutView:
    """What a visitor reads first."""
    return layout(container(Colour.NEUTRAL, ui.TextDisplay(_GREETING)))


def question(config: str) -> str:
    """The message of somebody who needs help."""
    return f"axolotl says `could not find expected ':'`, but where?\n```yaml\n{config}```"


def hub_question(config: str) -> str:
    """The message of somebody whose model and dataset are on the demo's own Hub."""
    return f"how many steps will this be, and does it fit my card?\n```yaml\n{config}```"


def moderator_permissions() -> discord.Permissions:
    """What a moderator of the demo's server may do."""
    return discord.Permissions(manage_guild=True, manage_messages=True, send_messages=True, view_channel=True)
