"""What an error that no entry explains is about: attention, sharding, data ..., with what to try for that.

Which of the causes it is stays open: an answer from here is never conclusive, and what to send is asked for as well.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, NamedTuple

import yaml

from knowledge.config import load_types
from knowledge.diagnosis.masking import shown
from knowledge.diagnosis.model import Match
from knowledge.diagnosis.proposing import proposed

if TYPE_CHECKING:
    from knowledge.diagnosis.tracebacks import Trace
    from knowledge.diagnosis.weighing import Context

ID = "about"
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_FRAMES, _WORDS, _INNERMOST, _ENOUGH = 6, 4, 2, 2
# Frames that stand in nearly every traceback and tell nothing of the topic.
_COMMON = re.compile(
    r"^(?:fire/|accelerate/(?:accelerator|utils/operations)|torch/(?:nn/modules/module|autograd|_tensor|utils/_contextlib)|"
    r"transformers/trainer\.py|torch/distributed/(?:launcher|elastic|run)|contextlib|runpy|importlib|<frozen)"
)


class Topic(NamedTuple):
    """One topic: what it is recognized by (words in small letters, paths of frames), and what is said."""

    name: str
    words: re.Pattern[str]
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
            re.compile(entry["words"]),
            re.compile(entry["files"]) if "files" in entry else None,
            entry["meaning"],
            tuple(entry["causes"]),
            entry["cure"],
            entry.get("write", ""),
            tuple(entry.get("fields", ())),
        )
        for name, entry in yaml.load(text, _LOADER).items()  # noqa: S506 - a safe loader
    )


def about(main: Trace | None, context: Context) -> Match | None:
    """The topic of an exception, with what to try.

    Args:
        main: The exception that counts.
        context: Versions, config and phase.

    Returns:
        None where neither message nor frames tell.
    """
    if main is None:
        return None
    topic = _topic(main)
    if topic is None:
        return None
    cure = f"{topic.cure} {_release(context)}".strip()
    return Match(
        id=ID,
        kind="library",
        line=main.at,
        lines=(main.at,),
        quote=shown(f"{main.type}: {main.message}" if main.message else main.type or "a traceback without its end"),
        meaning=topic.meaning,
        causes=topic.causes,
        cure=proposed(cure, topic.write, context.config) if topic.write else cure,
        fields=topic.fields,
        conclusive=False,
    )


def narrowed(match: Match, topic: Match) -> Match:
    """What only names the class of an error, with the causes and the cure of the place where it broke put first."""
    return replace(
        match,
        causes=(*topic.causes, *match.causes),
        cure=f"{topic.cure}\n{match.cure}",
        fields=tuple(dict.fromkeys([*topic.fields, *match.fields])),
    )


def _topic(main: Trace) -> Topic | None:
    """The one that message and frames tell most of: its words count once each, its frames by how deep they are."""
    message = f"{main.type}: {main.message}"[:1_000].lower()
    paths = [frame.path for frame in main.frames if not _COMMON.match(frame.path)][-_FRAMES:]
    best, most = None, 0
    for topic in topics():
        said = len(set(topic.words.findall(message)))
        points = min(said, 3) * 2 + sum(
            _WORDS if place >= len(paths) - _INNERMOST else 1
            for place, path in enumerate(paths)
            if topic.files and topic.files.search(path)
        )
        if points > most:
            best, most = topic, points
    return best if most >= _ENOUGH else None


def _release(context: Context) -> str:
    """Where the text does not show the release: an older one is the likeliest cause of an error that nobody knows."""
    if "axolotl" in context.versions:
        return ""
    current = load_types().axolotl
    return f"If your Axolotl is older than {current}, update it first: about half of all reported errors are fixed."
