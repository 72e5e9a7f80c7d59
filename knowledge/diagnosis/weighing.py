"""Which explanation comes first, and what is said of it here: with the config, the versions and the place in mind."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from knowledge.diagnosis.masking import shown
from knowledge.diagnosis.model import Match
from knowledge.diagnosis.outcome import CALM
from knowledge.diagnosis.proposing import proposed
from knowledge.diagnosis.versions import older

if TYPE_CHECKING:
    from knowledge.config import Config
    from knowledge.diagnosis.known import Cause, Known
    from knowledge.diagnosis.matching import Haystack, Place
    from knowledge.diagnosis.tracebacks import Trace


@dataclass(slots=True)
class Candidate:
    """One explanation with how much it explains by itself (0 to 100) and at the place where it stands."""

    match: Match
    weight: int
    points: int
    known: Known | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """What decides between causes.

    Attributes:
        versions: Package to version, as the log shows them.
        config: The config of the run, if known.
        phase: What the run was doing.
        between: The packages that the exception is between; empty where nothing names them.
    """

    versions: dict[str, str]
    config: Config | None
    phase: str | None
    between: str = ""


_SLOT = re.compile(r"\{([a-z_]{1,30})\}")
TOOL = re.compile(r"\bfatal error: |/ld: cannot find|\b(?:nvcc|ptxas) fatal\b")
"""What a compiler or a linker says itself, above the exception of the program that started it."""
_SPECIFIC = 40
MERE = 40
"""Up to this weight an entry says no more than the class of an error; where it broke narrows it."""
_SEEN = -2


def score(weight: int, line: int, traces: list[Trace], main: Trace | None, *, tool: bool = False) -> int:
    """How much an explanation counts at a line.

    Args:
        weight: How much it explains by itself.
        line: The line.
        traces: All exceptions.
        main: The one that counts: in its message an explanation counts most.
        tool: Whether a compiler or a linker printed the line: the exception only reports that it failed.
    """
    points = weight
    if tool:
        return points + 32
    if main and main.at <= line <= main.last:
        return points + 30
    for trace in traces:
        if trace.at <= line <= trace.last:
            return points + (20 if trace.root else 14)
    if main and main.first <= line <= main.at:
        return points + 10
    return points


def match_of(place: Place, haystack: Haystack, context: Context) -> Match:
    """What is said of one known error at one place."""
    known = place.known
    slots = dict(known.unnamed)
    slots.update({name: shown(value, 80).replace("`", "") for name, value in place.groups.items()})
    ranked = sorted(((_rank(cause, haystack, context), cause) for cause in known.causes), key=lambda each: each[0])
    shows = bool(ranked) and ranked[0][0] == _SEEN
    causes = [cause for rank, cause in ranked if rank == _SEEN or not (shows and cause.seen)]
    advice = known.during.get(context.phase or "")
    cure = _filled(advice.cure if advice else known.cure, slots)
    if known.fixed_in:
        cure = f"{_update(known.fixed_in, context.versions)} {cure}".strip()
    write = advice.write if advice else known.write
    cure = proposed(cure, _filled(write, slots), context.config)
    return Match(
        id=known.id,
        kind=known.kind,
        line=place.line,
        lines=place.lines,
        quote=shown(haystack.lines[place.index].text),
        meaning=_filled(known.meaning, slots),
        causes=(
            *((context.between,) if known.packages and context.between else ()),
            *(_filled(f"{cause.text} {cause.tells}".strip(), slots) for cause in causes),
        ),
        cure=cure,
        fields=known.fields,
        rules=known.rules,
        concepts=known.concepts,
        faq=known.faq,
        fixed_in=known.fixed_in,
        harmless=known.harmless,
        conclusive=known.conclusive,
    )


def _filled(text: str, slots: dict[str, str]) -> str:
    return _SLOT.sub(lambda found: slots.get(found[1], found[0]), text) if "{" in text else text


def _update(fixed_in: str, versions: dict[str, str]) -> str:
    """What the version says about a bug that was fixed."""
    version = versions.get("axolotl")
    if version is None:
        return f"This was a bug in Axolotl, fixed in {fixed_in}: if your version is older, update Axolotl first."
    if older(version, fixed_in):
        return f"Your text shows Axolotl {version}; update Axolotl to {fixed_in} or later, where this bug is fixed."
    return f"Your text shows Axolotl {version}, where this old bug is already fixed, so something else is the cause."


def is_fixed(known: Known, versions: dict[str, str]) -> bool:
    """Whether the version in the text is one that no longer has this bug."""
    version = versions.get("axolotl")
    return bool(known.fixed_in and version and not older(version, known.fixed_in))


def _rank(cause: Cause, haystack: Haystack, context: Context) -> int:
    """Where a cause goes: up when text, phase or config show it, down when they show that it cannot be."""
    if any(haystack.holds(phrase) for phrase in cause.seen):
        return _SEEN
    if cause.phases and context.phase:
        return -1 if context.phase in cause.phases else 1
    if cause.config and context.config is not None:
        return -1 if all(holds(context.config, condition) for condition in cause.config) else 1
    return 0


def holds(config: Config, condition: str) -> bool:
    """Whether a config meets a condition: "name" (set to something), "!name", "name: value"."""
    name, _, wanted = condition.partition(":")
    value: Any = config.get(name.strip().removeprefix("!"))
    if name.startswith("!"):
        return not value
    return str(value).lower() == wanted.strip().lower() if wanted.strip() else bool(value)


def best(found: list[Candidate]) -> list[Match]:
    """One match an error, best first, harmless last; the mere class of an error goes where something says more."""
    top: dict[str, Candidate] = {}
    for each in found:
        present = top.get(each.match.id)
        if present is None or each.points > present.points:
            top[each.match.id] = each
    ordered = sorted(top.values(), key=lambda each: (each.match.harmless, -each.points, each.match.line))
    specific = [each.points for each in ordered if each.weight >= _SPECIFIC and not each.match.harmless]
    if specific:
        ordered = [
            each for each in ordered if each.weight >= _SPECIFIC or each.match.harmless or each.points > specific[0]
        ]
    return [each.match for each in ordered]


def told_beside(match: Match, haystack: Haystack, traces: list[Trace], main: Trace | None) -> bool:
    """Whether a match rests on what was only logged above the traceback that counts, so it need not be its cause."""
    if main is None or not main.full or not main.message or match.line >= main.first:
        return False
    if any(trace.first <= match.line <= trace.last for trace in traces):
        return False
    index = next((place for place, line in enumerate(haystack.lines) if line.number == match.line), None)
    if index is None:
        return False
    head = haystack.index(haystack.passage(index)[0])
    return any(CALM.search(haystack.lines[place].text[:300]) for place in (head, index))
