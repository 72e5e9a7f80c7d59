"""Which name a misspelled one means: near enough to be a typo, and no other word of the same length."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.document import MAX_NEAREST

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from knowledge.config import Config

_LONGEST_NAME = 200
"""Characters of a name that may be a misspelled one."""
_CUTOFF = 80
"""Likeness of two names in percent below which one is not a slip of the other."""
_MOST = 3
"""Slips in one name."""
_CUT_SHORT = 3
"""Letters that a word cut short has at least."""
_SHORT_WORD = 4
"""A word of so many letters with two slips in it is another word."""


def meant(config: Config, name: str, names: Sequence[str], takes: Callable[[str], bool] | None = None) -> str | None:
    """The name that a misspelled one most likely means.

    Args:
        config: The config that holds the name; it counts how many were looked for.
        name: What is written; names are written with underscores, in lower case.
        names: The names that exist.
        takes: Whether a name takes the value that was written; one with more than one slip has to.

    Returns:
        None when none is a typo away, two are equally near, or too much was looked for in this config already.
    """
    config.looked_up += 1
    if config.looked_up > MAX_NEAREST or len(name) > _LONGEST_NAME:
        return None
    from rapidfuzz import fuzz, process

    written = name.lower().replace("-", "_").replace(" ", "_")
    near = process.extract(written, names, scorer=fuzz.ratio, score_cutoff=_CUTOFF, limit=8)
    slips = [(count, -likeness, each) for each, likeness, _ in near if (count := _slips(written, each)) is not None]
    slips.sort()
    if len(slips) > 1 and slips[0][:2] == slips[1][:2]:
        return None
    for count, _, each in slips:
        if each != name and (count <= 1 or takes is None or takes(each)):
            return each
    return None


def _slips(written: str, name: str) -> int | None:
    """How many letters are wrong, missing, too many or swapped; None where that is more than slips of the pen.

    A word that is cut short, as in `max_completion_len`, counts as two.
    """
    from rapidfuzz.distance import OSA

    count = OSA.distance(written, name)
    if count <= 1:
        return count
    words, others = written.split("_"), name.split("_")
    if len(words) != len(others):
        return count if written.replace("_", "") == name.replace("_", "") else None
    count = 0
    for word, other in zip(words, others, strict=True):
        slips = OSA.distance(word, other)
        if slips > (1 if max(len(word), len(other)) <= _SHORT_WORD else 2):
            if not (len(word) >= _CUT_SHORT and other.startswith(word)):
                return None
            slips = 2
        count += slips
    return count if count <= _MOST else None
