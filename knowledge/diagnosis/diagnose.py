"""A pasted error to its cause: `diagnose(text, config=None) -> Diagnosis`, pure, nothing kept."""

from __future__ import annotations

from dataclasses import replace

from knowledge.config import load_types
from knowledge.config import read as read_config
from knowledge.diagnosis import tracebacks
from knowledge.diagnosis.advice import demands, joined, own_advice, with_demand
from knowledge.diagnosis.embedded import config_of, findings_of
from knowledge.diagnosis.happening import happened
from knowledge.diagnosis.log import Log
from knowledge.diagnosis.log import read as read_log
from knowledge.diagnosis.masking import shown
from knowledge.diagnosis.matching import Haystack, matches
from knowledge.diagnosis.memory_cure import with_changes
from knowledge.diagnosis.model import Diagnosis, GpuMemory, Match, Raised, Unknown
from knowledge.diagnosis.outcome import (
    CALM,
    asked_lines,
    brief,
    complains,
    follows,
    numbers_lost,
    plans,
    stopped,
)
from knowledge.diagnosis.own_words import own_words
from knowledge.diagnosis.packages import between
from knowledge.diagnosis.phase import phase_of
from knowledge.diagnosis.refusals import refusals, typing_refusals
from knowledge.diagnosis.topics import about, narrowed
from knowledge.diagnosis.unknown import older_release, unknown
from knowledge.diagnosis.versions import gpu_memory, versions_of
from knowledge.diagnosis.weighing import MERE, TOOL, Candidate, Context, best, is_fixed, match_of, score, told_beside
from knowledge.versions import versions_in_log

_MOST_MATCHES = 8
_MEMORY = "cuda-out-of-memory"
# What explains a line weighs as much; Axolotl's own words count beside what only names the class of an error.
_EXPLAINS, _OWN = 45, 42


