"""A process that answers jobs: one line of JSON in, one line out. Started by `bot.workers`, never by hand.

A large job runs in a child of this process, which ends with it: the memory that it took is free again at once.
"""

from __future__ import annotations

import base64
import json
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, get_type_hints

from pydantic import TypeAdapter

from bot import jobs
from bot.incidents import trace

MEMORY = 640 << 20
"""Bytes of address space: an input that needs more fails in here, not on the machine. The worst ones hold 250 MiB in
memory; libraries reserve more than they use."""
_FIRST_TO_END = "800"
"""Of 1,000: where memory runs out all the same, in a container say, the system ends a worker and not the bot."""
LARGE = 128 << 10
"""Bytes of a request from which it is large."""
_NICE, _NICE_LARGE = 5, 10
"""The bot itself, which has three seconds for a first response, goes before its workers, and short work before long."""
_LONGEST = 300
"""Seconds after which a child ends by itself, should nobody be left to end it."""


def main() -> None:
    """Serves jobs until standard input ends, which it does when the bot ends, however it ends."""
    _limit_memory()
    with suppress(OSError):  # a system without /proc has no such score
        Path("/proc/self/oom_score_adj").write_text(_FIRST_TO_END, "ascii")
    if hasattr(os, "nice"):  # Windows has no such thing
        os.nice(_NICE_LARGE if "--large" in sys.argv else _NICE)
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints goes to standard error, never between the answers
    serve(sys.stdin.buffer, answers)


def serve(requests: IO[bytes], answers: IO[bytes]) -> None:
    """Answers each request: `ok` and the result, or `failed` and the traceback without values."""
    for line in requests:
        if len(line) > LARGE and hasattr(os, "fork"):
            _answer_in_child(line, answers)
        else:
            _answer(line, answers)


def _answer(line: bytes, answers: IO[bytes]) -> None:
    request = json.loads(line, object_hook=_decode)
    try:
        job = jobs.JOBS[request["job"]]
        result = job(**request["arguments"])
        body = TypeAdapter(get_type_hints(job)["return"]).dump_json(result, round_trip=True)
        answers.write(b"ok " + body + b"\n")
    except Exception as error:  # noqa: BLE001 - the bot logs it as an incident, and this process lives on
        answers.write(b"failed " + json.dumps(trace(error)).encode() + b"\n")
    answers.flush()


def _answer_in_child(line: bytes, answers: IO[bytes]) -> None:
    """Answers a large request; ends this process where its child ends without an answer, as if it had failed here."""
    child = os.fork()
    if not child:
        code = 1
        try:
            signal.alarm(_LONGEST)
            _answer(line, answers)
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    if status:
        sys.exit(1)


def _decode(value: dict[str, Any]) -> Any:
    return base64.b64decode(value["base64"]) if value.keys() == {"base64"} else value


def _limit_memory() -> None:
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


if __name__ == "__main__":
    main()
