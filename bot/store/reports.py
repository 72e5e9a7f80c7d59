"""Reports of wrong advice: a queue for a server's moderators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.store.clock import from_stored, to_stored
from bot.store.content import clean_text
from bot.store.guilds import know_guild

if TYPE_CHECKING:
    from datetime import datetime

    from bot.store.clock import Clock
    from bot.store.database import Database, Row

_COLUMNS = "report_id, rule, finding, comment, axolotl, reporter_id, made_at"


@dataclass(frozen=True, slots=True)
class Report:
    """A member says that a finding is wrong.

    Attributes:
        id: its number, in the whole database.
        rule: the id of the rule.
        finding: the words of the finding, secrets masked by the caller.
        comment: what the member says.
        axolotl: the release that was checked against.
    """

    id: int
    rule: str
    finding: str
    comment: str
    axolotl: str
    reporter_id: int
    at: datetime


class Reports:
    """The reports of servers; a closed one is kept, but no longer shown."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def add(
        self, guild_id: int, *, rule: str, comment: str, reporter_id: int, axolotl: str, finding: str = ""
    ) -> Report:
        """Stores a report."""
        async with self._database.writing() as session:
            await know_guild(session, guild_id)
            rows = await session.rows(
                "INSERT INTO reports (guild_id, rule, finding, comment, axolotl, reporter_id, made_at) "
                f"VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING {_COLUMNS}",
                guild_id,
                rule,
                clean_text(finding)[:1000],
                clean_text(comment)[:4000],
                axolotl,
                reporter_id,
                to_stored(self._clock()),
            )
        return _report(rows[0])

    async def open(self, guild_id: int, limit: int = 25) -> tuple[Report, ...]:
        """The reports that nobody has closed, oldest first."""
        async with self._database.reading() as session:
            rows = await session.rows(
                f"SELECT {_COLUMNS} FROM reports WHERE guild_id = ? AND closed_at IS NULL "
                "ORDER BY made_at, report_id LIMIT ?",
                guild_id,
                limit,
            )
        return tuple(_report(row) for row in rows)

    async def count_open(self, guild_id: int) -> int:
        """How many reports nobody has closed."""
        async with self._database.reading() as session:
            row = await session.row(
                "SELECT count(*) AS reports FROM reports WHERE guild_id = ? AND closed_at IS NULL", guild_id
            )
        return int(row["reports"]) if row else 0

    async def close(self, guild_id: int, report_id: int, *, author_id: int) -> bool:
        """Takes a report out of the queue; False if it was not in it, or is another server's."""
        async with self._database.writing() as session:
            changed = await session.run(
                "UPDATE reports SET closed_at = ?, closed_by = ? "
                "WHERE guild_id = ? AND report_id = ? AND closed_at IS NULL",
                to_stored(self._clock()),
                author_id,
                guild_id,
                report_id,
            )
        return changed > 0


def _report(row: Row) -> Report:
    return Report(
        id=row["report_id"],
        rule=row["rule"],
        finding=row["finding"],
        comment=row["comment"],
        axolotl=row["axolotl"],
        reporter_id=row["reporter_id"],
        at=from_stored(row["made_at"]),
    )
