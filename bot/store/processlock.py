"""One process a file: the lock that refuses a second one."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from bot.store.errors import DatabaseRefused

if TYPE_CHECKING:
    from pathlib import Path


class ProcessLock:
    """A lock file next to the database; the system frees it when the process ends, however it ends.

    Whatever a process holds, it holds once: a second opening in the same process shares the lock.
    """

    def __init__(self, lock: FileLock) -> None:
        self._lock: FileLock | None = lock

    @classmethod
    def take(cls, database: Path) -> ProcessLock:
        """Takes the lock of a database file for this process.

        Raises:
            DatabaseRefused: another process has it, or the folder can't be written.
        """
        path = database.resolve().with_name(database.name + ".lock")
        try:
            lock = FileLock(path, thread_local=False, is_singleton=True)
            lock.acquire(timeout=0)
        except Timeout as error:
            owner = _owner(path)
            raise DatabaseRefused(
                f"The database {database} is in use by another process{f' ({owner})' if owner else ''}. An SQLite "
                "file can serve only one process: stop the other one first, or use PostgreSQL for several."
            ) from error
        except OSError as error:
            raise DatabaseRefused(
                f"The database {database} can't be used: {path.name} can't be written with it ({error.strerror}). "
                "Give the bot's user permission to write to the folder."
            ) from error
        with suppress(OSError):  # the number is a courtesy for whoever is refused
            path.write_text(f"{os.getpid()}\n", "ascii")
        return cls(lock)

    def release(self) -> None:
        """Gives the file free, once nobody else in this process uses it; may be called twice."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None


def _owner(path: Path) -> str:
    """The number of the process that holds the lock, empty where it cannot be read."""
    try:
        return path.read_text("ascii", "replace")[:20].strip()
    except OSError:
        return ""
