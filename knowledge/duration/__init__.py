"""How long a run takes on a named card, what limits it, what would shorten it, and what it costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.doors import later
from knowledge.duration.cost import MOST, Cost, cost_of, price_of
from knowledge.duration.values import Duration, Faster
from knowledge.duration.words import time_of

if TYPE_CHECKING:
    from knowledge.duration.estimate import SPREAD, duration_of, speed
    from knowledge.duration.log import Pace, pace_of
    from knowledge.duration.speed import FITTED, Coefficients
    from knowledge.duration.work import Work, work_of

__all__ = [
    "FITTED",
    "MOST",
    "SPREAD",
    "Coefficients",
    "Cost",
    "Duration",
    "Faster",
    "Pace",
    "Work",
    "cost_of",
    "duration_of",
    "pace_of",
    "price_of",
    "speed",
    "time_of",
    "work_of",
]

__getattr__ = later(
    __name__,
    {
        "estimate": ("SPREAD", "duration_of", "speed"),
        "log": ("Pace", "pace_of"),
        "speed": ("FITTED", "Coefficients"),
        "work": ("Work", "work_of"),
    },
)
