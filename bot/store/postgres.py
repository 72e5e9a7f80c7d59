"""PostgreSQL: the shared engine, for several processes on several machines."""

from __future__ import annotations

import asyncio
import re
from contextlib import asynccontextmanager, suppress
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from zlib import crc32

import asyncpg

from bot.store.errors import DatabaseRefused, StoreError, StoreUnavailable
from bot.store.migrations import check_version, migrations
from bot.store.postgres_faults import translated
from bot.store.postgres_search import PostgresSearch

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Sequence
    from importlib.resources.abc import Traversable

    from bot.store.database import Row, Session, Value

POOL_SIZE = 10
"""Connections of one process."""
_CLOSE_SECONDS = 10
_SERVER_SETTINGS = {
    "application_name": "axolotl-help-bot",
    # Every query has an index. Without statistics, as after an import, the planner would read whole tables instead.
    "enable_seqscan": "off",
    "plan_cache_mode": "force_custom_plan",
    "jit": "off",
}
_TOGETHER = 500


class PostgresSession:
    """The inside of a transaction on one connection."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def rows(self, sql: str, *values: Value) -> list[Row]:
        """All rows of a query."""
        with translated():
            return [dict(record) for record in await self._connection.fetch(_numbered(sql), *values)]

    async def row(self, sql: str, *values: Value) -> Row | None:
        """The first row of a query, or None."""
        with translated():
            record = await self._connection.fetchrow(_numbered(sql), *values)
        return dict(record) if record is not None else None

    async def run(self, sql: str, *values: Value) -> int:
        """Runs a statement and returns how many rows it touched."""
        with translated():
            status = await self._connection.execute(_numbered(sql), *values)
        count = status.rsplit(" ", 1)[-1]
        return int(count) if count.isdigit() else 0

    async def run_many(self, sql: str, values: Iterable[Sequence[Value]]) -> None:
        """Runs one statement for every line of values."""
        lines = list(values)
        for start in range(0, len(lines), _TOGETHER):
            # In parts, each of which has the time of one statement.
            with translated():
                await self._connection.executemany(_numbered(sql), lines[start : start + _TOGETHER])


class PostgresDatabase:
    """A pool of connections that are replaced by themselves when the server was away."""

    def __init__(self, pool: Any, acquire_seconds: float) -> None:
        self.search = PostgresSearch()
        self._pool = pool
        self._acquire_seconds = acquire_seconds
        self._closed = False

    @classmethod
    async def open(
        cls,
        url: str,
        *,
        folder: Traversable | None = None,
        pool_size: int = POOL_SIZE,
        acquire_seconds: float = 5.0,
        statement_seconds: float = 30.0,
    ) -> PostgresDatabase:
        """Connects, and brings the schema up to date; of several processes one does it while the others wait.

        Args:
            url: `postgresql://user:password@host/name`; never repeated in a message.
            folder: migrations to use instead of the package's own.
            pool_size: connections at most.
            acquire_seconds: how long a command waits for a connection.
            statement_seconds: how long one statement may take.

        Raises:
            DatabaseRefused: a newer bot has written it, or it can't be reached.
        """
        pool = None
        try:
            with translated():
                pool = await asyncpg.create_pool(
                    url,
                    min_size=1,
                    max_size=pool_size,
                    timeout=10,
                    command_timeout=statement_seconds,
                    server_settings=_SERVER_SETTINGS,
                )
                async with pool.acquire() as connection:
                    await _migrate(connection, folder)
        except (StoreUnavailable, ValueError) as error:
            if pool is not None:
                pool.terminate()
            cause = error.__cause__ or error
            raise DatabaseRefused(
                f"The PostgreSQL database can't be used ({type(cause).__name__}: {_without_url(str(cause))}). Check "
                "the address in HELPBOT_DATABASE_URL, that the server runs, and that the user owns the database."
            ) from error
        except BaseException:
            if pool is not None:
                pool.terminate()
            raise
        return cls(pool, acquire_seconds)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[PostgresSession]:
        """A transaction that sees one state of the database and changes nothing."""
        async with self._connection() as connection, self._transaction(connection, reading=True) as session:
            yield session

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[PostgresSession]:
        """A transaction that is durable when the block has ended, and undone when it raised."""
        async with self._connection() as connection, self._transaction(connection, reading=False) as session:
            yield session

    @asynccontextmanager
    async def alone(self, name: str) -> AsyncIterator[None]:
        """Lets one task of all processes at a time into the block, by an advisory lock."""
        key = _lock_key(name)
        async with self._connection() as connection:
            with translated():
                await connection.execute("SELECT pg_advisory_lock($1)", key, timeout=600)
            try:
                yield
            finally:
                # Where the connection is gone, the server has let go of the lock.
                if not _is_lost(connection):
                    with translated():
                        await connection.execute("SELECT pg_advisory_unlock($1)", key)

    async def backup_daily(self, *, keep: int = 7) -> str | None:
        """Nothing: the backups of a shared server are its host's, with pg_dump."""
        del keep
        return None

    async def renumber(self, session: Session) -> None:
        """Puts the counters of ids behind the highest ones."""
        for table, column in (("faq_entries", "entry_id"), ("reports", "report_id")):
            await session.row(
                f"SELECT setval(pg_get_serial_sequence('{table}', '{column}'), "
                f"coalesce((SELECT max({column}) FROM {table}), 0) + 1, false)"
            )

    async def close(self) -> None:
        """Lets running transactions end for up to 10 s, then closes the connections."""
        if self._closed:
            return
        self._closed = True
        try:
            with translated():
                await asyncio.wait_for(self._pool.close(), _CLOSE_SECONDS)
        except StoreError:
            self._pool.terminate()

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Any]:
        if self._closed:
            raise StoreUnavailable("The bot is shutting down, so nothing was saved. Try again in a minute.")
        with translated():
            connection = await self._pool.acquire(timeout=self._acquire_seconds)
        try:
            yield connection
        finally:
            # A connection that breaks only now is thrown away by the pool; what was committed on it is.
            with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
                await self._pool.release(connection)

    @asynccontextmanager
    async def _transaction(self, connection: Any, *, reading: bool) -> AsyncIterator[PostgresSession]:
        isolation = "repeatable_read" if reading else "read_committed"
        transaction = connection.transaction(isolation=isolation, readonly=reading)
        with translated():
            await transaction.start()
        try:
            yield PostgresSession(connection)
        except BaseException:
            # A broken connection has no transaction left to undo; its error is the one to tell.
            if not _is_lost(connection):
                with translated():
                    await transaction.rollback()
            raise
        with translated(committing=not reading):
            await transaction.commit()


