"""Secrets of a text in words: on which lines each kind stands, and where its owner makes it worthless."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.text import listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from knowledge.secrets import Secret

_GAP = "\u00a0"
_LINES = 4


def secret_places(secrets: Sequence[Secret], lead: str = "") -> list[tuple[str, str]]:
    """The lines of each kind of secret, to begin a sentence, and what to do about it.

    Args:
        secrets: What was found.
        lead: What comes before the lines, such as "dataset, ".
    """
    found: list[tuple[str, str]] = []
    for revoke in dict.fromkeys(secret.revoke for secret in secrets):
        lines = sorted({secret.line for secret in secrets if secret.revoke == revoke})
        shown = [str(line) for line in lines[:_LINES]]
        named = listed(shown) if len(lines) <= _LINES else f"{', '.join(shown)} and {len(lines) - _LINES} more"
        place = f"{lead}line{'s' * (len(lines) > 1)}{_GAP}{named}"
        found.append((f"{place[:1].upper()}{place[1:]}", revoke))
    return found


def with_article(noun: str) -> str:
    """The noun with "a" or "an" before it."""
    return f"an {noun}" if noun[:1] in "AEIOaeiou" else f"a {noun}"
