"""What a note's `raise` and `lower` are called: a number is raised, a switch is on, the rest is set or left out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from knowledge.catalog.entries import Explanation, Note

_WITHOUT = "Leave it out"


def labels(kind: str | None) -> tuple[str, str]:
    """The words before `raise` and `lower` for a type of the catalog, such as "whole number or text"."""
    words = (kind or "").split(" or ")
    if words[:2] == ["true", "false"] or kind is None:
        return "On", "Off"
    if all("number" in word or word == "text" for word in words) and words != ["text"]:
        return "Raise it", "Lower it"
    return "Set it", _WITHOUT


def effects(kind: str | None, told: Note | Explanation) -> tuple[tuple[str, str], ...]:
    """Label and text of what setting a field does, of the opposite, and of what a run uses without it.

    Where the opposite of setting a field is to leave it out, its value is not said twice.
    """
    raising, lower = labels(kind)
    label, left_out = "Left out", told.left_out
    if lower == _WITHOUT and told.lower:
        label, left_out = "Default", "" if _words(left_out) <= _words(told.lower) else left_out
    return (raising, told.raising), (lower, told.lower), (label, left_out)


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower()))
