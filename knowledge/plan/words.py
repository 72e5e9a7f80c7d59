"""The plan in sentences: batch, steps, and the room that checkpoints take."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from knowledge.plan.batch import step_advice
from knowledge.plan.values import GUIDE_BATCH
from knowledge.text import plural

if TYPE_CHECKING:
    from collections.abc import Sequence

    from knowledge.plan.training import TrainingPlan
    from knowledge.plan.values import CheckpointStorage, OfRows

FEW: Final = 30
"""Below this number of optimizer steps a run hardly learns."""
ENOUGH: Final = 100
"""The number that is proposed instead."""
_MOST_EPOCHS: Final = 10
"""More epochs than this teach few rows by heart."""
_SAY_ROWS: Final = "say how many there are with `rows`"
_NEAR: Final = 0.1
_FEW_POINTS: Final = 6


def summary_of(plan: TrainingPlan) -> tuple[str, ...]:
    """Batch, steps, and storage: a line each, those that something is known of."""
    lines = (batch_line(plan), steps_line(plan), storage_line(plan.storage))
    return tuple(line for line in lines if line)


def batch_line(plan: TrainingPlan) -> str:
    """The effective batch with its formula, and how to keep the guide's where the GPUs multiply it."""
    if plan.formula is None or plan.real_global_batch is None:
        return ""
    unit = plan.unit.removesuffix("s") if plan.real_global_batch == 1 else plan.unit
    return f"Effective batch {plan.formula} {unit} per step{keeping_the_guide(plan)}."


def guide_on_one_gpu(plan: TrainingPlan) -> int | None:
    """The batch that one GPU alone would have, where that is about the guide's and several GPUs multiply it."""
    parallel = plan.data_parallel or 1
    if plan.real_global_batch is None or parallel < 2:
        return None
    alone = plan.real_global_batch // parallel
    return alone if abs(alone - GUIDE_BATCH) <= GUIDE_BATCH * _NEAR else None


def keeping_the_guide(plan: TrainingPlan) -> str:
    """What keeps the guide's batch on several GPUs, as the end of a sentence; empty where nothing has to."""
    alone, advice = guide_on_one_gpu(plan), plan.batch
    if alone is None or advice is None:
        return ""
    choice = advice.nearest
    return (
        f"; on one GPU {alone:,}, the training guide's value for facts. For about {advice.target} here: "
        f"`gradient_accumulation_steps: {choice.gradient_accumulation_steps}` ({choice.effective_batch_size:,})"
    )


def steps_line(plan: TrainingPlan) -> str:
    """Steps with what hangs on them; the sum by which they come about where they are not known."""
    steps = plan.optimizer_steps_done
    if steps is None:
        steps = plan.trainer_max_steps if isinstance(plan.trainer_max_steps, int) else None
    if steps is None or steps < 0:
        if plan.real_global_batch is None or plan.num_epochs is None:
            return ""
        amount = f"{plan.unit} ÷ {plan.real_global_batch:,}"
        if plan.sample_packing and plan.sequence_len:
            amount = f"total tokens ÷ {plan.sequence_len:,} ÷ {plan.real_global_batch:,}"
        part = plan.of_rows
        if part is not None and part.steps:
            return f"Steps: {part.example:,} rows as long as these make about {part.steps:,}; {_SAY_ROWS}."
        return f"Steps: {amount} per epoch, times {plan.num_epochs:g}. Attach some rows to get the number."
    words = [plural(steps, "optimizer step")]
    if plan.total_num_steps_range is not None:
        low, high = plan.total_num_steps_range
        if low != high:
            words = [f"About {plural(steps, 'optimizer step')} ({low:,} to {high:,})"]
    if plan.epochs_seen is not None:
        words.append(f"{plan.epochs_seen:.3g} epoch{'s' * (plan.epochs_seen != 1)}")
    if plan.warmup_steps:
        words.append(f"warm-up {plan.warmup_steps:,}" if plan.warmup_steps >= 1 else f"warm-up {plan.warmup_steps:.0%}")
    if plan.save_points:
        words.append(f"saves after {points_in_words(plan.save_points)}")
    if plan.eval_points:
        words.append(f"evaluations after {points_in_words(plan.eval_points)}")
    condition = f"{plan.condition}: " if plan.condition else ""
    return condition + ", ".join(words) + "." + _other_rows(plan.of_rows)


