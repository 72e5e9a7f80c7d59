"""Full-text search on SQLite's FTS5."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.store.database import Session

_RANKED = """
    SELECT rowid AS entry_id FROM faq_search WHERE faq_search MATCH ?
    ORDER BY bm25(faq_search, 0, 10, 8, 1) LIMIT ?
"""


class SqliteSearch:
    """Entries are indexed with a word for their server, so that other servers' entries cost nothing."""

    async def index(self, session: Session, entry_id: int, guild_id: int, texts: tuple[str, str, str]) -> None:
        """Makes an entry findable by the words of its title, its aliases and its text."""
        await self.forget(session, entry_id)
        await session.run(
            "INSERT INTO faq_search (rowid, guild, title, aliases, body) VALUES (?, ?, ?, ?, ?)",
            entry_id,
            _guild(guild_id),
            *texts,
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
        rows = await session.rows(_RANKED, f"guild : {_guild(guild_id)} AND {columns} : ({terms})", limit)
        return [row["entry_id"] for row in rows]

    async def nearest(self, session: Session, guild_id: int, word: str) -> list[str]:
        """Every word of the server's titles and aliases that is about as long as the misspelt one."""
        rows = await session.rows(
            "SELECT DISTINCT word FROM faq_words WHERE guild_id = ? AND length(word) BETWEEN ? AND ?",
            guild_id,
            len(word) - 2,
            len(word) + 2,
        )
        return [row["word"] for row in rows]


def _guild(guild_id: int) -> str:
    return f"g{guild_id}"
