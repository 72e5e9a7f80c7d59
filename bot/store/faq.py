"""The FAQ of a server: entries and their versions. Every change is one transaction and one version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.store.content import cleaned
from bot.store.entry import Entry, EntryContent, EntryName, Version
from bot.store.errors import EditConflict, EntryMissing, InvalidEntry
from bot.store.faq_changes import FaqChanges, New, Stamp
from bot.store.faq_rows import open_turn, read_entries, read_entry, read_living, read_versions
from bot.store.faq_search import FaqSearch

if TYPE_CHECKING:
    from bot.store.clock import Clock
    from bot.store.database import Database


ENTRY_LIMIT = 20_000
"""Entries of one server, removed ones included."""


class Faq(FaqSearch):
    """Reads and changes entries; reading by words is inherited from FaqSearch."""

    def __init__(self, database: Database, clock: Clock) -> None:
        super().__init__(database)
        self._changes = FaqChanges(database, clock)

    async def get(self, guild_id: int, entry_id: int) -> Entry | None:
        """An entry by its id, removed ones included; never another server's."""
        async with self._database.reading() as session:
            return await read_entry(session, guild_id, entry_id)

    async def history(self, guild_id: int, entry_id: int) -> tuple[Version, ...]:
        """All versions of an entry, oldest first."""
        async with self._database.reading() as session:
            return await read_versions(session, guild_id, entry_id)

    async def all(self, guild_id: int) -> tuple[Entry, ...]:
        """All entries of a server, removed ones included, oldest first."""
        async with self._database.reading() as session:
            return await read_entries(session, guild_id)

    async def removed(self, guild_id: int, limit: int = 25) -> tuple[EntryName, ...]:
        """The entries that can be restored, last removed first."""
        async with self._database.reading() as session:
            rows = await session.rows(
                "SELECT entry_id, title FROM faq_entries WHERE guild_id = ? AND removed_at IS NOT NULL "
                "ORDER BY removed_at DESC, entry_id DESC LIMIT ?",
                guild_id,
                limit,
            )
        return tuple(EntryName(row["entry_id"], row["title"]) for row in rows)

    async def add(self, guild_id: int, content: EntryContent, *, author_id: int, note: str = "") -> Entry:
        """Stores a new entry; it is durable when this returns.

        Raises:
            InvalidEntry: the content can't be stored.
            TitleTaken: its title or an alias leads to another entry.
        """
        content = cleaned(content)
        async with self._database.writing() as session:
            await open_turn(session, guild_id)
            count = await session.row("SELECT count(*) AS entries FROM faq_entries WHERE guild_id = ?", guild_id)
            if count is not None and count["entries"] >= ENTRY_LIMIT:
                raise InvalidEntry(f"This server has {ENTRY_LIMIT:,} entries, which is the limit. Edit one instead.")
            stamp = Stamp("added", author_id, note)
            return (await self._changes.insert(session, guild_id, [New(content)], stamp))[0]

    async def edit(
        self, guild_id: int, entry_id: int, content: EntryContent, *, expected: int, author_id: int, note: str = ""
    ) -> Entry:
        """Stores a new version of an entry, unless nothing differs.

        Args:
            guild_id: the server.
            entry_id: the entry.
            content: all of it, as it shall be.
            expected: the version that the editor has seen.
            author_id: who changed it.
            note: why, for the history.

        Raises:
            EditConflict: another version is stored by now; nothing was changed.
            EntryMissing: there is no such entry, or it was removed.
            InvalidEntry: the content can't be stored.
            TitleTaken: its title or an alias leads to another entry.
        """
        content = cleaned(content)
        async with self._database.writing() as session:
            await open_turn(session, guild_id)
            entry = await read_living(session, guild_id, entry_id)
            if entry.version != expected:
                raise EditConflict(entry, expected)
            if entry.content == content:
                return entry
            return await self._changes.change(session, entry, content, Stamp("edited", author_id, note))

    async def remove(
        self, guild_id: int, entry_id: int, *, author_id: int, expected: int | None = None, note: str = ""
    ) -> Entry:
        """Takes an entry away from members; it can be restored.

        Raises:
            EditConflict: another version than the expected one is stored by now.
            EntryMissing: there is no such entry, or it was removed before.
        """
        async with self._database.writing() as session:
            await open_turn(session, guild_id)
            entry = await read_living(session, guild_id, entry_id)
            if expected is not None and entry.version != expected:
                raise EditConflict(entry, expected)
            return await self._changes.take_away(session, entry, Stamp("removed", author_id, note))

    async def restore(
        self,
        guild_id: int,
        entry_id: int,
        number: int | None = None,
        *,
        author_id: int,
        expected: int | None = None,
        note: str = "",
    ) -> Entry:
        """Brings back a version as the newest one; a removed entry lives again.

        Args:
            guild_id: the server.
            entry_id: the entry, removed or not.
            number: the version to bring back; the newest one by default.
            author_id: who restores it.
            expected: the version that the moderator has seen as the newest one.
            note: why, for the history.

        Raises:
            EditConflict: another version than the expected one is stored by now.
            EntryMissing: there is no such entry or version.
            TitleTaken: the title or an alias was given to another entry in between.
        """
        async with self._database.writing() as session:
            await open_turn(session, guild_id)
            entry = await read_entry(session, guild_id, entry_id)
            versions = await read_versions(session, guild_id, entry_id)
            wanted = [version for version in versions if number is None or version.number == number]
            if entry is None or not wanted:
                raise EntryMissing("There is no such version of an entry in this server, so nothing was restored.")
            if expected is not None and entry.version != expected:
                raise EditConflict(entry, expected)
            if entry.removed_at is None and entry.content == wanted[-1].content:
                return entry
            return await self._changes.change(session, entry, wanted[-1].content, Stamp("restored", author_id, note))
