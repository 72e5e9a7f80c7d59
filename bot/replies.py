"""Private replies, and the one place where exceptions become them."""

from __future__ import annotations

import functools
import inspect
import io
import logging
from typing import TYPE_CHECKING, Any, TypeVar, cast

import aiohttp
import discord
from discord import app_commands

from bot.errors import UserError
from bot.forms import OPEN, typed_texts
from bot.incidents import number, trace
from bot.responses import answer, in_time
from bot.store import StoreError, StoreUnavailable
from bot.views.kit import notice
from bot.views.kit.escape import spoken
from bot.views.kit.layout import Colour
from knowledge.secrets import mask

if TYPE_CHECKING:
    import re
    from collections.abc import Awaitable, Callable, Coroutine, Mapping

    from bot.services import ServiceBot

_log = logging.getLogger(__name__)
_Callback = TypeVar("_Callback", bound="Callable[..., Coroutine[Any, Any, None]]")
_EXPIRED_CODES = frozenset({10062, 10015, 10008, 10003, 40060, 50027, 50083})
"""Unknown interaction, webhook, message or channel, already acknowledged, invalid webhook token, archived thread:
nobody reads the reply."""
_TOO_MANY, _SERVER_ERROR = 429, 500


FOR_PEOPLE = (UserError, StoreError)
"""Exceptions whose text is written for the person who asked."""


def answered(callback: _Callback) -> _Callback:
    """Wraps the callback of a command, button, select or modal: `(self, interaction, ...)`.

    It is counted as in flight until it has answered, and errors that are written for people become private replies
    here; an interaction that expired meanwhile has nobody to reply to. What nobody foresaw goes on to the handler of
    the command tree or of the modal.
    """

    @functools.wraps(callback)
    async def wrapper(self: Any, interaction: discord.Interaction[ServiceBot], *args: Any, **kwargs: Any) -> None:
        flights = interaction.client.services.in_flight
        if flights.draining:
            await reply(interaction, notice.DRAINING)
            return
        with flights.flight(interaction), interaction.client.services.metrics.command(command_name(interaction)):
            try:
                async with in_time(interaction):
                    await callback(self, interaction, *args, **kwargs)
            except FOR_PEOPLE as error:
                await handle(interaction, error)
            except discord.HTTPException as error:
                if error.code not in _EXPIRED_CODES:
                    raise
                await handle(interaction, error)
            finally:
                if interaction.extras.pop("turn", False):
                    interaction.client.services.turns.give_back(interaction.user.id)

    return cast("_Callback", wrapper)


def answered_command(callback: _Callback) -> _Callback:
    """`answered` for the callback of a command or message menu, of which the library reads the parameters.

    Their annotations are evaluated here, where the names of the cog's module are known; so a cog imports what it
    annotates with, `ServiceBot` included.
    """
    wrapper = answered(callback)
    wrapper.__signature__ = inspect.signature(callback, eval_str=True)  # type: ignore[attr-defined]
    return wrapper


async def guarded(interaction: discord.Interaction[ServiceBot], work: Awaitable[None]) -> None:
    """Awaits the work of a button or select; every exception ends here, for the library would only log it."""
    try:
        await work
    except Exception as error:  # noqa: BLE001 - the one handler
        await handle(interaction, error)


