"""A pasted error to its cause: `diagnose(text, config=None) -> Diagnosis`, pure, nothing kept."""

from __future__ import annotations

import re

from knowledge.config import Config, load_types
from knowledge.config import read as read_config
from knowledge.diagnosis import tracebacks
from knowledge.diagnosis.embedded import config_of, findings_of
from knowledge.diagnosis.levers import with_levers
from knowledge.diagnosis.log import Log
from knowledge.diagnosis.log import read as read_log
from knowledge.diagnosis.matching import Haystack, matches
from knowledge.diagnosis.model import Diagnosis, Match, Raised, Unknown
from knowledge.diagnosis.refusals import refusals, typing_refusals
from knowledge.diagnosis.versions import gpu_memory, phase_of, versions_of
from knowledge.diagnosis.weighing import Candidate, best, is_mended, match_of, score, shown

_MOST_MATCHES = 8
_MEMORY = "cuda-out-of-memory"
# A text without a failure is a healthy log unless it is as short as a notice that somebody asks about.
_NOTICE = 15
_CALM = ("[INFO]", "[WARNING]", "[DEBUG]", "Warning: ")
_VERSIONS = "`pip list | grep -iE 'axolotl|transformers|torch|trl|peft|accelerate'`"
_SEND = (
    "Send the whole traceback, from the first line `Traceback (most recent call last)` to its end, the config, "
    f"and the output of {_VERSIONS}."
)
_FAILING = re.compile(
    r"traceback|\w(?:Error|Exception)\b|\b(?:error|failed|fatal|killed|abort|hang|hangs|crash|segmentation)\b|"
    r"exitcode|out of memory|undefined symbol|not found|cannot|can't|\bnan\b|timeout|unable to",
    re.IGNORECASE,
)


def diagnose(text: str, *, config: str | None = None, gpus: int = 1) -> Diagnosis:
    """Say what a pasted error means, why it happens and what to change.

    Args:
        text: Whatever people paste: a log, its tail, a traceback, one line, a message with a config or a log in it.
        config: The YAML of the run, if it is at hand; else a config that stands in the text is used.
        gpus: Number of GPUs of the run.

    Returns:
        The explanations, best first. Without one that explains the failure `unknown` says what to send.
    """
    log = read_log(text)
    given = config if config is not None else config_of(log)
    read = read_config(given, gpus) if given else None
    read = read if read is not None and read.document.values else None
    accepted = config is None and log.effective
    traces = tracebacks.find(log.lines)
    main = tracebacks.main(traces)
    failing = _fails(log, traces)
    versions = versions_of(log)
    haystack = Haystack(log.lines)
    found = _explanations(haystack, traces, main, versions, read) if log.lines else []
    chosen = best(found) if failing or text.count("\n") <= _NOTICE else []
    gpu, phase = gpu_memory(haystack.text), phase_of(log, main)
    chosen = [with_levers(each, given, gpus, gpu, phase) if each.id == _MEMORY else each for each in chosen]
    return Diagnosis(
        axolotl=load_types().axolotl,
        matches=tuple(chosen[:_MOST_MATCHES]),
        versions=versions,
        config_found=log.config is not None,
        findings=findings_of(given, gpus, accepted=accepted) if given and read is not None else (),
        error=_raised(main),
        gpu=gpu,
        phase=phase,
        step=log.step,
        total_steps=log.total_steps,
        unknown=_unknown(chosen, found, log, main, failing=failing),
    )


def _fails(log: Log, traces: list[tracebacks.Trace]) -> bool:
    """Whether something failed: an exception, or a line that says so and is more than a logged warning."""
    calm = {line.number for line in log.lines if any(level in line.text for level in _CALM)}
    raised = any(not trace.type.endswith("Warning") and (trace.full or trace.at not in calm) for trace in traces)
    return raised or any(line.number not in calm and _FAILING.search(line.text) for line in log.lines[-2_000:])


def _explanations(
    haystack: Haystack,
    traces: list[tracebacks.Trace],
    main: tracebacks.Trace | None,
    versions: dict[str, str],
    config: Config | None,
) -> list[Candidate]:
    """Everything that something in the log explains, with how much it counts."""
    found: list[Candidate] = []
    for place in matches(haystack):
        points = score(place.known.weight, place.line, traces, main)
        if is_mended(place.known, versions):
            points -= 25
        match = match_of(place, haystack, versions, config)
        found.append(Candidate(match, place.known.weight, points, place.known))
    refused: list[Candidate] = []
    for weight, match in refusals(haystack, config):
        refused.append(Candidate(match, weight, score(weight, match.line, traces, main)))
    for match in typing_refusals(haystack.lines):
        refused.append(Candidate(match, 65, score(65, match.line, traces, main)))  # noqa: PERF401
    return _joined(found, refused)


def _joined(found: list[Candidate], refused: list[Candidate]) -> list[Candidate]:
    """A rule's refusal takes the words of the known error at its line, where one says more of it."""
    said: set[str] = set()
    for refusal in refused:
        for each in found:
            own = each.known is not None and each.known.kind == "axolotl" and each.weight >= 50
            if own and refusal.match.conclusive and each.match.conclusive and each.match.line == refusal.match.line:
                fields = tuple(dict.fromkeys([*each.match.fields, *refusal.match.fields]))
                change = {"id": refusal.match.id, "rules": refusal.match.rules, "fields": fields}
                said.add(each.match.id)
                refusal.match = each.match.model_copy(update=change)
                break
    return [*(each for each in found if each.match.id not in said), *refused]


def _raised(main: tracebacks.Trace | None) -> Raised | None:
    if main is None or not main.type:
        return None
    frame = main.telling
    return Raised(
        type=shown(main.type, 120),
        message=shown(main.message, 400),
        line=main.at,
        rank=main.rank,
        file=shown(frame.path, 160) if frame else None,
        file_line=frame.line if frame else None,
        function=frame.function if frame else None,
    )


def _unknown(
    chosen: list[Match],
    found: list[Candidate],
    log: Log,
    main: tracebacks.Trace | None,
    *,
    failing: bool,
) -> Unknown | None:
    """What to send next, unless something explains the failure."""
    if chosen and chosen[0].conclusive and not chosen[0].harmless:
        return None
    if chosen and all(match.harmless for match in chosen) and main is None:
        return None
    if not failing and not chosen:
        return Unknown(send=_SEND) if log.lines else None
    sends = (each.known.send for each in found if each.known and chosen and each.match.id == chosen[0].id)
    send = next(sends, "")
    line = _line_that_matters(log, main)
    return Unknown(line=line[0], quote=line[1], send=send or _SEND)


def _line_that_matters(log: Log, main: tracebacks.Trace | None) -> tuple[int | None, str]:
    """The exception's own line, else the last one that speaks of a failure."""
    if main is not None and main.type:
        return main.at, shown(f"{main.type}: {main.message}" if main.message else main.type)
    if main is not None and main.frames:
        last = main.frames[-1]
        return main.at, shown(f"{last.path}, line {last.line}, in {last.function or 'the module'}")
    for line in reversed(log.lines):
        if _FAILING.search(line.text):
            return line.number, shown(line.text)
    return None, ""
