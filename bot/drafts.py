"""FAQ entries that are being written: kept in memory between the form, the preview and Save."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.store import EntryContent

_KEPT = 500


@dataclass(frozen=True, slots=True)
class Draft:
    """What a moderator has written and not saved yet.

    Attributes:
        owner: The moderator; nobody else may save it.
        entry_id: The entry that it changes, None for a new one.
        expected: The version of that entry that the moderator has seen.
        content: As written, not yet cleaned.
        note: Why, for the history.
        query: The search that found nothing and that this entry answers, if it was made from one.
    """

    guild_id: int
    owner: int
    content: EntryContent
    entry_id: int | None = None
    expected: int = 0
    note: str = ""
    query: str | None = None


class Drafts:
    """The newest drafts by key; older ones are forgotten."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Draft] = OrderedDict()

    def keep(self, draft: Draft, key: str | None = None) -> str:
        """Keeps a draft, in the place of another one if its key is given; returns the key."""
        key = key or secrets.token_urlsafe(9)
        self._kept[key] = draft
        self._kept.move_to_end(key)
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return key

    def find(self, key: str) -> Draft | None:
        """The draft of a key, or None when it was saved, cancelled or forgotten."""
        return self._kept.get(key)

    def drop(self, key: str) -> Draft | None:
        """Forgets a draft and returns it."""
        return self._kept.pop(key, None)
