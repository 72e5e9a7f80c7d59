"""The option `gpu` of commands: a card's name, completed while it is typed, and what it says of their number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from discord import app_commands

from bot.errors import UserError
from bot.views.check.words import two_counts
from knowledge.gpus import UnknownGpu, gpu_named, suggest

if TYPE_CHECKING:
    from knowledge.gpus import Gpu

LONGEST = 80


async def complete_gpu(_interaction: object, typed: str) -> list[app_commands.Choice[str]]:
    """The names that a half-typed one may become."""
    return [app_commands.Choice(name=name, value=name) for name in suggest(typed)]


def gpu_of(text: str, *, exact: bool = False) -> Gpu:
    """The card that a member names.

    Args:
        text: Its name.
        exact: Whether a misspelled name is refused: the card is kept, in a config or as the default of a server.

    Raises:
        UserError: No card has that name; the nearest is named.
    """
    try:
        gpu = gpu_named(text)
    except UnknownGpu as error:
        raise UserError(str(error)) from error
    if exact and gpu.guessed:
        raise UserError(f"No GPU has exactly that name. Did you mean {gpu.name}?")
    return gpu


def chosen_gpu(text: str | None, gpus: int | None, *, exact: bool = False) -> tuple[Gpu | None, int | None]:
    """The card that a member names, and how many of them.

    Args:
        text: The option `gpu`.
        gpus: The option `gpus`.
        exact: As in `gpu_of`.

    Raises:
        UserError: No card has that name, or the two options give different numbers.
    """
    if not text:
        return None, gpus
    return _counted(gpu_of(text, exact=exact), gpus)


def card_or_note(text: str | None, gpus: int | None) -> tuple[Gpu | None, int | None, str]:
    """The same where the answer is worth having without the card: a name that no card has is a sentence about it.

    Args:
        text: The option `gpu`.
        gpus: The option `gpus`.

    Raises:
        UserError: The two options give different numbers.
    """
    if not text:
        return None, gpus, ""
    try:
        gpu = gpu_named(text)
    except UnknownGpu as error:
        return None, gpus or error.count, str(error)
    return *_counted(gpu, gpus), ""


def _counted(gpu: Gpu, gpus: int | None) -> tuple[Gpu, int | None]:
    if gpu.count is not None and gpus is not None and gpu.count != gpus:
        raise UserError(two_counts(gpu.count, gpus))
    return gpu, gpus or gpu.count
