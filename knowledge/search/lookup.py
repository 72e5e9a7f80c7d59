"""From a question to what answers it: words as they were meant, names that are written wrong, one ranking."""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, NamedTuple

from knowledge.search.index import Hit, Index, load_index
from knowledge.search.levels import Level, features, level_of
from knowledge.search.naming import Names
from knowledge.search.spelling import Spelling
from knowledge.search.words import split

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME_WORDS = 4
"""A text of up to so many words may be a name."""
_NAMED = 0.8
"""Likeness from which a short text is taken for a name that is written wrong."""


_OFFERED = ("field", "concept", "faq", "kind", "error", "rule")
"""The order in which an autocomplete offers what begins alike."""


class Found(NamedTuple):
    """What was found for a question.

    Attributes:
        level: How sure the first is.
        hits: Best first.
        measured: What the level was told by; empty where a name was recognized or nothing was found.
    """

    level: Level
    hits: list[Hit]
    measured: list[float]


class Search:
    """An index with what is known of its words and names."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self._spelling = Spelling(index.vocabulary, index.lexicon)
        self._names = Names(list(_names(index)))

    def find(self, question: str, limit: int = 10) -> Found:
        """What fits a question best, and how sure that is."""
        corrected = self._spelling.corrected(question)
        terms = list(dict.fromkeys(self.index.lexicon.terms(corrected)))
        hits = self.index.rank(terms, limit + NAME_WORDS)
        words = split(question)
        named = self.named(question) if len(words) <= NAME_WORDS else []
        if named:
            best = hits[0].score if hits else 1.0
            known = {number for _, number in named}
            leading = [Hit(number, best + like, like, 1.0) for like, number in named]
            hits = [*leading, *(hit for hit in hits if hit.number not in known)]
            return Found("sure" if named[0][0] > 0.99 else "perhaps", hits[:limit], [])
        if not hits:
            return Found("unknown", [], [])
        measured = features(question, words, terms, hits, self.index)
        return Found(level_of(measured), hits[:limit], measured)

    def complete(self, typed: str, limit: int = 25) -> list[int]:
        """The documents that may be meant by what is typed so far, best first; nothing typed, the most used fields."""
        if not split(typed):
            return self.most_used[:limit]
        words = split(typed)
        short = len(words) <= NAME_WORDS
        found = dict.fromkeys(self._beginning(typed)[:limit])
        found |= dict.fromkeys(number for _, number in (self.named(typed, limit) if short else ()))
        found |= dict.fromkeys(hit.number for hit in self.find(typed, limit).hits)
        return list(found)[:limit]

    @cached_property
    def most_used(self) -> list[int]:
        """The fields, the most used first."""
        return [number for number, document in enumerate(self.index.documents) if document[0] == "field"]

    @cached_property
    def _titles(self) -> list[tuple[str, int]]:
        """Each title as it is compared with a beginning, fields and concepts first."""
        ranked = sorted(range(len(self.index.documents)), key=lambda at: _OFFERED.index(self.index.documents[at][0]))
        return [(" ".join(split(self.index.documents[at][2])), at) for at in ranked]

    def _beginning(self, typed: str) -> list[int]:
        start = " ".join(split(typed))
        return [at for title, at in self._titles if title.startswith(start)]

    def named(self, text: str, limit: int = 3) -> list[tuple[float, int]]:
        """(likeness, number) of what a text is the name of, if it looks like one that is written wrong."""
        near = self._names.near(text, limit)
        plain = "_" in text or "." in text or len(text.split()) == 1
        return [each for each in near if each[0] >= (_NAMED if plain else 0.9)]


def _names(index: Index) -> Iterator[tuple[str, int, bool]]:
    """(name, document, whether it is the end of a path) of what has a name to be written."""
    for number, (kind, name, title, _) in enumerate(index.documents):
        if kind in ("field", "concept"):
            yield name, number, False
            if "." in name:
                yield name.rpartition(".")[2], number, True
        elif kind == "kind":
            yield title.removeprefix("type: "), number, False


@lru_cache(maxsize=1)
def load_search() -> Search:
    """The search over everything that the bot knows, made once."""
    return Search(load_index())
