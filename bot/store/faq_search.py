"""Finding entries: by name, by the beginning of a name, by words, by misspelled words, by what they explain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.store.entry import EntryName
from bot.store.faq_rows import ENTRY_COLUMNS, read_several, to_entry
from bot.store.words import name_key, words_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bot.store.database import Database, Row, Session
    from bot.store.entry import Entry

_WORDS_READ = 12
"""More words than this say nothing new about what is looked for."""
_SPELLED = 5
"""Up to so many words are looked up singly for how they are spelt; a longer question finds enough by the others."""
_MISSPELT = 0.66
"""Similarity (0 to 1) from which a known word may be meant by an unknown one: `memroy` and `memory` have 0.83."""
_PREFIX_POOL = 100
_AT_ONCE = 400
"""Names of one query: SQLite takes no expression of more than 1,000 parts."""


@dataclass(frozen=True, slots=True)
class Category:
    """A category of a server's FAQ and how many entries it has."""

    name: str
    entries: int


@dataclass(frozen=True, slots=True)
class Link:
    """What an entry names: kind is `field`, `rule` or `phrase`."""

    kind: str
    target: str
    entry: EntryName


@dataclass(frozen=True, slots=True)
class Found:
    """Entries that fit a query, best first.

    Attributes:
        sure: whether they hold every word of the query; else words were taken for misspelled, or left out.
    """

    entries: tuple[EntryName, ...]
    sure: bool


