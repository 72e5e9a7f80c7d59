"""Whether anything failed at all, and what in the log only follows from the failure."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from knowledge.diagnosis.masking import shown
from knowledge.diagnosis.model import Follow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.diagnosis.log import Log
    from knowledge.diagnosis.progress import Reading
    from knowledge.diagnosis.tracebacks import Trace

# A logged notice says that something is not as it could be; the run goes on.
CALM = re.compile(
    r"\[(?:INFO|WARNING|DEBUG)\]|(?:^|[\s\]|])(?:INFO|WARNING|DEBUG)(?:[: |\]-]|$)|[a-z]Warning\b|^[IW]\d{4} |"
    r"NCCL INFO|^Some weights of |^You should probably TRAIN this model|environment variable detected; loading|"
    r"Found missing adapter keys while loading"
)
FATAL = re.compile(
    r"^\s{0,8}Killed\b|\bKilled$|\d {1,20}[Kk]illed {3}|[Ss]egmentation fault|Bus error|core dumped|"
    r"[Ff]loating point exception|"
    r"exit ?code ?:? ?-?[1-9]|exited with code [1-9]|ChildFailedError|Watchdog caught collective|NCCL error|"
    r"CUDA out of memory|OutOfMemory|terminate called|Fatal Python error|\bFAILED\b|"
    r"^\s{0,8}(?:\w{1,20}: )?(?:error|fatal|ERROR|FATAL)(?::| \[| -)|\[ERROR\]|undefined symbol|"
    r"cannot open shared object|command not found|oom-kill|SIGKILL|SIGSEGV|ran into an error|illegal memory access|"
    r"device-side assert|CUBLAS_STATUS|HIP error|DUE TO (?:TIME LIMIT|PREEMPTION)|[Cc]onnection refused|"
    r"GGML_ASSERT|\bAssertion .{1,200} failed\b|session crashed|[Kk]ernel (?:appears to have )?died|died with <Signals|"
    r"nvidia-container-cli|panicked at|Traceback \(most recent call last\)|Error response from daemon"
)
# After these a process is taken down, whatever the others still print.
_LOST = re.compile(r"Watchdog caught collective operation timeout|has fallen off the bus|uncorrectable ECC error")
_COMPLAINT = re.compile(
    r"\b(?:errors?|exception|fail\w{0,3}|crash\w{0,3}|hangs?|hanging|hung|stuck|freez\w{1,3}|killed|abort\w{0,3}|oom|"
    r"nan|broken|timeout|timed out|undefined|unable to|does(?:n't| not) (?:work|train|learn|stop|load|start)|"
    r"not (?:found|supported|installed|recogni[sz]ed|working)|refus\w{1,3}|dies|died|stops?|missing|wrong(?:ly)?|"
    r"out of memory|loss (?:is|of|stays|stuck|at|=|:)? ?0(?:\.0{1,4})?(?![.\d])|too high|"
    r"cannot|can't|garbage|gibberish)\b",
    re.IGNORECASE,
)
_PLAN = re.compile(
    r"\b(?:want to|would like|(?<!your )plan(?:ning)? to|going to|thinking of|will (?:it|i|this|that)|does it fit|"
    r"can i|could i|should i|is it (?:possible|ok|enough)|how (?:much|many|long|do i choose|to choose)|"
    r"what is(?! (?:wrong|happening|going on|causing|the (?:error|problem|issue|cause)))|"
    r"which (?:one|is)|recommend)\b",
    re.IGNORECASE,
)
_STRONG = re.compile(
    r"\b(?:error|exception|failed|fails|crash\w{0,3}|killed|traceback|nan|hangs?|stuck|oom)\b|\w(?:Error|Exception)\b",
    re.IGNORECASE,
)
_FOLLOWERS = (
    (
        re.compile(
            r"ChildFailedError|torch\.distributed\.elastic\.multiprocessing\.errors|Root Cause \(first observed"
        ),
        "The launcher reports that a worker ended; the reason is further up.",
    ),
    (
        re.compile(r"CalledProcessError.{0,400}returned non-zero exit status"),
        "`axolotl` or `accelerate launch` reports that the training process ended; the reason is further up.",
    ),
    (
        re.compile(r"Watchdog caught collective operation timeout|watchdog thread terminated|NCCL watchdog"),
        "The other processes waited for the one that failed until NCCL gave up.",
    ),
    (
        re.compile(r"BrokenPipeError|Broken pipe|Connection reset by peer|ncclRemoteError|remote process exited"),
        "A connection to the failed process broke.",
    ),
    (
        re.compile(r"closing signal SIGTERM|[Ss]ending process \d+ closing"),
        "The launcher ended the other processes.",
    ),
    (re.compile(r"resource_tracker: There appear to be \d+ leaked"), "This is cleanup after a process that ended."),
)
_SHORT = 15
# Five words or more and nothing of what programs print: no brackets, braces, bars, assignments or paths.
_PROSE_LINE = re.compile(r"[\w'’,;.:?!~%() -]{0,4}(?:[\w'’,.;:?!~%()/-]{1,30} ){4,60}[\w'’,.;:?!~%()/-]{1,30}\s*$")


def numbers_lost(log: Log) -> bool:
    """Whether the last metric lines show that nothing is learned any more."""
    return any(broken(reading) for reading in _last(log.readings))


def stopped(log: Log, traces: list[Trace]) -> bool:
    """Whether an exception or a fatal line ended the run, after which it did not go on.

    Args:
        log: The log.
        traces: Its exceptions.
    """
    if not log.progress.finished and any(_LOST.search(line.text[:2_000]) for line in log.lines[-2_000:]):
        return True
    return any(line >= log.advanced for line in _signs(log, traces))


def _last(readings: list[Reading]) -> Iterator[Reading]:
    """The last metric line of training and the last one of an evaluation."""
    for kind in ("training", "evaluation"):
        yield from [reading for reading in readings[-200:] if reading.kind == kind][-1:]


def broken(reading: Reading) -> bool:
    """Whether a metric line shows that the numbers are lost: nan, or a loss of 0 without a gradient."""
    loss, norm = reading.values.get("loss"), reading.values.get("grad_norm")
    lost = reading.values.get("loss", 0.0)
    if math.isnan(lost) or math.isnan(reading.values.get("eval_loss", 0.0)):
        return True
    return loss == 0 and (norm is None or norm == 0 or math.isnan(norm))


def complains(text: str) -> bool:
    """Whether somebody's own words, without a log, say that something went wrong."""
    return not plans(text) and bool(_COMPLAINT.search(text) or _STRONG.search(text))


