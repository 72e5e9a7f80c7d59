"""What a run will really do, in three lines and as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.views.check.cost import cost_line, duration_lines
from bot.views.check.hub import hub_lines
from bot.views.check.rows import rows_lines
from bot.views.kit import limits
from bot.views.kit.wording import number
from knowledge.duration import time_of
from knowledge.plan.words import gigabytes, keeping_the_guide, steps_line, storage_line

if TYPE_CHECKING:
    from knowledge import Report
    from knowledge.duration import Duration
    from knowledge.memory import MemoryEstimate
    from knowledge.plan import TrainingPlan

_WIDE = 25
_SAYS_THE_SAME = "gpus-multiply-the-batch"


def run_lines(report: Report) -> tuple[str, ...]:
    """Rows, batch, steps, storage and memory: a line or two each, those that are known."""
    rows = hub_lines(report.hub) + (() if report.dataset is None else rows_lines(report.dataset))
    plan = report.plan
    if plan is None:
        return rows
    lines = [_batch(report, plan), steps_line(plan), storage_line(plan.storage), _memory(report.memory), *_card(report)]
    return (*rows, *(line for line in lines if line))


def _card(report: Report) -> tuple[str, ...]:
    """Time and cost on the card that was asked about; whether it fits stands above everything else."""
    if report.gpu is None:
        return ()
    return (*duration_lines(report.duration), cost_line(report.cost, report.gpus))


def batch_formula(plan: TrainingPlan) -> str | None:
    """`75 × 2 × 4 GPUs = **600** packed sequences per step`."""
    if plan.real_global_batch is None or plan.formula is None:
        return None
    product, _, _ = plan.formula.rpartition(" = ")
    factors = product or plan.formula
    gpus = f" GPU{'' if plan.gpus == 1 else 's'}" if factors.endswith(f"× {plan.gpus}") else ""
    unit = plan.unit.removesuffix("s") if plan.real_global_batch == 1 else plan.unit
    return f"{factors}{gpus} = **{number(plan.real_global_batch)}** {unit} per step"


def _batch(report: Report, plan: TrainingPlan) -> str:
    formula = batch_formula(plan)
    if formula is None:
        return ""
    line = f"Effective batch {formula}"
    advised = any(finding.rule == _SAYS_THE_SAME for finding in report.findings)
    return f"{line}." if advised else f"{line}{keeping_the_guide(plan)}."


def _memory(memory: MemoryEstimate | None) -> str:
    if memory is None:
        return ""
    line = f"Memory: about {memory.estimate_gib:.0f} GiB per GPU ({memory.low_gib:.0f}–{memory.high_gib:.0f})."
    if memory.known == "guessed":
        line += " I do not know this model, so this is a guess from its name."
    if memory.known == "counted":
        line += " I know only the size of this model, so this is rough: that of a model of similar size."
    if memory.host_gib:
        line += f" What is offloaded needs about {memory.host_gib:,.0f} GiB of main memory in all."
    rows = [sentence for sentence in memory.assumptions if sentence.startswith("With the rows")]
    return " ".join([line, *rows])


def table(plan: TrainingPlan, memory: MemoryEstimate | None, duration: Duration | None = None) -> str:
    """The numbers of a plan as a code block of two columns, narrow enough for a phone."""
    rows: list[tuple[str, float | str | None]] = [
        ("micro batch", plan.micro_batch_size),
        ("accumulation", plan.gradient_accumulation_steps),
        ("GPUs", plan.gpus),
        ("batch a step", plan.real_global_batch),
        ("train rows", plan.train_rows),
        ("steps", plan.optimizer_steps_done or plan.total_num_steps),
        ("warm-up steps", plan.warmup_steps),
        ("epochs", plan.epochs_seen or (None if plan.optimizer_steps_done else plan.num_epochs)),
        ("learning rate", plan.learning_rate),
        ("save every", plan.save_every_steps),
        ("saves", plan.n_saves if plan.n_saves is not None else plan.n_saves_at_most),
        ("evaluate every", plan.eval_every_steps),
    ]
    if plan.storage is not None:
        rows.append(("checkpoint", gigabytes(plan.storage.checkpoint_bytes)))
        rows.append(("disk at peak", gigabytes(plan.storage.local_peak_bytes)))
    if memory is not None:
        rows.append(("memory per GPU", f"{memory.estimate_gib:.1f} GiB"))
    if duration is not None:
        rows.append(("time of a step", time_of(duration.per_step_s)))
        rows.append(("time in all", None if duration.estimate_s is None else time_of(duration.estimate_s)))
    shown = [(name, value if isinstance(value, str) else number(value)) for name, value in rows if value is not None]
    lines = [f"{name}{value:>{max(1, _WIDE - len(name))}}" for name, value in shown]
    return limits.block("\n".join(lines), limit=limits.PAGE // 2)