class FaqSearch:
    """The ways to an entry that change nothing."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, guild_id: int, name: str) -> Entry | None:
        """The entry with this title or alias, without regard to case."""
        async with self._database.reading() as session:
            row = await session.row(
                f"SELECT {ENTRY_COLUMNS} FROM faq_entries WHERE entry_id = "
                "(SELECT entry_id FROM faq_names WHERE guild_id = ? AND name_key = ?)",
                guild_id,
                name_key(name),
            )
        return to_entry(row) if row else None

    async def suggest(self, guild_id: int, typed: str, limit: int = 25) -> tuple[EntryName, ...]:
        """What a member may mean while typing: popular entries, then by beginning, by words, by misspelled words."""
        async with self._database.reading() as session:
            if not words_of(typed):
                return await _popular(session, guild_id, limit)
            return (await self._ranked(session, guild_id, typed, limit)).entries

    async def search(self, guild_id: int, query: str, limit: int = 10) -> Found:
        """What fits a finished query best."""
        async with self._database.reading() as session:
            return await self._ranked(session, guild_id, query, limit)

    async def search_whole(self, guild_id: int, query: str, limit: int = 10) -> tuple[Entry, ...]:
        """The entries themselves that fit a finished query best, read in one turn."""
        async with self._database.reading() as session:
            found = await self._ranked(session, guild_id, query, limit)
            return await read_several(session, guild_id, [name.id for name in found.entries])

    async def categories(self, guild_id: int) -> tuple[Category, ...]:
        """The categories that have entries, by name."""
        async with self._database.reading() as session:
            rows = await session.rows(
                "SELECT category, count(*) AS entries FROM faq_entries WHERE guild_id = ? AND removed_at IS NULL "
                "GROUP BY category ORDER BY category",
                guild_id,
            )
        return tuple(Category(row["category"], row["entries"]) for row in rows)

    async def in_category(
        self, guild_id: int, category: str, *, skip: int = 0, limit: int = 25
    ) -> tuple[EntryName, ...]:
        """The entries of a category by title."""
        async with self._database.reading() as session:
            rows = await session.rows(
                "SELECT entry_id, title FROM faq_entries WHERE guild_id = ? AND category = ? AND removed_at IS NULL "
                "ORDER BY title LIMIT ? OFFSET ?",
                guild_id,
                category,
                limit,
                skip,
            )
        return _names(rows)

    async def linked(
        self, guild_id: int, fields: Iterable[str] = (), rules: Iterable[str] = ()
    ) -> tuple[EntryName, ...]:
        """The entries that explain one of these fields or rules, the most fitting first: rules before fields."""
        wanted = list(dict.fromkeys([*(("rule", rule) for rule in rules), *(("field", field) for field in fields)]))
        rows: list[Row] = []
        async with self._database.reading() as session:
            for start in range(0, len(wanted), _AT_ONCE):
                part = wanted[start : start + _AT_ONCE]
                pairs = " OR ".join("(l.kind = ? AND l.target = ?)" for _ in part)
                rows += await session.rows(
                    "SELECT e.entry_id, e.title, l.kind, l.target FROM faq_links l JOIN faq_entries e "
                    f"ON e.entry_id = l.entry_id WHERE l.guild_id = ? AND ({pairs}) ORDER BY e.title",
                    guild_id,
                    *(value for pair in part for value in pair),
                )
        order = {pair: place for place, pair in enumerate(wanted)}
        rows.sort(key=lambda row: order[row["kind"], row["target"]])
        return tuple(dict.fromkeys(_names(rows)))

    async def answering(self, guild_id: int, text: str, limit: int = 3) -> tuple[EntryName, ...]:
        """The entries with an error phrase that occurs in a pasted text, the longest phrase first."""
        async with self._database.reading() as session:
            rows = await session.rows(
                "SELECT e.entry_id, e.title, l.target FROM faq_links l JOIN faq_entries e ON e.entry_id = l.entry_id "
                "WHERE l.guild_id = ? AND l.kind = 'phrase'",
                guild_id,
            )
        seen = name_key(text)
        hits = sorted(
            (row for row in rows if row["target"] in seen), key=lambda row: (-len(row["target"]), row["title"])
        )
        return tuple(dict.fromkeys(_names(hits)))[:limit]

    async def links(self, guild_id: int) -> tuple[Link, ...]:
        """Everything that living entries name."""
        async with self._database.reading() as session:
            rows = await session.rows(
                "SELECT l.kind, l.target, e.entry_id, e.title FROM faq_links l JOIN faq_entries e "
                "ON e.entry_id = l.entry_id WHERE l.guild_id = ? ORDER BY e.title, l.kind, l.target",
                guild_id,
            )
        return tuple(Link(row["kind"], row["target"], EntryName(row["entry_id"], row["title"])) for row in rows)

    async def titles(self, guild_id: int) -> dict[str, str]:
        """The titles of living entries by their keys, as counters name them."""
        async with self._database.reading() as session:
            rows = await session.rows(
                "SELECT entry_key, title FROM faq_entries WHERE guild_id = ? AND removed_at IS NULL", guild_id
            )
        return {row["entry_key"]: row["title"] for row in rows}

    async def unused(self, guild_id: int, limit: int = 25) -> tuple[EntryName, ...]:
        """Living entries that nobody has looked at, by title."""
        async with self._database.reading() as session:
            rows = await session.rows(
                "SELECT e.entry_id, e.title FROM faq_entries e LEFT JOIN counts c ON c.guild_id = e.guild_id "
                "AND c.kind = 'faq-viewed' AND c.subject = e.entry_key WHERE e.guild_id = ? AND e.removed_at IS NULL "
                "AND c.times IS NULL ORDER BY e.title LIMIT ?",
                guild_id,
                limit,
            )
        return _names(rows)

    async def _ranked(self, session: Session, guild_id: int, query: str, limit: int) -> Found:
        words = _telling(words_of(query))
        if not words:
            return Found((), sure=True)
        found = dict.fromkeys(await _by_beginning(session, guild_id, query, limit))
        found |= dict.fromkeys(await self._by_words(session, guild_id, words, limit - len(found), every=True))
        if found:
            return Found(tuple(found)[:limit], sure=True)
        close: tuple[EntryName, ...] = ()
        if len(words) <= _SPELLED:
            meant = list(dict.fromkeys([await self._meant(session, guild_id, word) for word in words]))
            if meant != words:
                close = await self._by_words(session, guild_id, meant, limit, every=True)
                words = meant
        if not close:
            long = [word for word in words if len(word) > 3] or words
            close = await self._by_words(session, guild_id, long, limit, every=False)
        return Found(close, sure=False)

    async def _by_words(
        self, session: Session, guild_id: int, words: Sequence[str], limit: int, *, every: bool
    ) -> tuple[EntryName, ...]:
        """Those that have the words in their names first; texts are searched only where names give too few."""
        find = self._database.search.find
        ids: dict[int, None] = {}
        # Few entries hold all words of a long question: looking through the names alone is not worth it.
        for names_only in (False,) if every and len(words) > _SPELLED else (True, False):
            if len(ids) < limit:
                ids |= dict.fromkeys(
                    await find(session, guild_id, words, every=every, names_only=names_only, limit=limit)
                )
        return (await _named(session, list(ids)))[: max(limit, 0)]

    async def _meant(self, session: Session, guild_id: int, word: str) -> str:
        """The known word that a word stands for: itself, or the nearest one when nothing begins with it."""
        from rapidfuzz import process
        from rapidfuzz.distance import OSA

        if len(word) < 3 or await self._database.search.known(session, guild_id, word):
            return word
        words = await self._database.search.nearest(session, guild_id, word)
        near = process.extract(word, words, scorer=OSA.normalized_similarity, score_cutoff=_MISSPELT, limit=3)
        for known, _, _ in near:
            # Words outlive their entries: one that leads nowhere any more is not meant.
            if await self._database.search.known(session, guild_id, known):
                return known
        return word


def _telling(words: Iterable[str]) -> list[str]:
    """Each word once; of a long question those of one or two letters say nothing."""
    once = list(dict.fromkeys(words))
    longer = [word for word in once if len(word) > 2]
    return (longer if len(once) > 3 and longer else once)[:_WORDS_READ]


async def _popular(session: Session, guild_id: int, limit: int) -> tuple[EntryName, ...]:
    rows = await session.rows(
        "SELECT e.entry_id, e.title FROM counts c JOIN faq_entries e ON e.guild_id = c.guild_id "
        "AND e.entry_key = c.subject WHERE c.guild_id = ? AND c.kind = 'faq-viewed' AND e.removed_at IS NULL "
        "ORDER BY c.times DESC LIMIT ?",
        guild_id,
        limit,
    )
    found = dict.fromkeys(_names(rows))
    if len(found) < limit:
        rest = await session.rows(
            "SELECT entry_id, title FROM faq_entries WHERE guild_id = ? AND removed_at IS NULL "
            "ORDER BY category, title LIMIT ?",
            guild_id,
            limit,
        )
        found |= dict.fromkeys(_names(rest))
    return tuple(found)[:limit]


async def _by_beginning(session: Session, guild_id: int, typed: str, limit: int) -> tuple[EntryName, ...]:
    start = name_key(typed)
    rows = await session.rows(
        "SELECT n.entry_id, e.title, c.times FROM (SELECT name_key, entry_id FROM faq_names WHERE guild_id = ? "
        "AND name_key >= ? AND name_key < ? ORDER BY name_key LIMIT ?) n "
        "JOIN faq_entries e ON e.entry_id = n.entry_id LEFT JOIN counts c ON c.guild_id = e.guild_id "
        "AND c.kind = 'faq-viewed' AND c.subject = e.entry_key "
        "ORDER BY CASE WHEN n.name_key = ? THEN 0 ELSE 1 END, coalesce(c.times, 0) DESC, n.name_key",
        guild_id,
        start,
        start + "\U0010ffff",
        _PREFIX_POOL,
        start,
    )
    return tuple(dict.fromkeys(_names(rows)))[:limit]


async def _named(session: Session, ids: Sequence[int]) -> tuple[EntryName, ...]:
    """Names in the order of the ids."""
    if not ids:
        return ()
    marks = ", ".join("?" * len(ids))
    rows = await session.rows(
        f"SELECT entry_id, title FROM faq_entries WHERE entry_id IN ({marks})",
        *ids,
    )
    titles = {row["entry_id"]: row["title"] for row in rows}
    return tuple(EntryName(entry_id, titles[entry_id]) for entry_id in ids if entry_id in titles)


def _names(rows: Iterable[Row]) -> tuple[EntryName, ...]:
    return tuple(EntryName(row["entry_id"], row["title"]) for row in rows)
