"""A config that is written, as the answer needs it: the job of a worker."""

from __future__ import annotations

from dataclasses import field

from knowledge.gpus import gpu_named
from knowledge.value import value
from knowledge.writing import Reason, Unusable, Unwritable, Wishes, Written, write_config


@value
class New:
    """A config that was written.

    Attributes:
        config: The YAML; empty where none could be written.
        files: Files that belong beside it, by name.
        title: Method, cards and aim, in words.
        numbers: The run in numbers, a line each.
        reasons: Why each field has its value.
        unmet: Wishes that are not met.
        open: Fields that are left to fill in.
        length, epochs: As in the config.
        refused: Why no config could be written.
    """

    config: str = ""
    files: dict[str, str] = field(default_factory=dict)
    title: str = ""
    numbers: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = ()
    unmet: tuple[str, ...] = ()
    open: tuple[str, ...] = ()
    length: int | None = None
    epochs: float | None = None
    refused: str = ""


def new(  # noqa: PLR0913 - one argument a wish
    model: str,
    *,
    aim: str | None = None,
    gpu: str | None = None,
    gpus: int = 1,
    dataset: tuple[str, bytes] | None = None,
    method: str | None = None,
    length: int | None = None,
    epochs: float | None = None,
) -> New:
    """Writes a config, proven; `refused` says why where none can be."""
    wishes = Wishes(
        model=model,
        rows=dataset[1] if dataset else None,
        dataset=dataset[0] if dataset else None,
        gpu=gpu_named(gpu) if gpu else None,
        gpus=gpus,
        aim=aim,
        method=method,
        length=length,
        epochs=epochs,
    )
    try:
        written = write_config(wishes)
    except (Unusable, Unwritable) as reason:
        return New(refused=str(reason))
    return New(
        config=written.config,
        files=written.files,
        title=f"{_METHODS[written.method]} on {written.gpu}, for {written.aim}",
        numbers=_numbers(written),
        reasons=written.reasons,
        unmet=written.unmet,
        open=written.open,
        length=written.length,
        epochs=written.epochs,
    )


_METHODS = {"full": "Full training", "lora": "LoRA", "qlora": "QLoRA"}
_MINUTE = 60


def _numbers(written: Written) -> tuple[str, ...]:
    """Batch, steps, memory and time in two columns."""
    plan, memory, duration = written.plan, written.memory, written.duration
    lines = []
    if plan is not None and plan.real_global_batch:
        lines.append(f"batch    {plan.real_global_batch:,} a step")
    if plan is not None and plan.optimizer_steps_done:
        lines.append(f"steps    {plan.optimizer_steps_done:,}")
    if memory is not None:
        lines.append(f"memory   {memory.low_gib:.0f} to {memory.high_gib:.0f} GiB")
    if duration is not None and duration.low_s is not None and duration.high_s is not None:
        lines.append(f"time     {duration.low_s / _MINUTE:.0f} to {duration.high_s / _MINUTE:.0f} min")
    return tuple(lines)
