"""What SQLite's errors mean for the person whose change was not saved."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING

from bot.store.errors import Duplicate, StoreBusy, StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_CAUSES = {
    sqlite3.SQLITE_READONLY: "is read-only for the bot, so nothing was saved. The host must give the bot's "
    "user permission to write the file and its folder.",
    sqlite3.SQLITE_FULL: "could not grow because the disk is full, so nothing was saved. The host must free up space.",
    sqlite3.SQLITE_CANTOPEN: "can't be opened, so nothing was saved. The host must check that the file and its "
    "folder are there and may be read and written.",
    sqlite3.SQLITE_IOERR: "can't be read or written because the disk reports an error, so nothing was saved. The host "
    "must check the disk.",
    sqlite3.SQLITE_CORRUPT: "is damaged, so nothing was saved. The host must restore a backup.",
    sqlite3.SQLITE_NOTADB: "is not an SQLite database. It was left untouched; the host must name another file "
    "or restore a backup.",
}


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turns SQLite's errors into those of the store."""
    try:
        yield
    except sqlite3.IntegrityError as error:
        if getattr(error, "sqlite_errorcode", 0) in (
            sqlite3.SQLITE_CONSTRAINT_UNIQUE,
            sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY,
        ):
            raise Duplicate(str(error)) from error
        raise
    except sqlite3.Error as error:
        raise _meaning(error, path) from error


def _meaning(error: sqlite3.Error, path: Path) -> StoreUnavailable:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StoreBusy(
            f"The database {path.name} is locked by another program, so nothing was saved. Try again in a minute; if "
            "it stays locked, the host must end the program that holds it."
        )
    cause = _CAUSES.get(
        code, f"refused the statement ({error}), so nothing was saved. The host can find the cause in the log."
    )
    return StoreUnavailable(f"The database {path.name} {cause}")
