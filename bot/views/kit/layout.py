"""The one way in which a layout is made: within Discord's limits, and never waiting for its own buttons."""

from __future__ import annotations

import io
from enum import IntEnum
from typing import TYPE_CHECKING, Any

import discord
from discord import ui

from bot.views.kit import limits
from bot.views.kit.escape import visible
from knowledge.finding import Severity
from knowledge.secrets import mask

if TYPE_CHECKING:
    from collections.abc import Iterable

_NOTHING_SEEN = "…"
"""In the place of a text that holds nothing to be seen, which Discord would refuse."""


class Colour(IntEnum):
    """Colors of containers; each repeats what the words in it say."""

    ERROR = 0xD83C3E
    CRASH = 0xC2410C
    IGNORED = 0xE67E22
    WARNING = 0xF0B232
    CLEAN = 0x248046
    NEUTRAL = 0x5865F2


_BY_SEVERITY = {
    Severity.ERROR: Colour.ERROR,
    Severity.CRASH: Colour.CRASH,
    Severity.IGNORED: Colour.IGNORED,
    Severity.WARNING: Colour.WARNING,
    Severity.ADVICE: Colour.NEUTRAL,
}


def colour_of(severities: Iterable[Severity]) -> Colour:
    """The color of the worst severity; that of a clean report where there is none."""
    worst = min(severities, key=lambda severity: severity.rank, default=None)
    return Colour.CLEAN if worst is None else _BY_SEVERITY[worst]


def layout(*items: ui.Item[Any]) -> ui.LayoutView:
    """A layout of the items, checked against Discord's limits.

    All buttons are dynamic items, found by their custom id. The view is ended at once, so that the library does not
    keep one object for every answer ever given.

    Raises:
        ValueError: it would be refused by Discord.
    """
    view = ui.LayoutView(timeout=None)
    for item in items:
        view.add_item(item)
    for item in view.walk_children():
        if isinstance(item, ui.TextDisplay):
            item.content = _shown(item.content)
        elif isinstance(select := getattr(item, "item", item), ui.Select):
            for option in select.options:
                option.label = _shown(option.label)
                option.description = _shown(option.description) if option.description else None
    characters = sum(limits.length(item.content) for item in view.walk_children() if isinstance(item, ui.TextDisplay))
    if characters > limits.TEXT:
        raise ValueError(f"{characters} characters of text in one layout")
    view.stop()
    return view


def _shown(text: str) -> str:
    """A text without secrets and without what is not seen, not longer than it was."""
    shown = visible(mask(text))
    return limits.cut(shown, limits.length(text)) if shown.strip() else _NOTHING_SEEN


def container(colour: Colour, *items: ui.Item[Any]) -> ui.Container[Any]:
    """A container with a color."""
    return ui.Container(*items, accent_colour=int(colour))


def picture(png: bytes, alt: str, name: str) -> tuple[ui.MediaGallery[Any], discord.File]:
    """A picture with its words for those who do not see it, and the file to send with it under that name."""
    words = limits.one_line(alt, limits.DESCRIPTION)
    gallery: ui.MediaGallery[Any] = ui.MediaGallery(discord.MediaGalleryItem(f"attachment://{name}", description=words))
    return gallery, discord.File(io.BytesIO(png), name)


def small(text: str) -> str:
    """A text in small, gray letters, line by line."""
    return "\n".join(f"-# {line}" for line in text.split("\n") if line)
