"""The batch: what one optimizer step takes, and how to keep it on other numbers of GPUs."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from knowledge.plan.values import GUIDE_BATCH, BatchAdvice, BatchChoice, StepAdvice, nearer

if TYPE_CHECKING:
    from knowledge.plan.settings import Settings

_USUAL_GPUS: Final = (1, 2, 4, 8)


class Batch(NamedTuple):
    """The batch of a config on its GPUs; None where the config holds no usable number.

    Attributes:
        micro, accumulation: rows of one micro batch, micro batches of one step.
        divisor: GPUs that share a row (context times tensor parallelism), so that they do not multiply the batch.
        parallel: processes that see different rows.
        counted: rows per step that Axolotl divides by.
        real: rows per step that the trainer takes.
        evaluation: rows of one evaluation batch.
    """

    micro: int | None
    accumulation: int | None
    divisor: int
    parallel: int | None
    counted: int | None
    real: int | None
    evaluation: int | None

    @property
    def formula(self) -> str | None:
        """How the real batch comes about, or None where it does not."""
        if self.accumulation is None or self.micro is None or self.parallel is None:
            return None
        return product(self.accumulation, self.micro, self.parallel)


def product(*factors: int) -> str:
    """A product with its result: "75 x 2 x 4 = 600", with multiplication signs."""
    return f"{' × '.join(f'{factor:,}' for factor in factors)} = {math.prod(factors):,}"


def batch_of(config: Settings) -> Batch:
    """The batch of a config as Axolotl derives it.

    With `batch_size` with `micro_batch_size` the default of 1 stands for the accumulation: Axolotl then divides by
    `batch_size` although a step takes far fewer rows.
    """
    micro = _whole(config.get("micro_batch_size"))
    accumulation = _whole(config.get("gradient_accumulation_steps"))
    given = _whole(config.get("batch_size"))
    if not accumulation and given and micro:
        accumulation = given // micro
    counted = given or (micro * accumulation if micro and accumulation else None)
    real = micro * accumulation if micro and accumulation else None
    divisor = (_whole(config.get("context_parallel_size")) or 1) * (_whole(config.get("tensor_parallel_size")) or 1)
    parallel: int | None = 1
    if config.gpus != 1:
        parallel = config.gpus // divisor or None
        # Data parallelism is on by itself with several processes; only switched off it leaves the count alone.
        if counted and (config.get("fsdp_config") or config.get("ddp") is not False):
            counted = counted * parallel if parallel else None
        real = real * parallel if real and parallel else None
    evaluation = _whole(config.get("eval_batch_size"))
    return Batch(micro, accumulation, divisor, parallel, counted, real, micro if evaluation is None else evaluation)


def advice_of(batch: Batch, gpus: int) -> BatchAdvice | None:
    """How a run keeps the guide's batch; None where its own batch is not known."""
    if not batch.micro or not batch.accumulation or not batch.parallel or min(batch.micro, batch.accumulation) < 1:
        return None
    return batch_advice(batch.micro, batch.accumulation, gpus, divisor=gpus // batch.parallel)


@lru_cache(maxsize=256)
def batch_advice(
    micro_batch_size: int,
    gradient_accumulation_steps: int,
    gpus: int,
    target: int = GUIDE_BATCH,
    *,
    divisor: int = 1,
) -> BatchAdvice:
    """The gradient accumulation that keeps a wanted effective batch.

    Args:
        micro_batch_size: rows of one micro batch, at least 1.
        gradient_accumulation_steps: micro batches of one step, at least 1.
        gpus: GPUs of the run, at least 1.
        target: rows per step that are wanted; about 150 is the guide's value for learning facts.
        divisor: GPUs that share a row (context times tensor parallelism).
    """
    parallel = max(1, gpus // divisor)
    below, above = _around(micro_batch_size, gpus, target, divisor)
    return BatchAdvice(
        micro_batch_size=micro_batch_size,
        gradient_accumulation_steps=gradient_accumulation_steps,
        gpus=gpus,
        effective_batch_size=gradient_accumulation_steps * micro_batch_size * parallel,
        formula=product(gradient_accumulation_steps, micro_batch_size, parallel),
        target=target,
        below=below,
        above=above,
        by_gpus=tuple(
            nearer(*_around(micro_batch_size, count, target, divisor), target)
            for count in _USUAL_GPUS
            if count >= divisor
        ),
    )


def step_advice(*, steps: int, now: int, epochs: float, accumulation: int) -> StepAdvice | None:
    """Epochs or accumulation for a wanted number of optimizer steps; None where there are no steps now.

    Args:
        steps: what is wanted.
        now: steps of the run as it is.
        epochs: its epochs.
        accumulation: its gradient accumulation.
    """
    if now <= 0 or epochs <= 0:
        return None
    less = max(1, math.floor(accumulation * now / steps))
    return StepAdvice(
        steps=steps,
        num_epochs=math.ceil(epochs * steps / now),
        gradient_accumulation_steps=less if less < accumulation else None,
        reached=now * accumulation // less,
    )


def _around(micro: int, gpus: int, target: int, divisor: int) -> tuple[BatchChoice | None, BatchChoice]:
    parallel = max(1, gpus // divisor)
    unit = micro * parallel
    low, high = target // unit, math.ceil(target / unit)
    return (_choice(low, micro, gpus, parallel) if low else None), _choice(max(1, high), micro, gpus, parallel)


def _choice(accumulation: int, micro: int, gpus: int, parallel: int) -> BatchChoice:
    return BatchChoice(
        gpus=gpus,
        gradient_accumulation_steps=accumulation,
        effective_batch_size=accumulation * micro * parallel,
        formula=product(accumulation, micro, parallel),
    )


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
