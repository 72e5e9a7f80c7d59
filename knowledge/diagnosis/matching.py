"""Where the phrases of known errors stand in a log.

A log becomes one text without blanks, quotes and capitals, so that a message that a terminal wrapped, a chat
re-quoted or a rank prefixed is still found by plain substring search. Expressions see only the words around a place
that was found, and only a few places of each, so the time is linear whatever is pasted.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from knowledge.diagnosis.known import Anchor, Known, known_errors, squeeze

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.diagnosis.log import Line

_MOST = 150_000
_HEAD, _TAIL = 1_500, 3_000
_NEAR = 1_600
_LONG = 20_000
_PLACES = 4
_SIGNAL = re.compile(
    r"error|exception|traceback|warn|fail|assert|cannot|can't|could not|couldn't|unable|killed|out of memory|invalid|"
    r"undefined|unsupported|not supported|missing|mismatch|refused|timeout|timed out|signal|abort|nan\b|denied|"
    r"unexpected",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Place:
    """Where a known error stands: its line, the words around it, what its pattern took from them."""

    known: Known
    line: int
    index: int
    groups: dict[str, str]


class Haystack:
    """A log in the form that is searched."""

    def __init__(self, lines: list[Line]) -> None:
        ranks = {line.rank for line in lines}
        ordered = sorted(lines, key=lambda line: -1 if line.rank is None else line.rank) if len(ranks) > 1 else lines
        seen: set[str] = set()
        self.lines: list[Line] = []
        for line in ordered:
            if line.text not in seen:
                seen.add(line.text)
                self.lines.append(line)
        if sum(len(line.text) for line in self.lines) > _MOST:
            self.lines = _telling(self.lines)
        flat = "\n".join(line.text for line in self.lines).lower()
        for sign in "`'\"*\u2019\u2018\u201c\u201d":
            flat = flat.replace(sign, "")
        pieces = ["".join(line.split()) for line in flat.split("\n")]
        self.starts: list[int] = []
        length = 0
        for piece in pieces:
            self.starts.append(length)
            length += len(piece)
        self.text = "".join(pieces)
        # Looking for hundreds of phrases in a long text is faster when most are ruled out by five of their letters.
        long = len(self.text) > _LONG
        self.pieces = {self.text[at : at + 5] for at in range(len(self.text) - 4)} if long else None

    def index(self, position: int) -> int:
        """The place in `lines` of a position in `text`."""
        return bisect_right(self.starts, position) - 1

    def has(self, squeezed: str) -> bool:
        """Whether a squeezed phrase stands anywhere."""
        pieces = self.pieces
        if pieces is not None and len(squeezed) >= 5:
            middle = len(squeezed) // 2 - 2
            if not (squeezed[:5] in pieces and squeezed[-5:] in pieces and squeezed[middle : middle + 5] in pieces):
                return False
        return squeezed in self.text

    def holds(self, phrase: str) -> bool:
        """Whether a phrase stands anywhere."""
        return self.has(squeeze(phrase))

    def passage(self, index: int) -> str:
        """The words around a line, blanks made single: what a pattern is tried on."""
        return " ".join(" ".join(line.text.split()) for line in self.lines[max(0, index - 1) : index + 7])[:2_400]

    def places(self, anchor: str) -> Iterator[int]:
        """The first and the last few positions of an anchor."""
        position = -1
        first: list[int] = []
        while len(first) < _PLACES and (position := self.text.find(anchor, position + 1)) >= 0:
            first.append(position)
        yield from first
        if len(first) == _PLACES:
            last = len(self.text)
            for _ in range(_PLACES):
                last = self.text.rfind(anchor, first[-1] + 1, last)
                if last < 0:
                    return
                yield last


def _telling(lines: list[Line]) -> list[Line]:
    """Of a long log its head, its tail, and between them the lines that speak of something, with what follows each."""
    middle: list[Line] = []
    follow = size = 0
    for line in lines[_HEAD:-_TAIL]:
        if _SIGNAL.search(line.text[:1_000]):
            follow = 3
        if follow and size < _MOST:
            middle.append(line)
            size += len(line.text)
            follow -= 1
    kept = middle
    for part in (lines[:_HEAD], lines[: _HEAD - 1 : -1][:_TAIL]):
        size = 0
        for line in part:
            size += len(line.text)
            if size > _MOST // 3:
                break
            kept.append(line)
    return sorted(kept, key=lambda line: (-1 if line.rank is None else line.rank, line.number))


def matches(haystack: Haystack) -> Iterator[Place]:
    """Known errors that stand in a log, each at each of its places that hold."""
    for known in known_errors():
        for anchor in known.anchors:
            if haystack.has(anchor.phrases[0]):
                for position in haystack.places(anchor.phrases[0]):
                    place = _place(haystack, known, anchor, position)
                    if place:
                        yield place


def _place(haystack: Haystack, known: Known, anchor: Anchor, position: int) -> Place | None:
    """Whether a place holds: the other phrases near it, nothing that rules it out, the pattern."""
    low, high = max(0, position - _NEAR), position + len(anchor.phrases[0]) + _NEAR
    if not all(haystack.text.find(other, low, high) >= 0 for other in anchor.phrases[1:]):
        return None
    if any(haystack.text.find(barrier, low, high) >= 0 for barrier in known.barriers):
        return None
    index = haystack.index(position)
    groups: dict[str, str] = {}
    if anchor.names and not all(name.search(haystack.passage(index)) for name in anchor.names):
        return None
    if known.expression:
        found = known.expression.search(haystack.passage(index))
        if found:
            groups = {name: value for name, value in found.groupdict().items() if value}
        elif known.strict:
            return None
    return Place(known, haystack.lines[index].number, index, groups)
