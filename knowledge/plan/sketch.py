"""The learning-rate curve with its saves and evaluations, also where the number of steps is not known yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from knowledge.plan.build import plan_of, trainer_warmup
from knowledge.plan.saving import every
from knowledge.plan.settings import Settings
from knowledge.plan.steps import warmup_of
from knowledge.schedule import KINDS, ScheduleFailure, rates_at, schedule_of

if TYPE_CHECKING:
    from knowledge.config import Config
    from knowledge.plan.training import TrainingPlan

NOMINAL: Final = 1000
"""Steps that stand for the whole run where their number is not known."""

_POINTS: Final = 1200
_LEAST_SHARE: Final = 1 / NOMINAL


class Sketch(NamedTuple):
    """A curve to draw.

    Attributes:
        name: `lr_scheduler`.
        steps: steps of the run.
        rates: some steps, from 1, with the rate they train with; the first, the last and the peak are among them.
        known: False where the steps are only shares of a run, `NOMINAL` of them.
        warmup: steps of warm-up.
        saves, evaluations: steps after which the model is saved or evaluated.
        epochs: epochs of the run, where they are known.
        condition: what the number of steps hangs on, to begin a sentence with.
    """

    name: str
    steps: int
    rates: tuple[tuple[int, float], ...]
    known: bool
    warmup: int
    saves: tuple[int, ...]
    evaluations: tuple[int, ...]
    epochs: float | None
    condition: str


def sketch_of(config: Config) -> Sketch | None:
    """The curve of a config's plan, or None where its schedule cannot be built or it has no learning rate."""
    plan, settings = plan_of(config), Settings(config)
    steps = plan.optimizer_steps_done or plan.trainer_max_steps
    known = isinstance(steps, int) and steps > 0
    total = steps if isinstance(steps, int) and steps > 0 else NOMINAL
    # With `max_steps` the end is known before the rows are, which can only make the warm-up shorter.
    share = plan.warmup_steps if known else None
    if share is None:
        share = warmup_of(settings, total, known=True)
    warmup = trainer_warmup(share, total)
    if not known and settings.get("warmup_steps"):
        warmup = min(warmup, NOMINAL // 10)
    schedule = schedule_of(config, total=total, warmup=warmup)
    if schedule is None:
        return None
    stride = max(1, total // _POINTS)
    drawn = sorted({*range(1, total + 1, stride), total, *(s for s in (warmup, warmup + 1) if 1 <= s <= total)})
    try:
        rates = tuple(zip(drawn, rates_at(schedule, [step - 1 for step in drawn]), strict=True))
    except ScheduleFailure:
        return None
    saves, evaluations = plan.save_points, plan.eval_points
    if not known:
        saves, evaluations = _shares(settings, plan, "saves_per_epoch"), _shares(settings, plan, "evals_per_epoch")
    return Sketch(
        name=schedule.name,
        steps=total,
        rates=rates,
        known=known,
        warmup=min(warmup, total) if plan.warmup_steps != 0 and _warms_up(schedule.name) else 0,
        saves=saves or (),
        evaluations=evaluations or (),
        epochs=plan.epochs_seen if plan.epochs_seen is not None else plan.num_epochs,
        condition=plan.condition,
    )


def _warms_up(name: str) -> bool:
    """Whether a schedule has a warm-up; one that is not known is taken to."""
    return name not in KINDS or KINDS[name].warmup


def _shares(config: Settings, plan: TrainingPlan, key: str) -> tuple[int, ...]:
    """Saves or evaluations of a run of unknown length, where they are counted per epoch."""
    saving = key == "saves_per_epoch"
    strategy = plan.save_strategy if saving else plan.eval_strategy
    steps = config.get("save_steps" if saving else "eval_steps")
    epochs, per_epoch = plan.num_epochs or 0.0, config.get(key)
    if strategy == "epoch":
        share: float | None = 1 / epochs if epochs >= 1 else 1.0
    elif strategy == "steps":
        share = steps if isinstance(steps, float) and steps < 1 else None
        if not steps and per_epoch and epochs:
            share = 1 / (per_epoch * epochs)
    else:
        share = None
    if not share or not _LEAST_SHARE <= share <= 1:
        return ()
    interval = every(share, NOMINAL) if share < 1 else NOMINAL
    points = (*range(interval or NOMINAL, NOMINAL, interval or NOMINAL), NOMINAL)
    return points if saving or config.get("eval_on_start") is False else (0, *points)
