"""Other people's words in a line of text: shown as they were written, never as format, link or mention."""

from __future__ import annotations

import re

from knowledge.pattern import expression

_FORMAT = expression(r"[\\*`~|<\[\]@]|(?<![^\W_])_|_(?![^\W_])|^(?=[#>-])", re.MULTILINE)
_LIVE = expression(r"\\.|\\$|[\[\]<@]", re.DOTALL)
_TICKS = expression(r"(`+)")
_UNSEEN = dict.fromkeys(
    (
        *(code for code in range(0x20) if chr(code) not in "\t\n\r"),
        *range(0x7F, 0xA0),
        *range(0x202A, 0x202F),
        *range(0x2066, 0x206A),
        *(0xAD, 0x61C, 0x200E, 0x200F, 0x2028, 0x2029, 0x2060, 0xFEFF),
    )
)
"""Control characters, and what turns the order of others around or is not seen at all."""
_ADDRESS = expression(r"\b(https?)://", re.IGNORECASE)


def visible(text: str) -> str:
    """The text without what a terminal would obey, and without what is not seen or makes others seen elsewhere."""
    plain = text.isascii() and text.replace("\n", "").isprintable()
    return text if plain else text.translate(_UNSEEN)


def inert(text: str) -> str:
    """The text with a backslash before whatever Discord would take for format.

    An underscore between letters does not count (`micro_batch_size`), so names of fields stay findable.
    """
    escaped = _FORMAT.sub(lambda match: "\\" + match[0], text)
    return _ADDRESS.sub(r"\1:\\//", escaped)


def spoken(text: str) -> str:
    """A sentence of the product's own, on one line, in which no link or mention lives outside its inline code.

    Names that were written by others are in backticks there; one that holds a backtick leaves them, and is shown as
    it was written. What has a backslash in front already keeps it.
    """
    pieces = _TICKS.split(text.replace("\r", " ").replace("\n", " "))
    last: dict[int, int] = {len(ticks): place for place, ticks in enumerate(pieces) if place % 2}
    shown, place = [], 0
    while place < len(pieces):
        piece = pieces[place]
        if place % 2 and last[len(piece)] > place:
            end = next(other for other in range(place + 2, len(pieces), 2) if len(pieces[other]) == len(piece))
            shown.append("".join(pieces[place : end + 1]))
            place = end
        elif place % 2:
            shown.append(piece)
        else:
            shown.append(_ADDRESS.sub(r"\1:\\//", _LIVE.sub(_escaped, piece)))
        place += 1
    return "".join(shown)


def _escaped(found: re.Match[str]) -> str:
    """A backslash before a live character, and before one that would take the life of the code behind it."""
    return found[0] if len(found[0]) > 1 else "\\" + found[0]
