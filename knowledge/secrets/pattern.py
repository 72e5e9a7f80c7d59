"""A regular expression that is compiled when a text first asks for it: most texts ask for few."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Pattern:
    """A pattern that has not been compiled yet."""

    __slots__ = ("_compiled", "source")

    def __init__(self, source: str) -> None:
        self.source = source
        self._compiled: re.Pattern[str] | None = None

    @property
    def compiled(self) -> re.Pattern[str]:
        """The expression."""
        if self._compiled is None:
            self._compiled = re.compile(self.source)
        return self._compiled

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        """The matches in a text."""
        return self.compiled.finditer(text)

    def start(self, text: str, first: int, last: int) -> int | None:
        """Where it begins to match between two places of a text."""
        match = self.compiled.search(text, first, last)
        return match.start() if match else None
