"""Secrets in Base64: what a text holds of it is decoded, and where that holds a secret all of it is one."""

from __future__ import annotations

import binascii
import re
from bisect import bisect_right
from typing import TYPE_CHECKING

from knowledge.pattern import expression

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from knowledge.secrets.secret import Span

# A run that is too short is left at its first character: none of its endings is longer.
_RUN = expression(r"(?<![A-Za-z0-9+/_-])(?:[A-Za-z0-9+/]{60,76}\r?\n[ \t]{0,16}){0,1000}[A-Za-z0-9+/_-]{16,}={0,2}")
_PRINTABLE = re.compile(rb"[\t\n\r -~]{12,}")
_STANDARD = str.maketrans("-_", "+/", "\r\n \t")
# Three groups of characters, each of which may become three bytes that can be printed.
_GROUPS = expression(r"(?:[CDI-Za-f][A-HQ-Xg-nw-z0-3][ABEFIJMNQRUVYZcdghklopstwx014589][A-Za-z0-9+/_-]){3}")
_LINE = 60
_LINE_END = expression(r"[A-Za-z0-9+/]{60}\Z")
"""The end of a word in whose next line a run may go on."""
_GROUP = 4
"""Characters that become three bytes: what stands in front of it moves where they begin."""


def may_be_encoded(words: Collection[str]) -> bool:
    """Whether Base64 that can be read may stand in words, as it hardly ever does in a config."""
    several = [word for word in words if not word.islower()]
    return bool(_GROUPS.search(" ".join(several))) or any(
        len(word) >= _LINE and _LINE_END.search(word) for word in several
    )


def encoded(text: str, plain: Callable[[str], list[Span]]) -> Iterator[Span]:
    """The runs of Base64 that hold a secret.

    Args:
        text: The text.
        plain: Finds the secrets of a text that is not encoded.
    """
    readable: list[str] = []
    starts: list[int] = []
    runs: list[tuple[int, int]] = []
    length = 0
    for run in _RUN.finditer(text):
        if run[0].islower() or run[0].isupper():  # as words and paths are, and Base64 of words is not
            continue
        for piece in _decoded(run[0].translate(_STANDARD)):
            readable.append(piece)
            starts.append(length)
            runs.append(run.span())
            length += len(piece) + 1
    last = 0
    for kind, start, _ in sorted(plain("\n".join(readable)), key=lambda span: span[1]) if readable else ():
        begin, end = runs[bisect_right(starts, start) - 1]
        if begin >= last:
            yield kind, begin, end
            last = end


def _decoded(run: str) -> Iterator[str]:
    """What can be read in a run, wherever in it the Base64 begins."""
    letters = run.rstrip("=")
    for skipped in range(_GROUP):
        part = letters[skipped : skipped + (len(letters) - skipped) // _GROUP * _GROUP]
        rest = letters[skipped + len(part) :]
        if len(rest) > 1:
            part += rest + "=" * (_GROUP - len(rest))
        for piece in _PRINTABLE.finditer(binascii.a2b_base64(part)):
            yield piece[0].decode("ascii")
