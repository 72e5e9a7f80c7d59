"""One change of an entry: the row, its version, its names and its links, inside one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.store.clock import to_stored
from bot.store.content import clean_line
from bot.store.errors import EntryMissing
from bot.store.faq_names import claim_names, forget_names, free_keys, search_texts, write_links
from bot.store.faq_rows import ENTRY_COLUMNS, to_entry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.store.clock import Clock
    from bot.store.database import Database, Row, Session, Value
    from bot.store.entry import Entry, EntryContent, Version

_TOGETHER = 500
_INSERT_VERSION = (
    "INSERT INTO faq_versions (entry_id, number, kind, content, author_id, made_at, note) VALUES (?, ?, ?, ?, ?, ?, ?)"
)


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a version says about itself: the kind of change, by whom, and why."""

    kind: str
    author_id: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class New:
    """An entry that is not there yet.

    Attributes:
        content: what it says, cleaned.
        key: the name it had elsewhere; by default one is made from the title.
        past: versions that it had elsewhere; they are numbered from 1 again.
        removed: whether it is stored as a removed entry, which can be restored.
    """

    content: EntryContent
    key: str | None = None
    past: tuple[Version, ...] = ()
    removed: bool = False


class FaqChanges:
    """What both moderators' commands and imports do to entries; a transaction with its turn open is the caller's."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def insert(
        self, session: Session, guild_id: int, news: Sequence[New], stamp: Stamp, origin: str | None = None
    ) -> tuple[Entry, ...]:
        """Stores new entries, all of them in as few statements as one.

        Args:
            session: the transaction.
            guild_id: the server.
            news: the entries.
            stamp: by whom and why.
            origin: `starter` for entries of the starter pack.

        Raises:
            TitleTaken: a title or alias leads to another entry.
        """
        now = to_stored(self._clock())
        keys = await free_keys(session, guild_id, [new.key or new.content.title[:60] for new in news])
        await session.run_many(
            "INSERT INTO faq_entries (guild_id, entry_key, version, title, category, content, origin, origin_digest, "
            "changed_at, changed_by, removed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    guild_id,
                    key,
                    len(new.past) + 1,
                    new.content.title,
                    new.content.category,
                    new.content.model_dump_json(),
                    origin,
                    new.content.digest if origin else None,
                    now,
                    stamp.author_id,
                    now if new.removed else None,
                )
                for key, new in zip(keys, news, strict=True)
            ],
        )
        entries = await _by_key(session, guild_id, keys)
        living = [(entry.id, entry.content) for entry in entries if entry.removed_at is None]
        await claim_names(session, guild_id, living)
        await write_links(session, guild_id, living)
        texts = [(entry_id, search_texts(content)) for entry_id, content in living]
        await self._database.search.index(session, guild_id, texts)
        await session.run_many(
            _INSERT_VERSION,
            [
                row
                for entry, new in zip(entries, news, strict=True)
                for row in (*_past_rows(entry, new.past), _version_row(entry, stamp))
            ],
        )
        return tuple(entries)

    async def change(
        self, session: Session, entry: Entry, content: EntryContent, stamp: Stamp, *, from_origin: bool = False
    ) -> Entry:
        """Makes the content the entry's next version; it lives."""
        await forget_names(session, entry.id)
        await claim_names(session, entry.guild_id, [(entry.id, content)])
        await write_links(session, entry.guild_id, [(entry.id, content)])
        await self._database.search.index(session, entry.guild_id, [(entry.id, search_texts(content))])
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
        await forget_names(session, entry.id)
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
    entry = to_entry(row)
    await session.run(_INSERT_VERSION, *_version_row(entry, stamp))
    return entry


async def _by_key(session: Session, guild_id: int, keys: Sequence[str]) -> list[Entry]:
    """Entries in the order of their keys."""
    found: dict[str, Entry] = {}
    for start in range(0, len(keys), _TOGETHER):
        some = keys[start : start + _TOGETHER]
        rows = await session.rows(
            f"SELECT {ENTRY_COLUMNS} FROM faq_entries "
            f"WHERE guild_id = ? AND entry_key IN ({', '.join('?' * len(some))})",
            guild_id,
            *some,
        )
        found |= {row["entry_key"]: to_entry(row) for row in rows}
    return [found[key] for key in keys]


def _version_row(entry: Entry, stamp: Stamp) -> tuple[Value, ...]:
    note = clean_line(stamp.note)[:200]
    text = entry.content.model_dump_json()
    return entry.id, entry.version, stamp.kind, text, stamp.author_id, to_stored(entry.changed_at), note


def _past_rows(entry: Entry, past: Sequence[Version]) -> list[tuple[Value, ...]]:
    return [
        (
            entry.id,
            number,
            version.kind,
            version.content.model_dump_json(),
            version.author_id,
            to_stored(version.made_at),
            clean_line(version.note)[:200],
        )
        for number, version in enumerate(past, 1)
    ]
