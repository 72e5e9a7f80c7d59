"""The speed of a run that has begun, from the progress bar in its log."""

from __future__ import annotations

import math
import re
from typing import NamedTuple

_BAR = re.compile(
    r"(\d{1,9})/(\d{1,9}) \[((?:\d{1,4}:)?\d{1,2}:\d\d)<[^,\]]{0,20},\s{0,4}(\d{1,6}(?:\.\d{1,6})?)(s/it|it/s)"
)
_EVALUATED = re.compile(r"eval_runtime['\"]?: ?['\"]?(\d{1,7}(?:\.\d{1,8})?)")
_MOST = 4_000_000
# Steps at the start in which kernels are compiled and caches filled.
_WARM = 2
# Seconds of the bar's clock from which it is more exact than its printed rates.
_LONG = 40.0


class Pace(NamedTuple):
    """The speed that a log shows.

    Attributes:
        seconds: Seconds of a step, without the evaluations between steps.
        first, last: The steps it was taken from.
        total: The steps of the whole bar.
        evaluation: Seconds of one evaluation; None where the log shows none.
    """

    seconds: float
    first: int
    last: int
    total: int
    evaluation: float | None = None


def pace_of(log: str, steps: int | None = None) -> Pace | None:
    """The speed of the training steps in a log.

    Args:
        log: The text of the log.
        steps: Optimizer steps of the run, which tell the training's bar from others; without them it is the bar that
            went furthest.

    Returns:
        The speed; None where the log shows no more than a few steps.
    """
    log = log[-_MOST:]
    bars: dict[int, dict[int, tuple[float, float, int]]] = {}
    for found in _BAR.finditer(log):
        step, total = int(found[1]), int(found[2])
        number = float(found[4])
        if not number or not step:
            continue
        rate = number if found[5] == "s/it" else 1 / number
        bars.setdefault(total, {}).setdefault(step, (_clock(found[3]), rate, found.start()))
    if not bars:
        return None
    total = steps if steps in bars else max(bars, key=lambda each: (len(bars[each]), each))
    points = sorted(bars[total].items())
    warm = [point for point in points if point[0] > _WARM] or points
    first, last = warm[0], warm[-1]
    evaluated = [(found.start(), float(found[1])) for found in _EVALUATED.finditer(log)]
    paused = math.fsum(seconds for at, seconds in evaluated if first[1][2] < at < last[1][2])
    span, made = last[1][0] - first[1][0] - paused, last[0] - first[0]
    if made and span >= _LONG:
        seconds = span / made
    elif len(warm) > 1:
        seconds = math.fsum(rate for _, (_, rate, _) in warm) / len(warm)
    else:
        seconds = last[1][1]
    return Pace(seconds, first[0], last[0], total, evaluated[-1][1] if evaluated else None)


def _clock(text: str) -> float:
    seconds = 0
    for part in text.split(":"):
        seconds = 60 * seconds + int(part)
    return float(seconds)
