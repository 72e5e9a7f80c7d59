"""When the run saves and evaluates, and which checkpoints are left in the end."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from knowledge.plan.settings import LISTED
from knowledge.value import ledger

if TYPE_CHECKING:
    from knowledge.plan.settings import Settings
    from knowledge.plan.steps import Loop

DEFAULT_LIMIT: Final = 4
"""Checkpoints that Axolotl keeps when `save_total_limit` is unset or 0."""

_EVERY_UNSET: Final = 500  # `save_strategy: steps` without `save_steps`


@ledger
class Saving:
    """How the trainer saves and evaluates.

    Attributes:
        save_steps, eval_steps: as the trainer gets them; a fraction below 1 is a share of all its steps.
        best: whether the trainer watches a metric, and so protects the best checkpoint.
        loads_best: whether it loads the best in the end.
    """

    save_strategy: str
    save_steps: int | float | None
    limit: int
    eval_strategy: str
    eval_steps: int | float | None
    evaluates_at_start: bool
    loads_best: bool
    best: bool


def saving_of(config: Settings, *, evaluates: bool | None, causal: bool) -> Saving:
    """The strategies that Axolotl hands to the trainer.

    Args:
        config: the config.
        evaluates: whether there are rows to evaluate on.
        causal: False for preference trainers, which are not told of the best model.
    """
    save_steps = config.get("save_steps") or _share(config, "saves_per_epoch")
    strategy = "steps" if save_steps else config.get("save_strategy") or "epoch"
    if strategy == "steps" and not save_steps:
        save_steps = _EVERY_UNSET
    eval_steps = config.get("eval_steps")
    validation = config.get("val_set_size", 0.0)
    if validation or config.get("test_datasets"):
        eval_steps = eval_steps or _share(config, "evals_per_epoch")
    wanted = config.get("eval_strategy")
    evaluation, at_start = "no", False
    if wanted == "no" or not (evaluates or validation):
        eval_steps = None
    elif eval_steps or wanted:
        evaluation = "steps" if eval_steps else str(wanted)
        at_start = config.get("eval_on_start") is not False
    loads_best = causal and _loads_best(config, save_steps if strategy == "steps" else None, eval_steps)
    watches = loads_best or config.get("lr_scheduler") in {"reduce_lr_on_plateau", "greedy"}
    watches = watches or (causal and bool(config.get("metric_for_best_model")))
    return Saving(
        save_strategy=str(strategy),
        save_steps=save_steps if strategy == "steps" else None,
        limit=config.get("save_total_limit") or DEFAULT_LIMIT,
        eval_strategy=evaluation,
        eval_steps=eval_steps,
        evaluates_at_start=at_start,
        loads_best=loads_best,
        best=watches and evaluation != "no",
    )


def _share(config: Settings, key: str) -> float | None:
    """`saves_per_epoch` or `evals_per_epoch` as a share of all steps; 1 in 1 epoch becomes nothing."""
    per_epoch, epochs = config.get(key), config.get("num_epochs")
    if not per_epoch or not epochs:
        return None
    share = 1.0 / (per_epoch * epochs)
    return share if share < 1.0 else None


def _loads_best(config: Settings, save_steps: float | None, eval_steps: float | None) -> bool:
    wanted = config.get("load_best_model_at_end") or config.get("early_stopping_patience")
    held_out = bool(config.get("val_set_size")) != bool(config.get("test_datasets"))
    return bool(wanted and held_out and save_steps and eval_steps and save_steps % eval_steps == 0)


def every(steps: float | None, total: int) -> int | None:
    """Steps between two saves or evaluations: a share below 1 is rounded up."""
    if steps is None:
        return None
    return math.ceil(total * steps) if steps < 1 else int(steps)


def save_points(saving: Saving, loop: Loop, *, first_step: bool) -> tuple[int, ...] | None:
    """Steps after which a checkpoint is written, None where it depends on what is learned or they are too many."""
    if saving.save_strategy == "best" or loop.steps is None:
        return None
    points: tuple[int, ...] | None = ()
    if saving.save_strategy == "steps":
        points = _multiples(every(saving.save_steps, loop.steps) or 0, loop.steps)
    elif saving.save_strategy == "epoch":
        points = loop.ends
    if points is not None and first_step and loop.steps:
        points = tuple(sorted({1, *points}))
    return points


def eval_points(saving: Saving, loop: Loop, logging_steps: int | None) -> tuple[int, ...] | None:
    """Steps after which the model is evaluated, 0 being before the first."""
    if saving.eval_strategy == "no":
        return ()
    if loop.steps is None:
        return None
    points = loop.ends
    if saving.eval_strategy == "steps":
        interval = eval_interval(saving, loop.steps, logging_steps)
        points = None if interval is None else _multiples(abs(interval), loop.steps)
    if points is not None and saving.evaluates_at_start:
        points = tuple(sorted({0, *points}))
    return points


def _multiples(interval: int, total: int) -> tuple[int, ...] | None:
    """Every `interval` steps and after the last; None where they are too many to be listed."""
    if total <= 0:
        return ()
    if interval <= 0:
        return (total,)
    if total // interval > LISTED:
        return None
    whole = range(interval, total + 1, interval)
    return tuple(whole) if total % interval == 0 else (*whole, total)


def eval_interval(saving: Saving, total: int, logging_steps: int | None) -> int | None:
    """Steps between two evaluations; without `eval_steps` as often as the log is written."""
    if saving.eval_strategy != "steps":
        return None
    return every(saving.eval_steps or logging_steps, total)


def checkpoints_left(
    saving: Saving, points: tuple[int, ...] | None, *, restarts: int | None, total: int | None
) -> tuple[int, ...] | None:
    """Steps of the checkpoints that are left: the newest, as many as the limit allows.

    Args:
        saving: the strategies.
        points: steps after which a checkpoint is written.
        restarts: `jagged_restart_steps` where ReLoRA writes folders of its own after as many steps.
        total: steps of the run.
    """
    if points is None:
        return None
    if saving.best and (len(points) > saving.limit or saving.limit == 1) and points:
        return None
    folders: list[int] = []
    own = set(range(restarts, total or 0, restarts)) if restarts and restarts > 0 and (total or 0) < LISTED else set()
    for step in sorted(set(points) | own):
        if step in points:
            folders = [*(folder for folder in folders if folder != step), step]
            folders = folders[-saving.limit :] if saving.limit > 0 else folders
        if step in own and step not in folders:
            folders.append(step)
    return tuple(sorted(folders))


def saves_at_most(config: Settings, saving: Saving) -> int | None:
    """An upper bound of the checkpoints that are written, from the config alone."""
    epochs: float | None = config.get("num_epochs")
    if saving.save_strategy == "no":
        return 1 if config.get("save_first_step") else 0
    if epochs is None:
        return None
    if saving.save_strategy == "epoch":
        return math.ceil(epochs)
    if saving.save_strategy == "steps" and saving.save_steps and 0 < saving.save_steps < 1:
        return math.ceil(round(min(1 / saving.save_steps, 1e15), 9))
    return None
