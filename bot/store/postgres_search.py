"""Full-text search on PostgreSQL's tsvector, misspelled words by trigrams."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.store.database import Indexed, Session

_RANKED = """
    SELECT entry_id FROM (
        SELECT entry_id, ts_rank('{{0.1, 0.1, 0.8, 1.0}}', {vector}, wanted) AS score
        FROM faq_entries, (SELECT CAST(CAST(? AS TEXT) AS TSQUERY) AS wanted) query
        WHERE {vector} @@ wanted LIMIT {pool}
    ) found ORDER BY score DESC, entry_id LIMIT ?
"""
_MANY = 200
_IN_NAMES = _RANKED.format(vector="names_vector", pool=500)
_IN_TEXTS = _RANKED.format(vector="text_vector", pool=200)


class PostgresSearch:
    """Names have a vector of their own, which is short and so quickly ranked: title with weight A, aliases B.

    The other vector holds everything, the text with weight D. Both hold a word for the server, so that the index alone
    answers, and other servers' entries cost nothing.
    """

    async def index(self, session: Session, guild_id: int, entries: Sequence[Indexed]) -> None:
        """Makes entries findable by the words of their title, aliases and text."""
        await session.run_many(
            "UPDATE faq_entries SET names_vector = names.vector, "
            "text_vector = names.vector || setweight(to_tsvector('simple', ?), 'D') "
            "FROM (SELECT CAST(CAST(? AS TEXT) AS TSVECTOR) || setweight(to_tsvector('simple', ?), 'A') || "
            "setweight(to_tsvector('simple', ?), 'B') AS vector) names WHERE entry_id = ?",
            [(text, _guild(guild_id), title, aliases, entry_id) for entry_id, (title, aliases, text) in entries],
        )
        if len(entries) > _MANY:
            # The server would count the new rows by itself, but a minute later.
            await session.run("ANALYZE faq_entries")

    async def forget(self, session: Session, entry_id: int) -> None:
        """Takes an entry out of the index."""
        await session.run("UPDATE faq_entries SET names_vector = NULL, text_vector = NULL WHERE entry_id = ?", entry_id)

    async def find(
        self, session: Session, guild_id: int, words: Sequence[str], *, every: bool, names_only: bool, limit: int
    ) -> list[int]:
        """Ids of the entries that hold the words, best first; of very many only a part is ranked."""
        terms = (" & " if every else " | ").join(f"'{word}':*" for word in words)
        query = f"{_guild(guild_id)} & ({terms})"
        rows = await session.rows(_IN_NAMES if names_only else _IN_TEXTS, query, limit)
        return [row["entry_id"] for row in rows]

    async def known(self, session: Session, guild_id: int, word: str) -> bool:
        """Whether any entry holds a word that begins so."""
        found = await session.row(
            "SELECT entry_id FROM faq_entries WHERE text_vector @@ CAST(CAST(? AS TEXT) AS TSQUERY) LIMIT 1",
            f"{_guild(guild_id)} & '{word}':*",
        )
        return found is not None

    async def nearest(self, session: Session, guild_id: int, word: str) -> list[str]:
        """The known words of the server that share most trigrams with the misspelled one."""
        await session.run("SET LOCAL pg_trgm.similarity_threshold = 0.15")
        rows = await session.rows(
            "SELECT word FROM faq_words WHERE guild_id = ? AND word % ? "
            "ORDER BY similarity(word, ?) DESC, word LIMIT 100",
            guild_id,
            word,
            word,
        )
        return [row["word"] for row in rows]


def _guild(guild_id: int) -> str:
    """A lexeme that no word can begin like."""
    return f"'@{guild_id}'"
