"""What every engine offers to the nouns of the store: transactions, full-text search, and one process at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

Indexed = tuple[int, tuple[str, str, str]]
"""The id of an entry, and the words of its title, its aliases and its text."""
Value = int | float | str | None
Row = Mapping[str, Any]


class Session(Protocol):
    """The inside of one transaction. Statements mark their values with `?` on every engine."""

    async def rows(self, sql: str, *values: Value) -> list[Row]:
        """All rows of a query."""
        ...

    async def row(self, sql: str, *values: Value) -> Row | None:
        """The first row of a query, or None."""
        ...

    async def run(self, sql: str, *values: Value) -> int:
        """Runs a statement and returns how many rows it touched."""
        ...

    async def run_many(self, sql: str, values: Iterable[Sequence[Value]]) -> None:
        """Runs one statement for every line of values."""
        ...


class WordSearch(Protocol):
    """How an engine finds entries by their words; all texts are normalized words joined by spaces."""

    async def index(self, session: Session, guild_id: int, entries: Sequence[Indexed]) -> None:
        """Makes entries findable by the words of their title, aliases and text, in this order of weight."""
        ...

    async def forget(self, session: Session, entry_id: int) -> None:
        """Takes an entry out of the index."""
        ...

    async def find(
        self, session: Session, guild_id: int, words: Sequence[str], *, every: bool, names_only: bool, limit: int
    ) -> list[int]:
        """Ids of the entries that hold every word, or any of them, as the beginning of a word; best first.

        Of very many that fit, only a part is ranked, so that the time is bounded.
        """
        ...

    async def known(self, session: Session, guild_id: int, word: str) -> bool:
        """Whether any entry holds a word that begins so."""
        ...

    async def nearest(self, session: Session, guild_id: int, word: str) -> list[str]:
        """Words that titles and aliases of the server have or had, and that may be meant by a misspelled one."""
        ...


class Database(Protocol):
    """One open database."""

    @property
    def search(self) -> WordSearch:
        """The full-text search of this engine."""
        ...

    def reading(self) -> AbstractAsyncContextManager[Session]:
        """A transaction that sees one state of the database and changes nothing."""
        ...

    def writing(self) -> AbstractAsyncContextManager[Session]:
        """A transaction that is durable when the block has ended, and undone when it raised."""
        ...

    def alone(self, name: str) -> AbstractAsyncContextManager[None]:
        """Lets one task of all processes at a time into the block."""
        ...

    async def backup_daily(self, *, keep: int = 7) -> str | None:
        """Makes today's backup where the engine has them, and says where it is."""
        ...

    async def renumber(self, session: Session) -> None:
        """After rows were copied together with their ids: makes the next id a new one."""
        ...

    async def close(self) -> None:
        """Lets running transactions end, then closes the connections."""
        ...
