"""What a field comes to in the run that was checked: one sentence with its own numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from knowledge.plan.training import TrainingPlan


def own_words(path: str | None, plan: TrainingPlan) -> str:
    """What a field or a concept comes to in a run; "" where the plan does not know.

    Args:
        path: A field's path or a concept's name.
        plan: What the run does.
    """
    told = _TOLD.get(path or "")
    return told(plan) if told else ""


def _batch(plan: TrainingPlan) -> str:
    if not plan.formula or not plan.real_global_batch:
        return ""
    return f"{plan.formula} {plan.unit} per optimizer step: accumulation × micro batch × GPUs that see different rows."


def _length(plan: TrainingPlan) -> str:
    if not plan.micro_batch_size or not plan.sequence_len:
        return ""
    tokens = plan.micro_batch_size * plan.sequence_len
    return f"One GPU handles at most {plan.micro_batch_size} × {plan.sequence_len:,} = {tokens:,} tokens at once."


def _steps(plan: TrainingPlan) -> str:
    if not plan.optimizer_steps_done or plan.epochs_seen is None:
        return ""
    return f"The run makes {plan.optimizer_steps_done:,} optimizer steps, {plan.epochs_seen:.3g} times over the data."


def _warmup(plan: TrainingPlan) -> str:
    steps = plan.optimizer_steps_done or plan.trainer_max_steps
    if not plan.warmup_steps or not steps or steps < 0:
        return ""
    return f"The learning rate warms up for {plan.warmup_steps:,} of {steps:,} optimizer steps."


def _saves(plan: TrainingPlan) -> str:
    if plan.n_saves is None or plan.checkpoints_left is None:
        return ""
    return f"The run saves {plan.n_saves:,} times, and {len(plan.checkpoints_left):,} checkpoints are left at the end."


_TOLD: Mapping[str, Callable[[TrainingPlan], str]] = (
    dict.fromkeys(
        (
            "micro_batch_size",
            "gradient_accumulation_steps",
            "batch_size",
            "effective batch size",
            "gradient accumulation",
        ),
        _batch,
    )
    | dict.fromkeys(("sequence_len", "sequence length"), _length)
    | dict.fromkeys(("num_epochs", "max_steps", "optimizer step"), _steps)
    | dict.fromkeys(("warmup_steps", "warmup_ratio"), _warmup)
    | dict.fromkeys(("save_steps", "saves_per_epoch", "save_strategy", "save_total_limit"), _saves)
)
