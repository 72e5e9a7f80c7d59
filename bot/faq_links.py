"""What an entry links to: names as moderators type them, sorted into fields, rules, errors and other entries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.store.content import clean_line
from bot.store.words import name_key
from knowledge.explanation import explain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.store import EntryContent, Store

_QUOTES = (('"', '"'), ("“", "”"), ("„", "“"), ("'", "'"))


async def sort_links(store: Store, guild_id: int, text: str) -> dict[str, tuple[str, ...]]:
    """Sorts what was typed, one name a line (or several between commas where none is a title).

    A name in quotes is a part of an error message; a rule's id, a field's path and another entry's title are told by
    looking them up. What is none of them is kept: with a space as a title, with a hyphen as a rule, else as a field.

    Returns:
        `fields`, `rules`, `phrases` and `see_also`, as EntryContent has them.
    """
    found: dict[str, list[str]] = {"fields": [], "rules": [], "phrases": [], "see_also": []}
    for line in text.splitlines():
        for name in await _names(store, guild_id, clean_line(line)):
            kind, value = await _kind(store, guild_id, name)
            if value:
                found[kind].append(value)
    return {kind: tuple(values) for kind, values in found.items()}


def links_text(content: EntryContent) -> str:
    """The links as a moderator would type them."""
    quoted = (f'"{phrase}"' for phrase in content.phrases)
    return "\n".join((*content.fields, *content.rules, *content.see_also, *quoted))


def split_aliases(text: str, before: Iterable[str] = ()) -> tuple[str, ...]:
    """Aliases, one a line or between commas; a line that was an alias before is one, commas and all."""
    known = {name_key(alias) for alias in before}
    aliases: list[str] = []
    for line in text.splitlines():
        aliases.extend([line] if name_key(line) in known else line.split(","))
    return tuple(alias.strip() for alias in aliases if alias.strip())


def doubtful(fields: Iterable[str], rules: Iterable[str]) -> dict[str, str]:
    """The names that Axolotl or this bot no longer knows, each with what is the matter with it."""
    found: dict[str, str] = {}
    for field in fields:
        known = explain(field)
        if known.kind != "field":
            found[field] = "no field"
        elif known.replaced_by:
            found[field] = f"renamed, now {known.replaced_by}"
        elif known.deprecated:
            found[field] = "deprecated"
    for rule in rules:
        if explain(rule).kind != "rule":
            found[rule] = "no rule"
    return found


async def _names(store: Store, guild_id: int, line: str) -> list[str]:
    if not line or line.startswith(tuple(opening for opening, _ in _QUOTES)) or "," not in line:
        return [line]
    if await store.faq.find(guild_id, line) is not None:
        return [line]
    return [part.strip() for part in line.split(",")]


async def _kind(store: Store, guild_id: int, name: str) -> tuple[str, str]:
    for opening, closing in _QUOTES:
        if len(name) > 1 and name.startswith(opening) and name.endswith(closing):
            return "phrases", name[1:-1].strip()
    bare = name.strip("`")
    known = explain(bare) if bare else None
    if known is not None and known.kind == "rule":
        return "rules", known.path or bare
    if known is not None and known.kind == "field" and " " not in bare:
        return "fields", known.path or bare
    if " " in name or await store.faq.find(guild_id, name) is not None:
        return "see_also", name
    return ("rules" if "-" in bare else "fields"), bare
