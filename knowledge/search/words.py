"""From a text to the terms that it is searched by: small stems, one spelling for what has several, no filler words."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

LONGEST = 2_000
"""Characters of a text that are read: a question is shorter, and a log is not a question."""
_WORD = re.compile(r"[a-z]+\d+[a-z0-9]*|\d+[a-z]+\b|[a-z]+|\d+(?:[.,]\d+)*(?:e-?\d+)?|-\d+")
_CONTRACTED = re.compile(r"(\w)['’](?:t|s|re|ve|ll|d|m)\b")
_VOWEL = re.compile("[aeiouy]")
_SHORTEST_STEM = 3


def split(text: str) -> list[str]:
    """The words of a text, lower-cased; `micro_batch_size` is three words, `4-bit` and `4 bit` are one."""
    lowered = _CONTRACTED.sub(r"\1", text[:LONGEST].lower())
    lowered = re.sub(r"\b(\d+)[\s-]?bits?\b", r"\1bit", lowered)
    return _WORD.findall(lowered)


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """A word without its usual endings: `merging`, `merged` and `merges` are `merg`."""
    if len(word) <= _SHORTEST_STEM or not word.isalpha():
        return word
    word = _singular(word)
    for ending in ("ization", "izing", "ized", "izer", "ize"):
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM:
            return word[: -len(ending)] + "iz"
    for ending in ("ation", "ating", "ated", "ator", "ate", "ing", "edly", "ed", "ion", "er", "ly"):
        rest = word[: -len(ending)]
        if word.endswith(ending) and len(rest) >= _SHORTEST_STEM and _VOWEL.search(rest):
            return _without_double(rest)
    return word.removesuffix("e") if len(word) > _SHORTEST_STEM + 1 else word


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return f"{word[:-3]}y"
    if word.endswith(("sses", "shes", "ches", "xes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


def _without_double(word: str) -> str:
    doubled = len(word) > _SHORTEST_STEM and word[-1] == word[-2] and word[-1] not in "lsz"
    return word[:-1] if doubled else word.removesuffix("e")


class Lexicon:
    """Which words are filler, and which spellings mean one thing.

    Args:
        filler: Words that tell nothing of what is asked.
        same: A spelling of one to three words -> the words that stand for it, as texts.
    """

    def __init__(self, filler: Iterable[str], same: Mapping[str, str]) -> None:
        self.filler = frozenset(filler)
        self._same = {tuple(split(spelling)): tuple(split(meant)) for spelling, meant in same.items()}
        self.spellings = frozenset(word for each in self._same for word in each)
        self._longest: dict[str, int] = {}
        for each in self._same:
            self._longest[each[0]] = max(len(each), self._longest.get(each[0], 0))

    def terms(self, text: str) -> list[str]:
        """The terms of a text in its order, repetitions kept."""
        return [stem(word) for word in self.words(text)]

    def words(self, text: str) -> list[str]:
        """The telling words of a text before they are stemmed, one spelling for what has several."""
        words, place = split(text), 0
        found: list[str] = []
        while place < len(words):
            for length in range(min(self._longest.get(words[place], 0), len(words) - place), 0, -1):
                meant = self._same.get(tuple(words[place : place + length]))
                if meant is not None:
                    found += meant
                    place += length
                    break
            else:
                found.append(words[place])
                place += 1
        return [word for word in found if word not in self.filler]
