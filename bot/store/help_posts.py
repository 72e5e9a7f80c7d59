"""Posts that the bot saw in help channels: what became of each, so that one is answered once. Never who wrote it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from bot.store.clock import from_stored, maybe_from_stored, to_stored
from bot.store.guilds import know_guild

if TYPE_CHECKING:
    from bot.store.clock import Clock
    from bot.store.database import Database, Row

KEPT_WEEKS = 12
"""Weeks for which posts are counted; older ones are removed."""
_DAYS = 7
Event = Literal["used", "person", "solved", "wrong", "silenced", "reminded"]
_COLUMNS = "post_id, guild_id, channel_id, mode, topic, seen_at, claimed_at, answer_id, used_at, solved_at, silenced_at"


@dataclass(frozen=True, slots=True)
class HelpPost:
    """A post and what became of it.

    Attributes:
        post_id: the thread, or the message where it stands in no thread.
        guild_id: its server.
        channel_id: the help channel.
        mode: how it was answered; None where it was not.
        topic: the finding, error or entry that it was answered with.
        seen_at: when it was seen.
        claimed_at: when the bot set about answering it.
        answer_id: the answer's message.
        used_at: when somebody pressed a button of the answer.
        solved_at: when it was called solved.
        silenced_at: when the bot was told to be quiet.
    """

    post_id: int
    guild_id: int
    channel_id: int
    mode: str | None
    topic: str | None
    seen_at: datetime
    claimed_at: datetime | None
    answer_id: int | None
    used_at: datetime | None
    solved_at: datetime | None
    silenced_at: datetime | None


@dataclass(frozen=True, slots=True)
class Week:
    """What happened to the posts of a week.

    Attributes:
        begins: its first moment.
        seen: posts that were seen.
        answered: those that the bot answered.
        used: those whose answer somebody opened.
        solved: those that were called solved after the bot's answer, without another member's.
        wrong: those whose answer was marked wrong.
    """

    begins: datetime
    seen: int
    answered: int
    used: int
    solved: int
    wrong: int


class HelpPosts:
    """The posts of servers."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def see(self, post_id: int, *, guild_id: int, channel_id: int, forum: bool = False) -> None:
        """Counts a post as seen, once."""
        async with self._database.writing() as session:
            await know_guild(session, guild_id)
            await session.run(
                "INSERT INTO help_posts (post_id, guild_id, channel_id, seen_at, forum) VALUES (?, ?, ?, ?, ?) "
                "ON CONFLICT (post_id) DO NOTHING",
                post_id,
                guild_id,
                channel_id,
                to_stored(self._clock()),
                int(forum),
            )

    async def claim(self, post_id: int, mode: str) -> bool:
        """Lets exactly one process answer a post; False where it is claimed, silenced or unknown."""
        async with self._database.writing() as session:
            claimed = await session.run(
                "UPDATE help_posts SET claimed_at = ?, mode = ? "
                "WHERE post_id = ? AND claimed_at IS NULL AND silenced_at IS NULL",
                to_stored(self._clock()),
                mode,
                post_id,
            )
        return claimed > 0

    async def answered(self, post_id: int, answer_id: int | None, topic: str = "") -> None:
        """Remembers the answer's message and what it was answered with; None where the message is gone."""
        sql = "UPDATE help_posts SET answer_id = ?, topic = coalesce(?, topic) WHERE post_id = ?"
        async with self._database.writing() as session:
            await session.run(sql, answer_id, topic[:100] or None, post_id)

    async def mark(self, post_id: int, event: Event) -> bool:
        """Remembers when something first happened to a post; False where it had, or the post is unknown."""
        column = f"{event}_at"
        async with self._database.writing() as session:
            marked = await session.run(
                f"UPDATE help_posts SET {column} = ? WHERE post_id = ? AND {column} IS NULL",
                to_stored(self._clock()),
                post_id,
            )
        return marked > 0

    async def get(self, post_id: int) -> HelpPost | None:
        """A post, or None."""
        async with self._database.reading() as session:
            row = await session.row(f"SELECT {_COLUMNS} FROM help_posts WHERE post_id = ?", post_id)
        return _post(row) if row else None

    async def stale_offers(self, age: timedelta) -> tuple[HelpPost, ...]:
        """Offers of that age that nobody has used and that still stand."""
        async with self._database.reading() as session:
            rows = await session.rows(
                f"SELECT {_COLUMNS} FROM help_posts WHERE mode = 'offer' AND answer_id IS NOT NULL "
                "AND used_at IS NULL AND claimed_at <= ? ORDER BY claimed_at LIMIT 100",
                to_stored(self._clock() - age),
            )
        return tuple(_post(row) for row in rows)

    async def bare(self, after: timedelta, until: timedelta) -> tuple[HelpPost, ...]:
        """Forum posts seen between two ages that hold nothing to check, and were not asked for it yet."""
        now = self._clock()
        async with self._database.reading() as session:
            rows = await session.rows(
                f"SELECT {_COLUMNS} FROM help_posts WHERE forum = 1 AND claimed_at IS NULL AND person_at IS NULL "
                "AND silenced_at IS NULL AND solved_at IS NULL AND reminded_at IS NULL AND seen_at <= ? "
                "AND seen_at > ? ORDER BY seen_at LIMIT 100",
                to_stored(now - after),
                to_stored(now - until),
            )
        return tuple(_post(row) for row in rows)

    async def unanswered(self, guild_id: int, age: timedelta, limit: int = 20) -> tuple[HelpPost, ...]:
        """Forum posts of that age and more that no other member answered and nobody called solved, oldest first."""
        async with self._database.reading() as session:
            rows = await session.rows(
                f"SELECT {_COLUMNS} FROM help_posts WHERE guild_id = ? AND forum = 1 AND person_at IS NULL "
                "AND solved_at IS NULL AND seen_at <= ? ORDER BY seen_at LIMIT ?",
                guild_id,
                to_stored(self._clock() - age),
                limit,
            )
        return tuple(_post(row) for row in rows)

    async def weeks(self, guild_id: int, weeks: int = KEPT_WEEKS) -> tuple[Week, ...]:
        """What happened to the posts of the last weeks, oldest first; the last one ends now."""
        now = self._clock()
        async with self._database.reading() as session:
            rows = await session.rows(
                "SELECT seen_at, claimed_at, used_at, person_at, solved_at, wrong_at FROM help_posts "
                "WHERE guild_id = ? AND seen_at > ?",
                guild_id,
                to_stored(now - timedelta(days=_DAYS * weeks)),
            )
        found = []
        for back in range(weeks, 0, -1):
            begins, ends = now - timedelta(days=_DAYS * back), now - timedelta(days=_DAYS * (back - 1))
            posts = [row for row in rows if to_stored(begins) < row["seen_at"] <= to_stored(ends)]
            answered = [row for row in posts if row["claimed_at"] is not None]
            found.append(
                Week(
                    begins=begins,
                    seen=len(posts),
                    answered=len(answered),
                    used=sum(row["used_at"] is not None for row in answered),
                    solved=sum(row["solved_at"] is not None and row["person_at"] is None for row in answered),
                    wrong=sum(row["wrong_at"] is not None for row in answered),
                )
            )
        return tuple(found)

    async def helped(self, guild_id: int, limit: int = 5) -> tuple[tuple[str, int], ...]:
        """(finding, error or entry; posts) that were answered with it and called solved, the most frequent first."""
        async with self._database.reading() as session:
            rows = await session.rows(
                "SELECT topic, count(*) AS times FROM help_posts WHERE guild_id = ? AND topic <> '' "
                "AND claimed_at IS NOT NULL AND solved_at IS NOT NULL AND person_at IS NULL "
                "GROUP BY topic ORDER BY times DESC, topic LIMIT ?",
                guild_id,
                limit,
            )
        return tuple((str(row["topic"]), int(row["times"])) for row in rows)

    async def remove_old(self) -> int:
        """Removes the posts that are no longer counted; returns how many."""
        limit = to_stored(self._clock() - timedelta(days=_DAYS * KEPT_WEEKS))
        async with self._database.writing() as session:
            return await session.run("DELETE FROM help_posts WHERE seen_at <= ?", limit)


def _post(row: Row) -> HelpPost:
    return HelpPost(
        post_id=row["post_id"],
        guild_id=row["guild_id"],
        channel_id=row["channel_id"],
        mode=row["mode"],
        topic=row["topic"],
        seen_at=from_stored(row["seen_at"]),
        claimed_at=maybe_from_stored(row["claimed_at"]),
        answer_id=row["answer_id"],
        used_at=maybe_from_stored(row["used_at"]),
        solved_at=maybe_from_stored(row["solved_at"]),
        silenced_at=maybe_from_stored(row["silenced_at"]),
    )
