"""Small pieces of sentences, and the known name that a misspelled one means."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


def plural(count: int, noun: str, nouns: str | None = None) -> str:
    """`1 key`, `2 keys`."""
    return f"{count:,} {noun if count == 1 else nouns or noun + 's'}"


def listed(items: Sequence[str], last: str = "and") -> str:
    """`a`, `a and b`, `a, b, and c`."""
    if len(items) < 3:
        return f" {last} ".join(items)
    return f"{', '.join(items[:-1])}, {last} {items[-1]}"


def shortened(text: str, most: int) -> str:
    """The text, its end replaced by "…" where it has more characters than `most`.

    What has to fit one of Discord's limits is cut by bot.views.kit.limits, which counts as Discord does.
    """
    return text if len(text) <= most else f"{text[: most - 1]}…"


def nearest(name: str, known: Iterable[str], *, cutoff: float = 75) -> str | None:
    """The known name that a misspelled one most likely means.

    Args:
        name: What is written; compared in lower case.
        known: The names that exist.
        cutoff: Likeness from 0 to 100 below which nothing is near.

    Returns:
        None when nothing is near.
    """
    from rapidfuzz import fuzz, process

    best = process.extractOne(name.lower(), known, scorer=fuzz.ratio, score_cutoff=cutoff)
    return str(best[0]) if best else None


def alike(name: str, known: Mapping[str, str], *, limit: int, cutoff: float) -> list[tuple[float, str]]:
    """The known names most like a misspelled one, with their likeness from 0 to 100, best first.

    Args:
        name: What is written.
        known: Name -> the spelling of it that is compared.
        limit: As many at most.
        cutoff: Likeness below which nothing is near.
    """
    from rapidfuzz import fuzz, process

    best = process.extract(name, known, scorer=fuzz.ratio, limit=limit, score_cutoff=cutoff)
    return [(score, value) for _, score, value in best]
