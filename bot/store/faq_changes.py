"""One change of an entry: the row, its version, its names and its links, inside one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.store.clock import to_stored
from bot.store.content import clean_line
from bot.store.errors import EntryMissing
from bot.store.faq_names import claim_names, free_key, search_texts, write_links
from bot.store.faq_rows import ENTRY_COLUMNS, to_entry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.store.clock import Clock
    from bot.store.content import Entry, EntryContent, Version
    from bot.store.database import Database, Row, Session


_INSERT_VERSION = (
    "INSERT INTO faq_versions (entry_id, number, kind, content, author_id, made_at, note) VALUES (?, ?, ?, ?, ?, ?, ?)"
)


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a version says about itself: the kind of change, by whom, and why."""

    kind: str
    author_id: int
    note: str = ""


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
        stamp: Stamp,
        *,
        key: str | None = None,
        origin: str | None = None,
        past: Sequence[Version] = (),
        removed: bool = False,
    ) -> Entry:
        """Stores a new entry of cleaned content.

        Args:
            session: the transaction.
            guild_id: the server.
            content: what the entry says.
            stamp: by whom and why.
            key: the name it had elsewhere; by default one is made from the title.
            origin: `starter` for entries of the starter pack.
            past: versions that it had elsewhere; they are numbered from 1 again.
            removed: whether it is stored as a removed entry, which can be restored.
        """
        row = await session.row(
            "INSERT INTO faq_entries (guild_id, entry_key, version, title, category, content, origin, origin_digest, "
            "changed_at, changed_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, ?) RETURNING " + ENTRY_COLUMNS,
            guild_id,
            await free_key(session, guild_id, key or content.title[:60]),
            len(past),
            content.title,
            content.category,
            content.model_dump_json(),
            origin,
            content.digest if origin else None,
            stamp.author_id,
        )
        if row is None:
            raise EntryMissing("The entry could not be stored. Try again.")
        entry = to_entry(row)
        await session.run_many(
            _INSERT_VERSION,
            [
                (
                    entry.id,
                    number,
                    version.kind,
                    version.content.model_dump_json(),
                    version.author_id,
                    to_stored(version.made_at),
                    version.note,
                )
                for number, version in enumerate(past, 1)
            ],
        )
        return await (self.take_away(session, entry, stamp) if removed else self.change(session, entry, content, stamp))

    async def change(
        self, session: Session, entry: Entry, content: EntryContent, stamp: Stamp, *, from_origin: bool = False
    ) -> Entry:
        """Makes the content the entry's next version; it lives."""
        await claim_names(session, entry, content)
        await write_links(session, entry, content)
        await self._database.search.index(session, entry.id, entry.guild_id, search_texts(content))
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
            stamp.author_id,
            entry.id,
        )
        return await _record(session, row, stamp)

    async def take_away(self, session: Session, entry: Entry, stamp: Stamp) -> Entry:
        """Removes an entry; it can be restored."""
        for table in ("faq_names", "faq_links", "faq_words"):
            await session.run(f"DELETE FROM {table} WHERE entry_id = ?", entry.id)
        await self._database.search.forget(session, entry.id)
        now = to_stored(self._clock())
        row = await session.row(
            "UPDATE faq_entries SET version = version + 1, changed_at = ?, changed_by = ?, removed_at = ? "
            "WHERE entry_id = ? RETURNING " + ENTRY_COLUMNS,
            now,
            stamp.author_id,
            now,
            entry.id,
        )
        return await _record(session, row, stamp)


async def _record(session: Session, row: Row | None, stamp: Stamp) -> Entry:
    if row is None:
        raise EntryMissing("The entry is gone, so nothing was changed.")
    await session.run(
        _INSERT_VERSION,
        row["entry_id"],
        row["version"],
        stamp.kind,
        row["content"],
        stamp.author_id,
        row["changed_at"],
        clean_line(stamp.note)[:200],
    )
    return to_entry(row)
