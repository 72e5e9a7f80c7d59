"""Names that are written wrong: cut, misspelled, with words left out or put together."""

from __future__ import annotations

from bisect import bisect_left
from functools import cached_property, partial
from itertools import islice, takewhile
from typing import TYPE_CHECKING

from knowledge.search.words import split

if TYPE_CHECKING:
    from collections.abc import Sequence

    from knowledge.search.document import Document

_POOL = 30
"""Names that are compared closely, of each way to find some."""
_LEAST = 0.62
"""Likeness (0 to 1) below which a name is another one."""
_PATH = 0.02
"""What a name loses that is only the end of a longer path."""
_TURNED = 0.04
"""What a name loses whose words stand in another order."""


class Names:
    """Names with what they stand for, and the ones most like a misspelled one.

    Args:
        names: (name, its document, whether it is only the end of a path), the most used first.
    """

    def __init__(self, names: Sequence[tuple[str, Document, bool]]) -> None:
        self._names = [("_".join(split(name)), document, end) for name, document, end in names]

    @cached_property
    def _joined(self) -> list[str]:
        return [name.replace("_", "") for name, _, _ in self._names]

    @cached_property
    def _words(self) -> list[list[str]]:
        return [name.split("_") for name, _, _ in self._names]

    @cached_property
    def _having(self) -> list[tuple[str, int]]:
        """(word, place) of every word of every name, in alphabetical order."""
        return sorted({(word, place) for place, words in enumerate(self._words) for word in words})

    def _with_all(self, words: Sequence[str]) -> set[int]:
        """The places of names that have every word, whole or cut, in any order."""
        each = []
        for word in words:
            rest = islice(self._having, bisect_left(self._having, (word, -1)), None)
            each.append({place for _, place in takewhile(partial(_begun, word), rest)})
        return set.intersection(*each)

    def near(self, text: str, limit: int = 10) -> list[tuple[float, Document]]:
        """(likeness, document) of the names most like a text, best first; 1 for the name itself."""
        from rapidfuzz import fuzz, process
        from rapidfuzz.distance import OSA

        words = split(text)[:12]
        wanted = "".join(words)
        if len(wanted) < 2:
            return []
        begun = [joined[: len(wanted) + 1] for joined in self._joined]
        ways = ((begun, OSA.normalized_similarity, 0.7), (self._joined, OSA.normalized_similarity, 0.5))
        alike = (place for place, joined in enumerate(self._joined) if joined.startswith(words[0]))
        pool = {*islice(alike, _POOL), *sorted(self._with_all(words))[:_POOL]}
        for names, scorer, least in (*ways, (self._joined, fuzz.ratio, 60.0)):
            near = process.extract(wanted, names, scorer=scorer, score_cutoff=least, limit=_POOL)
            pool |= {place for _, _, place in near}
        best: dict[Document, float] = {}
        for place in sorted(pool):
            _, document, end = self._names[place]
            like = _likeness(words, wanted, self._words[place], self._joined[place]) - (_PATH if end else 0.0)
            like -= place * 1e-5
            if like > max(_LEAST, best.get(document, 0.0)):
                best[document] = like
        return sorted(((like, each) for each, like in best.items()), key=lambda each: -each[0])[:limit]


def _begun(word: str, had: tuple[str, int]) -> bool:
    """Whether a word begins the one of a name."""
    return had[0].startswith(word)


def _likeness(words: list[str], wanted: str, name_words: list[str], joined: str) -> float:
    """The best of: as a whole, as its beginning, word by word, word by word in another order."""
    from rapidfuzz.distance import OSA

    whole = float(OSA.normalized_similarity(wanted, joined))
    if len(wanted) < len(joined):
        share = len(wanted) / len(joined)
        beginning = float(OSA.normalized_similarity(wanted, joined[: len(wanted)]))
        whole = max(whole, beginning * (0.9 + 0.1 * share) if beginning > 0.8 else 0.0)
    in_order = _by_words(words, name_words)
    if in_order == 1.0 or not all(any(each.startswith(word) for each in name_words) for word in words):
        return max(whole, in_order)
    places = {word: next(at for at, each in enumerate(name_words) if each.startswith(word)) for word in words}
    return max(whole, in_order, _by_words(sorted(words, key=places.__getitem__), name_words) - _TURNED)


def _word_likeness(word: str, name_word: str) -> float:
    """The best of: as a whole, as its beginning, as its beginning written wrong."""
    from rapidfuzz.distance import OSA

    if len(word) > 1 and name_word.startswith(word):
        return 1.0 if word == name_word else 0.95
    whole = float(OSA.normalized_similarity(word, name_word))
    return max(whole, 0.9 * float(OSA.normalized_similarity(word, name_word[: len(word) + 1])))


def _by_words(words: list[str], name_words: list[str]) -> float:
    """How well each word is found among those of the name, in their order; words left out cost a little."""
    total, place, length = 0.0, 0, sum(map(len, words))
    for word in words:
        scored = [(_word_likeness(word, each), at) for at, each in enumerate(name_words[place:], place)]
        best = max(scored, key=lambda each: (each[0], -each[1]), default=(0.0, place))
        if best[0] < 0.6:
            continue
        total += best[0] * len(word)
        place = best[1] + 1
    found = total / max(length, 1)
    left_out = 1 - min(length / max(sum(map(len, name_words)), 1), 1.0)
    return found * (1 - 0.12 * left_out)
