"""Time as it is stored: milliseconds since 1970, UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    Clock = Callable[[], datetime]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def utc_now() -> datetime:
    """The clock that a store uses unless it is given another."""
    return datetime.now(UTC)


def to_stored(moment: datetime) -> int:
    """Milliseconds since 1970."""
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def from_stored(milliseconds: int) -> datetime:
    """The moment again."""
    return _EPOCH + timedelta(milliseconds=milliseconds)


def maybe_from_stored(milliseconds: int | None) -> datetime | None:
    """The moment again, where there is one."""
    return None if milliseconds is None else from_stored(milliseconds)
