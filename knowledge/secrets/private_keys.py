"""Private keys in their armor: whole, cut off at either end, with prefixes of a log or a list in front of each line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from knowledge.pattern import expression

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.secrets.secret import Span

_KIND = "private key"
_BEGIN = expression(r"-{4,5} ?begin [a-z0-9 ]{0,40}private key[a-z ]{0,10}-{4,5}")
_END = expression(r"-{4,5} ?end [a-z0-9 ]{0,40}private key[a-z ]{0,10}-{4,5}")
_PUTTY = expression(r"private-lines: ?\d{1,4}")
_LONGEST, _LONGEST_LINE = 64_000, 400
"""Characters from the first line to the last, where a key of 16,384 bits has 13,000; and of one line."""
_BODY = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
_MARKS = frozenset(" \t#>|-\"'")
_LAST, _SHORT, _LONG = 4, 16, 40
"""Characters of a line of a key: of the last one, of one that stands alone, of one behind the words of a log."""
_ONE_LINE = expression(r"(?:\\r|\\n|[A-Za-z0-9+/= ]){0,64000}")
_HEADER = expression(r"[^\n:]{0,80}(?:proc-type|dek-info|version|comment|private-mac):[^\n]{0,200}\Z", re.IGNORECASE)


def private_keys(text: str, low: str) -> Iterator[Span]:
    """The private keys of a text.

    Args:
        text: The text.
        low: The same in lower case, character by character.
    """
    done = 0
    for end in _ends(low):
        begin = _BEGIN.search(low, done, end[0])
        while begin and end[1] - begin.end() > _LONGEST:
            yield _KIND, begin.start(), _after(text, begin.end())
            done = _after(text, begin.end())
            begin = _BEGIN.search(low, done, end[0])
        yield _KIND, begin.start() if begin else _before(text, done, end[0]), end[1]
        done = end[1]
    while begin := _BEGIN.search(low, done):
        done = _after(text, begin.end())
        yield _KIND, begin.start(), done
    for putty in _PUTTY.finditer(low):
        yield _KIND, putty.end(), _after(text, putty.end())


def _ends(low: str) -> Iterator[tuple[int, int]]:
    for match in _END.finditer(low):
        yield match.span()


def _after(text: str, position: int) -> int:
    """Where the lines of a key end that have no last line."""
    end = text.find("\n", position)
    if end < 0 or "\\n" in text[position:end]:
        return _in_one_line(text, position)
    while end >= 0:
        following = text.find("\n", end + 1)
        line = text[end + 1 : following if following >= 0 else len(text)]
        if not (_is_key_line(line) or (not line.strip() and following >= 0)):
            break
        end = following
    return len(text) if end < 0 else end


def _in_one_line(text: str, position: int) -> int:
    """The end of a key whose line breaks are written out, as in JSON, or left out."""
    body = _ONE_LINE.match(text, position)
    return body.end() if body else position


def _before(text: str, first: int, position: int) -> int:
    """Where the lines of a key begin that have no first line."""
    start = text.rfind("\n", first, position) + 1 or first
    while start > first:
        above = text.rfind("\n", first, start - 1) + 1 or first
        if not _is_key_line(text[above : start - 1]):
            break
        start = above
    return start


def _is_key_line(line: str) -> bool:
    if len(line) > _LONGEST_LINE:
        return False
    bare = line.rstrip(" \t\r\"',")
    prefix = bare.rstrip(_BODY)
    needed = _LONG
    if set(prefix) <= _MARKS:
        needed = _LAST if bare.endswith("=") else _SHORT
    return len(bare) - len(prefix) >= needed or bool(_HEADER.match(line))