def plans(text: str) -> bool:
    """Whether somebody says what they have in mind, and nothing of an error."""
    return bool(_PLAN.search(text)) and not _STRONG.search(text)


def brief(log: Log) -> bool:
    """Whether a text is so short that whatever stands in it is what somebody asks about."""
    return len(log.lines) <= _SHORT and not log.progress.known


def asked_lines(log: Log) -> set[int]:
    """The lines of a short excerpt of a log in which somebody says in their own words what is wrong with it."""
    if len(log.lines) > _SHORT:
        return set()
    return {
        line.number
        for line in log.lines
        if _PROSE_LINE.match(line.text) and not CALM.search(line.text) and not plans(line.text)
    }


def follows(log: Log, main: Trace | None) -> tuple[Follow, ...]:
    """What only follows from the failure that counts."""
    found: list[Follow] = []
    told: set[str] = set()
    if main is None:
        return ()
    for line in {line.text: line for line in reversed(log.lines) if len(line.text) <= 2_000}.values():
        if main.first <= line.number <= main.last:
            continue
        for words, meaning in _FOLLOWERS:
            if meaning not in told and words.search(line.text):
                told.add(meaning)
                found.append(Follow(line=line.number, quote=shown(line.text, 160), meaning=meaning))
    found.sort(key=lambda each: each.line)
    return tuple(found)


def _signs(log: Log, traces: list[Trace]) -> Iterator[int]:
    calm = {line.number for line in log.lines if CALM.search(line.text[:300])}
    for trace in traces:
        if not trace.type.endswith("Warning") and (trace.full or trace.at not in calm):
            yield trace.last if trace.full else trace.at
    for line in log.lines[-2_000:]:
        if line.number not in calm and FATAL.search(line.text[:2_000]):
            yield line.number
