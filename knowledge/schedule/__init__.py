"""Learning-rate schedules: which keys they read, and the curve they draw."""

from knowledge.schedule.curves import learning_rates
from knowledge.schedule.kinds import FOLLOWS_EVALUATION, KINDS, Kind, Schedule, ScheduleFailure, schedule_of

__all__ = ["FOLLOWS_EVALUATION", "KINDS", "Kind", "Schedule", "ScheduleFailure", "learning_rates", "schedule_of"]
