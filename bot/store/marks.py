"""Small facts about the bot itself that outlive a restart, such as which commands Discord was given."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.store.database import Database


class Marks:
    """Named texts of the whole bot."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, name: str) -> str | None:
        """The text under a name."""
        async with self._database.reading() as session:
            row = await session.row("SELECT value FROM marks WHERE name = ?", name)
        return str(row["value"]) if row else None

    async def set(self, name: str, value: str) -> None:
        """Writes the text under a name."""
        async with self._database.writing() as session:
            await session.run(
                "INSERT INTO marks (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                name,
                value,
            )
