"""One change of an entry: the row, its version, its names and its links, inside one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.store.clock import to_stored
from bot.store.content import clean_line
from bot.store.errors import EntryMissing
from bot.store.faq_names import claim_names, free_key, write_links
from bot.store.faq_rows import ENTRY_COLUMNS, to_entry
from bot.store.words import words_of

if TYPE_CHECKING:
    from bot.store.clock import Clock
    from bot.store.content import Entry, EntryContent
    from bot.store.database import Database, Row, Session


class FaqChanges:
    """What both moderators' commands and imports do to entries; a transaction with its turn open is the caller's."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def insert(
        self,
        session: Session,
        guild_id: int,
        content: EntryContent,
        *,
        kind: str,
        author_id: int,
        note: str,
        key: str | None = None,
        origin: str | None = None,
    ) -> Entry:
        """Stores a new entry of cleaned content."""
        key = await free_key(session, guild_id, key or content.title)
        row = await session.row(
            "INSERT INTO faq_entries (guild_id, entry_key, version, title, category, content, origin, origin_digest, "
            "changed_at, changed_by) VALUES (?, ?, 0, ?, ?, ?, ?, ?, 0, ?) RETURNING " + ENTRY_COLUMNS,
            guild_id,
            key,
            content.title,
            content.category,
            content.model_dump_json(),
            origin,
            content.digest if origin else None,
            author_id,
        )
        if row is None:
            raise EntryMissing("The entry could not be stored. Try again.")
        return await self.change(session, to_entry(row), content, kind=kind, author_id=author_id, note=note)

    async def change(
        self,
        session: Session,
        entry: Entry,
        content: EntryContent,
        *,
        kind: str,
        author_id: int,
        note: str,
        from_origin: bool = False,
    ) -> Entry:
        """Makes the content the entry's next version."""
        await claim_names(session, entry, content)
        await write_links(session, entry, content)
        texts = (content.title, " ".join(content.aliases), content.text)
        normal = tuple(" ".join(words_of(text)) for text in texts)
        await self._database.search.index(session, entry.id, entry.guild_id, (normal[0], normal[1], normal[2]))
        row = await session.row(
            "UPDATE faq_entries SET version = version + 1, title = ?, category = ?, content = ?, origin_digest = "
            "CASE WHEN ? = 1 THEN ? ELSE origin_digest END, changed_at = ?, changed_by = ?, removed_at = NULL "
            "WHERE entry_id = ? RETURNING " + ENTRY_COLUMNS,
            content.title,
            content.category,
            content.model_dump_json(),
            int(from_origin),
            content.digest,
            to_stored(self._clock()),
            author_id,
            entry.id,
        )
        return await _record(session, row, kind, author_id, note)

    async def take_away(self, session: Session, entry: Entry, *, author_id: int, note: str) -> Entry:
        """Removes a living entry."""
        for table in ("faq_names", "faq_links", "faq_words"):
            await session.run(f"DELETE FROM {table} WHERE entry_id = ?", entry.id)
        await self._database.search.forget(session, entry.id)
        now = to_stored(self._clock())
        row = await session.row(
            "UPDATE faq_entries SET version = version + 1, changed_at = ?, changed_by = ?, removed_at = ? "
            "WHERE entry_id = ? RETURNING " + ENTRY_COLUMNS,
            now,
            author_id,
            now,
            entry.id,
        )
        return await _record(session, row, "removed", author_id, note)


async def _record(session: Session, row: Row | None, kind: str, author_id: int, note: str) -> Entry:
    if row is None:
        raise EntryMissing("The entry is gone, so nothing was changed.")
    await session.run(
        "INSERT INTO faq_versions (entry_id, number, kind, content, author_id, made_at, note) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        row["entry_id"],
        row["version"],
        kind,
        row["content"],
        author_id,
        row["changed_at"],
        clean_line(note)[:200],
    )
    return to_entry(row)
