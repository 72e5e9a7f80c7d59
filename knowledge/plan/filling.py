"""How far rows fill what the GPU computes: the longest of them, their padding, and how far attention reaches."""

from __future__ import annotations

import math
from bisect import bisect_right
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from knowledge.plan.batch import Batch
    from knowledge.plan.rows import Rows
    from knowledge.plan.settings import Settings

_MULTIPLE: Final = 64
"""Unpacked batches are padded to their longest row, and that to a multiple of this."""


class Filling(NamedTuple):
    """Tokens as the GPU sees them; None where the rows' lengths are not known.

    Attributes:
        longest: Tokens of the longest row to train on.
        padded: Tokens of one row of a micro batch with its padding, on average.
        reach: Tokens that attend to one another, weighed by the tokens that do.
    """

    longest: int | None = None
    padded: float | None = None
    reach: float | None = None


def filling_of(config: Settings, batch: Batch, data: Rows, *, packed: bool) -> Filling:
    """How far the rows fill a micro batch.

    Args:
        config: the config.
        batch: its batch.
        data: its rows.
        packed: whether rows are packed.
    """
    full = config.get("sequence_len") or 512
    padded_to_full = packed or bool(config.get("pad_to_sequence_len"))
    if data.train_lengths:
        lengths = sorted(min(length, full) for length in data.train_lengths)
        reach = sum(length * length for length in lengths) / max(sum(lengths), 1)
        padded = float(full) if padded_to_full else _mean_of_longest(lengths, batch.micro or 1, full)
        return Filling(lengths[-1], padded, reach if packed else padded)
    if data.tokens and data.kept:
        mean = min(data.tokens / data.kept, full)
        # Without the lengths they are taken to spread as waiting times do: short ones are common, long ones rare.
        longest = mean * sum(1 / rank for rank in range(1, min(batch.micro or 1, 1000) + 1))
        padded = float(full) if padded_to_full else min(_rounded(longest), float(full))
        return Filling(None, padded, min(2 * mean, full) if packed else padded)
    return Filling()


def _rounded(tokens: float) -> float:
    return float(math.ceil(tokens / _MULTIPLE) * _MULTIPLE)


def _mean_of_longest(lengths: list[int], rows: int, full: int) -> float:
    """The mean of the longest of so many rows drawn at random, each rounded up."""
    steps = [_MULTIPLE * n for n in range(1, math.ceil(lengths[-1] / _MULTIPLE) + 1)]
    below = [(bisect_right(lengths, step) / len(lengths)) ** rows for step in steps]
    shares = [high - low for low, high in zip([0.0, *below], below, strict=False)]
    return float(min(sum(share * step for share, step in zip(shares, steps, strict=True)), full))
