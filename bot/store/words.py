"""How names and words are compared: without regard to case, accents and form."""

from __future__ import annotations

import re
import unicodedata

_WORD = re.compile(r"[^\W_]+")
_LONGEST = 60
"""Letters of a word that count; engines have limits of their own above."""


def name_key(name: str) -> str:
    """Two names with the same key are the same name."""
    storable = name.encode("utf-8", "ignore").decode().replace("\0", "")
    return " ".join(unicodedata.normalize("NFKC", storable).casefold().split())


def words_of(text: str) -> list[str]:
    """The words of a text as the search sees them: `Micro_Batch_Size` is three."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    words = _WORD.findall("".join(letter for letter in plain if not unicodedata.combining(letter)))
    return [word[:_LONGEST] for word in words]
