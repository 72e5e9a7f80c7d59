"""The `split` of a dataset entry, as the `datasets` library reads it: `train`, `train[:50%]`, `train[10:]+test`."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from knowledge.pattern import expression

if TYPE_CHECKING:
    from collections.abc import Mapping

_PART = expression(
    r"\s*(?P<name>\w+(?:\.\w+)*)\s*"
    r"(?:\[(?:(?P<first>-?[\d_]+)(?P<first_share>%)?)?:(?:(?P<last>-?[\d_]+)(?P<last_share>%)?)?\])?"
    r"(?:\((?P<rounding>[^)]*)\))?\s*"
)


class Part(NamedTuple):
    """One summand: a split and the rows of it, from `first` to before `last`; None for its ends, shares in percent."""

    name: str
    first: int | None = None
    last: int | None = None
    shares: tuple[bool, bool] = (False, False)


def parts_of(split: str) -> tuple[Part, ...] | None:
    """The summands of a split, or None where it is none that `datasets` reads.

    Args:
        split: The value of the entry's `split`.
    """
    found = []
    for word in split.split("+"):
        match = _PART.fullmatch(word)
        if match is None or match["rounding"]:
            return None
        found.append(
            Part(
                match["name"],
                _number(match["first"]),
                _number(match["last"]),
                (bool(match["first_share"]), bool(match["last_share"])),
            )
        )
    return tuple(found)


def rows_of(parts: tuple[Part, ...], sizes: Mapping[str, int]) -> int | None:
    """How many rows the summands hold together; None where the size of one is not known.

    Args:
        parts: The summands.
        sizes: Rows by the name of the split.
    """
    total = 0
    for part in parts:
        if part.name not in sizes:
            return None
        first, last = place_of(part, sizes[part.name])
        total += last - first
    return total


def place_of(part: Part, size: int) -> tuple[int, int]:
    """The rows of a split that a summand selects: the first one, and the one behind the last.

    Args:
        part: The summand.
        size: Rows of the split.
    """
    first, last = (
        end if bound is None else _place(bound, size, share=share)
        for bound, end, share in zip((part.first, part.last), (0, size), part.shares, strict=True)
    )
    return first, max(first, last)


def _place(bound: int, size: int, *, share: bool) -> int:
    """A bound as a row number; one below 0 counts from the end."""
    place = round(bound * size / 100) if share else bound
    return min(size, max(0, place + size if bound < 0 else place))


def _number(word: str | None) -> int | None:
    return int(word) if word and word.strip("-_") else None
