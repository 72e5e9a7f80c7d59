"""One process a file: the lock that refuses a second one."""

from __future__ import annotations

import os
import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.store.errors import DatabaseRefused

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(slots=True)
class _Held:
    descriptor: int
    users: int


# Whatever a process holds, it holds once: a second opening in the same process shares the lock.
_held: dict[Path, _Held] = {}
_guard = threading.Lock()


class ProcessLock:
    """A lock file beside the database; the system frees it when the process ends, however it ends."""

    def __init__(self, path: Path) -> None:
        self._path: Path | None = path

    @classmethod
    def take(cls, database: Path) -> ProcessLock:
        """Takes the lock of a database file for this process.

        Raises:
            DatabaseRefused: another process has it, or the folder can't be written.
        """
        path = database.resolve().with_name(database.name + ".lock")
        with _guard:
            if path in _held:
                _held[path].users += 1
            else:
                _held[path] = _Held(_taken(path, database), 1)
        return cls(path)

    def release(self) -> None:
        """Gives the file free, once nobody else in this process uses it; may be called twice."""
        with _guard:
            if self._path is None:
                return
            held = _held[self._path]
            held.users -= 1
            if not held.users:
                os.close(held.descriptor)
                del _held[self._path]
            self._path = None


def _taken(path: Path, database: Path) -> int:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise DatabaseRefused(
            f"The database {database} can't be used: {path.name} can't be written beside it ({error.strerror}). "
            "Give the bot's user the right to write the folder."
        ) from error
    try:
        _lock(descriptor)
    except OSError as error:
        owner = os.read(descriptor, 20).decode("ascii", "replace").strip()
        os.close(descriptor)
        raise DatabaseRefused(
            f"The database {database} is in use by another process{f' ({owner})' if owner else ''}. One SQLite "
            "file serves one process: stop the other one first, or use PostgreSQL for several."
        ) from error
    os.ftruncate(descriptor, 0)
    os.write(descriptor, f"{os.getpid()}\n".encode())
    return descriptor


def _lock(descriptor: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        # A byte far behind the number, so that the refused process can still read who has it.
        os.lseek(descriptor, 1024, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        os.lseek(descriptor, 0, os.SEEK_SET)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
