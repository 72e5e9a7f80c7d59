"""Rows of the FAQ's tables as values, and the turn that every change takes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from bot.store.clock import from_stored, maybe_from_stored
from bot.store.entry import Entry, EntryContent, Version
from bot.store.errors import EntryMissing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.store.database import Row, Session

ENTRY_COLUMNS = (
    "entry_id, guild_id, entry_key, version, content, origin, origin_digest, changed_at, changed_by, removed_at"
)


async def open_turn(session: Session, guild_id: int) -> int:
    """Makes the changes of a server's FAQ wait for one another, on every engine; returns the FAQ's new revision."""
    row = await session.row(
        "INSERT INTO guilds (guild_id, faq_revision) VALUES (?, 1) "
        "ON CONFLICT (guild_id) DO UPDATE SET faq_revision = guilds.faq_revision + 1 RETURNING faq_revision",
        guild_id,
    )
    return int(row["faq_revision"]) if row else 0


async def read_entry(session: Session, guild_id: int, entry_id: int) -> Entry | None:
    """An entry of a server, removed ones included."""
    row = await session.row(
        f"SELECT {ENTRY_COLUMNS} FROM faq_entries WHERE entry_id = ? AND guild_id = ?",
        entry_id,
        guild_id,
    )
    return to_entry(row) if row else None


async def read_several(session: Session, guild_id: int, entry_ids: Sequence[int]) -> tuple[Entry, ...]:
    """The entries of a server with these ids, removed ones included, in the order of the ids."""
    if not entry_ids:
        return ()
    marks = ", ".join("?" * len(entry_ids))
    rows = await session.rows(
        f"SELECT {ENTRY_COLUMNS} FROM faq_entries WHERE guild_id = ? AND entry_id IN ({marks})",
        guild_id,
        *entry_ids,
    )
    entries = {row["entry_id"]: to_entry(row) for row in rows}
    return tuple(entries[entry_id] for entry_id in entry_ids if entry_id in entries)


async def read_entries(session: Session, guild_id: int) -> tuple[Entry, ...]:
    """All entries of a server, removed ones included, oldest first."""
    rows = await session.rows(
        f"SELECT {ENTRY_COLUMNS} FROM faq_entries WHERE guild_id = ? ORDER BY entry_id",
        guild_id,
    )
    # On a thread: thousands of entries are not read on the event loop's time.
    return await asyncio.to_thread(lambda: tuple(to_entry(row) for row in rows))


async def read_versions(session: Session, guild_id: int, entry_id: int) -> tuple[Version, ...]:
    """All versions of an entry, oldest first."""
    rows = await session.rows(
        "SELECT v.* FROM faq_versions v JOIN faq_entries e ON e.entry_id = v.entry_id "
        "WHERE v.entry_id = ? AND e.guild_id = ? ORDER BY v.number",
        entry_id,
        guild_id,
    )
    return tuple(to_version(row) for row in rows)


def to_version(row: Row) -> Version:
    """A row of faq_versions."""
    return Version(
        number=row["number"],
        kind=row["kind"],
        content=EntryContent.model_validate_json(row["content"]),
        author_id=row["author_id"],
        made_at=from_stored(row["made_at"]),
        note=row["note"],
    )


def to_entry(row: Row) -> Entry:
    """A row of faq_entries with ENTRY_COLUMNS."""
    content = EntryContent.model_validate_json(row["content"])
    return Entry(
        id=row["entry_id"],
        guild_id=row["guild_id"],
        key=row["entry_key"],
        version=row["version"],
        content=content,
        origin=row["origin"],
        edited=row["origin_digest"] != content.digest,
        changed_at=from_stored(row["changed_at"]),
        changed_by=row["changed_by"],
        removed_at=maybe_from_stored(row["removed_at"]),
    )


async def read_living(session: Session, guild_id: int, entry_id: int) -> Entry:
    """An entry that members can find; raises EntryMissing."""
    entry = await read_entry(session, guild_id, entry_id)
    if entry is None:
        raise EntryMissing("There is no such entry in this server, so nothing was changed.")
    if entry.removed_at is not None:
        raise EntryMissing(
            f"“{entry.content.title}” was removed in the meantime. Restore it first with `/faq-admin restore`."
        )
    return entry
