"""The part of a long text that a question is about: whole paragraphs, in their order, none of them changed."""

from __future__ import annotations

import re

from knowledge.search.lookup import load_search

_PARTS = re.compile(
    r"```.*?(?:```|\Z)|(?:(?!```).)+?(?=\n[ \t]*\n|\n(?=[ \t]{0,40}(?:[-*]|\d{1,9}\.) )|\n?```|\Z)", re.DOTALL
)


def excerpt(question: str, text: str, room: int) -> tuple[str, bool]:
    """What of a text answers a question.

    Args:
        question: What was asked.
        text: Markdown.
        room: Characters that are wanted.

    Returns:
        The text itself where it has room, else its first paragraph and those that hold most of what was asked; and
        whether something was left out.
    """
    if len(text) <= room:
        return text, False
    index = load_search().index
    asked = set(index.lexicon.terms(question))
    parts = [part for part in (match.group().rstrip() for match in _PARTS.finditer(text)) if part.strip()]
    told = [sum(index.rarity(term) for term in asked & set(index.lexicon.terms(part))) for part in parts]
    order = sorted(range(len(parts)), key=lambda place: (place != 0, -told[place], place))
    taken: set[int] = set()
    used = 0
    for place in order:
        if used + len(parts[place]) + 1 <= room:
            taken.add(place)
            used += len(parts[place]) + 1
    if not taken:
        return text, False
    return "\n".join(parts[place].strip("\n") for place in sorted(taken)), True
