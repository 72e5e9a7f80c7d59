"""What differs between two versions of an entry."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from bot.faq_links import links_text
from bot.views.kit import limits
from knowledge.text import listed

if TYPE_CHECKING:
    from bot.store import EntryContent

_PARTS = {
    "title": "title",
    "text": "text",
    "category": "category",
    "aliases": "aliases",
    "fields": "linked fields",
    "rules": "linked rules",
    "phrases": "error phrases",
    "see_also": "other entries",
}


def changed_parts(before: EntryContent, after: EntryContent) -> str:
    """`title and text`; empty where nothing differs."""
    return listed([words for part, words in _PARTS.items() if getattr(before, part) != getattr(after, part)])


def difference(before: EntryContent, after: EntryContent, limit: int) -> str:
    """The lines that go and come, as a code block of at most so many characters; empty where nothing differs."""
    lines = difflib.unified_diff(_lines(before), _lines(after), n=1, lineterm="")
    shown = [line for line in lines if not line.startswith(("---", "+++", "@@"))]
    return limits.block("\n".join(shown), "diff", limit) if shown else ""


def _lines(content: EntryContent) -> list[str]:
    return [
        f"Title: {content.title}",
        f"Category: {content.category}",
        *(f"Alias: {alias}" for alias in content.aliases),
        *(f"Link: {link}" for link in links_text(content).splitlines()),
        *content.text.split("\n"),
    ]
