"""Axolotl's own messages that no entry explains: repeated with the fields they name and the condition they stand under.

Most of them say themselves what to change. What they lack is where they come from and which fields they are about.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from knowledge.config import load_types
from knowledge.diagnosis.known import squeeze, words
from knowledge.diagnosis.masking import shown
from knowledge.diagnosis.model import Match
from knowledge.facts import read_json
from knowledge.text import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.diagnosis.matching import Haystack

ID = "axolotl-message"
_GAP = re.compile(r"\{…\}|%(?:\.\d)?[srdfx]")
_NAME = re.compile(r"[a-z][a-z0-9_]{2,60}")
_LONG, _OTHER, _SHORT = 20, 10, 5
_FIELDS = 6


class Said(NamedTuple):
    """One message.

    Attributes:
        phrases: What stands between the gaps, squeezed, the longest first.
        printed: The same as it is compared.
        level: "error" or "warning".
        place: File, line and function.
        when: The condition above it, as it stands in the code; empty where it is long.
        fields: Fields of the config that it names.
        module: Where a message of few words has to stand: the path of its file and the name of its logger, squeezed;
            empty for one that is recognized by its words alone.
    """

    phrases: tuple[str, ...]
    printed: tuple[str, ...]
    level: str
    place: str
    when: str
    fields: tuple[str, ...]
    module: tuple[str, ...] = ()


@lru_cache(maxsize=1)
def messages() -> tuple[Said, ...]:
    """All of them: by their words where these are enough, else by the file that raises or logs them as well."""
    known = set(load_types().root)
    found: list[Said] = []
    for text, level, place, when in read_json("messages.json")["messages"]:
        parts = sorted((part for part in _GAP.split(text) if part.strip()), key=lambda part: -len(squeeze(part)))
        kept = [part for part in parts if len(squeeze(part)) >= _OTHER]
        module: tuple[str, ...] = ()
        if not kept or len(squeeze(kept[0])) < _LONG:
            kept = [part for part in parts if len(squeeze(part)) >= _SHORT]
            file = place.partition(":")[0]
            module = (squeeze(file), squeeze(file.removesuffix(".py").replace("/", ".")))
        if kept:
            named = dict.fromkeys(name for name in _NAME.findall(text) if name in known and _is_name(name, text))
            phrases, printed = tuple(map(squeeze, kept)), tuple(map(words, kept))
            found.append(Said(phrases, printed, level, place, when, tuple(named)[:_FIELDS], module))
    return tuple(found)


def own_words(haystack: Haystack, explained: set[int]) -> Iterator[Match]:
    """Messages of Axolotl in a log, with the lines that are explained already; of several at a line the longest."""
    best: dict[int, tuple[int, Said]] = {}
    for said in messages():
        if not haystack.has(said.phrases[0]) or (said.module and not any(map(haystack.has, said.module))):
            continue
        position = haystack.find(said.phrases[0], said.printed[0], 0, len(haystack.text))
        if position < 0:
            continue
        index = haystack.index(position)
        low, high = haystack.passage(index)
        if said.module and not any(haystack.text.find(name, low, high) >= 0 for name in said.module):
            continue
        others = zip(said.phrases[1:], said.printed[1:], strict=True)
        if haystack.lines[index].number in explained or any(haystack.find(*each, low, high) < 0 for each in others):
            continue
        length = sum(map(len, said.phrases))
        if length > best.get(index, (0, said))[0]:
            best[index] = (length, said)
    for index, (_, said) in best.items():
        line = haystack.lines[index]
        yield _match(said, line.number, shown(line.text))


def _match(said: Said, line: int, quote: str) -> Match:
    place, _, function = said.place.partition(" ")
    file = place.rpartition(":")[0]
    about = f"It involves {listed([f'`{name}`' for name in said.fields])}. " if said.fields else ""
    when = f" It does so where `{said.when}`." if said.when and "`" not in said.when else ""
    says = "stops with" if said.level == "error" else "warns with"
    return Match(
        id=ID,
        kind="axolotl",
        line=line,
        lines=(line,),
        quote=quote,
        meaning=f"Axolotl {says} its own message: {_bare(quote)}",
        cure=f"{about}Change what the message names. Axolotl {load_types().axolotl} prints it in `{file}` "
        f"({function}).{when}",
        fields=said.fields,
    )


def _bare(quote: str) -> str:
    """The message without time, level, place and class in front."""
    text = re.sub(r"^(?:\[[^\]]{1,120}\]\s?)+|^(?:[\w.]{1,80}(?:Error|Exception|Warning)): ", "", quote).strip()
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def _is_name(name: str, text: str) -> bool:
    """Whether a word is meant as a field: it has an underscore, or stands in backticks or before a colon."""
    return "_" in name or f"`{name}`" in text or f"{name}:" in text
