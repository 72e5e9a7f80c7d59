"""One thing that can be the answer to a question."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["faq", "field", "concept", "kind", "error", "rule"]
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z`*])")
_CODE = re.compile(r"```.*?```", re.DOTALL)
_LIST = re.compile(r"^[ \t]*(?:[-*]|\d+\.)\s+", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Document:
    """One thing that can be the answer.

    Attributes:
        kind: What it is.
        id: How it is named among its kind; a dataset type that is read only under `rl` ends in `@` and that value.
        title: What it is called.
        summary: Its first sentence or two.
        names: What it may be asked by: the title, other names, wordings of questions, phrases of errors.
        text: What it says.
    """

    kind: Kind
    id: str
    title: str
    summary: str
    names: tuple[str, ...] = ()
    text: str = field(default="", repr=False)


def _without_blocks(text: str) -> str:
    """The text without blocks of code: a sentence that leads to one ends there, and its rest goes with the block."""
    first, *others = _CODE.split(text)
    said = first.rstrip()
    for each in others:
        rest = each.strip()
        if rest[:1].islower() or rest.startswith("("):
            rest = "".join(_SENTENCE.split(rest, maxsplit=1)[1:])
        said = f"{said[:-1]}." if said.endswith(":") else said
        said = f"{said}\n{rest}".strip()
    return said


def first_sentence(text: str, longest: int = 240) -> str:
    """The beginning of a Markdown text as one line: whole sentences, as many as fit."""
    plain = " ".join(_LIST.sub("", _without_blocks(text)).split())
    taken = ""
    for sentence in _SENTENCE.split(plain):
        if taken and len(taken) + len(sentence) + 1 > longest:
            break
        taken = f"{taken} {sentence}".strip()
        if len(taken) > longest // 2:
            break
    return taken if len(taken) <= longest else f"{taken[: longest - 3].rstrip()}..."
