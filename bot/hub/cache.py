"""What was found is kept for a while: in the store, or for one call of the command line in memory."""

from __future__ import annotations

from typing import Protocol

FOUND_SECONDS = 6 * 3600
MISSING_SECONDS = 600


class Cache(Protocol):
    """Texts by key, each for so many seconds."""

    async def get(self, key: str) -> str | None:
        """The text of a key, or None."""
        ...

    async def put(self, key: str, body: str, seconds: int) -> None:
        """Keeps a text."""
        ...


class Memory:
    """A cache for as long as one command runs; nothing in it grows old."""

    def __init__(self) -> None:
        self._kept: dict[str, str] = {}

    async def get(self, key: str) -> str | None:
        """The text of a key, or None."""
        return self._kept.get(key)

    async def put(self, key: str, body: str, _seconds: int) -> None:
        """Keeps a text."""
        self._kept[key] = body
