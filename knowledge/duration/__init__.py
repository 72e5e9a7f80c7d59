"""How long a run takes on a named card, what limits it, what would shorten it, and what it costs."""

from knowledge.duration.advice import Faster
from knowledge.duration.cost import MOST, Cost, cost_of, price_of
from knowledge.duration.estimate import SPREAD, Duration, duration_of, speed
from knowledge.duration.log import Pace, pace_of
from knowledge.duration.speed import FITTED, Coefficients
from knowledge.duration.words import time_of
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
