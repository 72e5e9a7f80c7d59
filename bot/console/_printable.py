"""What a command writes: no character in it that a terminal obeys, and no line that a job of GitHub's obeys."""

from __future__ import annotations

import os
import re
import sys
from contextlib import contextmanager
from io import StringIO
from typing import IO, TYPE_CHECKING, Any

from bot.views.kit.escape import visible
from knowledge.pattern import expression
from knowledge.secrets import mask

if TYPE_CHECKING:
    from collections.abc import Iterator

_COMMAND = expression(r"^([ \t]*)::|##\[", re.MULTILINE)


class _Printable:
    """A stream that takes the life out of what others wrote, and secrets out of names of files and everything else.

    Attributes:
        exact: The stream itself, for what has to stay as it is.
    """

    def __init__(self, stream: IO[str]) -> None:
        self.exact = stream
        self._in_job = os.environ.get("GITHUB_ACTIONS") == "true"

    def write(self, text: str) -> int:
        """Writes a text, visibly."""
        shown = visible(mask(text))
        if self._in_job:
            shown = _COMMAND.sub(lambda match: f"{match[1] or ''}{match[0].strip()[:1]} {match[0].strip()[1:]}", shown)
        self.exact.write(shown)
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.exact, name)


def exact() -> IO[str]:
    """Standard output for what has to stay as it is: a file's own text, and annotations of a job of GitHub's."""
    return getattr(sys.stdout, "exact", sys.stdout)


def annotated(text: str) -> str:
    """A text for an annotation of a job of GitHub's, in which nothing of others is a command."""
    return visible(mask(text)).replace("##[", "# #[")


@contextmanager
def at_once() -> Iterator[None]:
    """Collects what is printed and writes it in one piece: a text is looked through once, not once a line."""
    given, sys.stdout = sys.stdout, StringIO()
    try:
        yield
    finally:
        collected, sys.stdout = sys.stdout, given
        given.write(collected.getvalue())


@contextmanager
def printable() -> Iterator[None]:
    """Makes both streams printable for a while."""
    given = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = (_Printable(stream) for stream in given)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = given
