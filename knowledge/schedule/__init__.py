"""Learning-rate schedules: which keys they read, and the curve they draw."""

from knowledge.schedule.curves import failure_of, learning_rates, rates_at
from knowledge.schedule.kinds import (
    ARGUMENT_FIELDS,
    FOLLOWS_EVALUATION,
    KINDS,
    Kind,
    Schedule,
    ScheduleFailure,
    arguments_read,
    is_quadratic,
    schedule_arguments,
    schedule_name,
    schedule_of,
)

__all__ = [
    "ARGUMENT_FIELDS",
    "FOLLOWS_EVALUATION",
    "KINDS",
    "Kind",
    "Schedule",
    "ScheduleFailure",
    "arguments_read",
    "failure_of",
    "is_quadratic",
    "learning_rates",
    "rates_at",
    "schedule_arguments",
    "schedule_name",
    "schedule_of",
]
