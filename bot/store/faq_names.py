"""What leads to an entry: its title and aliases, their words, and the fields, rules and errors that it names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bot.store.errors import TitleTaken
from bot.store.words import name_key, words_of

if TYPE_CHECKING:
    from bot.store.database import Session
    from bot.store.entry import EntryContent


_TOGETHER = 500
"""Names that are looked up in one statement."""

Named = Sequence[tuple[int, "EntryContent"]]
"""Ids of entries of one server, and what each says."""


async def claim_names(session: Session, guild_id: int, entries: Named) -> None:
    """Makes titles and aliases lead to their entries, which have none yet.

    Raises:
        TitleTaken: a name leads to another entry.
    """
    names: dict[str, tuple[str, int, str]] = {}
    for entry_id, content in entries:
        for name in (content.title, *content.aliases):
            other = names.setdefault(name_key(name), (name, entry_id, content.title))
            if other[1] != entry_id:
                raise TitleTaken(name, other[2])
    keys = list(names)
    for start in range(0, len(keys), _TOGETHER):
        some = keys[start : start + _TOGETHER]
        taken = await session.row(
            "SELECT n.name, e.title FROM faq_names n JOIN faq_entries e ON e.entry_id = n.entry_id "
            f"WHERE n.guild_id = ? AND n.name_key IN ({', '.join('?' * len(some))})",
            guild_id,
            *some,
        )
        if taken is not None:
            raise TitleTaken(taken["name"], taken["title"])
    await session.run_many(
        "INSERT INTO faq_names (guild_id, name_key, name, entry_id) VALUES (?, ?, ?, ?)",
        [(guild_id, key, name, entry_id) for key, (name, entry_id, _) in names.items()],
    )
    words = {word for name, _, _ in names.values() for word in words_of(name) if len(word) > 2 and word.isalpha()}
    await session.run_many(
        "INSERT INTO faq_words (guild_id, word) VALUES (?, ?) ON CONFLICT (guild_id, word) DO NOTHING",
        [(guild_id, word) for word in sorted(words)],
    )


async def write_links(session: Session, guild_id: int, entries: Named) -> None:
    """Makes fields, rules and error phrases lead to their entries, which have none yet."""
    links: set[tuple[int, str, str, int]] = set()
    for entry_id, content in entries:
        links |= {(guild_id, "field", field, entry_id) for field in content.fields}
        links |= {(guild_id, "rule", rule, entry_id) for rule in content.rules}
        links |= {(guild_id, "phrase", name_key(phrase), entry_id) for phrase in content.phrases}
    await session.run_many(
        "INSERT INTO faq_links (guild_id, kind, target, entry_id) VALUES (?, ?, ?, ?)", sorted(links)
    )


async def forget_names(session: Session, entry_id: int) -> None:
    """Nothing leads to the entry any more."""
    for table in ("faq_names", "faq_links"):
        await session.run(f"DELETE FROM {table} WHERE entry_id = ?", entry_id)


async def free_keys(session: Session, guild_id: int, wanted: Sequence[str]) -> list[str]:
    """Keys that no entry of the server has: the words that are wanted, with a number behind them when needed."""
    bases = ["-".join(words_of(words))[:70].strip("-") or "entry" for words in wanted]
    # One entry asks for the keys that begin like its own, many ask for all.
    first, last = (bases[0], f"{bases[0]}.") if len(bases) == 1 else ("", "\U0010ffff")
    rows = await session.rows(
        "SELECT entry_key FROM faq_entries WHERE guild_id = ? AND entry_key >= ? AND entry_key < ?",
        guild_id,
        first,
        last,
    )
    taken = {row["entry_key"] for row in rows}
    numbers: dict[str, int] = {}
    free: list[str] = []
    for base in bases:
        key = base
        while key in taken:
            numbers[base] = numbers.get(base, 1) + 1
            key = f"{base}-{numbers[base]}"
        taken.add(key)
        free.append(key)
    return free


def search_texts(content: EntryContent) -> tuple[str, str, str]:
    """The words of title, aliases and text, as the full-text search takes them."""
    texts = (content.title, " ".join(content.aliases), content.text)
    title, aliases, text = (" ".join(words_of(part)) for part in texts)
    return title, aliases, text
