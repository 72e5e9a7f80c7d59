"""How an interaction is answered: Discord waits three seconds for the first response, however slow the database is.

A callback that has not responded in time is acknowledged for it; whatever it shows later takes the place of that.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import aiohttp
import discord

from bot.errors import UserError
from bot.views.kit import notice

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.services import ServiceBot

_log = logging.getLogger(__name__)
SECONDS = 1.8
"""When a callback that has not responded is acknowledged: early enough for a slow way to Discord."""
_THINKING = discord.InteractionResponseType.deferred_channel_message


class _Watch:
    """Acknowledges an interaction after a while, unless its callback wants to respond before that."""

    def __init__(self, interaction: discord.Interaction[Any]) -> None:
        self._interaction = interaction
        self._turn = asyncio.Lock()
        self._task = asyncio.create_task(self._run())

    async def end(self) -> None:
        """Leaves the response to the callback; waits where it is being given already."""
        async with self._turn:
            self._task.cancel()

    async def _run(self) -> None:
        await asyncio.sleep(SECONDS)
        async with self._turn:
            if not self._interaction.response.is_done():
                try:
                    await _acknowledge(self._interaction)
                except (discord.HTTPException, aiohttp.ClientError) as error:
                    _log.warning("could not acknowledge", extra={"error": type(error).__name__})


@asynccontextmanager
async def in_time(interaction: discord.Interaction[Any]) -> AsyncIterator[None]:
    """Watches over the first response to an interaction while its callback runs."""
    interaction.extras["watch"] = watch = _Watch(interaction)
    try:
        yield
    finally:
        await watch.end()


async def _is_first(interaction: discord.Interaction[Any]) -> bool:
    """Whether the first response is still to be given; from here on it is the caller's to give."""
    if (watch := interaction.extras.pop("watch", None)) is not None:
        await watch.end()
    return not interaction.response.is_done()


async def _acknowledge(interaction: discord.Interaction[Any]) -> None:
    # A button's message stays as it is; a command, or a form that a command opened, has none yet.
    thinking = interaction.message is None
    await interaction.response.defer(ephemeral=thinking, thinking=thinking)


async def acknowledge(interaction: discord.Interaction[Any]) -> None:
    """Tells Discord that an answer, or a change of the button's message, is on its way."""
    if await _is_first(interaction):
        await _acknowledge(interaction)


async def think(interaction: discord.Interaction[Any]) -> None:
    """Shows privately that an answer is on its way."""
    if await _is_first(interaction):
        await interaction.response.defer(ephemeral=True, thinking=True)


async def begin(interaction: discord.Interaction[ServiceBot]) -> None:
    """Shows "thinking", then waits until work for this member may begin; `answered` ends the turn.

    Raises:
        Busy: too much of the member's own is waiting.
    """
    await think(interaction)
    await interaction.client.services.turns.take(interaction.user.id)
    interaction.extras["turn"] = True


async def answer(interaction: discord.Interaction[Any], view: discord.ui.LayoutView, **files: Any) -> None:
    """Sends a private layout: as the response, in place of "thinking", or as a further message."""
    if await _is_first(interaction):
        await interaction.response.send_message(view=view, ephemeral=True, **files)
    elif interaction.response.type is _THINKING and not interaction.extras.get("shown"):
        if "file" in files:
            files = {"attachments": [files["file"]]}
        await interaction.edit_original_response(view=view, **files)
    else:
        await interaction.followup.send(view=view, ephemeral=True, **files)
    interaction.extras["shown"] = True


async def update(interaction: discord.Interaction[Any], view: discord.ui.LayoutView) -> None:
    """Puts a layout in place of the message whose button was pressed."""
    if await _is_first(interaction):
        await interaction.response.edit_message(view=view)
    else:
        await interaction.edit_original_response(view=view)


async def post(interaction: discord.Interaction[Any], view: discord.ui.LayoutView, **options: Any) -> None:
    """Sends a layout that everybody in the channel sees."""
    if await _is_first(interaction):
        await interaction.response.send_message(view=view, **options)
        return
    if interaction.response.type is _THINKING:
        await answer(interaction, notice.notice(notice.POSTED))
    await interaction.followup.send(view=view, **options)


async def open_form(interaction: discord.Interaction[Any], form: discord.ui.Modal) -> None:
    """Opens a form, which only a first response can do.

    Raises:
        UserError: What the form needs took too long to look up.
    """
    if not await _is_first(interaction):
        raise UserError(notice.FORM_TOO_LATE)
    await interaction.response.send_modal(form)
