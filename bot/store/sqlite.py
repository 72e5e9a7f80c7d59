"""SQLite: the embedded engine, for one process on one machine."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import aiosqlite

from bot.store.backups import backup_file, daily_backup
from bot.store.errors import DatabaseRefused, StoreUnavailable
from bot.store.migrations import check_version, migrations
from bot.store.processlock import ProcessLock
from bot.store.sqlite_faults import translated
from bot.store.sqlite_search import SqliteSearch

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Sequence
    from importlib.resources.abc import Traversable
    from pathlib import Path

    from bot.store.database import Row, Session, Value

APPLICATION_ID = 0x41584842
"""Marks the file as this bot's, in SQLite's header."""

_PRAGMAS = (
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
)


class SqliteSession:
    """The inside of a transaction on one connection."""

    __slots__ = ("_connection", "_path")

    def __init__(self, connection: aiosqlite.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path

    async def rows(self, sql: str, *values: Value) -> list[Row]:
        """All rows of a query."""
        with translated(self._path):
            found: Iterable[Any] = await self._connection.execute_fetchall(sql, values)
        return [dict(row) for row in found]

    async def row(self, sql: str, *values: Value) -> Row | None:
        """The first row of a query, or None."""
        found = await self.rows(sql, *values)
        return found[0] if found else None

    async def run(self, sql: str, *values: Value) -> int:
        """Runs a statement and returns how many rows it touched."""
        with translated(self._path):
            cursor = await self._connection.execute(sql, values)
            count = cursor.rowcount
            await cursor.close()
        return count

    async def run_many(self, sql: str, values: Iterable[Sequence[Value]]) -> None:
        """Runs one statement for every line of values."""
        with translated(self._path):
            await self._connection.executemany(sql, list(values))


class SqliteDatabase:
    """One SQLite file: a connection that writes and one that reads, so that searches don't wait for the disk."""

    def __init__(
        self, path: Path, lock: ProcessLock, writer: aiosqlite.Connection, reader: aiosqlite.Connection
    ) -> None:
        self.path = path
        self.search = SqliteSearch()
        self._lock = lock
        self._writer = writer
        self._reader = reader
        self._writing = asyncio.Lock()
        self._reading = asyncio.Lock()
        self._alone: dict[str, asyncio.Lock] = {}
        self._file = path.stat().st_ino
        self._closed = False

    @classmethod
    async def open(cls, path: Path, *, folder: Traversable | None = None, busy_seconds: float = 5.0) -> SqliteDatabase:
        """Opens the file, or makes it; brings its schema up to date.

        Args:
            path: the file; folders above it are made.
            folder: migrations to use instead of the package's own.
            busy_seconds: how long a write waits for another program that has locked the file.

        Raises:
            DatabaseRefused: another process has it, a newer bot has written it, or it can't be opened.
        """
        path, lock = await asyncio.to_thread(_claim, path)
        writer: aiosqlite.Connection | None = None
        reader: aiosqlite.Connection | None = None
        try:
            writer = await _connect(path, busy_seconds)
            await _migrate(writer, path, folder)
            reader = await _connect(path, busy_seconds)
            with translated(path):
                await reader.execute("PRAGMA query_only = ON")
            return cls(path, lock, writer, reader)
        except BaseException as error:
            for connection in (reader, writer):
                if connection is not None:
                    await connection.close()
            lock.release()
            if isinstance(error, StoreUnavailable):
                raise DatabaseRefused(str(error)) from error
            raise

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[SqliteSession]:
        """A transaction that sees one state of the database and changes nothing."""
        async with self._reading, self._transaction(self._reader, "BEGIN") as session:
            yield session

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[SqliteSession]:
        """A transaction that is durable when the block has ended, and undone when it raised."""
        async with self._writing:
            self._check_file()
            async with self._transaction(self._writer, "BEGIN IMMEDIATE") as session:
                yield session

    @asynccontextmanager
    async def alone(self, name: str) -> AsyncIterator[None]:
        """Lets one task at a time into the block; there is no second process."""
        async with self._alone.setdefault(name, asyncio.Lock()):
            yield

    async def backup_daily(self, *, keep: int = 7) -> str | None:
        """Makes today's backup with the database unless it is there, and keeps the newest ones."""
        made = await asyncio.to_thread(daily_backup, self.path, keep)
        return str(made) if made else None

    async def renumber(self, session: Session) -> None:
        """Nothing: SQLite goes on after the highest id by itself."""

    async def close(self) -> None:
        """Lets running transactions end, then closes the connections and gives the file free."""
        if self._closed:
            return
        self._closed = True
        async with self._writing, self._reading:
            await self._reader.close()
            await self._writer.close()
        self._lock.release()

    @asynccontextmanager
    async def _transaction(self, connection: aiosqlite.Connection, begin: str) -> AsyncIterator[SqliteSession]:
        if self._closed:
            raise StoreUnavailable("The bot is shutting down, so nothing was saved. Try again in a minute.")
        session = SqliteSession(connection, self.path)
        try:
            await session.run(begin)
            yield session
            await session.run("COMMIT")
        except BaseException:
            # Shielded: a cancelled command must not leave its transaction open for the next one.
            await asyncio.shield(connection.rollback())
            raise

    def _check_file(self) -> None:
        try:
            same = self.path.stat().st_ino == self._file
        except OSError:
            same = False
        if not same:
            raise StoreUnavailable(
                f"The database file {self.path.name} was removed or replaced while the bot was running, so nothing was "
                "saved. Put the file or a backup back and restart the bot."
            )


