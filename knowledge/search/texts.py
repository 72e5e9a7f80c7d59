"""What an answer says: the entry's own text, with no word of its own around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.catalog.labels import effects
from knowledge.diagnosis.known import known_errors
from knowledge.explanation import explain
from knowledge.faq import starter_questions

if TYPE_CHECKING:
    from knowledge.catalog import Explanation
    from knowledge.search.document import Document


def text_of(document: Document) -> str:
    """The Markdown of a document of the bot's own."""
    kind, name = document.kind, document.id
    if kind == "faq":
        return next(entry.text for entry in starter_questions() if entry.key == name)
    if kind == "error":
        known = next(each for each in known_errors() if each.id == name)
        example = f"\n```yaml\n{known.write.rstrip()}\n```" if known.write else ""
        return f"{known.meaning}\n\n{known.cure}{example}"
    if kind == "kind":
        return _explained(explain(f"type: {name.partition('@')[0]}"))
    return _explained(explain(name))


def _explained(found: Explanation) -> str:
    lines = (
        ("", found.summary),
        ("", found.text),
        *((f"**{label}**: ", text) for label, text in effects(found.type, found)),
        ("**Where it works**: ", found.modes),
        ("**Costs**: ", found.costs),
        ("**Watch out**: ", found.pitfalls),
    )
    text = "\n\n".join(f"{label}{part.strip()}" for label, part in lines if part)
    return f"{text}\n```yaml\n{found.example.rstrip()}\n```" if found.example else text