async def _migrate(connection: Any, folder: Traversable | None) -> None:
    steps = migrations("postgresql", folder)
    key = _lock_key("migrations")
    await connection.execute("SELECT pg_advisory_lock($1)", key, timeout=600)
    try:
        await connection.execute("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL)")
        stored = await connection.fetchval("SELECT coalesce(max(version), 0) FROM schema_version")
        check_version(stored, steps)
        for step in steps[stored:]:
            try:
                async with connection.transaction():
                    await connection.execute(step.sql)
                    await connection.execute("DELETE FROM schema_version")
                    await connection.execute("INSERT INTO schema_version VALUES ($1)", step.number)
            except asyncpg.PostgresError as error:
                raise DatabaseRefused(
                    f"The step {step.name} of the database's upgrade failed and was undone; the data is as it was "
                    f"before. PostgreSQL says: {error}"
                ) from error
    finally:
        if not _is_lost(connection):
            await connection.execute("SELECT pg_advisory_unlock($1)", key)


def _is_lost(connection: Any) -> bool:
    """Whether a connection broke; the pool takes a broken one back by itself, and then it can't even be asked."""
    try:
        return bool(connection.is_closed())
    except asyncpg.InterfaceError:
        return True


@lru_cache(maxsize=500)
def _numbered(sql: str) -> str:
    """`?` as PostgreSQL wants it: $1, $2, ..."""
    pieces = sql.split("?")
    return pieces[0] + "".join(f"${number}{piece}" for number, piece in enumerate(pieces[1:], 1))


def _lock_key(name: str) -> int:
    """A number for a name, in a range of this bot's own."""
    return (0x41584842 << 31) | (crc32(name.encode()) >> 1)


def _without_url(text: str) -> str:
    return re.sub(r"\S+://\S+", "(address)", text)
