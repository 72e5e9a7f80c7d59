"""Discord's limits, and the only place that cuts text to fit them.

Lengths are counted in UTF-16 code units: no client or server counts more than that, so what fits here fits everywhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.views.kit.escape import visible
from knowledge.pattern import expression

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable

MOST_GPUS = 100_000
"""GPUs of a run: more than anybody has, and few enough for every number that follows from them."""
MOST_ROWS = 10_000_000_000
"""Rows of a dataset, likewise."""
TEXT = 4000
"""Characters of text in all texts of one layout."""
COMPONENTS = 40
"""Components of one layout, nested ones counted."""
PAGE = 3600
"""Characters after which a page ends, so that heads and feet still fit."""
OPTIONS = 25
"""Options of a select, and choices of an autocomplete."""
OPTION = 100
"""Characters of an option's or a choice's name, value or description."""
LABEL = 80
"""Characters of a button's label."""
CUSTOM_ID = 100
MODAL_TITLE = 45
MODAL_LABEL = 45
MODAL_HINT = 100
PARAGRAPH = 4000
"""Characters of a text input."""
EXCERPT = 40
"""Characters of the user's own words in a finding's head line."""
DESCRIPTION = 1024
"""Characters of a picture's description."""

_BASIC = 0xFFFF
_FENCE = "```"
_ZERO_WIDTH = "\u200b"
_SPACES = expression(r"\s+")
_TICKS = expression(r"`{3,}")


def length(text: str) -> int:
    """Characters as the strictest client counts them."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def cut(text: str, limit: int) -> str:
    """The text, its end replaced by "…" where it is longer than the limit."""
    if len(text) <= limit and length(text) <= limit:
        return text
    room, kept = limit - 1, 0
    for character in text[:limit]:
        room -= 2 if ord(character) > _BASIC else 1
        if room < 0:
            break
        kept += 1
    return text[:kept].rstrip() + "…"


def one_line(text: str, limit: int) -> str:
    """The text on one line, without what is not seen, cut to the limit; never empty, which Discord refuses."""
    head = text[: limit * 8]  # of a megabyte on one line nobody sees more
    line = _SPACES.sub(" ", visible(head)).strip()
    return cut(line if len(head) == len(text) else f"{line}…", limit) or "…"


def code(text: str, limit: int = EXCERPT) -> str:
    """Inline code, whatever the text holds."""
    line = one_line(text, limit)
    if "`" not in line:
        return f"`{line}`"
    ticks = "``" if "``" not in line else ""
    return f"{ticks} {line} {ticks}" if ticks else f"`{line.replace('`', chr(0x2BB))}`"


def _apart(ticks: re.Match[str]) -> str:
    """A run of backticks that ends no code block: a zero-width space between each two."""
    return _ZERO_WIDTH.join(ticks[0])


def block(text: str, language: str = "", limit: int = TEXT) -> str:
    """A code block of whole lines; where lines had to go, its last line says how many."""
    safe = _TICKS.sub(_apart, text).strip("\n")
    frame = f"{_FENCE}{language}\n", f"\n{_FENCE}\n"
    room = limit - length(frame[0]) - length(frame[1])
    if length(safe) > room:
        lines = safe.split("\n")
        note = f"… {len(lines)} more lines"
        room -= length(note) + 1
        kept: list[str] = []
        for line in lines:
            room -= length(line) + 1
            if room < 0:
                break
            kept.append(line)
        left = len(lines) - len(kept)
        kept.append(f"… {left} more line{'' if left == 1 else 's'}")
        safe = "\n".join(kept)
    return f"{frame[0]}{safe}{frame[1]}"


def pack(texts: Iterable[str], room: int, gap: int = 2) -> tuple[int, int]:
    """How many of the texts fit into the room, and how many characters they take.

    Args:
        texts: Whole pieces, none of which may be cut.
        room: Characters that are free.
        gap: Characters between two pieces.

    Returns:
        (number of pieces, characters). The first piece counts even when it is too long for the room: a page always
        holds one.
    """
    taken = used = 0
    for text in texts:
        size = length(text) + (gap if taken else 0)
        if taken and used + size > room:
            break
        taken, used = taken + 1, used + size
    return taken, used