async def handle(interaction: discord.Interaction[ServiceBot], error: Exception) -> None:
    """Turns an exception into a private reply; what nobody foresaw gets an incident number and a log entry."""
    cause: BaseException = error
    while isinstance(cause, app_commands.CommandInvokeError | app_commands.TransformerError) and (
        inner := getattr(cause, "original", None) or cause.__cause__
    ):
        cause = inner
    if isinstance(cause, FOR_PEOPLE):
        if isinstance(cause, StoreUnavailable):
            _log.error("database unavailable", extra={"error": type(cause).__name__})
            interaction.client.services.metrics.failure("store")
        await reply(interaction, spoken(mask(str(cause))), colour=Colour.WARNING)
    elif isinstance(cause, app_commands.NoPrivateMessage):
        await reply(interaction, notice.SERVER_ONLY, colour=Colour.WARNING)
    elif isinstance(cause, app_commands.CheckFailure):
        await reply(interaction, notice.MODERATORS_ONLY, colour=Colour.WARNING)
    elif isinstance(cause, app_commands.CommandNotFound | app_commands.CommandSignatureMismatch):
        await reply(interaction, notice.CHANGED, colour=Colour.WARNING)
    elif isinstance(cause, discord.HTTPException) and cause.code in _EXPIRED_CODES:
        _log.warning("interaction expired before it was answered", extra={"code": cause.code})
        interaction.client.services.metrics.failure("expired")
    elif _is_discords_own(cause):
        _log.warning("Discord failed", extra={"error": type(cause).__name__, "command": command_name(interaction)})
        interaction.client.services.metrics.failure("discord")
        await reply(interaction, notice.DISCORD_FAILED, colour=Colour.WARNING)
    else:
        incident = number()
        details = {"incident": incident, "command": command_name(interaction), "trace": trace(cause)}
        _log.error("incident", extra=details)
        interaction.client.services.metrics.failure("incident")
        await reply(interaction, notice.incident(incident), colour=Colour.ERROR)


def _is_discords_own(error: BaseException) -> bool:
    """Whether Discord, or the way to it, failed, and not what the bot had sent."""
    if isinstance(error, discord.HTTPException):
        return error.status == _TOO_MANY or error.status >= _SERVER_ERROR
    return isinstance(error, discord.RateLimited | aiohttp.ClientError)


async def reply(interaction: discord.Interaction[Any], text: str, *, colour: Colour = Colour.NEUTRAL) -> None:
    """Answers privately, whatever has been answered before; gives up quietly where Discord no longer takes it."""
    view = notice.notice(text, colour=colour)
    try:
        await answer(interaction, view)
    except discord.HTTPException as error:
        _log.warning("could not reply", extra={"status": error.status, "code": error.code})
    except aiohttp.ClientError as error:
        _log.warning("could not reply", extra={"error": type(error).__name__})


async def expired(interaction: discord.Interaction[Any]) -> None:
    """Answers what nobody in this process knows any more; what was typed into a form is handed back."""
    text = typed_texts(cast("dict[str, Any]", interaction.data or {}).get("components"))
    if not text:
        await reply(interaction, notice.EXPIRED)
        return
    file = discord.File(io.BytesIO(text.encode("utf-8", "replace")), "what-you-typed.txt")
    view = notice.notice(notice.FORM_EXPIRED)
    view.add_item(discord.ui.File(file))
    try:
        await answer(interaction, view, file=file)
    except discord.HTTPException as error:
        _log.warning("could not reply", extra={"status": error.status, "code": error.code})
    except aiohttp.ClientError as error:
        _log.warning("could not reply", extra={"error": type(error).__name__})


def command_name(interaction: discord.Interaction[Any]) -> str:
    """What was used, without anything that the member wrote."""
    if interaction.command is not None:
        return interaction.command.qualified_name
    return custom_id(interaction).partition(":")[0] or interaction.type.name


def custom_id(interaction: discord.Interaction[Any]) -> str:
    """The custom id of the button, select or modal that was used; empty for a command."""
    data: Mapping[str, Any] = interaction.data or {}
    return str(data.get("custom_id", ""))


def is_form(custom_id: str) -> bool:
    """Whether it is a form's."""
    return custom_id.split(":")[1:2] == ["modal"]


def is_lost(custom_id: str, templates: tuple[re.Pattern[str], ...]) -> bool:
    """Whether nobody in this process answers to a custom id: a form that is no longer open, or an old button."""
    if is_form(custom_id):
        return custom_id not in OPEN
    return not any(template.fullmatch(custom_id) for template in templates)
