"""What an error that no entry explains is about: attention, sharding, data ..., with what to try for that.

Which of the causes it is stays open: an answer from here is never conclusive, and what to send is asked for as well.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

from knowledge.config import load_types
from knowledge.diagnosis.advice import demands
from knowledge.diagnosis.masking import shown
from knowledge.diagnosis.model import Match
from knowledge.diagnosis.proposing import proposed

if TYPE_CHECKING:
    from knowledge.diagnosis.tracebacks import Trace
    from knowledge.diagnosis.weighing import Context

ID = "about"
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_FRAMES, _INNERMOST, _MOST = 6, 2, 3
# What a frame of the place where it broke, a frame above it, a name and a word count, and from where on a topic is
# told: a word alone, which may stand in any message, is no more than a hint.
_FRAME, _ABOVE, _NAME, _WORD, _ENOUGH = 4, 1, 2, 1, 2
# Frames that stand in nearly every traceback and tell nothing of the topic.
_COMMON = re.compile(
    r"^(?:fire/|accelerate/(?:accelerator|utils/operations)|torch/(?:nn/modules/module|autograd|_tensor|utils/_contextlib)|"
    r"transformers/trainer\.py|torch/distributed/(?:launcher|elastic|run)|contextlib|runpy|importlib|<frozen)"
)


class Topic(NamedTuple):
    """One topic: what it is recognized by (names and words in small letters, paths of frames), and what is said."""

    name: str
    names: re.Pattern[str] | None
    words: re.Pattern[str] | None
    files: re.Pattern[str] | None
    meaning: str
    causes: tuple[str, ...]
    cure: str
    write: str
    fields: tuple[str, ...]


@lru_cache(maxsize=1)
def topics() -> tuple[Topic, ...]:
    """All of them, in their order."""
    text = (resources.files("knowledge.diagnosis") / "topics.yaml").read_text("utf-8")
    return tuple(
        Topic(
            name,
            _expression(entry, "names"),
            _expression(entry, "words"),
            _expression(entry, "files"),
            entry["meaning"],
            tuple(entry["causes"]),
            entry["cure"],
            entry.get("write", ""),
            tuple(entry.get("fields", ())),
        )
        for name, entry in yaml.load(text, _LOADER).items()  # noqa: S506 - a safe loader
    )


def _expression(entry: dict[str, Any], key: str) -> re.Pattern[str] | None:
    return re.compile(entry[key]) if key in entry else None


def about(main: Trace | None, context: Context, *, hint: bool = False) -> Match | None:
    """The topic of an exception, with what to try.

    Args:
        main: The exception that counts.
        context: Versions, config and phase.
        hint: Whether one word is enough, because what it adds to says more than the topic.

    Returns:
        None where neither message nor frames tell.
    """
    least = _WORD if hint else _ENOUGH
    told = [(points, topic) for points, topic in _told(main) if points >= least] if main else []
    if main is None or not told:
        return None
    most, topic = told[0]
    beside = next((other for points, other in told[1:] if 2 * points >= most), None)
    cure = f"{topic.cure} {_release(context)}".strip()
    return Match(
        id=ID,
        kind="library",
        line=main.at,
        lines=(main.at,),
        quote=shown(f"{main.type}: {main.message}" if main.message else main.type or "a traceback without its end"),
        meaning=topic.meaning,
        causes=(*topic.causes, *(beside.causes if beside else ())),
        cure=proposed(cure, topic.write, context.config),
        fields=tuple(dict.fromkeys([*topic.fields, *(beside.fields if beside else ())])),
        conclusive=False,
    )


def perhaps(main: Trace | None) -> str:
    """What a single word of an exception hints at, with what to try; empty where nothing does, or more is told."""
    told = _told(main) if main and not demands(main) else []
    if not told or told[0][0] >= _ENOUGH:
        return ""
    return f"One of its words hints at: {told[0][1].name}. {told[0][1].cure}"


def narrowed(match: Match, topic: Match) -> Match:
    """What only names the class of an error, with the causes and the cure of the place where it broke put first."""
    return replace(
        match,
        causes=(*topic.causes, *match.causes),
        cure=f"{topic.cure}\n{match.cure}",
        fields=tuple(dict.fromkeys([*topic.fields, *match.fields])),
    )


def _told(main: Trace) -> list[tuple[int, Topic]]:
    """How much message and frames tell of each topic, the one that they tell most of first; words count once."""
    message = f"{main.type}: {main.message}"[:1_000].lower()
    paths = [frame.path for frame in main.frames if not _COMMON.match(frame.path)][-_FRAMES:]
    told = []
    for topic in topics():
        names = len(set(topic.names.findall(message))) if topic.names else 0
        said = len(set(topic.words.findall(message))) if topic.words else 0
        points = min(names, _MOST) * _NAME + min(said, _MOST) * _WORD
        for place, path in enumerate(paths):
            if topic.files and topic.files.search(path):
                points += _FRAME if place >= len(paths) - _INNERMOST else _ABOVE
        if points:
            told.append((points, topic))
    return sorted(told, key=lambda each: -each[0])


def _release(context: Context) -> str:
    """Where the text does not show the release: an older one is the likeliest cause of an error that nobody knows."""
    if "axolotl" in context.versions:
        return ""
    current = load_types().axolotl
    return f"If your Axolotl is older than {current}, update it first: about half of all reported errors are fixed."
