"""A config that is written, as the answer needs it: the job of a worker."""

from __future__ import annotations

from typing import Any

from knowledge.config import read
from knowledge.gpus import gpu_named
from knowledge.hub import HubFacts, Targets, targets_of
from knowledge.json_values import from_plain
from knowledge.value import field, replace, value
from knowledge.writing import (
    Reason,
    Unusable,
    Unwritable,
    Wishes,
    Written,
    hub_lines,
    seen_on_hub,
    wishes_of,
    write_config,
)


@value
class New:
    """A config that was written.

    Attributes:
        config: The YAML; empty where none could be written.
        files: Files that belong with it, by name.
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
    like: str | None = None,
    loss: str | None = None,
    hub: dict[str, Any] | None = None,
) -> New:
    """Writes a config, proven; `refused` says why where none can be. `like` is a config whose data it keeps."""
    wishes = replace(
        wishes_of(like) if like is not None else Wishes(model=model),
        gpu=gpu_named(gpu) if gpu else None,
        gpus=gpus,
        method=method,
        length=length,
        epochs=epochs,
        loss=loss,
    )
    if dataset is not None:
        wishes = replace(wishes, rows=dataset[1], dataset=wishes.dataset or dataset[0])
    if aim is not None:
        wishes = replace(wishes, aim=aim)
    wishes = seen_on_hub(wishes, from_plain(HubFacts, hub) if hub is not None else None)
    if wishes.rows is not None:
        # Rows that can be seen tell their type and aim better than a config that did not fit.
        wishes = replace(wishes, type=None)
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


def new_targets(model: str, like: str | None) -> Targets:
    """What the Hub is asked before a config is written."""
    return targets_of(read(hub_lines(wishes_of(like) if like is not None else Wishes(model=model))))


def model_of(text: str) -> str:
    """The model that a config names; empty where it names none."""
    return wishes_of(text).model


_METHODS = {"full": "Full training", "lora": "LoRA", "qlora": "QLoRA"}
_MINUTE = 60


def _numbers(written: Written) -> tuple[str, ...]:
    """Batch, steps, memory and time in two columns."""
    plan, memory, duration = written.plan, written.memory, written.duration
    lines = []
    if plan is not None and plan.real_global_batch:
        lines.append(f"batch    {plan.real_global_batch:,} per step")
    if plan is not None and plan.optimizer_steps_done:
        lines.append(f"steps    {plan.optimizer_steps_done:,}")
    if memory is not None:
        lines.append(f"memory   {memory.low_gib:.0f} to {memory.high_gib:.0f} GiB")
    if duration is not None and duration.low_s is not None and duration.high_s is not None:
        lines.append(f"time     {duration.low_s / _MINUTE:.0f} to {duration.high_s / _MINUTE:.0f} min")
    return tuple(lines)
