"""Copies of an SQLite database that are whole even while the bot writes, and the way back."""

from __future__ import annotations

import os
import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bot.store.errors import DatabaseRefused, StoreError
from bot.store.processlock import ProcessLock
from bot.store.sqlite_faults import translated

if TYPE_CHECKING:
    from pathlib import Path


def backup_file(source: Path, target: Path) -> None:
    """Copies a database with SQLite's online backup; the target appears whole or not at all.

    Raises:
        StoreError: the source is not a sound database, or the target can't be written.
    """
    if not source.is_file():
        raise StoreError(f"There is no database {source} to back up.")
    part = target.with_name(target.name + ".part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        part.unlink(missing_ok=True)
        with (
            translated(source),
            closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as original,
            closing(sqlite3.connect(part)) as copy,
        ):
            original.backup(copy, pages=1024)
            copy.execute("PRAGMA journal_mode = DELETE")
            _check(copy, source)
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        part.replace(target)
    except OSError as error:
        raise StoreError(f"The backup {target} can't be written: {error.strerror}.") from error
    finally:
        part.unlink(missing_ok=True)


def daily_backup(database: Path, keep: int = 7, today: datetime | None = None) -> Path | None:
    """Makes the backup of a day (UTC) unless it is there, and removes all but the newest ones.

    Args:
        database: the file; backups stand in the folder `backups` with it.
        keep: how many backups stay.
        today: the day to use instead of the clock's.

    Returns:
        The new backup, or None if that of the day was there.
    """
    folder = database.parent / "backups"
    day = (today or datetime.now(UTC)).strftime("%Y-%m-%d")
    target = folder / f"{database.stem}-{day}.sqlite3"
    made = not target.exists()
    if made:
        backup_file(database, target)
    ours = re.compile(re.escape(database.stem) + r"-\d{4}-\d\d-\d\d\.sqlite3")
    for old in sorted(file for file in folder.iterdir() if ours.fullmatch(file.name))[:-keep]:
        old.unlink()
    return target if made else None


def restore_file(backup: Path, database: Path) -> Path | None:
    """Puts a backup in place of the database; refused while a bot has it open.

    Returns:
        Where the database that stood there was put, or None if there was none.

    Raises:
        StoreError: the backup is not a sound database, or the bot is running.
    """
    if not backup.is_file():
        raise StoreError(f"There is no backup {backup}.")
    database.parent.mkdir(parents=True, exist_ok=True)
    lock = ProcessLock.take(database)
    try:
        fresh = database.with_name(database.name + ".restored")
        backup_file(backup, fresh)
        aside = None
        if database.exists():
            # Folded into one file first, so that what is put aside is complete.
            aside = database.with_name(f"{database.stem}-replaced-{datetime.now(UTC):%Y%m%d-%H%M%S}{database.suffix}")
            try:
                backup_file(database, aside)
            except (StoreError, DatabaseRefused):
                database.replace(aside)
        for rest in (f"{database.name}-wal", f"{database.name}-shm"):
            database.with_name(rest).unlink(missing_ok=True)
        fresh.replace(database)
        return aside
    finally:
        lock.release()


def _check(copy: sqlite3.Connection, source: Path) -> None:
    verdict = copy.execute("PRAGMA quick_check(1)").fetchone()[0]
    if verdict != "ok":
        raise StoreError(f"The database {source} is damaged ({verdict}), so no backup was made of it.")
