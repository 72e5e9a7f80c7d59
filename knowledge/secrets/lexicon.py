"""Which fixed pieces stand in a text: each pattern runs only where the piece does that every match of it holds.

The words of one config stand in nearly every other one, so what a word holds is found out once.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_MOST = 20_000
"""Words that are kept."""
_LONGEST = 40
"""Characters of a word that is kept."""
_MIXED = re.compile(r"(?=[A-Za-z]{0,40}[0-9])[A-Za-z0-9]{8}")


class Lexicon:
    """Fixed pieces, none of which holds a blank, and the words that are known to hold some or none of them.

    A word that mixes digits and letters as keys do is looked through each time: so none stays in the process.
    """

    def __init__(self, pieces: Iterable[str]) -> None:
        self._pieces = tuple(pieces)
        self._without: set[str] = set()
        self._holding: dict[str, list[str]] = {}

    @property
    def kept(self) -> set[str]:
        """The words of earlier texts that are known."""
        return self._without | self._holding.keys()

    def pieces_of(self, words: set[str]) -> set[str]:
        """The pieces that stand in words."""
        found: set[str] = set()
        new: list[str] = []
        for word in words - self._without:
            if word in self._holding:
                found.update(self._holding[word])
            else:
                new.append(word)
        return found | self._learned(new) if new else found

    def _learned(self, words: list[str]) -> set[str]:
        text = " ".join(words)
        found = {piece for piece in self._pieces if piece in text}
        for word in words:
            if len(word) > _LONGEST or _MIXED.search(word) or len(self._without) + len(self._holding) >= _MOST:
                continue
            if held := [piece for piece in found if piece in word]:
                self._holding[word] = held
            else:
                self._without.add(word)
        return found
