"""An entry of the FAQ: what it holds, its name in lists, and its versions."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import BaseModel, Field

if TYPE_CHECKING:
    from datetime import datetime

DEFAULT_CATEGORY = "General"


class Stored(BaseModel, frozen=True, extra="forbid"):
    """What is read from the database or from a file: nothing in it is taken on trust."""


class EntryContent(Stored):
    """What moderators write; everything else about an entry is bookkeeping."""

    title: str
    text: str
    category: str = DEFAULT_CATEGORY
    aliases: tuple[str, ...] = ()
    fields: tuple[str, ...] = Field((), description="paths of Axolotl fields that the entry explains")
    rules: tuple[str, ...] = Field((), description="ids of rules whose findings the entry explains")
    phrases: tuple[str, ...] = Field((), description="parts of error messages that the entry answers")
    see_also: tuple[str, ...] = Field((), description="titles of other entries")

    @property
    def digest(self) -> str:
        """The same for the same content."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class EntryName:
    """As much of an entry as a list shows."""

    id: int
    title: str


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a server as it stands.

    Attributes:
        key: a name in the server that never changes, also in exported files.
        version: counts from 1, one up with every change.
        origin: `starter` when the entry came from the starter pack.
        edited: whether it differs from what the starter pack last gave.
        removed_at: when it was removed, None while it lives.
    """

    id: int
    guild_id: int
    key: str
    version: int
    content: EntryContent
    origin: str | None
    edited: bool
    changed_at: datetime
    changed_by: int
    removed_at: datetime | None

    @property
    def name(self) -> EntryName:
        """The entry as lists show it."""
        return EntryName(self.id, self.content.title)


@dataclass(frozen=True, slots=True)
class Version:
    """One change of an entry.

    Attributes:
        kind: `added`, `edited`, `removed`, `restored` or `imported`.
        content: the entry after the change.
    """

    number: int
    kind: str
    content: EntryContent
    author_id: int
    made_at: datetime
    note: str
