"""The time that one text may take: the bot ends a worker, a command ends itself, and no job waits forever."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

SECONDS = 5.0
"""Seconds for one text, in a command of processor time; the worst known ones need one."""
_AGAIN = 0.05
_SETTING = "HELPBOT_CHECK_SECONDS"


class TimeUp(BaseException):
    """The time is up; no `except Exception` on the way holds it. The message names the seconds."""


@contextmanager
def time_limit() -> Iterator[None]:
    """Ends what is inside after as many seconds of processor time as the bot gives a check.

    Nothing is ended where the system has no such clock.

    Raises:
        TimeUp: it took longer.
    """
    if not hasattr(signal, "setitimer"):  # Windows
        yield
        return
    seconds = _allowed()

    def end(_number: int, _frame: FrameType | None) -> None:
        raise TimeUp(f"{seconds:g} seconds")

    before = signal.signal(signal.SIGVTALRM, end)
    # Python drops an exception that is raised while it collects garbage, so the clock rings again until it is heard.
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds, _AGAIN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _allowed() -> float:
    try:
        return max(float(os.environ.get(_SETTING, "")), 1e-6)
    except ValueError:
        return SECONDS
