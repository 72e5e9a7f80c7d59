"""The index in memory, and the one ranking of everything that is found."""

from __future__ import annotations

import json
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from knowledge.search.document import Document
from knowledge.search.words import Lexicon

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FILE = Path(__file__).parent / "index.json"
KINDS = {"faq": 1.35, "concept": 1.3, "error": 1.1, "field": 1.1, "kind": 0.9, "rule": 0.65}
"""How much a kind is preferred: an entry was written for a question, a rule for one fault of a config."""
WHOLE_NAME = 1.8
"""What a name that is the question itself adds, with the sum of what its words tell."""


class Hit(NamedTuple):
    """A document that fits a question.

    Attributes:
        document: What fits.
        score: How well it fits; only to be compared with others of the same question.
        likeness: How far one of its names is the question itself, 0 to 1.
        covered: Which part of what the question tells it holds, 0 to 1.
    """

    document: Document
    score: float
    likeness: float
    covered: float


class Index:
    """Documents with the terms that lead to them."""

    def __init__(self, parts: Mapping[str, Any], lexicon: Lexicon) -> None:
        self.lexicon = lexicon
        self.axolotl: str = parts.get("axolotl", {}).get("release", "")
        self.documents = [Document(*each) for each in parts["documents"]]
        self.vocabulary: dict[str, int] = parts["vocabulary"]
        self.terms: dict[str, list[Any]] = parts["terms"]
        self._names: list[list[float]] = parts["names"]
        self._in_names: dict[str, list[int]] = parts["in_names"]

    @cached_property
    def rarest(self) -> float:
        """What a term tells that only one document has."""
        return max((listed[0] for listed in self.terms.values()), default=1.0)

    def rarity(self, term: str) -> float:
        """How much a term tells; an unknown one as much as the rarest."""
        listed = self.terms.get(term)
        return float(listed[0]) if listed else self.rarest

    def knows(self, term: str) -> bool:
        """Whether any document has a term."""
        return term in self.terms

    def named_by(self, term: str) -> int:
        """How many documents have a term in one of their names: many for the words of the field."""
        return len({self._names[name][0] for name in self._in_names.get(term, ())})

    def rank(self, terms: Sequence[str], limit: int = 10, weights: Mapping[str, float] | None = None) -> list[Hit]:
        """The documents that fit best.

        Args:
            terms: What was asked, each term once.
            limit: How many hits are wanted.
            weights: A factor for terms that are not what was written, 1 where it says nothing.
        """
        weights = weights or {}
        scores: dict[int, float] = {}
        covered: dict[int, float] = {}
        asked = {term: self.rarity(term) * weights.get(term, 1.0) for term in terms}
        whole = sum(asked.values()) or 1.0
        for term, told in asked.items():
            listed = self.terms.get(term)
            if listed is None:
                continue
            for place in range(1, len(listed), 2):
                number = listed[place]
                scores[number] = scores.get(number, 0.0) + told * listed[place + 1] / 100
                covered[number] = covered.get(number, 0.0) + told
        likeness = self._likeness(asked)
        hits = []
        for number, score in scores.items():
            like = likeness.get(number, 0.0)
            document = self.documents[number]
            factor = KINDS[document.kind]
            hits.append(Hit(document, factor * (score + WHOLE_NAME * like * whole), like, covered[number] / whole))
        return best_first(hits)[:limit]

    def _likeness(self, asked: Mapping[str, float]) -> dict[int, float]:
        """Document -> how like its likest name is to what was asked, as the cosine of both."""
        shared: dict[int, float] = {}
        for term, told in asked.items():
            for name in self._in_names.get(term, ()):
                shared[name] = shared.get(name, 0.0) + told * self.rarity(term)
        norm = sum(told**2 for told in asked.values()) ** 0.5 or 1.0
        best: dict[int, float] = {}
        for name, product in shared.items():
            number, length = self._names[name]
            like = product / (norm * length)
            if like > best.get(int(number), 0.0):
                best[int(number)] = like
        return best


def best_first(hits: list[Hit]) -> list[Hit]:
    """Hits by how well they fit; those that fit alike by kind and id, so that the order never changes."""
    return sorted(hits, key=lambda hit: (-hit.score, hit.document.kind, hit.document.id))


@lru_cache(maxsize=1)
def load_index() -> Index:
    """The index of everything that the bot knows, read once."""
    parts = json.loads(FILE.read_text("utf-8"))
    return Index(parts, Lexicon(**parts["lexicon"]))
