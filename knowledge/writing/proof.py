"""The proof: the check finds nothing above advice, the memory fits, and the steps are enough."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from knowledge.check import checked, on_cards
from knowledge.finding import Severity
from knowledge.run_data import DataSize
from knowledge.samples.rows import Sample
from knowledge.writing.batch import batch_of
from knowledge.writing.draft import Draft, plain
from knowledge.writing.lines import groups
from knowledge.writing.page import page
from knowledge.writing.rewards import NAME, reward_file
from knowledge.writing.wishes import NO_ANSWER, NO_COLUMN, NO_DATASET, NO_PROJECT, NO_TYPE, Reason, Written

if TYPE_CHECKING:
    from knowledge.check import Report
    from knowledge.writing.fitting import Room

AXOLOTL = "0.21.0"
_SPOKEN = {"full": "full training", "lora": "LoRA", "qlora": "QLoRA"}


def proven(draft: Draft, room: Room, unmet: list[str]) -> Written:
    """The written config with what was found about it.

    Args:
        draft: Every choice.
        room: The memory per GPU.
        unmet: Wishes that are not met so far.
    """
    report, text = _checked(draft)
    while report.memory is not None and report.memory.high_gib > room.usable and draft.micro > 1:
        draft = _smaller(draft)
        report, text = _checked(draft)
    if report.memory is not None and report.memory.high_gib > room.usable:
        unmet.append(f"The run may need {report.memory.high_gib:.1f} GiB, and {room.name} leaves {room.usable:.1f}.")
    above = [found for found in report.findings if found.severity.rank < Severity.ADVICE.rank]
    unmet += [f"{found.message} [{found.rule}]" for found in above]
    columns = draft.rows.columns
    return Written(
        config=text,
        files={NAME: reward_file(columns)} if columns is not None and draft.rows.method == "grpo" else {},
        reasons=tuple(Reason(field=line.key, why=line.why) for group in groups(draft) for line in group),
        open=_open(draft),
        unmet=(*unmet, *_steps(draft, report)),
        plan=report.plan,
        memory=report.memory,
        duration=report.duration,
        aim=draft.aim.name,
        method=draft.method,
        gpu=room.name,
        gpus=draft.wishes.gpus,
        usable_gib=room.usable,
        length=draft.length,
        epochs=draft.epochs,
        report=report,
    )


def _checked(draft: Draft) -> tuple[Report, str]:
    wishes = draft.wishes
    text = page(_head(draft), groups(draft))
    name = wishes.dataset or NO_DATASET
    sample = None
    if wishes.rows is not None and draft.rows.method != "grpo":
        sample = Sample(wishes.rows, name, whole=wishes.whole and wishes.count is None, printed=draft.rows.printed)
    size = DataSize(rows=wishes.count) if wishes.count is not None else None
    report, config = checked(text, gpus=wishes.gpus, dataset=sample, hub=wishes.hub, size=size)
    return (on_cards(report, config, wishes.gpu) if wishes.gpu is not None else report), text


def _head(draft: Draft) -> str:
    wishes = draft.wishes
    card = f" on {wishes.gpus} × {wishes.gpu.name}" if wishes.gpu is not None else ""
    card += ", with vLLM on one more" if draft.served else ""
    return f"For Axolotl {AXOLOTL}: {_SPOKEN[draft.method]} of {wishes.model}{card}, to {draft.aim.summary}."


def _smaller(draft: Draft) -> Draft:
    """Half the micro batch, or one row where it is odd, with as many more micro batches a step."""
    micro = draft.micro // 2 if draft.micro % 2 == 0 else 1
    return replace(draft, micro=micro, accumulation=draft.accumulation * draft.micro // micro)


def _open(draft: Draft) -> tuple[str, ...]:
    keys = plain(groups(draft))
    entry = {"path": draft.wishes.dataset or NO_DATASET, **draft.rows.entry}
    left = [f"datasets[0].{key}" for key, value in entry.items() if value in (NO_DATASET, NO_TYPE, NO_COLUMN)]
    columns = zip(("PROMPT", "ANSWER"), draft.rows.columns or (), strict=False)
    left += [f"{NAME}: {name}" for name, column in columns if column in (NO_COLUMN, NO_ANSWER)]
    return (*left, *(key for key, value in keys.items() if value == NO_PROJECT))


def _steps(draft: Draft, report: Report) -> list[str]:
    """What the rows do not allow, in sentences."""
    steps = report.plan.optimizer_steps_done if report.plan is not None else None
    wishes = draft.wishes
    told = []
    if wishes.hours is not None and report.duration is None:
        told.append("The hours cannot be turned into steps without a card whose speed is known for this method.")
    if draft.repeated:
        rows = f"{draft.rows.count} row{'s' * (draft.rows.count != 1)}"
        told.append(
            f"{rows} and fewer than {draft.epochs:g} passes make too few steps. With so many passes, the model learns "
            "the wording by heart: collect more rows."
        )
    if draft.lowered:
        made = round(batch_of(draft))
        told.append(
            f"A batch of {draft.aim.batch.value} {draft.aim.unit} is too large for so few rows; "
            f"this one is {made}{f', for {steps} steps' if steps else ''}."
        )
    return told
