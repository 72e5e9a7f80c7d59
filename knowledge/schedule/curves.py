"""Learning-rate curves: what every schedule that Axolotl 0.21.0 accepts really does, step by step.

A curve is a list of learning rates, index n being the rate after n scheduler steps; optimizer step k uses index k - 1,
so the last entry is never used. Source: Axolotl's scheduler mixin, Transformers' optimization module and PyTorch's
one-cycle schedule, restated; where they are off by one, so is this.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from knowledge.schedule.arguments import check_arguments, number
from knowledge.schedule.kinds import FOLLOWS_EVALUATION, KINDS, Schedule, ScheduleFailure
from knowledge.schedule.own import jagged, one_cycle, rex

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from knowledge.schedule.kinds import Factor


def learning_rates(schedule: Schedule) -> list[float]:
    """The rate after n scheduler steps, n = 0 to total (total + 1 values).

    Raises:
        ScheduleFailure: the trainer refuses this schedule, or it fails before its last step.
    """
    return _rates(schedule, range(schedule.total + 1))


def rates_at(schedule: Schedule, steps: Iterable[int]) -> list[float]:
    """The rate after some numbers of scheduler steps, each from 0 to the total.

    Raises:
        ScheduleFailure: the trainer refuses this schedule, or it fails at one of them.
    """
    return _rates(schedule, steps)


def failure_of(schedule: Schedule) -> str | None:
    """Why the schedule cannot be built or followed to its end, without computing all of it; None when it can."""
    turning_points = {0, 1, schedule.warmup - 1, schedule.warmup, schedule.warmup + 1, schedule.total}
    try:
        _rates(schedule, [step for step in turning_points if 0 <= step <= schedule.total])
    except ScheduleFailure as failure:
        return str(failure)
    return None


def _rates(schedule: Schedule, steps: Iterable[int]) -> list[float]:
    if schedule.restart_steps and schedule.name in FOLLOWS_EVALUATION:
        raise ScheduleFailure(f"`jagged_restart_steps` cannot wrap `{schedule.name}`: the trainer fails at its start.")
    ahead = _AHEAD * ((schedule.name == "rex") + bool(schedule.restart_steps))
    try:
        factor = _factor(schedule)
        if schedule.restart_steps:
            factor = jagged(factor, schedule)
        return [schedule.learning_rate * factor(step + ahead) for step in steps]
    except (ZeroDivisionError, ValueError, OverflowError, TypeError) as error:
        raise ScheduleFailure(
            f"`{schedule.name}` cannot be computed for {schedule.total} steps with {schedule.warmup} of warm-up."
        ) from error


_AHEAD: Final = 1  # rex and the jagged restarts have already made one step when training starts


def _factor(schedule: Schedule) -> Factor:
    if schedule.name not in KINDS:
        raise ScheduleFailure(f"`{schedule.name}` is not a schedule that the trainer can build.")
    if schedule.name == "one_cycle":
        return one_cycle(schedule)
    if schedule.name == "rex":
        return rex(schedule)
    if schedule.name == "cosine":
        if schedule.quadratic:
            return _cosine(schedule, power=2)
        if schedule.minimum_ratio:
            if not 0 <= schedule.minimum_ratio <= 1 or not 0 <= (schedule.constant_ratio or 0) <= 1:
                raise ScheduleFailure("`cosine_min_lr_ratio` and `cosine_constant_lr_ratio` must lie between 0 and 1.")
            end = int(schedule.total * schedule.constant_ratio) if schedule.constant_ratio else None
            return _cosine(schedule, minimum=schedule.minimum_ratio, end=end)
    check_arguments(schedule)
    return _BUILDERS[schedule.name](schedule)


def _warm(schedule: Schedule, step: int) -> float:
    return step / max(1, schedule.warmup)


def _progress(schedule: Schedule, step: int) -> float:
    return (step - schedule.warmup) / max(1, schedule.total - schedule.warmup)


def _cosine(
    schedule: Schedule, *, minimum: float = 0.0, power: int = 1, end: int | None = None, cycles: float = 0.5
) -> Factor:
    """Cosine from 1 to `minimum`; `power` bends the warm-up, `end` is the step from which the minimum is kept."""
    length = max(1, (schedule.total if end is None else end) - schedule.warmup)

    def factor(step: int) -> float:
        if step < schedule.warmup:
            return float(_warm(schedule, step) ** power)
        progress = ((step if end is None else min(step, end)) - schedule.warmup) / length
        curve = 0.5 * (1.0 + math.cos(math.pi * cycles * 2.0 * progress))
        return max(0.0, curve * (1.0 - minimum) + minimum)

    return factor


def _linear(schedule: Schedule) -> Factor:
    def factor(step: int) -> float:
        if step < schedule.warmup:
            return _warm(schedule, step)
        return max(0.0, (schedule.total - step) / max(1, schedule.total - schedule.warmup))

    return factor


def _plain_cosine(schedule: Schedule) -> Factor:
    return _cosine(schedule, cycles=number(schedule, "num_cycles", 0.5))


def _restarts(schedule: Schedule) -> Factor:
    cycles = number(schedule, "num_cycles", 1)

    def factor(step: int) -> float:
        if step < schedule.warmup:
            return _warm(schedule, step)
        progress = _progress(schedule, step)
        if progress >= 1.0:
            return 0.0
        return max(0.0, 0.5 * (1.0 + math.cos(math.pi * ((cycles * progress) % 1.0))))

    return factor


def _polynomial(schedule: Schedule) -> Factor:
    end, power, peak = number(schedule, "lr_end", 1e-7), number(schedule, "power", 1.0), schedule.learning_rate
    if peak <= end:
        raise ScheduleFailure(f"`polynomial` ends at {end:g}, which is not below `learning_rate`.")

    def factor(step: int) -> float:
        if step < schedule.warmup:
            return _warm(schedule, step)
        if step > schedule.total:
            return end / peak
        remaining = 1 - (step - schedule.warmup) / (schedule.total - schedule.warmup)
        return float(((peak - end) * remaining**power + end) / peak)

    return factor


def _constant(schedule: Schedule) -> Factor:
    del schedule  # neither its warm-up nor its arguments have an effect
    return lambda step: 1.0


def _constant_with_warmup(schedule: Schedule) -> Factor:
    return lambda step: _warm(schedule, step) if step < schedule.warmup else 1.0


def _inverse_square_root(schedule: Schedule) -> Factor:
    timescale = number(schedule, "timescale", schedule.warmup or 10_000)

    def factor(step: int) -> float:
        if step < schedule.warmup:
            return _warm(schedule, step)
        return 1.0 / math.sqrt((step + timescale - schedule.warmup) / timescale)

    return factor


def _minimum_rate(schedule: Schedule) -> float:
    rate, ratio = schedule.arguments.get("min_lr"), schedule.arguments.get("min_lr_rate")
    if (rate is None) == (ratio is None):
        words = "either `min_lr` or `min_lr_rate`, not both" if rate is not None else "`min_lr` or `min_lr_rate`"
        raise ScheduleFailure(f"`{schedule.name}` needs {words} in `lr_scheduler_kwargs`.")
    if rate is not None:
        return number(schedule, "min_lr") / schedule.learning_rate
    return number(schedule, "min_lr_rate")


def _cosine_with_minimum(schedule: Schedule) -> Factor:
    return _cosine(schedule, minimum=_minimum_rate(schedule), cycles=number(schedule, "num_cycles", 0.5))


def _cosine_warm_with_minimum(schedule: Schedule) -> Factor:
    """Counts every step one ahead, so that the warm-up does not start at 0."""
    minimum, cycles = _minimum_rate(schedule), number(schedule, "num_cycles", 0.5)
    start = None if schedule.arguments.get("warmup_lr_rate") is None else number(schedule, "warmup_lr_rate")

    def factor(step: int) -> float:
        if step < schedule.warmup:
            if start is None:
                return (step + 1.0) / max(1.0, schedule.warmup)
            return start + (1.0 - start) * step / max(1, schedule.warmup - 1)
        progress = (step - schedule.warmup + 1.0) / max(1.0, schedule.total - schedule.warmup)
        curve = 0.5 * (1.0 + math.cos(math.pi * cycles * 2.0 * progress))
        return max(0.0, curve * (1.0 - minimum) + minimum)

    return factor


def _stable(schedule: Schedule) -> Factor:
    decay, minimum = number(schedule, "num_decay_steps"), number(schedule, "min_lr_ratio", 0.0)
    cycles = number(schedule, "num_cycles", 0.5)
    stable = schedule.total - schedule.warmup - decay
    if schedule.arguments.get("num_stable_steps") is not None:
        stable = number(schedule, "num_stable_steps")
    shapes = {name: schedule.arguments.get(name, default) for name, default in _SHAPES}
    for name, shape in shapes.items():
        if shape not in ("linear", "cosine", "1-sqrt"):
            raise ScheduleFailure(f"`lr_scheduler_kwargs.{name}` must be linear, cosine, or 1-sqrt.")

    def rise(progress: float) -> float:
        if shapes["warmup_type"] == "linear":
            return progress
        if shapes["warmup_type"] == "cosine":
            return 0.5 * (1.0 - math.cos(math.pi * progress))
        return 1.0 - math.sqrt(1.0 - progress)

    def fall(progress: float) -> float:
        if shapes["decay_type"] == "linear":
            return 1.0 - progress
        if shapes["decay_type"] == "cosine":
            return 0.5 * (1.0 + math.cos(math.pi * cycles * 2.0 * progress))
        return 1.0 - math.sqrt(progress)

    def factor(step: int) -> float:
        if step < schedule.warmup:
            return max(0.0, rise(_warm(schedule, step)) * (1.0 - minimum) + minimum)
        if step < schedule.warmup + stable:
            return 1.0
        if step < schedule.warmup + stable + decay:
            progress = (step - schedule.warmup - stable) / max(1, decay)
            return max(0.0, fall(progress) * (1.0 - minimum) + minimum)
        return minimum

    return factor


_SHAPES: Final = (("warmup_type", "linear"), ("decay_type", "cosine"))


_BUILDERS: Final[Mapping[str, Callable[[Schedule], Factor]]] = {
    "linear": _linear,
    "cosine": _plain_cosine,
    "cosine_with_restarts": _restarts,
    "polynomial": _polynomial,
    "constant": _constant,
    "constant_with_warmup": _constant_with_warmup,
    "inverse_sqrt": _inverse_square_root,
    "cosine_with_min_lr": _cosine_with_minimum,
    "cosine_warmup_with_min_lr": _cosine_warm_with_minimum,
    "warmup_stable_decay": _stable,
    "reduce_lr_on_plateau": _constant,
    "greedy": _constant,
}
