"""Processes that check what members send: a hang or a crash in there costs one check, never the bot.

They are plain subprocesses of `python -m bot.worker`: the program that imports the bot is never run again, and they
know neither the token nor the database.
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import math
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from queue import Empty, LifoQueue
from time import perf_counter
from typing import IO, TYPE_CHECKING, Any, ParamSpec, TypeVar, cast, get_type_hints

from pydantic import TypeAdapter

from bot.errors import Busy, UserError
from bot.views.kit import notice
from bot.worker import LARGE

if TYPE_CHECKING:
    from collections.abc import Callable

_log = logging.getLogger(__name__)
_P = ParamSpec("_P")
_T = TypeVar("_T")
_ROOT = Path(__file__).resolve().parents[1]
_FRUGAL = {"OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}
"""Libraries reserve memory for each thread and processor, of which a worker uses one."""
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "XDG_CACHE_HOME", "MPLCONFIGDIR")


class GivenUp(UserError):
    """A job took too long and was ended."""


class WorkerDied(Exception):
    """A worker ended in the middle of a job, or raised what nobody foresaw."""


class Workers:
    """Runs the jobs of `bot.jobs` away from the event loop, a bounded number of them.

    Args:
        processes: How many work at once, besides the one for large jobs, behind which no short one waits; 0 runs
            the jobs on two threads of this process.
        queue: How many may wait.
        seconds: When a job is given up.
    """

    def __init__(self, processes: int, queue: int, seconds: float) -> None:
        self._processes = processes
        self._width = processes or 2
        self._room = self._width + queue
        self._seconds = seconds
        self._short = _Lane(self._width)
        self._large = _Lane(1, "--large") if processes else self._short
        self._all: set[_Worker] = set()
        self._lock = threading.Lock()
        self._mean = 0.05
        self._closed = False
        self.waiting = 0

    def warm(self) -> None:
        """Starts the processes in the background, so that the first check need not wait for them."""
        if self._processes:
            for lane in (self._short, self._large):
                lane.threads.submit(self._warm_one, lane)

    async def run(self, job: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Runs one job.

        Args:
            job: A function of `bot.jobs`.
            args: None; jobs take keywords.
            kwargs: Its arguments: texts, numbers, bytes and lists of them.

        Raises:
            Busy: the queue is full.
            GivenUp: it took too long.
            WorkerDied: it failed in a way that nobody foresaw.
        """
        if self.waiting >= self._room:
            raise Busy(notice.busy(max(2, math.ceil(self.waiting * self._mean / self._width))))
        self.waiting += 1
        try:
            lane = self._large if _size(kwargs) > LARGE else self._short
            return await asyncio.get_running_loop().run_in_executor(lane.threads, self._timed, lane, job, kwargs)
        finally:
            self.waiting -= 1

    def close(self) -> None:
        """Ends the processes; jobs that still run fail."""
        with self._lock:
            self._closed = True
            workers, self._all = self._all, set()
        for worker in workers:
            worker.end()
        for lane in (self._short, self._large):
            lane.threads.shutdown(wait=False, cancel_futures=True)

    def _timed(self, lane: _Lane, job: Callable[..., _T], arguments: dict[str, Any]) -> _T:
        """Serves a job; how long it takes itself, without waiting, is what members are told to wait by."""
        start = perf_counter()
        try:
            return self._serve(lane, job, arguments)
        finally:
            self._mean += 0.1 * (perf_counter() - start - self._mean)

    def _serve(self, lane: _Lane, job: Callable[..., _T], arguments: dict[str, Any]) -> _T:
        if not self._processes:
            return job(**arguments)
        try:
            worker = lane.idle.get_nowait()
        except Empty:
            worker = self._start(lane)
        request = json.dumps({"job": job.__name__, "arguments": arguments}, default=_encode)
        answer = worker.ask(request, self._seconds)
        if answer is None:
            with self._lock:
                self._all.discard(worker)
            if worker.timed_out:
                _log.warning("job given up", extra={"job": job.__name__, "seconds": self._seconds})
                raise GivenUp(notice.given_up(self._seconds))
            raise WorkerDied(f"worker ended with {worker.code()}")
        lane.idle.put(worker)
        kind, _, body = answer.partition(" ")
        if kind != "ok":
            raise WorkerDied(json.loads(body))
        adapter: TypeAdapter[_T] = TypeAdapter(get_type_hints(job)["return"])
        return adapter.validate_json(body)

    def _start(self, lane: _Lane) -> _Worker:
        worker = _Worker(*lane.arguments)
        with self._lock:
            if self._closed:
                worker.end()
                raise WorkerDied("closed")
            self._all.add(worker)
        return worker

    def _warm_one(self, lane: _Lane) -> None:
        worker = self._start(lane)
        if worker.ask(json.dumps({"job": "ready", "arguments": {}}), 30) is not None:
            lane.idle.put(worker)


class _Lane:
    """Processes for one kind of jobs, as many as threads wait for them."""

    def __init__(self, width: int, *arguments: str) -> None:
        self.threads = ThreadPoolExecutor(width, thread_name_prefix="check")
        self.idle: LifoQueue[_Worker] = LifoQueue()
        self.arguments = arguments


class _Worker:
    """One process, which answers one line with one line."""

    def __init__(self, *arguments: str) -> None:
        environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ} | _FRUGAL
        paths = [str(_ROOT), *(path for path in sys.path if path)]
        self._process = subprocess.Popen(  # noqa: S603 - this program's own module
            [sys.executable, "-m", "bot.worker", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**environment, "PYTHONPATH": os.pathsep.join(paths)},
            start_new_session=True,
        )
        self._requests, self._answers = cast("IO[bytes]", self._process.stdin), cast("IO[bytes]", self._process.stdout)
        self.timed_out = False

    def ask(self, request: str, seconds: float) -> str | None:
        """Sends a request and waits for its answer; None if the process had to be ended, or died."""
        timer = threading.Timer(seconds, self._give_up)
        timer.daemon = True
        timer.start()
        try:
            self._requests.write(request.encode() + b"\n")
            self._requests.flush()
            answer = self._answers.readline()
        except (OSError, ValueError):
            answer = b""
        finally:
            timer.cancel()
        if answer.endswith(b"\n"):
            return answer.decode()
        self.end()
        return None

    def code(self) -> int | None:
        """What the process ended with."""
        return self._process.wait(1)

    def end(self) -> None:
        """Ends the process and frees its pipes."""
        self._kill()
        self._process.wait()
        for pipe in (self._requests, self._answers):
            with suppress(OSError):  # what was not written any more has no reader
                pipe.close()

    def _give_up(self) -> None:
        self.timed_out = True
        self._kill()

    def _kill(self) -> None:
        """Ends the process and its child, which are a group of their own."""
        if not hasattr(os, "killpg"):  # Windows
            self._process.kill()
            return
        with suppress(ProcessLookupError, PermissionError):  # it has ended by itself
            os.killpg(self._process.pid, signal.SIGKILL)


def _size(value: Any) -> int:
    """Characters and bytes in the arguments of a job."""
    if isinstance(value, str | bytes):
        return len(value)
    if isinstance(value, dict):
        return sum(map(_size, value.values()))
    return sum(map(_size, value)) if isinstance(value, list | tuple) else 0


def _encode(value: Any) -> Any:
    if isinstance(value, bytes):
        return {"base64": base64.b64encode(value).decode()}
    if isinstance(value, frozenset | set):
        return sorted(value)
    raise TypeError(type(value).__name__)
