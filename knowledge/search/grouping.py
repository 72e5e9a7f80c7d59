"""Questions that ask for the same, brought together by their terms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.search.lookup import load_search

if TYPE_CHECKING:
    from collections.abc import Sequence

_SHARED = 0.5
"""Part of the terms of two questions, by what they tell, that both have when they ask for the same."""


def terms_of(question: str) -> frozenset[str]:
    """What a question is searched by: its telling words, stemmed, as they were meant."""
    return load_search().terms(question)


def grouped(questions: Sequence[str]) -> list[list[int]]:
    """The places of questions that ask for the same; the first of each group, and the groups, in the order given."""
    search = load_search()
    groups: list[tuple[frozenset[str], list[int]]] = []
    for place, question in enumerate(questions):
        terms = search.terms(question)
        for known, places in groups:
            both, either = known & terms, known | terms
            told = sum(map(search.index.rarity, either))
            if both and sum(map(search.index.rarity, both)) >= _SHARED * told:
                places.append(place)
                break
        else:
            groups.append((terms, [place]))
    return [places for _, places in groups]
