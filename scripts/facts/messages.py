"""messages.json: what Axolotl's own code says when something is wrong, with the place and the condition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scripts.facts.source import Source

NAME = "messages.json"
_CONDITION = 160


def generate(source: Source) -> dict[str, Any]:
    """One list for each message: words, level, place, condition (empty where it is long or unknown)."""
    messages: dict[str, list[str]] = {}
    for each in source.snapshot["says"]:
        when = each["when"] if len(each["when"]) <= _CONDITION else ""
        messages.setdefault(each["text"], [each["text"], each["level"], each["place"], when])
    return {"axolotl": source.snapshot["axolotl"], "messages": [messages[text] for text in sorted(messages)]}
