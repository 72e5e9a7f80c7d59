"""What a moderator has begun and not confirmed yet: kept in memory between the form, the preview and the button."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from cachetools import FIFOCache

if TYPE_CHECKING:
    from bot.store import EntryContent
    from bot.store.faq_transfer import ImportPlan

_DRAFTS = 500
_IMPORTS = 20


@dataclass(frozen=True, slots=True)
class Begun:
    """Something that a moderator has begun.

    Attributes:
        guild_id: The server.
        owner: The moderator; nobody else may confirm it.
    """

    guild_id: int
    owner: int


@dataclass(frozen=True, slots=True)
class Draft(Begun):
    """An entry as a moderator has written it.

    Attributes:
        content: As written, not yet cleaned.
        entry_id: The entry that it changes, None for a new one.
        expected: The version of that entry that the moderator has seen.
        note: Why, for the history.
        query: The search that found nothing and that this entry answers, if it was made from one.
    """

    content: EntryContent
    entry_id: int | None = None
    expected: int = 0
    note: str = ""
    query: str | None = None


@dataclass(frozen=True, slots=True)
class Removal(Begun):
    """An entry that is to be removed.

    Attributes:
        entry_id: The entry.
        expected: The version of it that the moderator has seen.
        note: Why, for the history.
    """

    entry_id: int
    expected: int
    note: str


@dataclass(frozen=True, slots=True)
class Restoration(Begun):
    """An entry that is to be brought back.

    Attributes:
        entry_id: The entry.
        number: The version to bring back, None for the last one of a removed entry.
        expected: The version of it that the moderator has seen.
        note: Why, for the history.
    """

    entry_id: int
    number: int | None
    expected: int
    note: str


@dataclass(frozen=True, slots=True)
class PendingImport(Begun):
    """An import that was shown.

    Attributes:
        plan: What it would do.
    """

    plan: ImportPlan


_B = TypeVar("_B", bound=Begun)


class Pending:
    """The newest ones by key; older ones are forgotten."""

    def __init__(self) -> None:
        self._drafts: FIFOCache[str, Begun] = FIFOCache(_DRAFTS)
        self._imports: FIFOCache[str, Begun] = FIFOCache(_IMPORTS)

    def keep(self, begun: Begun, key: str | None = None) -> str:
        """Keeps one, in place of another if its key is given; returns the key."""
        key = key or secrets.token_urlsafe(9)
        kept = self._imports if isinstance(begun, PendingImport) else self._drafts
        kept[key] = begun
        return key

    def find(self, key: str, kind: type[_B]) -> _B | None:
        """What is kept under a key, or None when it was confirmed, canceled, or forgotten."""
        found = self._drafts.get(key) or self._imports.get(key)
        return found if isinstance(found, kind) else None

    def drop(self, key: str) -> None:
        """Forgets one."""
        self._drafts.pop(key, None)
        self._imports.pop(key, None)
