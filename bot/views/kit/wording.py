"""Small pieces of sentences that several answers share."""

from __future__ import annotations

_SMALL = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def plural(count: int, noun: str, nouns: str | None = None) -> str:
    """`1 key`, `2 keys`."""
    return f"{count:,} {noun if count == 1 else nouns or noun + 's'}"


def spelled(count: int, noun: str) -> str:
    """`one key`, `12 keys`: numbers below ten as words."""
    number = _SMALL[count] if 0 <= count < len(_SMALL) else f"{count:,}"
    return f"{number} {noun if count == 1 else noun + 's'}"


def number(value: float) -> str:
    """A number as people write it: `1,204`, `0.5`, `2e-05`."""
    if isinstance(value, int) or (float(value).is_integer() and abs(value) < 1e15):
        return f"{int(value):,}"
    return f"{value:,.4g}" if abs(value) >= 1e-3 else f"{value:.3g}"
