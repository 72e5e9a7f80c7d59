"""What somebody wants of a config, and what is written for it."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from knowledge.check import Report
from knowledge.duration import Duration
from knowledge.memory import MemoryEstimate
from knowledge.plan import TrainingPlan
from knowledge.value import field, value

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from knowledge.gpus import Gpu
    from knowledge.hub import HubFacts

METHODS = ("full", "lora", "qlora")
TRACKERS = ("wandb", "mlflow", "comet", "swanlab", "trackio")

NO_DATASET = "YOUR_DATASET"
NO_TYPE = "YOUR_TYPE"
NO_COLUMN = "YOUR_COLUMN"
NO_ANSWER = "YOUR_ANSWER_COLUMN"
NO_PROJECT = "YOUR_PROJECT"
"""Placeholders that stand for what only the reader knows."""


class Unwritable(ValueError):
    """No config can be written, not even a near one; the message says why."""


class Unusable(ValueError):
    """A wish cannot be used as it is given; the message says why."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a config shall do.

    Attributes:
        model: A hub id or a local path.
        rows: Rows of the dataset: the bytes of a file, its path, or the rows themselves; None where there are none.
        dataset: What stands behind `path`: the file's name, or a dataset of the Hub.
        split: Split of a dataset of the Hub.
        count: How many rows the dataset has, where the rows given are not all of them.
        whole: Whether the rows given are the whole dataset.
        type: A dataset type that is asked for by name.
        loss: A loss of a preference run that is asked for, of LOSSES; None for what the rows allow.
        gpu: The card; None for the least that holds the run.
        gpus: How many.
        aim: An aim of taste.yaml; None for what the rows are good for.
        method: "full", "lora" or "qlora"; None for the best that fits.
        length: `sequence_len`; None for the longest row.
        epochs, steps, hours: How long to train; at most one of them.
        hub_repository: Where to upload.
        track: A tracker of TRACKERS.
        hub: What the Hub says of the model.
    """

    model: str
    rows: bytes | Path | Sequence[dict[str, Any]] | None = None
    dataset: str | None = None
    split: str | None = None
    count: int | None = None
    whole: bool = True
    type: str | None = None
    loss: str | None = None
    gpu: Gpu | None = None
    gpus: int = 1
    aim: str | None = None
    method: str | None = None
    length: int | None = None
    epochs: float | None = None
    steps: int | None = None
    hours: float | None = None
    hub_repository: str | None = None
    track: str | None = None
    hub: HubFacts | None = None


def seen_on_hub(wishes: Wishes, facts: HubFacts | None) -> Wishes:
    """Wishes with what the Hub says: of the model, and of the dataset where no rows are given.

    Args:
        wishes: What is wanted; `dataset` may be a name of the Hub.
        facts: What the Hub says; None where it was not asked.
    """
    found = facts.datasets[0] if facts is not None and facts.datasets and wishes.rows is None else None
    if found is None or not found.sample:
        return replace(wishes, hub=facts)
    rows, count = list(found.sample), wishes.count or found.rows
    return replace(wishes, hub=facts, rows=rows, count=count, whole=found.whole)


def hub_lines(wishes: Wishes) -> str:
    """The lines of a config that name what the Hub is asked about.

    Args:
        wishes: What is wanted.
    """
    lines = f"base_model: {json.dumps(wishes.model)}\n"
    if wishes.dataset is None or wishes.rows is not None:
        return lines
    return f"{lines}datasets:\n  - path: {json.dumps(wishes.dataset)}\n    split: {wishes.split or 'train'}\n"


@value
class Reason:
    """Why a field has its value."""

    field: str
    why: str


@value
class Written:
    """A config and what speaks for it.

    Attributes:
        config: The YAML.
        files: Files that belong with it, by name.
        reasons: Why each field has its value, in the order of the file.
        open: Fields that are left for the reader to fill in.
        unmet: Wishes that are not met, each with the nearest that is, in sentences.
        plan, memory, duration: The run in numbers.
        aim, method, gpu, gpus, usable_gib, length, epochs: What was chosen; `gpu` in words, `usable_gib` on each.
        report: What the check says of the config.
    """

    config: str
    files: dict[str, str] = field(default_factory=dict)
    reasons: tuple[Reason, ...] = ()
    open: tuple[str, ...] = ()
    unmet: tuple[str, ...] = ()
    plan: TrainingPlan | None = None
    memory: MemoryEstimate | None = None
    duration: Duration | None = None
    aim: str = field(default="", metadata={"exclude": True})
    method: str = field(default="", metadata={"exclude": True})
    gpu: str = field(default="", metadata={"exclude": True})
    gpus: int = field(default=1, metadata={"exclude": True})
    usable_gib: float = field(default=0.0, metadata={"exclude": True})
    length: int = field(default=0, metadata={"exclude": True})
    epochs: float = field(default=0.0, metadata={"exclude": True})
    report: Report | None = field(default=None, metadata={"exclude": True})
