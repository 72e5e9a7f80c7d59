"""How a misspelled, cut or joined word was meant, by the words that the documents have."""

from __future__ import annotations

from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

from knowledge.search.words import split, stem

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

    from knowledge.search.words import Lexicon

_SHORTEST = 3
"""Letters from which a word is looked at; below, nearly every word is near another."""
_LONG = 8
"""Letters from which two edits still leave the word that was meant; `novels` is not `models`."""


class Spelling:
    """The known words, and the nearest of them to an unknown one.

    Args:
        vocabulary: Word -> how many documents have it.
        lexicon: Words that are known besides.
        stems: Stems of which every form is known.
    """

    def __init__(self, vocabulary: Mapping[str, int], lexicon: Lexicon, stems: Container[str]) -> None:
        self._amounts = vocabulary
        self._known = vocabulary.keys() | lexicon.filler | lexicon.spellings
        self._stems = stems
        self._meant: dict[str, str] = {}

    @cached_property
    def _by_length(self) -> dict[int, list[str]]:
        found: dict[int, list[str]] = {}
        for word in sorted(word for word in self._known if word.isalpha()):
            found.setdefault(len(word), []).append(word)
        return found

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

        edits = 2 if len(word) >= _LONG else 1
        lengths = range(len(word) - edits, len(word) + edits + 1)
        pool = [each for length in lengths for each in self._by_length.get(length, ())]
        near = process.extract(word, pool, scorer=OSA.distance, score_cutoff=edits, limit=5)
        best = max(near, key=lambda each: (-each[1], each[0][0] == word[0], self._count(each[0])), default=None)
        return best[0] if best else ""

    def _count(self, word: str) -> int:
        return self._amounts.get(word, 0)
