"""How sure a finding is: a logistic regression over what the ranking says, shown by wording and never as a number."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from knowledge.search.index import Hit, Index

Level = Literal["sure", "perhaps", "unknown"]
FEATURES = (
    "likeness",
    "covered",
    "score",
    "margin",
    "told",
    "terms",
    "known",
    "written-for",
    "question",
    "telling",
    "social",
    "addressed",
    "of-the-field",
    "field-words",
)
WEIGHTS = (1.89, 1.642, 1.736, 0.838, 1.574, 2.368, 0.126, 1.091, 0.254, -1.937, -1.265, -0.713, 0.777, 3.557)
BIAS = -7.622
"""Fitted by `python benchmarks/questions.py --fit` on labelled questions."""
SURE, PERHAPS = 0.8, 0.35
_NAMING = 6
"""Documents that a word names from which it is one of the field's own, such as `loss` or `dataset`."""
_FIELD_WORDS = 4
"""Words of the field from which more of them tell nothing new."""
_OPENINGS = frozenset(
    {"any", "are", "can", "could", "did", "do", "does", "has", "have", "how", "is", "may", "must", "shall", "should"}
    | {"what", "when", "where", "which", "who", "why", "will", "would"}
)
"""Words that a question begins with."""
_SOCIAL = frozenset(
    {"thank", "thanks", "thx", "cool", "nice", "awesome", "amazing", "great", "lol", "haha", "congrats", "love", "wow"}
    | {"nevermind", "nvm", "legend", "exciting", "welcome", "morning", "night", "cheers", "sorry", "glad", "happy"}
)
"""Words of somebody who talks and does not ask."""
_ADDRESSED = frozenset({"you", "your", "yours", "u", "ur", "he", "she", "his", "her", "they"})
"""Words for somebody else, whom a question about a run seldom speaks of."""


def features(
    question: str, words: Sequence[str], terms: Sequence[str], hits: Sequence[Hit], index: Index
) -> list[float]:
    """What tells a question that is answered from one that is not, each about 0 to 1.

    Args:
        question: What was asked.
        words: All of its words, filler too.
        terms: Its terms.
        hits: What was found, best first; at least one.
        index: Where it was found.
    """
    first, second = hits[0], hits[1] if len(hits) > 1 else None
    told = sum(index.rarity(term) for term in terms) or 1.0
    known = sum(index.knows(term) for term in terms) / max(len(terms), 1)
    of_the_field = sum(min(1.0, index.named_by(term) / _NAMING) for term in terms)
    opening = bool(words) and words[0] in _OPENINGS
    return [
        first.likeness,
        first.covered,
        first.score / told / 8,
        (first.score - second.score) / first.score if second else 1.0,
        math.log1p(told) / 4,
        math.log1p(len(terms)) / 3,
        known,
        float(first.document.kind in ("faq", "concept")),
        float("?" in question or opening),
        len(terms) / max(len(words), 1),
        float(not _SOCIAL.isdisjoint(words)),
        float(not _ADDRESSED.isdisjoint(words)),
        of_the_field / max(len(terms), 1),
        min(of_the_field, _FIELD_WORDS) / _FIELD_WORDS,
    ]


def speaks_to_nobody(words: Sequence[str]) -> bool:
    """Whether words ask no person and are no small talk."""
    return _SOCIAL.isdisjoint(words) and _ADDRESSED.isdisjoint(words) and _OPENINGS.isdisjoint(words[:1])


def level_of(measured: Sequence[float]) -> Level:
    """The level of a finding with these features."""
    chance = probability(measured)
    return "sure" if chance >= SURE else "perhaps" if chance >= PERHAPS else "unknown"


def probability(measured: Sequence[float]) -> float:
    """How likely it is that what was found answers the question, 0 to 1."""
    sum_ = BIAS + sum(weight * each for weight, each in zip(WEIGHTS, measured, strict=True))
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, sum_))))
