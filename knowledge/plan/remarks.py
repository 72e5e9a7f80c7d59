"""What a plan has to say besides numbers: what the data does to the run, and what is not known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.plan.settings import LISTED
from knowledge.plan.steps import Count, Loop, evaluation_total
from knowledge.plan.values import Trouble

if TYPE_CHECKING:
    from collections.abc import Sequence

    from knowledge.plan.batch import Batch
    from knowledge.plan.rows import Rows
    from knowledge.plan.saving import Saving
    from knowledge.plan.settings import Settings


def troubles_of(
    config: Settings, batch: Batch, data: Rows, count: Count, loop: Loop, processes: int
) -> tuple[Trouble, ...]:
    """What counting the data found, worst first."""
    troubles = list(data.troubles)
    if troubles:
        return tuple(troubles)
    if data.train == 0:
        return (Trouble(kind="no-rows", detail=f"{data.kept or 0:,} rows left"),)
    packs = bool(config.get("sample_packing")) and config.get("eval_sample_packing") is not False
    if packs and evaluation_total(config, batch, data, processes) == 0:
        troubles.append(Trouble(kind="evaluation-too-small", detail=f"{data.evaluation or 0:,} rows"))
    if count.batches == 0:
        troubles.append(Trouble(kind="no-batches", detail=f"{data.train or 0:,} rows"))
    if count.evaluation_batches == 0:
        troubles.append(Trouble(kind="no-evaluation-batches", detail=f"{data.evaluation or 0:,} rows"))
    if count.batches and loop.steps == 0 and config.get("num_epochs") != 0:
        troubles.append(Trouble(kind="no-steps"))
    return tuple(troubles)


def what_is_missing(
    config: Settings,
    data: Rows,
    count: Count,
    saving: Saving,
    *,
    loop: Loop,
    saves: Sequence[int] | None,
    streaming: bool,
    stops_early: bool,
) -> list[str]:
    """A sentence for everything that is not known."""
    notes: list[str] = []
    if streaming:
        saves_too = ", and saves at their ends," if saving.save_strategy == "epoch" else ""
        notes.append(
            f"A stream has no known end, so how many epochs `max_steps` makes{saves_too} depends on its length."
        )
    elif count.left_to_trainer and not config.get("max_steps"):
        notes.append("The number of steps depends on prompts and generations; set `max_steps` for a fixed number.")
    elif data.train is None and not data.troubles and loop.steps:
        notes.append("The number of rows is unknown, so the number of epochs that `max_steps` makes is too.")
        if config.get("warmup_steps") is None:
            notes.append(
                "The warm-up is a share of `max_steps`, or of the steps that the rows make if those are fewer."
            )
    elif data.train is None and data.kept is None and not data.troubles:
        notes.append(
            "The number of rows is unknown, so steps, saves, and evaluations are too: attach some rows to get them."
        )
    elif count.total is None and config.get("sample_packing") and not data.troubles:
        notes.append(
            "The steps of packed rows depend on their tokens: the mean gives an estimate, all rows the exact number."
        )
    if config.get("sample_packing") and data.train_lengths is not None and not config.get("curriculum_sampling"):
        notes.append("Rows are packed in a random order, so the true number of steps may differ by a few.")
    if stops_early:
        notes.append("Early stopping decides when the run ends, so steps, saves, and evaluations are unknown.")
    if saving.save_strategy == "best":
        notes.append(
            "`save_strategy: best` saves after each evaluation that beats all earlier ones, which cannot be known in "
            "advance."
        )
    elif saving.best and saving.eval_strategy != "no":
        notes.append("The best checkpoint, which is kept beyond the limit, cannot be known in advance.")
    if saving.save_strategy == "steps" and loop.steps is not None and saves is None and not stops_early:
        notes.append(f"More than {LISTED:,} saves are not listed.")
    if config.get("use_ray"):
        notes.append("With Ray, the batch is computed on the workers.")
    return notes
