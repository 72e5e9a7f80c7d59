"""Full-text search on SQLite's FTS5."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.store.database import Indexed, Row, Session

# Ranked here and not by bm25: that would count every word in the entries of all servers for each search. Of more
# entries than these the oldest are ranked.
_MATCHING = "SELECT rowid AS entry_id, title, aliases, '' AS body FROM faq_search WHERE faq_search MATCH ? LIMIT 250"
# Where only some of the words have to be there, the text tells how many are; reading it takes longest.
_TEXTS_MATCHING = "SELECT rowid AS entry_id, title, aliases, body FROM faq_search WHERE faq_search MATCH ? LIMIT 100"
_TITLE, _ALIAS, _TEXT = 10, 8, 1
"""What a word counts, by where it stands."""
_VOCABULARIES = 100
"""Servers whose words are held in memory; 10,000 entries take about a megabyte."""


@dataclass(frozen=True, slots=True)
class _Vocabulary:
    revision: int
    by_length: Mapping[int, Sequence[str]]


class SqliteSearch:
    """Entries are indexed with a word for their server, so that other servers' entries cost nothing."""

    def __init__(self) -> None:
        self._vocabularies: OrderedDict[int, _Vocabulary] = OrderedDict()

    async def index(self, session: Session, guild_id: int, entries: Sequence[Indexed]) -> None:
        """Makes entries findable by the words of their title, aliases and text."""
        await session.run_many("DELETE FROM faq_search WHERE rowid = ?", [(entry_id,) for entry_id, _ in entries])
        await session.run_many(
            "INSERT INTO faq_search (rowid, guild, title, aliases, body) VALUES (?, ?, ?, ?, ?)",
            [(entry_id, _guild(guild_id), *texts) for entry_id, texts in entries],
        )

    async def forget(self, session: Session, entry_id: int) -> None:
        """Takes an entry out of the index."""
        await session.run("DELETE FROM faq_search WHERE rowid = ?", entry_id)

    async def find(
        self, session: Session, guild_id: int, words: Sequence[str], *, every: bool, names_only: bool, limit: int
    ) -> list[int]:
        """Ids of the entries that hold the words, best first."""
        terms = (" AND " if every else " OR ").join(f'"{word}"*' for word in words)
        columns = "{title aliases}" if names_only else "{title aliases body}"
        match = f"guild : {_guild(guild_id)} AND {columns} : ({terms})"
        rows = await session.rows(_MATCHING if every or names_only else _TEXTS_MATCHING, match)
        starts = [f" {word}" for word in words]
        rows.sort(key=lambda row: (-_score(row, starts), len(row["title"]), row["entry_id"]))
        return [row["entry_id"] for row in rows[:limit]]

    async def known(self, session: Session, guild_id: int, word: str) -> bool:
        """Whether any entry holds a word that begins so."""
        match = f'guild : {_guild(guild_id)} AND {{title aliases body}} : "{word}"*'
        return await session.row("SELECT rowid FROM faq_search WHERE faq_search MATCH ? LIMIT 1", match) is not None

    async def nearest(self, session: Session, guild_id: int, word: str) -> list[str]:
        """Every known word of the server that is about as long as the misspelled one."""
        row = await session.row("SELECT faq_revision FROM guilds WHERE guild_id = ?", guild_id)
        revision = row["faq_revision"] if row else 0
        held = self._vocabularies.get(guild_id)
        if held is None or held.revision != revision:
            held = _Vocabulary(revision, await _words(session, guild_id))
            self._vocabularies[guild_id] = held
            if len(self._vocabularies) > _VOCABULARIES:
                self._vocabularies.popitem(last=False)
        self._vocabularies.move_to_end(guild_id)
        lengths = range(len(word) - 2, len(word) + 3)
        return [known for length in lengths for known in held.by_length.get(length, ())]


def _score(row: Row, starts: Sequence[str]) -> int:
    """How well an entry fits: each word counts once, where it stands best."""
    title, aliases, body = f" {row['title']}", f" {row['aliases']}", f" {row['body']}"
    return sum(
        _TITLE if start in title else _ALIAS if start in aliases else _TEXT if start in body else 0 for start in starts
    )


async def _words(session: Session, guild_id: int) -> Mapping[int, Sequence[str]]:
    by_length: dict[int, list[str]] = defaultdict(list)
    for row in await session.rows("SELECT word FROM faq_words WHERE guild_id = ?", guild_id):
        by_length[len(row["word"])].append(row["word"])
    return by_length


def _guild(guild_id: int) -> str:
    return f"g{guild_id}"
