"""How the process is asked to end: Ctrl-C, or SIGTERM from whatever runs it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_PATIENCE = 9.0


@asynccontextmanager
async def stop_signal() -> AsyncIterator[asyncio.Event]:
    """An event that is set by the first signal; a second one ends the process at once.

    Whatever keeps the process from closing has nine seconds from the first signal on.
    """
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()

    def ask(number: int, _frame: FrameType | None = None) -> None:
        if stop.is_set():
            os._exit(128 + number)
        timer = threading.Timer(_PATIENCE, _leave)
        timer.daemon = True
        timer.start()
        loop.call_soon_threadsafe(stop.set)

    before = {number: signal.signal(number, ask) for number in _SIGNALS}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def quiet_start() -> Iterator[None]:
    """Ends the process without a traceback when a signal comes before anything has been opened."""
    before = {number: signal.signal(number, _end) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end(number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + number)


def _leave() -> None:
    """The last resort: everything is committed as soon as it is answered, so nothing is lost."""
    sys.stderr.write("helpbot: shutting down took too long, so it ends now.\n")
    sys.stderr.flush()
    os._exit(0)
