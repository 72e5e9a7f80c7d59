"""What a run was doing when its log ends or its exception was raised; the words for it are in phases.yaml."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, NamedTuple

import yaml

if TYPE_CHECKING:
    from collections.abc import Sequence

    from knowledge.diagnosis.log import Line, Log
    from knowledge.diagnosis.tracebacks import Trace

TRAINING = "training"
FIRST = "taking the first step"
_IMPORTING = "importing packages"
_IMPORTS = ("<module>", "_get_module", "_call_with_frames_removed", "import_module")
# What an exception says names commands as advice: `pip install`, `trl vllm-serve`. Nobody was running them.
_ADVISED = frozenset({"installing packages", "serving with vLLM"})
_MESSAGE = re.compile(r"\s{0,8}(?:\[?rank ?\d{1,4}\]?: {0,4})?[\w.]{1,100}(?:Error|Exception): ")
_RECENT, _WIDE = 400, 2_000


class Phase(NamedTuple):
    """One phase with what it is recognized by."""

    name: str
    functions: frozenset[str]
    files: tuple[str, ...]
    lines: re.Pattern[str] | None


@lru_cache(maxsize=1)
def phases() -> tuple[Phase, ...]:
    """All of them, that first which decides over the others."""
    read = yaml.safe_load((resources.files("knowledge.diagnosis") / "phases.yaml").read_text("utf-8"))
    return tuple(
        Phase(
            name,
            frozenset(words.get("functions", ())),
            tuple(words.get("files", ())),
            re.compile("|".join(words["lines"])) if "lines" in words else None,
        )
        for name, words in read.items()
    )


def phase_of(log: Log, trace: Trace | None) -> str | None:
    """What the run was doing.

    Args:
        log: The log.
        trace: The exception that counts, or None.

    Returns:
        The phase in words that follow "while": from the functions of the traceback, else from the last telling line
        above the failure. None where nothing tells.
    """
    phase = _of_frames(trace) if trace else None
    steps = log.progress.step is not None and not log.progress.bar
    if phase == TRAINING or (phase is None and steps and not log.progress.finished):
        return _of_step(log)
    told = phase or _of_lines(log.lines, trace) or _of_bar(log)
    return TRAINING if told == FIRST and log.progress.last_loss is not None else told


def _of_frames(trace: Trace) -> str | None:
    functions = {frame.function.rsplit(".", 1)[-1] for frame in trace.frames}
    for phase in phases():
        if functions & phase.functions:
            return phase.name
    for phase in phases():
        if any(f"/{file}" in f"/{frame.path}" for file in phase.files for frame in trace.frames):
            return phase.name
    imports = len(trace.frames) > 1 and trace.frames[-1].function in _IMPORTS
    return _IMPORTING if imports else None


def _of_step(log: Log) -> str:
    """Training, told apart by how many steps it has done."""
    done = log.progress.step
    started = done is None and log.progress.last_loss is None and any("Starting trainer" in x.text for x in log.lines)
    return FIRST if done == 0 or started else TRAINING


def _of_lines(lines: Sequence[Line], trace: Trace | None) -> str | None:
    before = [line for line in lines if trace is None or not trace.full or line.number < trace.first]
    for line in reversed(before[-_RECENT:]):
        found = _named(line.text) if len(line.text) < _WIDE else None
        if found and not (found in _ADVISED and _MESSAGE.match(line.text)):
            return found
    return None


def _of_bar(log: Log) -> str | None:
    return _named(log.progress.bar) if log.progress.bar else None


def _named(text: str) -> str | None:
    return next((phase.name for phase in phases() if phase.lines and phase.lines.search(text)), None)
