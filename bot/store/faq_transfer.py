"""Export and import of a server's FAQ: planned first, shown, then done in one transaction."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.store.clock import to_stored
from bot.store.content import cleaned
from bot.store.entry import Entry, EntryContent, Version
from bot.store.errors import InvalidEntry, PlanOutdated, StoreError
from bot.store.faq import ENTRY_LIMIT
from bot.store.faq_changes import FaqChanges, New, Stamp
from bot.store.faq_file import FaqFile, FileEntry, FileVersion, starter_pack
from bot.store.faq_rows import open_turn, read_entries, to_version
from bot.store.words import name_key

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.store.clock import Clock
    from bot.store.database import Database, Row, Session

STARTER = "starter"
_TOGETHER = 500
"""Entries that are stored in one go; between them others get their turn on the event loop."""
_COUNTED = {"views": "faq-viewed", "helped": "faq-helped", "unhelped": "faq-unhelped"}


@dataclass(frozen=True, slots=True)
class Change:
    """An entry of the server that the file has otherwise."""

    entry: Entry
    content: EntryContent


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What an import would do; nothing is done yet.

    Attributes:
        revision: of the server's FAQ when the plan was made; another one by now makes the plan void.
        origin: `starter` for the starter pack, None for a file.
        added: entries of the file that the server does not have.
        changed: entries that the server has otherwise.
        returned: entries that the server has removed and the file has alive.
        removed: entries that the file says are removed.
        missing: living entries that the file does not have; they are removed only when asked for.
        kept: entries of the starter pack that were not taken, because moderators have changed or removed theirs, or
            gave the title to another entry.
        same: how many entries need nothing.
    """

    revision: int
    origin: str | None
    added: tuple[FileEntry, ...]
    changed: tuple[Change, ...]
    returned: tuple[Change, ...]
    removed: tuple[Entry, ...]
    missing: tuple[Entry, ...]
    kept: tuple[str, ...]
    same: int

    @property
    def does_nothing(self) -> bool:
        """Whether an import that removes nothing missing would change nothing."""
        return not (self.added or self.changed or self.returned or self.removed)


class FaqTransfer:
    """Files in and out."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._changes = FaqChanges(database, clock)

    async def export(self, guild_id: int, *, history: bool = True) -> FaqFile:
        """Everything that the server's FAQ holds, removed entries, versions and counts included."""
        async with self._database.reading() as session:
            entries = await read_entries(session, guild_id)
            versions = await _all_versions(session, guild_id) if history else {}
            counts = await _all_counts(session, guild_id)
        now = self._clock()
        return await asyncio.to_thread(_file, guild_id, now, entries, versions, counts)

    async def plan(self, guild_id: int, file: FaqFile, *, origin: str | None = None) -> ImportPlan:
        """What importing the file would do.

        Raises:
            InvalidEntry: an entry of the file can't be stored, or two have the same name.
        """
        wanted = await asyncio.to_thread(_cleaned, file)
        async with self._database.reading() as session:
            row = await session.row("SELECT faq_revision FROM guilds WHERE guild_id = ?", guild_id)
            return await self._planned(session, guild_id, wanted, origin, row["faq_revision"] if row else 0)

    async def plan_starter(self, guild_id: int) -> ImportPlan:
        """What installing or updating the starter pack would do; moderators' edits are never overwritten."""
        return await self.plan(guild_id, starter_pack(), origin=STARTER)

    async def carry_out(
        self, guild_id: int, plan: ImportPlan, *, author_id: int, remove_missing: bool = False, note: str = ""
    ) -> None:
        """Does what the plan says, all of it or nothing.

        Raises:
            PlanOutdated: the FAQ was changed after the plan was made.
            TitleTaken: two entries would have the same name.
        """
        async with self._database.writing() as session:
            if await open_turn(session, guild_id) != plan.revision + 1:
                raise PlanOutdated
            stamp = Stamp("imported", author_id, note or f"import of the {plan.origin or 'file'}")
            removal = Stamp("removed", author_id, stamp.note)
            for entry in (*plan.removed, *(plan.missing if remove_missing else ())):
                await self._changes.take_away(session, entry, removal)
            # Names are given free first, so that two entries may swap theirs.
            for change in plan.changed:
                await session.run("DELETE FROM faq_names WHERE entry_id = ?", change.entry.id)
            for change in (*plan.changed, *plan.returned):
                ours = plan.origin is not None
                await self._changes.change(session, change.entry, change.content, stamp, from_origin=ours)
            for start in range(0, len(plan.added), _TOGETHER):
                some = plan.added[start : start + _TOGETHER]
                await self._add(session, guild_id, some, stamp, plan.origin)

    async def _add(
        self, session: Session, guild_id: int, added: Sequence[FileEntry], stamp: Stamp, origin: str | None
    ) -> None:
        news = [
            New(
                content=entry.content,
                key=entry.key or None,
                past=tuple(Version(**dict(version)) for version in entry.history),
                removed=entry.removed,
            )
            for entry in added
        ]
        stored = await self._changes.insert(session, guild_id, news, stamp, origin)
        now = to_stored(self._clock())
        await session.run_many(
            "INSERT INTO counts (guild_id, kind, subject, times, last_at) VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT (guild_id, kind, subject) DO NOTHING",
            [
                (guild_id, kind, entry.key, getattr(given, name), now)
                for entry, given in zip(stored, added, strict=True)
                for name, kind in _COUNTED.items()
                if getattr(given, name)
            ],
        )

    async def _planned(
        self, session: Session, guild_id: int, file: tuple[FileEntry, ...], origin: str | None, revision: int
    ) -> ImportPlan:
        entries = await read_entries(session, guild_id)
        by_key = {entry.key: entry for entry in entries}
        by_title = {name_key(entry.content.title): entry for entry in entries if entry.removed_at is None}
        added: list[FileEntry] = []
        changed: list[Change] = []
        returned: list[Change] = []
        removed: list[Entry] = []
        kept: list[str] = []
        matched: set[int] = set()
        for wanted in file:
            ours = by_key.get(wanted.key) or by_title.get(name_key(wanted.title))
            if ours is not None and ours.id in matched:
                ours = None
            if ours is None:
                added.append(wanted)
                continue
            matched.add(ours.id)
            if origin is not None and (ours.origin != origin or ours.removed_at is not None or ours.edited):
                if ours.content != wanted.content or ours.removed_at is not None:
                    kept.append(wanted.title)
            elif wanted.removed:
                removed.extend([ours] if ours.removed_at is None else [])
            elif ours.removed_at is not None:
                returned.append(Change(ours, wanted.content))
            elif ours.content != wanted.content:
                changed.append(Change(ours, wanted.content))
        if origin is not None:
            added, taken = await _without_taken(session, guild_id, added)
            kept.extend(taken)
        if len(entries) + len(added) > ENTRY_LIMIT:
            raise InvalidEntry(f"With this file, the server would have more than the limit of {ENTRY_LIMIT:,} entries.")
        living = [entry for entry in entries if entry.removed_at is None]
        missing = [] if origin is not None else [entry for entry in living if entry.id not in matched]
        return ImportPlan(
            revision=revision,
            origin=origin,
            added=tuple(added),
            changed=tuple(changed),
            returned=tuple(returned),
            removed=tuple(removed),
            missing=tuple(missing),
            kept=tuple(kept),
            same=len(file) - len(added) - len(changed) - len(returned) - len(removed) - len(kept),
        )


