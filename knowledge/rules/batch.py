"""Batch size: micro batch, accumulation, and what people set instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.finding import Severity
from knowledge.rule import Problem, problem, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.config import Config


@rule(
    Severity.ERROR,
    fields=("batch_size", "micro_batch_size", "gradient_accumulation_steps"),
    needs=("batch_size",),
    says="At least two of micro_batch_size, gradient_accumulation_steps, batch_size must be set",
    bad="batch_size: 32\n",
    good="micro_batch_size: 2\ngradient_accumulation_steps: 16\n",
)
def batch_size_alone(config: Config) -> Iterator[Problem]:
    """`batch_size` without one of the other two batch fields.

    The batch is the micro batch times the accumulation, so one of the three numbers does not determine the others.
    """
    now = config.at("check_batch_size_fields")
    if now("batch_size") and not now("micro_batch_size") and not now("gradient_accumulation_steps"):
        yield problem(
            "This alone is not enough: set `micro_batch_size` and `gradient_accumulation_steps`.", "batch_size"
        )


@rule(
    Severity.ERROR,
    fields=("batch_size", "gradient_accumulation_steps"),
    needs=("batch_size",),
    says="please set only one of gradient_accumulation_steps or batch_size",
    bad="batch_size: 32\ngradient_accumulation_steps: 8\nmicro_batch_size: 4\n",
    good="gradient_accumulation_steps: 8\nmicro_batch_size: 4\n",
)
def batch_size_and_accumulation(config: Config) -> Iterator[Problem]:
    """`batch_size` and `gradient_accumulation_steps` are both set.

    Each follows from the other, so Axolotl accepts only one.
    """
    now = config.at("check_gas_bsz")
    if now("batch_size") and now("gradient_accumulation_steps"):
        yield problem("Both set the batch: keep `gradient_accumulation_steps`, remove `batch_size`.", "batch_size")


@rule(
    Severity.WARNING,
    fields=("batch_size", "micro_batch_size", "gradient_accumulation_steps"),
    needs=("batch_size",),
    says="batch_size is not recommended",
    bad="batch_size: 32\nmicro_batch_size: 4\n",
    good="micro_batch_size: 4\ngradient_accumulation_steps: 8\n",
)
def batch_size_without_accumulation(config: Config) -> Iterator[Problem]:
    """`batch_size` with `micro_batch_size`: the accumulation stays at 1 and the run is far too short.

    Axolotl sets `gradient_accumulation_steps` to 1 before it derives the batch. The steps are then counted for
    `batch_size`, and each step trains only `micro_batch_size` rows, so most rows are never seen.
    """
    batch, micro = config.get("batch_size"), config.get("micro_batch_size")
    if not batch or config.raw("gradient_accumulation_steps"):
        return
    if isinstance(micro, int) and micro and batch > micro:
        wanted = max(1, batch // micro)
        message = f"Trains only {micro} of every {batch} rows. Use `gradient_accumulation_steps: {wanted}` instead."
        yield problem(message, "batch_size", "micro_batch_size")
    else:
        yield problem("Discouraged: set `gradient_accumulation_steps` instead of `batch_size`.", "batch_size")


@rule(
    Severity.WARNING,
    fields=("eval_batch_size", "micro_batch_size"),
    needs=("eval_batch_size",),
    says="eval_batch_size != micro_batch_size. This can lead to VRAM instability",
    bad="eval_batch_size: 4\nmicro_batch_size: 2\n",
    good="micro_batch_size: 2\n",
)
def eval_batch_differs(config: Config) -> Iterator[Problem]:
    """`eval_batch_size` differs from `micro_batch_size`.

    Evaluation then needs a different amount of memory than training; a larger batch can run out of memory at the first
    evaluation.
    """
    now = config.at("hint_eval_train_mbsz")
    evaluation, micro = now("eval_batch_size"), now("micro_batch_size")
    if evaluation and micro and evaluation != micro:
        bigger = isinstance(evaluation, int) and isinstance(micro, int) and evaluation > micro
        if bigger:
            message = f"Larger than `micro_batch_size: {micro}`: evaluation needs more memory. Leave it out."
        else:
            message = f"Differs from `micro_batch_size: {micro}`, so memory use jumps at evaluations. Leave it out."
        yield problem(message, "eval_batch_size", "micro_batch_size")


@rule(
    Severity.CRASH,
    fields=("micro_batch_size", "gradient_accumulation_steps", "batch_size", "eval_batch_size"),
    bad="micro_batch_size: 0\n",
    good="micro_batch_size: 1\n",
)
def batch_not_positive(config: Config) -> Iterator[Problem]:
    """A batch size of zero or less.

    Validation asks only for a whole number; the data loader or the step count fails when training is set up.
    """
    for name in ("micro_batch_size", "gradient_accumulation_steps", "batch_size", "eval_batch_size"):
        value = config.typed(name)
        zero_is_unset = name in ("batch_size", "eval_batch_size")
        if isinstance(value, int) and (value < 0 or (value == 0 and not zero_is_unset)):
            yield problem("Must be 1 or more: training fails before its first step.", name)
