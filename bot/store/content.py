"""What an FAQ entry holds, and how what people write becomes it."""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import BaseModel, Field

from bot.store.errors import InvalidEntry
from bot.store.words import name_key

if TYPE_CHECKING:
    from datetime import datetime

TITLE_LIMIT = 100
"""Characters: a title is also the name of an autocomplete choice."""
TEXT_LIMIT = 4000
"""Characters: what a modal's paragraph can hold."""
CATEGORY_LIMIT = 40
LIST_LIMIT = 25
"""Aliases, fields, rules, phrases and other entries named by one entry, each."""
NAME_LIMIT = 200
DEFAULT_CATEGORY = "General"

# Characters that reorder or hide what follows them; letters of right-to-left scripts and their marks stay.
_REORDERING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\ufeff\u2060\u00ad")


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


def clean_line(text: str) -> str:
    """One line: runs of white space become one space, control and reordering characters go."""
    return " ".join(_visible(text.replace("\u2028", " ").replace("\u2029", " ")).split())


def clean_text(text: str) -> str:
    """Lines without spaces at their ends; control and reordering characters go."""
    lines = _visible(text.replace("\r\n", "\n").replace("\r", "\n")).split("\n")
    return "\n".join(line.rstrip() for line in lines).strip("\n")


def hidden_characters(text: str) -> int:
    """How many characters of a text would be left out because they are invisible or reorder others."""
    return sum(1 for letter in text.replace("\r\n", "\n").replace("\r", "\n") if _hidden(letter))


def cleaned(content: EntryContent) -> EntryContent:
    """The content as it is stored.

    Raises:
        InvalidEntry: the title or the text is empty or too long, or a list is.
    """
    title = clean_line(content.title)
    text = clean_text(content.text)
    if not name_key(title):
        raise InvalidEntry(
            "The title is empty: spaces and invisible characters alone can't be found. Write a question or a topic."
        )
    if not text.strip():
        raise InvalidEntry("The text is empty: spaces and invisible characters alone say nothing. Write the answer.")
    _check_length("title", title, TITLE_LIMIT)
    _check_length("text", text, TEXT_LIMIT)
    category = clean_line(content.category) or DEFAULT_CATEGORY
    _check_length("category", category, CATEGORY_LIMIT)
    own = name_key(title)
    return EntryContent(
        title=title,
        text=text,
        category=category,
        aliases=tuple(alias for alias in _names("aliases", content.aliases, TITLE_LIMIT) if name_key(alias) != own),
        fields=_names("fields", content.fields),
        rules=_names("rules", content.rules),
        phrases=_names("error phrases", content.phrases),
        see_also=tuple(name for name in _names("other entries", content.see_also) if name_key(name) != own),
    )


def _names(what: str, names: tuple[str, ...], limit: int = NAME_LIMIT) -> tuple[str, ...]:
    kept: dict[str, str] = {}
    for name in names:
        line = clean_line(name)
        if line:
            _check_length(what, line, limit)
            kept.setdefault(name_key(line), line)
    if len(kept) > LIST_LIMIT:
        raise InvalidEntry(f"The entry names {len(kept)} {what}; {LIST_LIMIT} are the most. Leave some out.")
    return tuple(kept.values())


def _check_length(what: str, text: str, limit: int) -> None:
    if len(text) > limit:
        raise InvalidEntry(f"The {what} is {len(text):,} characters long; {limit:,} are the most. Shorten it.")


def _visible(text: str) -> str:
    return unicodedata.normalize("NFC", "".join(letter for letter in text if not _hidden(letter)))


def _hidden(letter: str) -> bool:
    return letter in _REORDERING or (letter not in "\n\t" and unicodedata.category(letter) in ("Cc", "Cs"))
