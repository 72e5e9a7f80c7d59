"""How a misspelled, cut or joined word was meant, by the words that the documents have."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from knowledge.search.words import split, stem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from knowledge.search.words import Lexicon

_SHORTEST = 3
"""Letters from which a word is looked at; below, nearly every word is near another."""
_SIMILAR = 0.74
"""Similarity (0 to 1) from which a known word may be meant by an unknown one: `memroy` and `memory` have 0.83."""
_SIMILAR_SHORT = 0.79
"""The same for words of up to five letters: one edit in five."""


class Spelling:
    """The known words, and the nearest of them to an unknown one.

    Args:
        vocabulary: Word -> how many documents have it.
        lexicon: Words that are known besides.
    """

    def __init__(self, vocabulary: Mapping[str, int], lexicon: Lexicon) -> None:
        self._amounts = vocabulary
        self._known = vocabulary.keys() | lexicon.filler | lexicon.spellings
        self._by_length: dict[int, list[str]] = {}
        for word in sorted({word for word in self._known if word.isalpha()}):
            self._by_length.setdefault(len(word), []).append(word)
        self._stems = {stem(word) for word in vocabulary}
        self._meant: dict[str, str] = {}

    def corrected(self, text: str) -> str:
        """The text in words, each unknown one replaced by what it may stand for."""
        words = [self.meant(word) for word in split(text)]
        joined = [
            first + second
            for first, second in pairwise(words)
            if len(first) > 1 and len(second) > 1 and self._amounts.get(first + second, 0) > 1
        ]
        return " ".join([*words, *joined])

    def knows(self, word: str) -> bool:
        """Whether a word, or another form of it, is known."""
        return word in self._known or stem(word) in self._stems

    def meant(self, word: str) -> str:
        """What a word stands for: itself if it is known, two words, its whole, or the nearest; else itself."""
        if len(word) < _SHORTEST or not word.isalpha() or self.knows(word):
            return word
        if word not in self._meant:
            if len(self._meant) > 5_000:
                self._meant.clear()
            self._meant[word] = self._apart(word) or self._whole(word) or self._nearest(word) or word
        return self._meant[word]

    def _apart(self, word: str) -> str:
        """`batchsize` is `batch size`."""
        pairs = [(word[:cut], word[cut:]) for cut in range(_SHORTEST, len(word) - _SHORTEST + 1)]
        known = [pair for pair in pairs if self._amounts.get(pair[0], 0) > 1 and self._amounts.get(pair[1], 0) > 1]
        return " ".join(max(known, key=lambda pair: min(map(self._count, pair)))) if known else ""

    def _whole(self, word: str) -> str:
        """`accum` is `accumulation`: the most common word that begins so."""
        longer = [
            each
            for length, words in self._by_length.items()
            if length > len(word)
            for each in words
            if each.startswith(word)
        ]
        return max(longer, key=lambda each: (self._count(each), each)) if longer else ""

    def _nearest(self, word: str) -> str:
        from rapidfuzz import process
        from rapidfuzz.distance import OSA

        pool = [each for length in range(len(word) - 2, len(word) + 3) for each in self._by_length.get(length, ())]
        least = _SIMILAR_SHORT if len(word) <= 5 else _SIMILAR
        near = process.extract(word, pool, scorer=OSA.normalized_similarity, score_cutoff=least, limit=5)
        best = max(
            near, key=lambda each: (round(each[1], 2), each[0][0] == word[0], self._count(each[0])), default=None
        )
        return best[0] if best else ""

    def _count(self, word: str) -> int:
        return self._amounts.get(word, 0)
