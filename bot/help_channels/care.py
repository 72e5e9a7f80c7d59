"""Care for a post with its answer: secrets that it shows, the forum's tags, and closing what is solved."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import aiohttp
import discord

from bot.views.help_channels import words
from bot.views.kit import notice
from bot.views.kit.layout import Colour

if TYPE_CHECKING:
    from collections.abc import Iterable

    from knowledge.secrets import Secret

_MOST_TAGS = 5
_ARCHIVED = 50083
"""Discord's code for a change of a thread that somebody has closed already."""


async def warn(message: discord.Message, secrets: Iterable[Secret], *, delete: bool) -> bool:
    """Tells the author of a message that it shows a secret; in private if possible.

    Args:
        message: The message.
        secrets: What it shows.
        delete: Whether the message is deleted afterwards.

    Returns:
        Whether nothing else is to be said: the warning stands in public, or the message is gone.
    """
    found = tuple(secrets)
    private = True
    try:
        text = words.secret(found, message.jump_url)
        await message.author.send(view=notice.notice(text, colour=Colour.ERROR))
    except discord.HTTPException:
        private = False
        mentions = discord.AllowedMentions(everyone=False, roles=False, users=False, replied_user=True)
        with suppress(discord.HTTPException):
            text = words.public_secret(found)
            await message.reply(view=notice.notice(text, colour=Colour.ERROR), allowed_mentions=mentions)
    if delete:
        with suppress(discord.HTTPException):
            await message.delete()
            return True
    return not private


async def tag(channel: Any, wanted: Iterable[str]) -> None:
    """Puts those of a forum's own tags on a thread whose names hold one of the words."""
    forum = channel.parent if isinstance(channel, discord.Thread) else None
    if not isinstance(forum, discord.ForumChannel):
        return
    fitting = tags_named(forum, wanted)
    new = [each for each in fitting if each not in channel.applied_tags]
    if new:
        with suppress(discord.HTTPException):
            await channel.edit(applied_tags=[*channel.applied_tags, *new][:_MOST_TAGS])


async def close(thread: discord.Thread) -> str:
    """Closes a thread as solved, with the forum's tag for it; returns why it could not, in words, else ""."""
    tags = list(thread.applied_tags)
    if isinstance(thread.parent, discord.ForumChannel):
        tags = [*tags, *(each for each in tags_named(thread.parent, ("solved",)) if each not in tags)][:_MOST_TAGS]
    try:
        await thread.edit(archived=True, applied_tags=tags)
    except discord.Forbidden:
        return words.MARKED
    except discord.HTTPException as error:
        return "" if error.code == _ARCHIVED else words.NOT_CLOSED
    except aiohttp.ClientError:
        return words.NOT_CLOSED
    return ""


def tags_named(forum: discord.ForumChannel, wanted: Iterable[str]) -> list[discord.ForumTag]:
    """A forum's tags whose names hold one of the words."""
    asked = tuple(wanted)
    return [each for each in forum.available_tags if any(word in each.name.lower().split() for word in asked)]
