"""The learning rates that a config asks for, step by step, for the length that the run really has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from knowledge.plan.settings import Settings
from knowledge.plan.steps import warmup_of
from knowledge.schedule import FOLLOWS_EVALUATION, ScheduleFailure, learning_rates, schedule_of

if TYPE_CHECKING:
    from knowledge.config import Config
    from knowledge.health.record import Record

_MOST: Final = 1_000_000
# Optimizers that log another rate than the schedule's, or choose it by themselves.
_OWN_RATE: Final = ("schedule_free", "adafactor", "prodigy", "muon", "dion", "galore", "apollo")


def total_of(record: Record, config: Config | None) -> int | None:
    """Steps that the run was to make: as its log says, else as `max_steps` or the epochs of the config say."""
    if config is not None and (limit := Settings(config).get("max_steps")) and limit > 0:
        return int(limit)
    if record.planned:
        return record.planned
    counted = None if config is None else _by_epochs(record, config)
    return None if counted is None else max(counted, record.done)


def may_be_whole(record: Record, config: Config) -> bool:
    """Whether nothing but its epochs tells how long the run was to be, so that it may have ended where its log does."""
    limit = Settings(config).get("max_steps")
    return not record.planned and not (limit and limit > 0)


def _by_epochs(record: Record, config: Config) -> int | None:
    """Steps of all epochs, from the epochs that were made."""
    last = record.points[-1] if record.points else None
    epochs = Settings(config).get("num_epochs", 1)
    if last is None or not last.epoch or not epochs:
        return None
    return max(round(last.step / last.epoch * float(epochs)), 1)


def warmup_steps(record: Record, config: Config, total: int) -> int:
    """Steps of warm-up, as Axolotl counts them from the smaller of its own count and `max_steps`."""
    counted = min(record.counted or _by_epochs(record, config) or total, total)
    return int(warmup_of(Settings(config), counted, known=True) or 0)


def planned_rates(record: Record, config: Config, total: int) -> list[float] | None:
    """The rate after n scheduler steps; None where the config does not settle it beforehand.

    Optimizer step k uses number k - 1.
    """
    optimizer = str(config.get("optimizer") or "")
    if any(name in optimizer for name in _OWN_RATE) or config.get("lr_groups") or not 0 < total <= _MOST:
        return None
    schedule = schedule_of(config, total=total, warmup=warmup_steps(record, config, total))
    if schedule is None or schedule.name in FOLLOWS_EVALUATION:
        return None
    try:
        return learning_rates(schedule)
    except ScheduleFailure:
        return None
