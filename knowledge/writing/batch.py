"""Micro batch and accumulation that make a wanted batch on a number of GPUs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from knowledge.writing.draft import Draft

MOST_ROWS = 16
"""Rows of a micro batch beyond which nothing gets faster."""

_FILLED = 0.95
"""How full packed sequences get, about."""


class Batch(NamedTuple):
    """How a batch is made: rows of a micro batch on each GPU, how many of them a step adds up, and what that makes."""

    micro: int
    accumulation: int
    effective: int


def batches(target: float, gpus: int, slack: float, multiple: int = 1) -> list[Batch]:
    """Every way to make a batch, the smallest micro batch first.

    Args:
        target: Sequences a step that are wanted.
        gpus: How many GPUs share a step.
        slack: By what share the batch may miss its target.
        multiple: What the batch has to be divisible by, such as the answers to one prompt.

    Returns:
        Batches within the slack; the nearest one with one row on each GPU where there is none.
    """
    found = []
    for micro in range(1, MOST_ROWS + 1):
        nearest = _nearest(target, micro * gpus, multiple)
        if nearest is not None and abs(nearest * micro * gpus - target) <= slack * target:
            found.append(Batch(micro, nearest, nearest * micro * gpus))
    if found:
        return found
    least = _nearest(target, gpus, multiple) or multiple
    return [Batch(1, least, least * gpus)]


def rows_per_sequence(draft: Draft) -> float:
    """Rows that a sequence holds: several where they are packed, less than one where a row is split."""
    tokens = draft.rows.tokens
    if not tokens:
        return 1.0
    if draft.packing and draft.packed:
        return draft.packed
    if draft.packing:
        kept = [each for each in tokens if each <= draft.length or draft.rows.splits] or tokens
        return max(draft.length * _FILLED / max(sum(kept) / len(kept), 1.0), 1.0 / len(kept))
    pieces = sum(max(1, math.ceil(each / draft.length)) for each in tokens) if draft.rows.splits else len(tokens)
    return len(tokens) / pieces


def batch_of(draft: Draft) -> float:
    """What a step of a draft holds, in the unit of its aim."""
    sequences = draft.micro * draft.accumulation * draft.wishes.gpus
    return sequences * (rows_per_sequence(draft) if draft.aim.unit == "rows" else 1.0)


def _nearest(target: float, portion: int, multiple: int) -> int | None:
    """The accumulation of a portion that comes nearest to a target."""
    about = round(target / portion)
    near = [each for each in range(max(1, about - multiple), about + multiple + 1) if each * portion % multiple == 0]
    return min(near, key=lambda each: (abs(each * portion - target), each), default=None)
