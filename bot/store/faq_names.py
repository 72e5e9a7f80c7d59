"""What leads to an entry: its title and aliases, their words, and the fields, rules and errors that it names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.store.errors import TitleTaken
from bot.store.words import name_key, words_of

if TYPE_CHECKING:
    from bot.store.content import Entry, EntryContent
    from bot.store.database import Session


async def claim_names(session: Session, entry: Entry, content: EntryContent) -> None:
    """Makes title and aliases lead to the entry; raises TitleTaken when one leads elsewhere."""
    await session.run("DELETE FROM faq_names WHERE entry_id = ?", entry.id)
    await session.run("DELETE FROM faq_words WHERE entry_id = ?", entry.id)
    names = {name_key(name): name for name in (*content.aliases, content.title)}
    marks = ", ".join("?" * len(names))
    taken = await session.row(
        "SELECT n.name, e.title FROM faq_names n JOIN faq_entries e ON e.entry_id = n.entry_id "
        f"WHERE n.guild_id = ? AND n.name_key IN ({marks})",
        entry.guild_id,
        *names,
    )
    if taken is not None:
        raise TitleTaken(taken["name"], taken["title"])
    await session.run_many(
        "INSERT INTO faq_names (guild_id, name_key, name, entry_id) VALUES (?, ?, ?, ?)",
        [(entry.guild_id, key, name, entry.id) for key, name in names.items()],
    )
    words = {word for name in names.values() for word in words_of(name) if len(word) > 2 and word.isalpha()}
    await session.run_many(
        "INSERT INTO faq_words (guild_id, word, entry_id) VALUES (?, ?, ?)",
        [(entry.guild_id, word, entry.id) for word in sorted(words)],
    )


async def write_links(session: Session, entry: Entry, content: EntryContent) -> None:
    """Makes the fields, rules and error phrases of an entry lead to it."""
    await session.run("DELETE FROM faq_links WHERE entry_id = ?", entry.id)
    links = {("field", field) for field in content.fields}
    links |= {("rule", rule) for rule in content.rules}
    links |= {("phrase", name_key(phrase)) for phrase in content.phrases}
    await session.run_many(
        "INSERT INTO faq_links (guild_id, kind, target, entry_id) VALUES (?, ?, ?, ?)",
        [(entry.guild_id, kind, target, entry.id) for kind, target in sorted(links)],
    )


async def free_key(session: Session, guild_id: int, wanted: str) -> str:
    """A key that no entry of the server has: the words of the title, with a number behind them when needed."""
    base = "-".join(words_of(wanted))[:70].strip("-") or "entry"
    rows = await session.rows(
        "SELECT entry_key FROM faq_entries WHERE guild_id = ? AND entry_key >= ? AND entry_key < ?",
        guild_id,
        base,
        f"{base}.",
    )
    keys = {row["entry_key"] for row in rows}
    if base not in keys:
        return base
    numbers = [int(match[1]) for key in keys if (match := re.fullmatch(re.escape(base) + r"-(\d+)", key))]
    return f"{base}-{max(numbers, default=1) + 1}"


def search_texts(content: EntryContent) -> tuple[str, str, str]:
    """The words of title, aliases and text, as the full-text search takes them."""
    texts = (content.title, " ".join(content.aliases), content.text)
    title, aliases, text = (" ".join(words_of(part)) for part in texts)
    return title, aliases, text
