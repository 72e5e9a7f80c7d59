"""From one database to another, whatever engine stands behind each: everything, counted and compared."""

from __future__ import annotations

import asyncio
import hashlib
import json
import tempfile
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.store.backups import backup_file
from bot.store.entry import EntryContent
from bot.store.errors import DatabaseRefused, StoreError
from bot.store.faq_names import search_texts
from bot.store.store import open_store, sqlite_path, sqlite_url

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.store.database import Indexed, Row, Session
    from bot.store.store import Store

COPY_MARK = "copied-from"
"""Under this name the target keeps the checksum of what was copied last."""

TABLES: dict[str, tuple[str, ...]] = {
    "guilds": (
        "guild_id",
        "moderator_role_id",
        "log_channel_id",
        "axolotl",
        "gpus",
        "faq_revision",
        "left_at",
        "hub",
        "gpu",
    ),
    "marks": ("name", "value"),
    "faq_entries": (
        "entry_id",
        "guild_id",
        "entry_key",
        "version",
        "title",
        "category",
        "content",
        "origin",
        "origin_digest",
        "changed_at",
        "changed_by",
        "removed_at",
    ),
    "faq_versions": ("entry_id", "number", "kind", "content", "author_id", "made_at", "note"),
    "faq_names": ("guild_id", "name_key", "name", "entry_id"),
    "faq_links": ("guild_id", "kind", "target", "entry_id"),
    "faq_words": ("guild_id", "word"),
    "mutes": ("guild_id", "rule", "author_id", "made_at", "reason", "ends_at"),
    "reports": (
        "report_id",
        "guild_id",
        "rule",
        "finding",
        "comment",
        "axolotl",
        "reporter_id",
        "made_at",
        "closed_at",
        "closed_by",
    ),
    "misses": ("guild_id", "query_key", "query", "times", "last_at"),
    "counts": ("guild_id", "kind", "subject", "times", "last_at"),
    "help_channels": (
        "guild_id",
        "channel_id",
        "mode",
        "paused",
        "solved",
        "reminders",
        "tags",
        "delete_secrets",
    ),
    "help_posts": (
        "post_id",
        "guild_id",
        "channel_id",
        "seen_at",
        "forum",
        "mode",
        "topic",
        "claimed_at",
        "answer_id",
        "used_at",
        "person_at",
        "solved_at",
        "wrong_at",
        "silenced_at",
        "reminded_at",
    ),
    "help_opt_outs": ("member_id",),
}
"""All tables, those that others refer to first; the full-text index is made anew, the cache of the Hub fills again."""


@dataclass(frozen=True, slots=True)
class TableSum:
    """The rows of a table, and a checksum over all of them that does not depend on their order."""

    table: str
    rows: int
    checksum: str


@dataclass(frozen=True, slots=True)
class Copied:
    """What a copy did.

    Attributes:
        tables: of the target, equal to those of the source.
        changed: False when the target held all of it before.
    """

    tables: tuple[TableSum, ...]
    changed: bool


async def copy_database(source_url: str, target_url: str, *, overwrite: bool = False) -> Copied:
    """Copies everything in one transaction and compares counts and checksums before it is committed.

    Can be run again: what is there already is left, and what an earlier copy has brought is replaced as long as nobody
    has changed it since. The source is only read; of an SQLite file a snapshot is copied, so that a bot may run on it.

    Args:
        source_url: the address to copy from.
        target_url: the address to copy to; its schema is made or brought up to date.
        overwrite: whether data that the target has got from elsewhere is replaced too.

    Raises:
        StoreError: the target holds other data, or differs after copying; nothing was changed.
        DatabaseRefused: one of them can't be opened.
    """
    async with _snapshot(source_url) as source, _opened(target_url) as target:
        async with source.database.reading() as session:
            content = {table: await _rows(session, table) for table in TABLES}
        wanted = tuple(_sum(table, rows) for table, rows in content.items())
        async with target.alone("copying"), target.database.writing() as session:
            there = [_sum(table, await _rows(session, table)) for table in TABLES]
            if tuple(there) == wanted:
                return Copied(wanted, changed=False)
            mark = await session.row("SELECT value FROM marks WHERE name = ?", COPY_MARK)
            ours = mark is not None and mark["value"] == _digest(there)
            if any(table.rows for table in there) and not ours and not overwrite:
                raise StoreError(
                    "The target has data that neither the source nor an earlier copy put there. Nothing was "
                    "changed. Name an empty database, or replace what is there with --overwrite."
                )
            await _replace(session, target, content)
            copied = tuple([_sum(table, await _rows(session, table)) for table in TABLES])
            if copied != wanted:
                differing = ", ".join(one.table for one, other in zip(copied, wanted, strict=True) if one != other)
                raise StoreError(f"After copying, these tables differ: {differing}. The copy was undone.")
            await session.run("INSERT INTO marks (name, value) VALUES (?, ?)", COPY_MARK, _digest(copied))
        return Copied(copied, changed=True)


@asynccontextmanager
async def read_only(url: str) -> AsyncIterator[Store]:
    """A store to read from while a bot may be running: of an SQLite file it is a snapshot."""
    async with _snapshot(url) as store:
        yield store


@asynccontextmanager
async def _snapshot(url: str) -> AsyncIterator[Store]:
    path = sqlite_path(url)
    if path is None:
        async with _opened(url) as store:
            yield store
        return
    with tempfile.TemporaryDirectory(prefix="helpbot-") as folder:
        copy = Path(folder) / "snapshot.sqlite3"
        try:
            await asyncio.to_thread(backup_file, path, copy)
        except StoreError as error:
            raise DatabaseRefused(str(error)) from error
        async with _opened(sqlite_url(copy)) as store:
            yield store


@asynccontextmanager
async def _opened(url: str) -> AsyncIterator[Store]:
    store = await open_store(url)
    try:
        yield store
    finally:
        await store.close()


async def _rows(session: Session, table: str) -> list[Row]:
    rows = await session.rows(f"SELECT {', '.join(TABLES[table])} FROM {table}")
    return [row for row in rows if table != "marks" or row["name"] != COPY_MARK]


async def _replace(session: Session, target: Store, content: dict[str, list[Row]]) -> None:
    for table in reversed(TABLES):
        await session.run(f"DELETE FROM {table}")
    for table, rows in content.items():
        columns = TABLES[table]
        marks = ", ".join("?" * len(columns))
        await session.run_many(
            f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})",
            [[row[column] for column in columns] for row in rows],
        )
    by_guild: dict[int, list[Indexed]] = {}
    for row in content["faq_entries"]:
        if row["removed_at"] is None:
            texts = search_texts(EntryContent.model_validate_json(row["content"]))
            by_guild.setdefault(row["guild_id"], []).append((row["entry_id"], texts))
    for guild_id, entries in by_guild.items():
        await target.database.search.index(session, guild_id, entries)
    await target.database.renumber(session)


def _sum(table: str, rows: list[Row]) -> TableSum:
    lines = sorted(json.dumps([_plain(row[column]) for column in TABLES[table]], ensure_ascii=True) for row in rows)
    return TableSum(table, len(rows), hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16])


def _digest(tables: list[TableSum] | tuple[TableSum, ...]) -> str:
    return hashlib.sha256(repr([(one.table, one.rows, one.checksum) for one in tables]).encode()).hexdigest()


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, int) else str(value)
