"""Reading `lr_scheduler_kwargs`."""

from __future__ import annotations

from knowledge.schedule.kinds import KINDS, Schedule, ScheduleFailure


def check_arguments(schedule: Schedule) -> None:
    """Refuse arguments that the schedule's builder does not take.

    Raises:
        ScheduleFailure: one is unknown to it.
    """
    kind = KINDS[schedule.name]
    if kind.arguments is None:
        return
    for name in schedule.arguments:
        if name not in kind.arguments:
            raise ScheduleFailure(f"`{schedule.name}` does not accept `{name}`.")


def number(schedule: Schedule, name: str, default: float | None = None) -> float:
    """A number from `lr_scheduler_kwargs`.

    Raises:
        ScheduleFailure: it is missing and has no default, or is not a number.
    """
    value = schedule.arguments.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        if name in schedule.arguments:
            raise ScheduleFailure(f"`lr_scheduler_kwargs.{name}` must be a number.")
        raise ScheduleFailure(f"`{schedule.name}` needs `{name}` in `lr_scheduler_kwargs`.")
    return value
