"""The schedules that Axolotl adds to those of Transformers: rex, one_cycle, and restarts around any other."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from knowledge.schedule.arguments import check_arguments, number
from knowledge.schedule.kinds import Schedule, ScheduleFailure

if TYPE_CHECKING:
    from knowledge.schedule.kinds import Factor


def rex(schedule: Schedule) -> Factor:
    """Reflected exponential: nearly level at first, steep at the end."""
    ratio = schedule.minimum_ratio
    if ratio is not None and not 0 <= ratio <= 1:
        raise ScheduleFailure("`cosine_min_lr_ratio` must lie between 0 and 1.")
    if schedule.warmup > schedule.total:
        raise ScheduleFailure(f"`rex` with {schedule.warmup} warm-up steps cannot be built for {schedule.total} steps.")
    minimum, remaining = ratio or 0.0, schedule.total - schedule.warmup

    def factor(step: int) -> float:
        if 1 <= step <= schedule.warmup:
            return step / schedule.warmup
        after = step - schedule.warmup
        if after >= remaining or after == -1 or remaining <= 0:
            return minimum
        z = (remaining - after % remaining) / remaining
        return minimum + (1.0 - minimum) * (z / (0.1 + 0.9 * z))

    return factor


def one_cycle(schedule: Schedule) -> Factor:
    """Up from 1/25 of the rate to the rate and down to a 10,000th of the start, both cosine by default."""
    check_arguments(schedule)
    start_share = number(schedule, "pct_start", schedule.warmup / schedule.total if schedule.total else None)
    if not isinstance(start_share, float) or not 0 <= start_share <= 1:  # PyTorch refuses a whole number here
        raise ScheduleFailure(f"`one_cycle` cannot warm up for {schedule.warmup} of {schedule.total} steps.")
    shape = schedule.arguments.get("anneal_strategy", "cos")
    if shape not in ("cos", "linear"):
        raise ScheduleFailure("`lr_scheduler_kwargs.anneal_strategy` must be cos or linear.")
    low = 1.0 / number(schedule, "div_factor", 25.0)
    end = low / number(schedule, "final_div_factor", 1e4)
    first = float(start_share * schedule.total) - 1
    phases = [(first, low, 1.0), (schedule.total - 1.0, 1.0, end)]
    if schedule.arguments.get("three_phase"):
        phases = [
            (first, low, 1.0),
            (2 * start_share * schedule.total - 2.0, 1.0, low),
            (schedule.total - 1.0, low, end),
        ]

    def factor(step: int) -> float:
        if step > schedule.total:
            raise ValueError(step)
        begin = 0.0
        for phase in phases[:-1]:
            if step <= phase[0]:
                break
            begin = phase[0]
        else:
            phase = phases[-1]
        last, source, target = phase
        share = (step - begin) / (last - begin)
        if shape == "cos":
            return target + (source - target) / 2.0 * (math.cos(math.pi * share) + 1)
        return (target - source) * share + source

    return factor


def jagged(inner: Factor, schedule: Schedule) -> Factor:
    """The inner schedule times a ramp that starts anew every `jagged_restart_steps`."""
    every = schedule.restart_steps or 1
    warmup, anneal = schedule.restart_warmup or 10, schedule.restart_anneal or 1
    low = schedule.minimum_ratio or 0.001

    def factor(step: int) -> float:
        if step < every - anneal:
            return inner(step)
        position = step % every
        share = 1.0
        if position < warmup:
            share = min(1.0, position / warmup)
        elif position > every - anneal:
            share = min(1.0, (every - position) / anneal)
        return inner(step) * (share * (1.0 - low) + low)

    return factor
