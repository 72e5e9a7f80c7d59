"""Full-text search on PostgreSQL's tsvector, misspelt words by trigrams."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.store.database import Session

_RANKED = """
    SELECT entry_id FROM (
        SELECT entry_id, ts_rank('{0.1, 0.1, 0.8, 1.0}', search, wanted) AS score
        FROM faq_entries, to_tsquery('simple', ?) wanted WHERE guild_id = ? AND search @@ wanted LIMIT 1000
    ) found ORDER BY score DESC, entry_id LIMIT ?
"""


class PostgresSearch:
    """Titles have weight A, aliases B, texts D."""

    async def index(self, session: Session, entry_id: int, guild_id: int, texts: tuple[str, str, str]) -> None:
        """Makes an entry findable by the words of its title, its aliases and its text."""
        await session.run(
            "UPDATE faq_entries SET search = setweight(to_tsvector('simple', ?), 'A') || "
            "setweight(to_tsvector('simple', ?), 'B') || setweight(to_tsvector('simple', ?), 'D') "
            "WHERE entry_id = ? AND guild_id = ?",
            *texts,
            entry_id,
            guild_id,
        )

    async def forget(self, session: Session, entry_id: int) -> None:
        """Takes an entry out of the index."""
        await session.run("UPDATE faq_entries SET search = NULL WHERE entry_id = ?", entry_id)

    async def find(
        self, session: Session, guild_id: int, words: Sequence[str], *, every: bool, names_only: bool, limit: int
    ) -> list[int]:
        """Ids of the entries that hold the words, best first; of more than 1,000 only a part is ranked."""
        weights = "AB" if names_only else ""
        query = (" & " if every else " | ").join(f"'{word}':*{weights}" for word in words)
        return [row["entry_id"] for row in await session.rows(_RANKED, query, guild_id, limit)]

    async def known(self, session: Session, guild_id: int, word: str) -> bool:
        """Whether any entry holds a word that begins so."""
        found = await session.row(
            "SELECT entry_id FROM faq_entries WHERE guild_id = ? AND search @@ to_tsquery('simple', ?) LIMIT 1",
            guild_id,
            f"'{word}':*",
        )
        return found is not None

    async def nearest(self, session: Session, guild_id: int, word: str) -> list[str]:
        """The words of titles and aliases that share enough trigrams with the misspelt one."""
        await session.run("SET LOCAL pg_trgm.similarity_threshold = 0.15")
        rows = await session.rows(
            "SELECT word FROM faq_words WHERE guild_id = ? AND word % ? GROUP BY word ORDER BY word LIMIT 1000",
            guild_id,
            word,
        )
        return [row["word"] for row in rows]
