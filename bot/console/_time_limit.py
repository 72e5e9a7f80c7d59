"""The time that a command may take for one text, so that no file of a pull request holds up a job for ever."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

SECONDS = 10.0
"""Seconds of processor time for one text; the worst known ones need one."""


class TimeUp(BaseException):
    """The time is up; no `except Exception` on the way holds it."""


@contextmanager
def time_limit(seconds: float = SECONDS) -> Iterator[None]:
    """Ends what is inside after so many seconds of processor time, where the system has such a clock.

    Raises:
        TimeUp: it took longer.
    """
    if not hasattr(signal, "setitimer"):  # Windows
        yield
        return
    before = signal.signal(signal.SIGVTALRM, _end)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _end(_number: int, _frame: FrameType | None) -> None:
    raise TimeUp
