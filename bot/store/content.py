"""How what people write becomes an entry of the FAQ."""

from __future__ import annotations

import unicodedata

from bot.store.entry import DEFAULT_CATEGORY, EntryContent
from bot.store.errors import InvalidEntry
from bot.store.words import name_key
from knowledge.secrets import mask

TITLE_LIMIT = 100
"""Characters: a title is also the name of an autocomplete choice."""
TEXT_LIMIT = 4000
"""Characters: what a modal's paragraph can hold."""
CATEGORY_LIMIT = 40
LIST_LIMIT = 25
"""Aliases, fields, rules, phrases and other entries named by one entry, each."""
NAME_LIMIT = 200

# Characters that reorder or hide what follows them; letters of right-to-left scripts and their marks stay.
_REORDERING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\ufeff\u2060\u00ad")


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
    """The content as it is stored, its secrets masked.

    Raises:
        InvalidEntry: the title or the text is empty or too long, or a list is.
    """
    title = clean_line(mask(content.title))
    text = clean_text(mask(content.text))
    if not name_key(title):
        raise InvalidEntry(
            "The title is empty: nobody can search for spaces and invisible characters. Write a question or a topic."
        )
    if not text.strip():
        raise InvalidEntry("The text is empty apart from spaces and invisible characters. Write the answer.")
    _check_length("title", title, TITLE_LIMIT)
    _check_length("text", text, TEXT_LIMIT)
    category = clean_line(mask(content.category)) or DEFAULT_CATEGORY
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
        line = clean_line(mask(name))
        if line:
            _check_length(what, line, limit)
            kept.setdefault(name_key(line), line)
    if len(kept) > LIST_LIMIT:
        raise InvalidEntry(f"The entry names {len(kept)} {what}; the limit is {LIST_LIMIT}. Leave some out.")
    return tuple(kept.values())


def _check_length(what: str, text: str, limit: int) -> None:
    if len(text) > limit:
        raise InvalidEntry(f"The {what} is {len(text):,} characters long; the limit is {limit:,}. Shorten it.")


def _visible(text: str) -> str:
    return unicodedata.normalize("NFC", "".join(letter for letter in text if not _hidden(letter)))


def _hidden(letter: str) -> bool:
    return letter in _REORDERING or (letter not in "\n\t" and unicodedata.category(letter) in ("Cc", "Cs"))
