"""From a question to what answers it: words as they were meant, names that are written wrong, one ranking."""

from __future__ import annotations

import re
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, NamedTuple

from knowledge.config import LEGACY_ATTENTION
from knowledge.search.build import build
from knowledge.search.index import Hit, Index, best_first, load_index
from knowledge.search.levels import Level, features, level_of, speaks_to_nobody
from knowledge.search.naming import Names
from knowledge.search.spelling import Spelling
from knowledge.search.words import split

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from knowledge.search.document import Document

NAME_WORDS = 4
"""A text of up to so many words may be a name."""
_WRITTEN, _NAMED, _SPACED, _EXACT = 0.72, 0.8, 0.9, 0.97
"""Likeness from which a short text is taken for a name: with underlines, one word, several words; and for that name."""
_WRITTEN_NAME = re.compile(r"[A-Za-z][\w.\[\]]{0,80}_\w{1,40}")
_ASKED = 100
"""Characters of a question that asks for one name."""
_FEW_LETTERS = 5
"""Up to so many letters begin what is meant; more of them may be a name that is written wrong."""
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
        self._spelling = Spelling(index.vocabulary, index.lexicon, index.terms)

    @cached_property
    def _names(self) -> Names:
        return Names(list(_names(self.index)))

    def find(self, question: str, own: Sequence[Document] = (), limit: int = 10) -> Found:
        """What fits a question best, and how sure that is.

        Args:
            question: What was asked.
            own: Documents besides those of the index; one stands in for that of the same kind and id.
            limit: How many hits are wanted.
        """
        question = self._only_name(question)
        corrected = self._spelling.corrected(question)
        terms = list(dict.fromkeys(self.index.lexicon.terms(corrected)))
        hits = self._ranked(terms, own, limit)
        words = split(question)
        named = self.named(question) if len(words) <= NAME_WORDS else []
        if named and (named[0].likeness > _EXACT or "_" in question or not all(map(self._spelling.knows, words))):
            exact = named[0].likeness > _EXACT
            return Found("sure" if exact else "perhaps", _together(named, hits)[:limit], [])
        if named:
            hits = _together([*hits[:1], *named], hits)[:limit]
        if not hits:
            return Found("unknown", [], [])
        measured = features(question, words, terms, hits, self.index)
        # A text of some words that is a name of what was found, such as "out of memory", needs no further evidence.
        name = len(terms) > 1 and hits[0].likeness > _EXACT and speaks_to_nobody(words)
        level: Level = "sure" if name else level_of(measured)
        return Found("perhaps" if named and level == "unknown" else level, hits, measured)

    def _only_name(self, question: str) -> str:
        """The name that a question asks for with nothing else that tells: `What does sample_packing do?`."""
        written: list[str] = _WRITTEN_NAME.findall(question[:_ASKED])
        if len(written) == 1 and not self.index.lexicon.terms(question.replace(written[0], " ")):
            return written[0]
        bare = "_".join(word for word in split(question[:_ASKED]) if word not in self._asking)
        return bare if bare in self._written else question

    @cached_property
    def _written(self) -> frozenset[str]:
        """Names of several words that stand at the root of a config, but for the old ones of attention."""
        names = {each.id for each in self.index.documents if each.kind == "field" and "_" in each.id}
        return frozenset(names.difference(LEGACY_ATTENTION))

    @cached_property
    def _asking(self) -> frozenset[str]:
        """Words that ask for a value and are part of no name."""
        return self.index.lexicon.filler | {"set", "change", "use", "value"}

    def _ranked(self, terms: Sequence[str], own: Sequence[Document], limit: int) -> list[Hit]:
        if not own:
            return self.index.rank(terms, limit)
        lexicon = self.index.lexicon
        theirs = Index(build(own, lexicon, self.index.rarity), lexicon).rank(terms, limit)
        standing_in = {(document.kind, document.id): document for document in own}
        # The wordings that lead to an entry of the index lead to the one that stands in for it, too.
        ours = [
            hit._replace(document=standing_in.get((hit.document.kind, hit.document.id), hit.document))
            for hit in self.index.rank(terms, limit + len(own))
        ]
        best: dict[tuple[str, str], Hit] = {}
        for hit in best_first([*theirs, *ours]):
            best.setdefault((hit.document.kind, hit.document.id), hit)
        return list(best.values())[:limit]

    def complete(self, typed: str, limit: int = 25) -> list[Document]:
        """What may be meant by what is typed so far, best first; nothing typed, the most used fields."""
        start = " ".join(split(typed))
        if not start:
            return [document for document in self.index.documents if document.kind == "field"][:limit]
        begun = dict.fromkeys([document for title, document in self._titles if title.startswith(start)][:limit])
        named = self.named(typed, limit) if len(split(typed)) <= NAME_WORDS else []
        alike = dict.fromkeys(hit.document for hit in named)
        found = begun | alike if len(start) <= _FEW_LETTERS else alike | begun
        if len(found) < limit:
            corrected = self._spelling.corrected(typed)
            terms = list(dict.fromkeys(self.index.lexicon.terms(corrected)))
            found |= dict.fromkeys(hit.document for hit in self.index.rank(terms, limit))
        return list(found)[:limit]

    @cached_property
    def _titles(self) -> list[tuple[str, Document]]:
        """Each title as it is compared with a beginning, fields and concepts first."""
        ranked = sorted(self.index.documents, key=lambda document: _OFFERED.index(document.kind))
        return [(" ".join(split(document.title)), document) for document in ranked]

    def terms(self, text: str) -> frozenset[str]:
        """The terms of a text, its words as they were meant."""
        return frozenset(self.index.lexicon.terms(self._spelling.corrected(text)))

    def named(self, text: str, limit: int = 3) -> list[Hit]:
        """What a text is the name of, if it looks like a name that is written wrong."""
        near = self._names.near(text, limit)
        plain = "_" in text or "." in text or len(text.split()) == 1
        least = _WRITTEN if "_" in text else _NAMED if plain else _SPACED
        near.sort(key=lambda each: each[1].id != text)
        return [Hit(document, like, like, 1.0) for like, document in near if like >= least]


def _together(first: Sequence[Hit], then: Sequence[Hit]) -> list[Hit]:
    """Both, each document once."""
    taken = {hit.document for hit in first}
    return [*{hit.document: hit for hit in first}.values(), *(hit for hit in then if hit.document not in taken)]


def _names(index: Index) -> Iterator[tuple[str, Document, bool]]:
    """(name, document, whether it is only the end of a path) of what has a name to be written."""
    for document in index.documents:
        if document.kind in ("field", "concept"):
            yield document.id, document, False
            if "." in document.id:
                yield document.id.rpartition(".")[2], document, True
        elif document.kind == "kind":
            yield document.title.removeprefix("type: "), document, False


@lru_cache(maxsize=1)
def load_search() -> Search:
    """The search over everything that the bot knows, made once."""
    return Search(load_index())