def _claim(path: Path) -> tuple[Path, ProcessLock]:
    path = path.absolute()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatabaseRefused(f"The folder {path.parent} for the database can't be made: {error.strerror}.") from error
    return path, ProcessLock.take(path)


async def _connect(path: Path, busy_seconds: float) -> aiosqlite.Connection:
    with translated(path):
        opening = aiosqlite.connect(path, timeout=busy_seconds, isolation_level=None)
        # A process that ends without closing must not wait for ever for the thread of a connection.
        thread: Any = getattr(opening, "_thread", opening)
        thread.daemon = True
        connection = await opening
        connection.row_factory = sqlite3.Row
        try:
            for pragma in _PRAGMAS:
                await connection.execute_fetchall(pragma)
        except BaseException:
            await connection.close()
            raise
        return connection


async def _migrate(connection: aiosqlite.Connection, path: Path, folder: Traversable | None) -> None:
    steps = migrations("sqlite", folder)
    session = SqliteSession(connection, path)
    stored = await _number(session, "PRAGMA user_version")
    owner = await _number(session, "PRAGMA application_id")
    tables = await _number(session, "SELECT count(*) FROM sqlite_schema")
    if owner != APPLICATION_ID and tables:
        raise DatabaseRefused(f"{path} is another program's database. It was left untouched; name another file.")
    check_version(stored, steps)
    # Only now: a database of somebody else stays as it was, to the byte.
    await session.rows("PRAGMA journal_mode = WAL")
    if 0 < stored < len(steps):
        before = path.with_name(f"{path.stem}-before-schema-{len(steps)}{path.suffix}")
        await asyncio.to_thread(backup_file, path, before)
    for step in steps[stored:]:
        try:
            await session.run("BEGIN IMMEDIATE")
            for statement in _statements(step.sql):
                await session.run(statement)
            await session.run(f"PRAGMA application_id = {APPLICATION_ID}")
            await session.run(f"PRAGMA user_version = {step.number}")
            await session.run("COMMIT")
        except BaseException as error:
            await asyncio.shield(connection.rollback())
            if isinstance(error, StoreUnavailable):
                raise DatabaseRefused(
                    f"The step {step.name} of the database's upgrade failed and was undone; the data is as it was "
                    f"before. {error}"
                ) from error
            raise


async def _number(session: SqliteSession, sql: str) -> int:
    row = await session.row(sql)
    return int(next(iter(row.values()))) if row else 0


def _statements(script: str) -> list[str]:
    found: list[str] = []
    lines: list[str] = []
    for line in script.splitlines():
        lines.append(line)
        if sqlite3.complete_statement("\n".join(lines)):
            found.append("\n".join(lines))
            lines = []
    return found
