"""Sample packing: how many rows of tokens Axolotl's sampler makes of a dataset.

The sampler takes the rows in a random order and puts each into the first bin that still has room (first fit; not
sorted, whatever its comments say). Which order it will be is not known beforehand, so the counts here come from orders
of our own; over many orders the counts differ by about one bin in five hundred.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

Number = TypeVar("Number", int, float)

ORDERS: Final = 4
"""How often Axolotl packs to find the smallest count, with fewer than four processes."""

_PLACEMENTS: Final = 60_000  # rows that are placed at most for a picture of what random orders give
_TRIALS: Final = 200  # orders at most
_MEDIAN: Final = 0.5
_SMALLEST_OF_FOUR: Final = 1 - _MEDIAN ** (1 / ORDERS)  # where the median of the smallest of four lies among all


class Packing(NamedTuple):
    """How rows are packed.

    Attributes:
        capacity: tokens that fit into a bin.
        bins_per_batch: bins that make one micro batch (1 where a micro batch is one long row).
        rows_per_bin: rows that a bin may hold at most.
        group: rows that are packed together; a bin never holds rows of two groups.
        sequential: next fit in the given order instead of first fit.
        shuffled: whether the rows come in a random order.
    """

    capacity: int
    bins_per_batch: int
    rows_per_bin: int
    group: int
    sequential: bool = False
    shuffled: bool = True


class Packed(NamedTuple):
    """What came out: micro batches of the smallest of several packings, and the share of their room that is used."""

    batches: int
    efficiency: float


def pack(lengths: Sequence[int], packing: Packing, *, processes: int = 1, take: int | None = None) -> Packed:
    """Count the micro batches of one epoch over all processes together.

    Args:
        lengths: tokens of each row, none longer than the capacity.
        packing: how to pack them.
        processes: with four or more, Axolotl packs once instead of four times.
        take: how many of the rows are packed, drawn at random; all where None.
    """
    return _packed(tuple(lengths), packing, processes, take)


@lru_cache(maxsize=8)
def _packed(lengths: tuple[int, ...], packing: Packing, processes: int, take: int | None) -> Packed:
    """What `pack` says; a config that is written is planned several times with the same rows."""
    size = len(lengths) if take is None else min(take, len(lengths))
    drawn = size < len(lengths)
    if not (packing.shuffled or drawn) or len(set(lengths)) <= 1:
        loads = _loads(lengths[:size], packing)
        return Packed(len(loads) // packing.bins_per_batch, _efficiency(loads, packing))
    import random  # few plans know their rows

    source = random.Random(len(lengths))  # noqa: S311 - an order, not a secret
    pool = list(lengths)
    counts: list[int] = []
    shares: list[float] = []
    for _ in range(min(_TRIALS, max(1, _PLACEMENTS // max(1, size)))):
        # Sorting by chance is a random order in half the time of a shuffle.
        order = source.sample(pool, size) if drawn else sorted(pool, key=lambda _: source.random())
        loads = _loads(order, packing)
        counts.append(len(loads) // packing.bins_per_batch)
        shares.append(_efficiency(loads, packing))
    smallest = packing.shuffled and processes < ORDERS
    return Packed(_at(counts, _SMALLEST_OF_FOUR if smallest else _MEDIAN), _at(shares, _MEDIAN))


def _at(values: list[Number], share: float) -> Number:
    """The value that has this share of all values below it."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def bins_between(rows: int, tokens: float, packing: Packing) -> tuple[int, int, int]:
    """Fewest, likely and most bins when only the number of rows and of tokens is known.

    The fewest: every bin full to the brim. The most: what first fit can waste at worst, which is known to leave no two
    bins that would fit into one. The likely count lies between them, near the fewest where rows are short.
    """
    if rows <= 0:
        return 0, 0, 0
    fewest = max(math.ceil(tokens / packing.capacity), math.ceil(rows / packing.rows_per_bin), 1)
    share = tokens / rows / packing.capacity
    # Rows of about the same length l leave capacity - floor(capacity / l) * l unused; shorter rows fill better.
    fitting = max(1, math.floor(1 / share)) if share > 0 else packing.rows_per_bin
    equal = math.ceil(rows / min(fitting, packing.rows_per_bin))
    most = max(fewest, min(rows, equal, math.ceil(tokens / packing.capacity * 2)))
    usual = _USUAL_SHORT if share < _SHORT else _USUAL_LONG
    likely = min(most, max(fewest, math.ceil(tokens / packing.capacity / usual)))
    return fewest, likely, most


_SHORT: Final = 0.25
_USUAL_SHORT: Final = 0.985
_USUAL_LONG: Final = 0.95


def _loads(lengths: Sequence[int], packing: Packing) -> list[int]:
    """Tokens in each bin, in the order in which the bins were opened."""
    if packing.sequential:
        return _next_fit(lengths, packing.capacity)
    loads: list[int] = []
    for start in range(0, len(lengths), packing.group):
        loads += _first_fit(lengths[start : start + packing.group], packing.capacity, packing.rows_per_bin)
    return loads


def _next_fit(lengths: Sequence[int], capacity: int) -> list[int]:
    loads: list[int] = []
    room = -1
    for length in lengths:
        if length > room:
            loads.append(0)
            room = capacity
        loads[-1] += length
        room -= length
    return loads


def _first_fit(lengths: Sequence[int], capacity: int, rows_per_bin: int) -> list[int]:
    """First fit with a tree of maxima over the room that is left, so that a row finds its bin in log(bins) steps."""
    if not lengths:
        return []
    # No two bins would fit into one, unless one of them is full by its number of rows: hence this many at most.
    most = min(len(lengths), 2 * sum(lengths) // capacity + len(lengths) // rows_per_bin + 2)
    leaves = 1
    while leaves < most:
        leaves *= 2
    # An unopened bin is a leaf with all its room: the leftmost leaf with enough room is an open bin or the next one.
    room = [capacity] * (2 * leaves)
    rows = [0] * leaves
    used = [0] * leaves
    opened = 0
    for length in lengths:
        node = 1
        while node < leaves:
            node *= 2
            if room[node] < length:
                node += 1
        index = node - leaves
        rows[index] += 1
        used[index] += length
        if index >= opened:
            opened = index + 1
        left = room[node] - length if rows[index] < rows_per_bin else -1
        room[node] = left
        while node > 1:
            sibling = room[node ^ 1]
            node //= 2
            best = sibling if sibling > left else left
            if room[node] == best:
                break
            room[node] = left = best
    return used[:opened]


def _efficiency(loads: list[int], packing: Packing) -> float:
    """Used share of the room, of the bins that end up in whole micro batches."""
    whole = len(loads) - len(loads) % packing.bins_per_batch
    return sum(loads[:whole]) / (whole * packing.capacity) if whole else 0.0
