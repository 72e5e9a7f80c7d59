"""What a moderator has begun and not confirmed yet: kept in memory between the form, the preview and the button."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from bot.store import EntryContent
    from bot.store.faq_transfer import ImportPlan

_KEPT = 500
_IMPORTS = 20


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry as a moderator has written it, or wants it removed or brought back.

    Attributes:
        owner: The moderator; nobody else may confirm it.
        entry_id: The entry that it changes, None for a new one.
        expected: The version of that entry that the moderator has seen.
        content: As written, not yet cleaned.
        note: Why, for the history.
        query: The search that found nothing and that this entry answers, if it was made from one.
        number: The version to bring back.
    """

    guild_id: int
    owner: int
    content: EntryContent
    entry_id: int | None = None
    expected: int = 0
    note: str = ""
    query: str | None = None
    number: int | None = None


@dataclass(frozen=True, slots=True)
class PendingImport:
    """An import that was shown."""

    guild_id: int
    owner: int
    plan: ImportPlan


_P = TypeVar("_P", Draft, PendingImport)


class Pending:
    """The newest ones by key; older ones are forgotten."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Draft | PendingImport] = OrderedDict()

    def keep(self, pending: Draft | PendingImport, key: str | None = None) -> str:
        """Keeps one, in the place of another if its key is given; returns the key."""
        key = key or secrets.token_urlsafe(9)
        self._kept[key] = pending
        self._kept.move_to_end(key)
        imports = [old for old, kept in self._kept.items() if isinstance(kept, PendingImport)]
        for old in imports[:-_IMPORTS]:
            del self._kept[old]
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return key

    def find(self, key: str, kind: type[_P]) -> _P | None:
        """What is kept under a key, or None when it was confirmed, cancelled or forgotten."""
        found = self._kept.get(key)
        return found if isinstance(found, kind) else None

    def drop(self, key: str) -> None:
        """Forgets one."""
        self._kept.pop(key, None)
