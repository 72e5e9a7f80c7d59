"""The forms that are open: Discord sets no end to filling one in, so they are kept until many newer ones are open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cachetools import FIFOCache

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_OPEN = 1000
"""Forms that are kept; a member who only opens and closes them can push out nothing but old ones."""
_TEXT_INPUT = 4


class OpenForms(FIFOCache[str, "Callable[[], None]"]):
    """How to end each open form, by its custom id; the oldest is ended where there are too many."""

    def __init__(self, most: int = _OPEN) -> None:
        super().__init__(most)

    def popitem(self) -> tuple[str, Callable[[], None]]:
        """Ends the oldest one."""
        custom_id, end = super().popitem()
        end()
        return custom_id, end


OPEN = OpenForms()
"""The forms that this process has opened."""


def typed_texts(data: Any) -> str:
    """What somebody has typed into a form, from the data of its interaction, so that it can be handed back."""
    return "\n\n".join(text for text in _texts(data) if text.strip())


def _texts(part: Any) -> Iterator[str]:
    if isinstance(part, list):
        for each in part:
            yield from _texts(each)
    elif isinstance(part, dict):
        if part.get("type") == _TEXT_INPUT:
            yield str(part.get("value") or "")
        yield from _texts(part.get("components"))
        yield from _texts(part.get("component"))