async def _without_taken(session: Session, guild_id: int, added: list[FileEntry]) -> tuple[list[FileEntry], list[str]]:
    """Leaves out entries of the pack whose title or alias moderators have given to another entry."""
    rows = await session.rows("SELECT name_key FROM faq_names WHERE guild_id = ?", guild_id)
    taken = {row["name_key"] for row in rows}
    free: list[FileEntry] = []
    kept: list[str] = []
    for entry in added:
        if name_key(entry.title) in taken:
            kept.append(entry.title)
        else:
            aliases = tuple(alias for alias in entry.aliases if name_key(alias) not in taken)
            free.append(entry.model_copy(update={"aliases": aliases}))
    return free, kept


def _cleaned(file: FaqFile) -> tuple[FileEntry, ...]:
    names: dict[str, str] = {}
    entries: list[FileEntry] = []
    for number, entry in enumerate(file.entries, 1):
        try:
            content = cleaned(entry.content)
        except StoreError as error:
            raise InvalidEntry(f"Entry {number} of the file (“{entry.title[:60]}”): {error}") from error
        if not entry.removed:
            for name in (content.title, *content.aliases):
                if name_key(name) in names:
                    raise InvalidEntry(
                        f"Entry {number} of the file (“{content.title}”): the name “{name}” is also one of "
                        f"“{names[name_key(name)]}”. Each title and alias can lead to only one entry."
                    )
                names[name_key(name)] = content.title
        history = tuple(past.model_copy(update={"content": _cleaned_past(past)}) for past in entry.history)
        entries.append(entry.model_copy(update={**dict(content), "history": history}))
    return tuple(entries)


def _cleaned_past(past: FileVersion) -> EntryContent:
    try:
        return cleaned(past.content)
    except StoreError as error:
        raise InvalidEntry(f"Version {past.number} of “{past.content.title[:60]}” in the file: {error}") from error


def _file(
    guild_id: int,
    now: datetime,
    entries: tuple[Entry, ...],
    versions: dict[int, tuple[Version, ...]],
    counts: dict[tuple[str, str], int],
) -> FaqFile:
    return FaqFile(
        guild_id=guild_id,
        exported_at=now,
        entries=tuple(_file_entry(entry, versions.get(entry.id, ()), counts) for entry in entries),
    )


async def _all_versions(session: Session, guild_id: int) -> dict[int, tuple[Version, ...]]:
    rows = await session.rows(
        "SELECT v.* FROM faq_versions v JOIN faq_entries e ON e.entry_id = v.entry_id WHERE e.guild_id = ? "
        "ORDER BY v.entry_id, v.number",
        guild_id,
    )
    return await asyncio.to_thread(_versions_of, rows)


def _versions_of(rows: list[Row]) -> dict[int, tuple[Version, ...]]:
    found: dict[int, list[Version]] = {}
    for row in rows:
        found.setdefault(row["entry_id"], []).append(to_version(row))
    return {entry_id: tuple(versions) for entry_id, versions in found.items()}


async def _all_counts(session: Session, guild_id: int) -> dict[tuple[str, str], int]:
    rows = await session.rows("SELECT kind, subject, times FROM counts WHERE guild_id = ?", guild_id)
    return {(row["kind"], row["subject"]): row["times"] for row in rows}


def _file_entry(entry: Entry, versions: tuple[Version, ...], counts: dict[tuple[str, str], int]) -> FileEntry:
    return FileEntry(
        key=entry.key,
        removed=entry.removed_at is not None,
        history=tuple(
            FileVersion(
                number=version.number,
                kind=version.kind,
                author_id=version.author_id,
                made_at=version.made_at,
                note=version.note,
                content=version.content,
            )
            for version in versions
        ),
        **{name: counts.get((kind, entry.key), 0) for name, kind in _COUNTED.items()},
        **dict(entry.content),
    )
