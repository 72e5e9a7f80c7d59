"""What each learning-rate schedule reads, and one schedule with everything that shapes it."""

from __future__ import annotations

import math
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from knowledge.config import Config

    Factor = Callable[[int], float]
    """Scheduler step -> what the learning rate is multiplied with."""


class ScheduleFailure(Exception):
    """The trainer cannot build this schedule, or crashes because of it; the message says why in plain words."""


class Kind(NamedTuple):
    """What one schedule reads, so that the rest can be called ignored.

    Attributes:
        warmup: whether the warm-up has an effect.
        arguments: keys of `lr_scheduler_kwargs` that it takes; None when it takes none and ignores them all.
        needs_evaluation: whether the trainer refuses it without an evaluation.
    """

    warmup: bool = True
    arguments: frozenset[str] | None = frozenset()
    needs_evaluation: bool = False


def _takes(*names: str) -> frozenset[str]:
    return frozenset(names)


KINDS: Final[Mapping[str, Kind]] = {
    "linear": Kind(),
    "cosine": Kind(arguments=_takes("num_cycles")),
    "cosine_with_restarts": Kind(arguments=_takes("num_cycles")),
    "polynomial": Kind(arguments=_takes("lr_end", "power")),
    "constant": Kind(warmup=False, arguments=None),
    "constant_with_warmup": Kind(arguments=None),
    "inverse_sqrt": Kind(arguments=_takes("timescale")),
    "reduce_lr_on_plateau": Kind(
        warmup=False,
        arguments=_takes("mode", "factor", "patience", "threshold", "threshold_mode", "cooldown", "min_lr", "eps"),
        needs_evaluation=True,
    ),
    "cosine_with_min_lr": Kind(arguments=_takes("num_cycles", "min_lr", "min_lr_rate")),
    "cosine_warmup_with_min_lr": Kind(arguments=_takes("num_cycles", "min_lr", "min_lr_rate", "warmup_lr_rate")),
    "warmup_stable_decay": Kind(
        arguments=_takes(
            "num_decay_steps", "num_stable_steps", "warmup_type", "decay_type", "min_lr_ratio", "num_cycles",
        )
    ),
    "greedy": Kind(
        warmup=False,
        arguments=_takes(
            "mode", "factor", "patience", "threshold", "threshold_mode", "cooldown", "warmup", "min_lr", "max_lr",
            "eps", "verbose", "smooth", "window_size", "reset_start",
        ),
        needs_evaluation=True,
    ),
    "one_cycle": Kind(
        arguments=_takes(
            "pct_start", "anneal_strategy", "cycle_momentum", "base_momentum", "max_momentum", "div_factor",
            "final_div_factor", "three_phase",
        )
    ),
    "rex": Kind(arguments=None),
}  # fmt: skip
"""The schedules that pass validation and can be built; any other name crashes when the trainer is built."""

FOLLOWS_EVALUATION: Final = frozenset(name for name, kind in KINDS.items() if kind.needs_evaluation)
"""Schedules whose rate changes with the evaluation loss, so that no curve can be known beforehand."""


class Schedule(NamedTuple):
    """One schedule with everything that shapes it.

    Attributes:
        name: `lr_scheduler`.
        learning_rate: the peak.
        total: steps that the trainer was told to make.
        warmup: warm-up steps.
        arguments: `lr_scheduler_kwargs`.
        minimum_ratio: `cosine_min_lr_ratio`.
        constant_ratio: `cosine_constant_lr_ratio`.
        quadratic: `lr_quadratic_warmup` (None or false where the trainer does not read it).
        restart_steps, restart_warmup, restart_anneal: the `jagged_restart_*` keys.
    """

    name: str
    learning_rate: float
    total: int
    warmup: int = 0
    arguments: Mapping[str, Any] = MappingProxyType({})
    minimum_ratio: float | None = None
    constant_ratio: float | None = None
    quadratic: bool = False
    restart_steps: int | None = None
    restart_warmup: int | None = None
    restart_anneal: int | None = None


ARGUMENT_FIELDS = ("lr_scheduler_kwargs", "lr_scheduler", "lr_quadratic_warmup", "rl", "cosine_min_lr_ratio")
"""The fields that decide which of `lr_scheduler_kwargs` reach the schedule's builder."""


def schedule_name(config: Config) -> str:
    """`lr_scheduler`, or the default that stands for a blank one."""
    return str(config.get("lr_scheduler") or "cosine")


def schedule_arguments(config: Config) -> dict[str, Any]:
    """`lr_scheduler_kwargs`, empty where there are none."""
    found = config.get("lr_scheduler_kwargs")
    return found if isinstance(found, dict) else {}


def is_quadratic(config: Config) -> bool:
    """Whether the warm-up is quadratic: only cosine reads the key, and preference trainers are not told of it."""
    return schedule_name(config) == "cosine" and bool(config.get("lr_quadratic_warmup")) and not config.get("rl")


def arguments_read(config: Config) -> frozenset[str] | None:
    """Keys of `lr_scheduler_kwargs` that reach the schedule's builder; None where none does.

    The cosine that Axolotl builds for `cosine_min_lr_ratio` or `lr_quadratic_warmup` takes none either.
    """
    name = schedule_name(config)
    if name not in KINDS or is_quadratic(config) or (name == "cosine" and config.get("cosine_min_lr_ratio")):
        return None
    return KINDS[name].arguments


def schedule_of(config: Config, *, total: int, warmup: int) -> Schedule | None:
    """The schedule that a config asks for; None when the config has no readable learning rate.

    Args:
        config: the config.
        total: the steps that the trainer was told to make, more than 0.
        warmup: warm-up steps.
    """
    rate = config.get("learning_rate")
    if isinstance(rate, bool) or not isinstance(rate, int | float) or not 0 < rate < math.inf:
        return None
    # Preference trainers are never told of these keys.
    preference = bool(config.get("rl"))
    return Schedule(
        name=schedule_name(config),
        learning_rate=float(rate),
        total=total,
        warmup=warmup,
        arguments=schedule_arguments(config),
        minimum_ratio=config.get("cosine_min_lr_ratio"),
        constant_ratio=config.get("cosine_constant_lr_ratio"),
        quadratic=is_quadratic(config),
        restart_steps=None if preference else config.get("jagged_restart_steps"),
        restart_warmup=config.get("jagged_restart_warmup_steps"),
        restart_anneal=config.get("jagged_restart_anneal_steps"),
    )