def diagnose(text: str, *, config: str | None = None, gpus: int = 1) -> Diagnosis:
    """Say what happened in a run, what it means, why it happens and what to change.

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
    main = tracebacks.main(traces, log.advanced)
    haystack = Haystack(log.lines, traces)
    versions = versions_of(log)
    context = Context(versions, read, phase_of(log, main), between(main, versions))
    found = _explanations(haystack, traces, main, context) if log.lines else []
    ended = stopped(log, traces)
    lost = not ended and numbers_lost(log)
    failed, chosen, warnings = _chosen(log, found, failed=ended or lost)
    beside: list[Match] = []
    if failed:
        beside = [each for each in chosen if told_beside(each, haystack, traces, main)]
        chosen = [each for each in chosen if each not in beside]
    if failed and not any(match.conclusive and not match.harmless for match in chosen):
        chosen = _with_hints(chosen, found, older_release(log, context), main, context)
    chosen += [each if each.harmless else replace(each, conclusive=False) for each in beside]
    main = main if failed else None
    gpu = gpu_memory(haystack.text) if failed else None
    chosen = [with_changes(each, read, gpu, context.phase) if each.id == _MEMORY else each for each in chosen]
    error = _raised(main)
    return Diagnosis(
        axolotl=load_types().axolotl,
        failed=failed,
        stopped=ended,
        happened=happened(log.progress, context.phase, error, failed=failed, warnings=len(warnings), lost=lost),
        matches=tuple(chosen[:_MOST_MATCHES]),
        warnings=tuple(warnings[:_MOST_MATCHES]),
        follows=follows(log, main) if failed else (),
        versions=context.versions,
        installed=versions_in_log(text),
        config_found=log.config is not None,
        findings=findings_of(given, gpus, accepted=accepted) if given and read is not None else (),
        error=error,
        gpu=gpu,
        phase=context.phase,
        progress=log.progress,
        step=log.progress.step,
        total_steps=log.progress.total_steps,
        unknown=_unknown(chosen, found, log, main, context, gpu, failed=failed),
    )


def _with_hints(
    chosen: list[Match], found: list[Candidate], older: list[Match], main: tracebacks.Trace | None, context: Context
) -> list[Match]:
    """What is left open, with what the library advises itself and what it is about."""
    told = [match for match in chosen if not match.harmless]
    harmless = [match for match in chosen if match.harmless]
    own = own_advice(main, context)
    mere = {each.match.id for each in found if each.weight <= MERE and each.known and each.known.kind != "environment"}
    narrows = bool(told) and told[0].id in mere
    demand = own is None and main is not None and demands(main)
    topic = about(main, context, hint=narrows or demand)
    if topic is not None and narrows:
        told[0], topic = narrowed(told[0], topic), None
    if topic is not None and main is not None and demands(main):
        topic = with_demand(topic, main)
    if own is not None and topic is not None and not own.conclusive:
        own, topic = joined(own, topic), None
    return [*told, *older, *(hint for hint in (own, topic) if hint is not None), *harmless]


def _chosen(log: Log, found: list[Candidate], *, failed: bool) -> tuple[bool, list[Match], list[Match]]:
    """Whether anything failed, what explains it, and what the warnings of a run mean in which nothing did."""
    ordered = best(found)
    if failed:
        return True, ordered, []
    if brief(log):
        # What stands in a few lines is what somebody asks about: a notice, a warning, a message without its log.
        words = "\n".join(line.text for line in log.lines)
        calm = all(CALM.search(line.text) for line in log.lines)
        logged = any(each.match.line == line.number and CALM.search(line.text) for each in found for line in log.lines)
        if calm or logged:
            return False, ordered, []
        named = [match for match in ordered if not match.harmless]
        if named and complains(words):
            return True, ordered, []
        if named and not plans(words):
            return any(match.conclusive for match in named), ordered, []
        return False, [match for match in ordered if match.harmless], []
    asked = asked_lines(log)
    if told := [match for match in ordered if asked.intersection(match.lines) and not match.harmless]:
        return False, told, []
    calm_lines = {line.number for line in log.lines if CALM.search(line.text)}
    return False, [], [match for match in ordered if match.line in calm_lines and not match.harmless]


def _explanations(
    haystack: Haystack,
    traces: list[tracebacks.Trace],
    main: tracebacks.Trace | None,
    context: Context,
) -> list[Candidate]:
    """Everything that something in the log explains, with how much it counts."""
    found: list[Candidate] = []
    for place in matches(haystack, context.phase):
        tool = bool(TOOL.search(haystack.lines[place.index].text[:500]))
        points = max(score(place.known.weight, line, traces, main, tool=tool) for line in place.lines)
        if is_fixed(place.known, context.versions):
            points -= 25
        match = match_of(place, haystack, context)
        found.append(Candidate(match, place.known.weight, points, place.known))
    refused: list[Candidate] = []
    for weight, match in refusals(haystack, context.config):
        refused.append(Candidate(match, weight, score(weight, match.line, traces, main)))
    for match in typing_refusals(haystack.lines):
        refused.append(Candidate(match, 65, score(65, match.line, traces, main)))  # noqa: PERF401
    found = _joined(found, refused)
    explained = {each.match.line for each in found if each.weight >= _EXPLAINS}
    for match in own_words(haystack, explained):
        found.append(Candidate(match, _OWN, score(_OWN, match.line, traces, main)))
    return found


def _joined(found: list[Candidate], refused: list[Candidate]) -> list[Candidate]:
    """A rule's refusal takes the words of the known error at its line, where one says more of it."""
    said: set[str] = set()
    for refusal in refused:
        for each in found:
            own = each.known is not None and each.known.kind == "axolotl" and each.weight >= 50
            if own and refusal.match.conclusive and each.match.conclusive and each.match.line == refusal.match.line:
                fields = tuple(dict.fromkeys([*each.match.fields, *refusal.match.fields]))
                said.add(each.match.id)
                refusal.match = replace(each.match, id=refusal.match.id, rules=refusal.match.rules, fields=fields)
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
    context: Context,
    gpu: GpuMemory | None,
    *,
    failed: bool,
) -> Unknown | None:
    """What was recognized and what to send next, unless something explains the failure."""
    if not failed or (chosen and chosen[0].conclusive and not chosen[0].harmless):
        return None
    first = chosen[0].id if chosen else ""
    send = next((each.known.send for each in found if each.known and each.match.id == first), "")
    return unknown(log, main, context, gpu, send)
