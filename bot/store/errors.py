"""What can go wrong with stored things, each a finished sentence for the person who asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.store.entry import Entry


class StoreError(Exception):
    """The base of all of them; `str(error)` says what happened, why, and what to do."""


class InvalidEntry(StoreError):
    """An FAQ entry that can't be stored as it was written."""


class EntryMissing(StoreError):
    """The entry is not there, or no longer."""


class TitleTaken(StoreError):
    """A title or alias already leads to another entry of this server."""

    def __init__(self, name: str, title: str) -> None:
        super().__init__(
            f"The name “{name}” already leads to the entry “{title}” in this server; upper and lower case count as "
            "the same. Choose another title or alias, or edit that entry."
        )
        self.name = name
        self.title = title


class EditConflict(StoreError):
    """Somebody else changed the entry between reading and saving.

    Attributes:
        current: the entry as it stands now.
    """

    def __init__(self, current: Entry, expected: int) -> None:
        super().__init__(
            f"“{current.content.title}” was changed while you were editing: you started from version {expected}, "
            f"version {current.version} is stored now. Your changes are not saved yet."
        )
        self.current = current
        self.expected = expected


class PlanOutdated(StoreError):
    """The FAQ changed between the preview of an import and its confirmation."""

    def __init__(self) -> None:
        super().__init__(
            "This server's FAQ changed after the preview was made, so nothing was imported. Start the import again."
        )


class StoreUnavailable(StoreError):
    """The database can't be read or written at the moment; what was being saved was not saved."""


class StoreBusy(StoreUnavailable):
    """Somebody else holds the database longer than the bot waits for it."""


class OutcomeUnknown(StoreUnavailable):
    """The connection broke while a change was being committed: it may be stored or not."""


class DatabaseRefused(StoreError):
    """The database can't be opened by this bot, and waiting does not help."""


class Duplicate(Exception):
    """A unique key is taken; each noun of the store says what that means."""
