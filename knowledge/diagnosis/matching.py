"""Where the phrases of known errors stand in a log.

A log becomes one text without blanks, quotes and capitals, so that a message that a terminal wrapped, a chat
re-quoted or a rank prefixed is found by plain substring search. What was found then has to hold as it was printed:
whole words, and all phrases of a condition in one passage. Expressions see only the words around a place that was
found, and only a few places of each, so the time is linear whatever is pasted.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from knowledge.diagnosis.known import Anchor, Known, known_errors, squeeze, unquoted, words
from knowledge.diagnosis.passages import passages

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from knowledge.diagnosis.log import Line
    from knowledge.diagnosis.tracebacks import Trace

_MOST = 150_000
_HEAD, _TAIL = 1_500, 3_000
_LONG = 20_000
_PLACES = 4
_TRIES = 12
_SIGNAL = re.compile(
    r"error|exception|traceback|warn|fail|assert|cannot|can't|could not|couldn't|unable|killed|out of memory|invalid|"
    r"undefined|unsupported|not supported|missing|mismatch|refused|timeout|timed out|signal|abort|nan\b|denied|"
    r"unexpected",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Place:
    """Where a known error stands.

    Attributes:
        known: The error.
        line: Line of the text on which its longest phrase begins.
        lines: All lines that it rests on.
        index: That line's place among those that are searched.
        groups: What its pattern took from the words around it.
    """

    known: Known
    line: int
    lines: tuple[int, ...]
    index: int
    groups: dict[str, str]


class Haystack:
    """A log in the form that is searched."""

    def __init__(self, lines: Sequence[Line], traces: Sequence[Trace] = ()) -> None:
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
        flat = unquoted("\n".join(line.text for line in self.lines))
        pieces = ["".join(line.split()) for line in flat.split("\n")]
        self.starts: list[int] = []
        length = 0
        for piece in pieces:
            self.starts.append(length)
            length += len(piece)
        self.text = "".join(pieces)
        self.passages = passages(self.lines, traces)
        # Looking for hundreds of phrases in a long text is faster when most are ruled out by five of their letters.
        long = len(self.text) > _LONG
        self.pieces = {self.text[at : at + 5] for at in range(len(self.text) - 4)} if long else None

    def index(self, position: int) -> int:
        """The place in `lines` of a position in `text`."""
        return bisect_right(self.starts, position) - 1

    def has(self, squeezed: str) -> bool:
        """Whether the letters of a squeezed phrase stand anywhere."""
        pieces = self.pieces
        if pieces is not None and len(squeezed) >= 5:
            middle = len(squeezed) // 2 - 2
            if not (squeezed[:5] in pieces and squeezed[-5:] in pieces and squeezed[middle : middle + 5] in pieces):
                return False
        return squeezed in self.text

    def holds(self, phrase: str) -> bool:
        """Whether a phrase stands anywhere, as whole words."""
        squeezed = squeeze(phrase)
        return self.has(squeezed) and self.find(squeezed, words(phrase), 0, len(self.text)) >= 0

    def find(self, squeezed: str, printed: str, low: int, high: int) -> int:
        """The first position between two others at which a phrase stands as whole words; -1 where it does not."""
        position = low - 1
        for _ in range(_TRIES):
            position = self.text.find(squeezed, position + 1, high)
            if position < 0:
                return -1
            if self.whole(position, len(squeezed), printed):
                return position
        return -1

    def last(self, squeezed: str, printed: str) -> int:
        """The last position at which a phrase stands as whole words; -1 where it does not."""
        position = len(self.text)
        for _ in range(_TRIES):
            position = self.text.rfind(squeezed, 0, max(position - 1 + len(squeezed), 0))
            if position < 0 or self.whole(position, len(squeezed), printed):
                return position
        return -1

    def whole(self, position: int, length: int, printed: str) -> bool:
        """Whether what was found are whole words that stand apart as they do in the phrase.

        Args:
            position: Where it begins in `text`.
            length: How many letters it has there.
            printed: The phrase as it is compared, see `words`.
        """
        first, last = self.index(position), self.index(position + length - 1)
        shown: list[str] = []
        for index in range(first, last + 1):
            bare = unquoted(self.lines[index].text)
            start = _offset(bare, position - self.starts[index]) if index == first else 0
            end = _offset(bare, position + length - 1 - self.starts[index]) + 1 if index == last else len(bare)
            if index == first and start and _joined(bare[start - 1], bare[start]):
                return False
            if index == last and (_joined(*bare[end - 1 : end + 1].ljust(2)) or _decimal(bare[end - 1 : end + 2])):
                return False
            shown.append(bare[start:end])
        return _agree("\n".join(shown), printed)

    def passage(self, index: int) -> tuple[int, int]:
        """The positions in `text` between which the passage of a line stands."""
        number = self.passages[index]
        first = last = index
        while first and self.passages[first - 1] == number:
            first -= 1
        while last + 1 < len(self.lines) and self.passages[last + 1] == number:
            last += 1
        return self.starts[first], self.starts[last + 1] if last + 1 < len(self.starts) else len(self.text)

    def around(self, index: int) -> str:
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


def _offset(bare: str, count: int) -> int:
    """Where the letter stands that has so many letters, blanks not counted, before it."""
    position = 0
    for position, sign in enumerate(bare):
        if not sign.isspace():
            if not count:
                return position
            count -= 1
    return position


def _joined(one: str, other: str) -> bool:
    """Whether two signs next to one another belong to one word."""
    return one.isalnum() and other.isalnum() and one.isdigit() == other.isdigit()


def _decimal(text: str) -> bool:
    """Whether a number goes on behind its point."""
    return len(text) == 3 and text[0].isdigit() and text[1] == "." and text[2].isdigit()


def _agree(shown: str, printed: str) -> bool:
    """Whether words stand apart at the same places; a line break may stand anywhere, as terminals wrap."""
    here, there = 0, 0
    while here < len(shown) and there < len(printed):
        one, other = shown[here], printed[there]
        if one == other:
            here, there = here + 1, there + 1
        elif one == "\n":
            here += 1
            while here < len(shown) and shown[here].isspace():
                here += 1
            there += other == " "
        elif one.isspace():
            if not _beside(shown, here) and other != " ":
                return False
            here += 1
        elif other == " ":
            if not _beside(printed, there):
                return False
            there += 1
        else:
            return False
    return True


def _beside(text: str, blank: int) -> bool:
    """Whether a blank stands next to another blank, a sign, or the edge: there it may be missing."""
    before, after = text[blank - 1 : blank], text[blank + 1 : blank + 2]
    return not before.isalnum() or not after.isalnum()


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


def matches(haystack: Haystack, phase: str | None = None) -> Iterator[Place]:
    """Known errors that stand in a log, each at each of its places that hold.

    Args:
        haystack: The log.
        phase: What the run was doing: an error that belongs to other phases is left out.
    """
    for known in known_errors():
        if known.phases and phase not in known.phases:
            continue
        for anchor in known.anchors:
            if haystack.has(anchor.phrases[0]):
                for position in haystack.places(anchor.phrases[0]):
                    place = _place(haystack, known, anchor, position)
                    if place:
                        yield place


def _place(haystack: Haystack, known: Known, anchor: Anchor, position: int) -> Place | None:
    """Whether a place holds: whole words, the other phrases in its passage, nothing that rules it out, the pattern."""
    if not haystack.whole(position, len(anchor.phrases[0]), anchor.printed[0]):
        return None
    index = haystack.index(position)
    low, high = haystack.passage(index)
    found = [position]
    for squeezed, printed in zip(anchor.phrases[1:], anchor.printed[1:], strict=True):
        found.append(haystack.find(squeezed, printed, low, high))
        if found[-1] < 0:
            return None
    if any(haystack.find(squeezed, printed, low, high) >= 0 for squeezed, printed in known.barriers):
        return None
    around = haystack.around(index)
    groups: dict[str, str] = {}
    if anchor.names and not all(name.search(around) for name in anchor.names):
        return None
    if known.expression:
        # What is around may be of another process, so a whole line is looked at by itself too.
        taken = known.expression.search(around) or known.expression.search(haystack.lines[index].text)
        if taken:
            groups = {name: value for name, value in taken.groupdict().items() if value}
        elif known.strict:
            return None
    rests = sorted({haystack.lines[haystack.index(each)].number for each in found})
    return Place(known, haystack.lines[index].number, tuple(rests), index, groups)
