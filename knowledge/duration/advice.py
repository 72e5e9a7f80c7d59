"""What limits the speed of a run, and what would shorten it and still fit the card."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.duration.values import Faster
from knowledge.memory import estimate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from knowledge.duration.speed import Seconds
    from knowledge.gpus import Gpu
    from knowledge.memory import Run

# Shares of the time: a change that spares less is not worth a line, and what limits is named from here on.
_WORTH, _LIMITS = 0.07, 0.5
_MOST = 2
_LARGEST_BATCH = 64


def limit_of(run: Run, seconds: Seconds) -> str:
    """What limits the speed, in a sentence.

    Args:
        run: The run.
        seconds: Its seconds by what they are spent on.
    """
    if seconds.link > max(seconds.compute, seconds.launch) * _LIMITS * 2:
        return "The link between the GPUs limits the speed: every micro batch moves the weights over it."
    if seconds.launch > seconds.compute * _LIMITS:
        return (
            f"The micro batch is small ({run.tokens:,} tokens): the GPU spends its time waiting for kernels to start."
        )
    return "The GPU's computing power limits the speed."


def faster_ways(run: Run, gpu: Gpu, seconds: Seconds, step: Callable[[Run], float]) -> tuple[Faster, ...]:
    """What would shorten the run on the card, the most first; only what fits it.

    Args:
        run: The run.
        gpu: The card.
        seconds: The run's seconds.
        step: Seconds of one optimizer step of a changed run.
    """
    now = seconds.micro * run.accumulation + seconds.rest
    room = gpu.usable_gib[0]
    found = []
    for keys, other in _changes(run):
        saves = 1 - step(other) / now
        if saves < _WORTH:
            continue
        high = estimate(other).high_gib
        if high <= room:
            found.append(Faster(keys=keys, saves=round(saves, 2), high_gib=high))
    return tuple(sorted(found, key=lambda way: -way.saves)[:_MOST])


def _changes(run: Run) -> Iterator[tuple[dict[str, str | int | float | bool | None], Run]]:
    if run.checkpointing == "layers":
        yield {"gradient_checkpointing": False}, run._replace(checkpointing="no")
    pair = 2 if run.paired else 1
    rows, accumulation = run.micro_batch, run.accumulation
    while accumulation % 2 == 0 and rows < _LARGEST_BATCH:
        rows, accumulation = rows * 2, accumulation // 2
        keys: dict[str, str | int | float | bool | None] = {
            "micro_batch_size": rows // pair,
            "gradient_accumulation_steps": accumulation,
        }
        yield keys, run._replace(micro_batch=rows, accumulation=accumulation)