def _other_rows(part: OfRows | None) -> str:
    """What another number of rows would make."""
    if part is None or not part.steps:
        return ""
    return f" {part.example:,} such rows would make about {part.steps:,} steps; {_SAY_ROWS}."


def more_steps(plan: TrainingPlan) -> str:
    """What makes enough optimizer steps of the same rows, and how many; empty where nothing usual does.

    A lower accumulation costs nothing and comes first; then more epochs; a smaller micro batch, which is slower, last.
    """
    now, epochs, accumulation = plan.optimizer_steps_done, plan.num_epochs, plan.gradient_accumulation_steps
    if not now or not epochs or not accumulation:
        return ""
    batches = plan.batches_per_epoch or math.ceil(now * accumulation / epochs)
    return steps_by_hand(now, epochs, accumulation, plan.micro_batch_size or 1, batches)


def steps_by_hand(now: int, epochs: float, accumulation: int, micro: int, batches: int) -> str:
    """The same from numbers.

    Args:
        now: Optimizer steps of the run as it is.
        epochs: Its epochs.
        accumulation: Its gradient accumulation.
        micro: Its micro batch.
        batches: Its micro batches per epoch.
    """
    advice = step_advice(steps=ENOUGH, now=now, epochs=epochs, accumulation=accumulation)
    if advice is None:
        return ""
    less = advice.gradient_accumulation_steps
    if less is None and advice.num_epochs <= _MOST_EPOCHS:
        return f"`num_epochs: {advice.num_epochs:g}` makes about {ENOUGH}"
    lower = {} if less is None else {"gradient_accumulation_steps": less}
    if lower and (way := _enough(lower, math.ceil(batches / (less or 1)), epochs)):
        return way
    lower = {"gradient_accumulation_steps": 1} if accumulation > 1 else {}
    return _enough({**lower, "micro_batch_size": 1}, batches * micro, epochs) if micro > 1 else ""


def _enough(changes: dict[str, int], steps: int, epochs: float) -> str:
    """Changes that make so many steps per epoch, with more epochs where needed; empty where they are too few."""
    reached = math.floor(steps * epochs)
    if reached < FEW:
        reached, longer = ENOUGH, math.ceil(ENOUGH / steps)
        if longer > _MOST_EPOCHS:
            return ""
        changes = {**changes, "num_epochs": longer}
    verb = "makes" if len(changes) == 1 else "make"
    return f"{', '.join(f'`{key}: {value}`' for key, value in changes.items())} {verb} about {reached:,}"


def points_in_words(points: Sequence[int]) -> str:
    """`13, 26, 38`, or the first ones, the last and their number."""
    if len(points) <= _FEW_POINTS:
        return ", ".join(f"{point:,}" for point in points)
    first = ", ".join(f"{point:,}" for point in points[:3])
    return f"{first} … {points[-1]:,} ({len(points):,} times)"


def storage_line(storage: CheckpointStorage | None) -> str:
    """What the checkpoints take on the disk and on the Hub."""
    if storage is None or not storage.saves:
        return ""
    saves = plural(storage.saves, "save")
    if storage.at_most:
        saves = f"up to {saves}"
    about = "" if storage.exact else "about "
    line = (
        f"Checkpoints: {saves} × {about}{gigabytes(storage.checkpoint_bytes)}; on disk {about}"
        f"{gigabytes(storage.local_peak_bytes)} at its peak, {gigabytes(storage.local_end_bytes)} at the end"
    )
    if storage.hub_strategy is not None:
        line += f"; on the Hub {gigabytes(storage.hub_bytes)} (`{storage.hub_strategy}`"
        more = storage.hub_history_bytes > storage.hub_bytes
        line += f", up to {gigabytes(storage.hub_history_bytes)} with its history)" if more else ")"
    return line + "."


def gigabytes(size: int) -> str:
    """Bytes in GB of 1,000,000,000, three digits at most."""
    value = size / 1e9
    if value >= 100:
        return f"{value:,.0f} GB"
    return f"{value:.1f} GB" if value >= 1 else f"{math.ceil(size / 1e6):,} MB"
