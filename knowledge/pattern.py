"""Regular expressions that are compiled when a text first asks for them: a process needs few of them all."""

from __future__ import annotations

import re
from typing import Any, cast


def expression(source: str, flags: int = 0) -> re.Pattern[str]:
    """An expression as `re.compile` makes it, later."""
    return cast("re.Pattern[str]", Pattern(source, flags))


class Pattern:
    """Stands for a compiled expression; what was asked for once is found without a detour."""

    def __init__(self, source: str, flags: int) -> None:
        self._source = source
        self._flags = flags

    @property
    def compiled(self) -> re.Pattern[str]:
        """The expression itself."""
        return re.compile(self._source, self._flags)

    def __getattr__(self, name: str) -> Any:
        found = self.__dict__[name] = getattr(self.compiled, name)
        return found
