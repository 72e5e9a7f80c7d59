"""What a note's `raise` and `lower` are called: a number is raised, a switch is on, the rest is set or left out."""

from __future__ import annotations


def labels(kind: str | None) -> tuple[str, str]:
    """The words before `raise` and `lower` for a type of the catalog, such as "whole number or text"."""
    words = (kind or "").split(" or ")
    if words[:2] == ["true", "false"] or kind is None:
        return "On", "Off"
    if all("number" in word or word == "text" for word in words) and words != ["text"]:
        return "Raise it", "Lower it"
    return "Set it", "Leave it out"
