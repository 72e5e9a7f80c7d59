"""What a duration assumes and leaves out, in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from knowledge.duration.log import Pace
    from knowledge.gpus import Gpu
    from knowledge.memory import Run
    from knowledge.plan import TrainingPlan


def assumptions(run: Run, plan: TrainingPlan, gpu: Gpu, pace: Pace | None) -> tuple[str, ...]:
    """The sentences for a run.

    Args:
        run: The run.
        plan: Its plan.
        gpu: The card.
        pace: The speed that a log shows.
    """
    found = (*_card(run, gpu), *_rows(run, plan), *_steps(plan, pace), *_model(run))
    return tuple(sentence for sentence in found if sentence)


def _card(run: Run, gpu: Gpu) -> list[str | None]:
    names = ", ".join(card.name for card in gpu.cards)
    return [
        f"The range covers {names}." if len(gpu.cards) > 1 else None,
        None
        if gpu.bf16
        else f"{gpu.name} does not compute in bf16: Axolotl stops on `bf16: true`, so this assumes fp16.",
        f"The GPUs are in one machine, joined by {'NVLink' if gpu.link == 'nvlink' else 'PCIe'}."
        if run.ranks > 1
        else None,
    ]


def _rows(run: Run, plan: TrainingPlan) -> list[str | None]:
    known = plan.padded_tokens_per_row is not None
    return [
        None
        if known or run.padded
        else f"This assumes that every row has {run.sequence:,} tokens (`sequence_len`); shorter rows take less time.",
        "This assumes packed rows as long as `sequence_len`; shorter rows need less attention work."
        if not known and plan.sample_packing
        else None,
    ]


def _steps(plan: TrainingPlan, pace: Pace | None) -> list[str | None]:
    return [
        f"The speed comes from the log, steps {pace.first:,} to {pace.last:,}." if pace is not None else None,
        "The number of steps is unknown, so this times only one step." if plan.optimizer_steps_done is None else None,
        "Evaluation is not counted, because its number of batches is unknown."
        if plan.n_evals_incl_start and plan.eval_batches is None
        else None,
        "Preparing the dataset and downloading the model are not counted.",
    ]


def _model(run: Run) -> list[str | None]:
    return [
        run.base.note,
        "A frozen copy of the model runs forward as the reference." if run.reference else None,
        "Speed with weights or optimizer state in host memory was not measured."
        if run.weight_offload or run.optimizer_offload
        else None,
    ]
