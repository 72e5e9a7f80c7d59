"""The buttons under offers and answers in help channels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aiohttp
import discord

from bot.errors import UserError
from bot.help_channels import care
from bot.help_channels.answering import for_one
from bot.help_channels.contents import read
from bot.permissions import is_moderator
from bot.responses import answer, think
from bot.views.help_channels import words
from bot.views.kit import notice
from bot.views.kit.components import Press
from bot.views.kit.layout import Colour

if TYPE_CHECKING:
    from bot.services import ServiceBot


class See(Press, name="help-see"):
    """Shows the author of a post everything that was found in it. The state is the message."""

    async def pressed(self, interaction: discord.Interaction[ServiceBot]) -> None:
        """Answers privately."""
        await think(interaction)
        message = await _message(interaction, self.state)
        contents = await read(interaction.client.services, message)
        await for_one(interaction, message, contents)
        await interaction.client.services.store.help_posts.mark(_post_of(interaction, message), "used")


class Solved(Press, name="help-solved"):
    """Calls a post solved and closes its thread. The state is its author and the post."""

    async def pressed(self, interaction: discord.Interaction[ServiceBot]) -> None:
        """Counts it, then closes the thread."""
        post = await _post_for_author(interaction, self.state)
        await think(interaction)
        await interaction.client.services.store.help_posts.mark(post, "solved")
        await answer(interaction, notice.notice(words.CLOSED, colour=Colour.CLEAN))
        thread = interaction.channel
        if isinstance(thread, discord.Thread) and (reason := await care.close(thread)):
            await interaction.edit_original_response(view=notice.notice(reason))


class Wrong(Press, name="help-wrong"):
    """Calls an answer wrong and removes it. The state is the post's author and the post."""

    async def pressed(self, interaction: discord.Interaction[ServiceBot]) -> None:
        """Counts it, removes the answer, and is quiet about the post."""
        post = await _post_for_author(interaction, self.state)
        await think(interaction)
        posts = interaction.client.services.store.help_posts
        await posts.mark(post, "wrong")
        await posts.mark(post, "silenced")
        said = words.TOLD_WRONG
        if interaction.message is not None:
            try:
                await interaction.message.delete()
            except discord.NotFound:
                pass
            except (discord.HTTPException, aiohttp.ClientError):
                said = words.NOT_REMOVED
            await posts.answered(post, None)
        await answer(interaction, notice.notice(said))


class LeaveAlone(Press, name="help-leave"):
    """A member does not want to be answered unasked, or wants it again. The state is `on` or `off`."""

    async def pressed(self, interaction: discord.Interaction[ServiceBot]) -> None:
        """Remembers it."""
        alone = self.state == "on"
        await interaction.client.services.store.help_channels.leave_alone(interaction.user.id, alone=alone)
        await answer(interaction, notice.notice(words.LEFT if alone else words.CAME_BACK))


def see_button(author: int, message: int, label: str = words.SEE) -> Press:
    """The button that shows the author of a message what was found in it."""
    return See.button(label, author, str(message), style=discord.ButtonStyle.primary)


def answer_buttons(author: int, message: int, post: int, *, solved: bool = False, see: bool = True) -> list[Press]:
    """The buttons below an answer.

    Args:
        author: Who wrote the message.
        message: The message that was answered.
        post: The post that it belongs to.
        solved: Whether the thread can be closed as solved.
        see: Whether there is more to show in private.
    """
    buttons = [see_button(author, message, words.SEE_ALL)] if see else []
    if solved:
        buttons.append(Solved.button(words.SOLVED, 0, f"{author}:{post}", style=discord.ButtonStyle.success))
    buttons.append(Wrong.button(words.WRONG, 0, f"{author}:{post}"))
    return buttons


async def _message(interaction: discord.Interaction[ServiceBot], state: str) -> discord.Message:
    """The message that a button belongs to.

    Raises:
        UserError: it is gone.
    """
    channel = interaction.channel
    if not state.isdecimal() or not isinstance(channel, discord.abc.Messageable):
        raise UserError(words.GONE)
    try:
        return await channel.fetch_message(min(int(state), 2**63 - 1))
    except (discord.NotFound, discord.Forbidden) as error:
        raise UserError(words.GONE) from error


def _post_of(interaction: discord.Interaction[ServiceBot], message: discord.Message) -> int:
    thread = interaction.channel if isinstance(interaction.channel, discord.Thread) else None
    mine = thread is not None and thread.owner_id == message.author.id
    return thread.id if thread is not None and mine else message.id


async def _post_for_author(interaction: discord.Interaction[ServiceBot], state: str) -> int:
    """The post of a button, for its author and moderators.

    Raises:
        UserError: it is somebody else, or the button is forged.
    """
    author, _, post = state.partition(":")
    if author != str(interaction.user.id) and not await is_moderator(interaction):
        raise UserError(words.NOT_THE_AUTHOR)
    if not post.isdecimal():
        raise UserError(notice.EXPIRED)
    return min(int(post), 2**63 - 1)


PRESSES: tuple[type[Press], ...] = (See, Solved, Wrong, LeaveAlone)
