"""What PostgreSQL's errors mean for the person whose change was not saved."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import asyncpg

from bot.store.errors import Duplicate, OutcomeUnknown, StoreBusy, StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

_AWAY = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.AdminShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.CrashShutdownError,
)
_BUSY = (
    TimeoutError,
    asyncpg.TooManyConnectionsError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.QueryCanceledError,
    asyncpg.LockNotAvailableError,
)


@contextmanager
def translated(*, committing: bool = False) -> Iterator[None]:
    """Turns the driver's errors into those of the store.

    Args:
        committing: a broken connection leaves the outcome unknown.
    """
    try:
        yield
    except asyncpg.UniqueViolationError as error:
        raise Duplicate(str(error)) from error
    except _BUSY as error:
        raise StoreBusy("The database is overloaded, so nothing was saved. Try again in 10 seconds.") from error
    except asyncpg.ReadOnlySQLTransactionError as error:
        raise StoreUnavailable(
            "The database is read-only at the moment, so nothing was saved. The host must point the bot at the "
            "server that accepts changes."
        ) from error
    except asyncpg.DiskFullError as error:
        raise StoreUnavailable(
            "The disk of the database is full, so nothing was saved. The host must free up space."
        ) from error
    except _AWAY as error:
        if committing:
            raise OutcomeUnknown(
                "The connection to the database broke while the change was being saved, so it may be stored or not. "
                "Check the entry before you repeat it."
            ) from error
        raise StoreUnavailable(
            "The database is not answering at the moment, so nothing was saved. The bot reconnects by itself: try "
            "again in a minute."
        ) from error
    except asyncpg.PostgresError as error:
        raise StoreUnavailable(
            f"The database refused the statement ({type(error).__name__}), so nothing was saved. The host can find "
            "the cause in the log."
        ) from error
