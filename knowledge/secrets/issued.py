"""Secrets that their issuer made recognizable, whatever stands around them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from knowledge.pattern import expression
from knowledge.secrets.formats import ANYWHERE, LONG, SOLID, Format
from knowledge.secrets.lexicon import Lexicon

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.secrets.secret import Span

SHORTEST = 13
"""Characters of the shortest token that has a beginning of its own; none holds a blank."""
_NEAR = 100
"""Characters in front of a piece in which a token begins."""


class _Token(NamedTuple):
    """A format, ready to be looked for.

    Attributes:
        piece: What every such token holds.
        kind: What it is, in words.
        pattern: The token from the piece on.
        head: What stands in front of the piece, where it is not the beginning.
    """

    piece: str
    kind: str
    pattern: re.Pattern[str]
    head: re.Pattern[str] | None

    @classmethod
    def of(cls, form: Format) -> _Token:
        """The token of a format: its piece is looked for first, which is fast, then what must not precede it."""
        piece = re.escape(form.piece)
        apart = f"(?<![{form.apart}]{piece})" if form.apart and not form.head else ""
        head = expression(f"(?<![{form.apart}])(?:{form.head})\\Z") if form.head else None
        return cls(form.piece, form.kind, expression(piece + apart + form.behind), head)

    def spans(self, text: str) -> Iterator[Span]:
        """Where such tokens stand in a text."""
        for match in self.pattern.finditer(text):
            start: int | None = match.start()
            if self.head is not None:
                head = self.head.search(text, max(0, match.start() - _NEAR), match.start())
                start = head.start() if head else None
            if start is not None:
                yield "Anthropic key" if match[0].startswith("sk-ant-") else self.kind, start, match.end()


def _tokens(formats: tuple[Format, ...]) -> tuple[_Token, ...]:
    return tuple(_Token.of(each) for each in formats)


_ANYWHERE, _SOLID, _LONG = _tokens(ANYWHERE), _tokens(SOLID), _tokens(LONG)
_LEXICON = Lexicon(dict.fromkeys(token.piece for token in (*_ANYWHERE, *_SOLID)))
_LETTERS = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
_LETTERS_TABLE = bytes(48 if value in _LETTERS else 32 for value in range(256))
_WORD_TABLE = bytes(48 if value in _LETTERS + b"_-" else 32 for value in range(256))
_HEXADECIMAL_TABLE = bytes(48 if value in b"0123456789abcdef" else 32 for value in range(256))
_SOLID_RUN, _LONG_RUN, _BARE_RUN = b"0" * 24, b"0" * 32, b"0" * 40
_DISCORD_MIDDLE = expression(r"\.[\w-]{6,7}\.[\w-]{27,}")
_DISCORD_HEAD = expression(r"(?<![\w-])[MNO][\w-]{22,28}\Z")
_KUBERNETES = expression(r"\bkind:[ \t]{0,8}[\"']?Secret\b")
_KUBERNETES_VALUE = expression(r"\n[ \t]{1,40}[\w.-]{1,64}:[ \t]{1,8}[\"']?([A-Za-z0-9+/]{10,}={0,3})")


def has_solid_run(raw: bytes) -> bool:
    """Whether 24 letters and digits stand in a row, as they hardly ever do in a config."""
    return _SOLID_RUN in raw.translate(_LETTERS_TABLE)


def has_long_run(raw: bytes) -> bool:
    """Whether 32 letters, digits, hyphens and underscores stand in a row."""
    return _LONG_RUN in raw.translate(_WORD_TABLE)


def has_bare_run(raw: bytes) -> bool:
    """Whether 40 hexadecimal digits stand in a row."""
    return _BARE_RUN in raw.translate(_HEXADECIMAL_TABLE)


def issued(text: str, words: set[str], *, solid: bool, long: bool) -> list[Iterator[Span]]:
    """The secrets of a text, one iterator for each format that may occur in it.

    Args:
        text: The text.
        words: Its words that are long enough for a token: most of a config's are not.
        solid: Whether 24 letters and digits stand in a row.
        long: Whether 32 letters, digits, hyphens and underscores stand in a row.
    """
    tokens = (*_ANYWHERE, *_SOLID) if solid else _ANYWHERE
    pieces = _LEXICON.pieces_of(words)
    found = [token.spans(text) for token in tokens if token.piece in pieces] if pieces else []
    if long:
        found += [token.spans(text) for token in _LONG if token.piece in text]
    if solid:
        found.append(_discord(text))
    if "kind:" in text and _KUBERNETES.search(text):
        found.append(("secret", *match.span(1)) for match in _KUBERNETES_VALUE.finditer(text))
    return found


def _discord(text: str) -> Iterator[Span]:
    """Bot tokens: three parts between dots, the first one Base64 of a number."""
    for match in _DISCORD_MIDDLE.finditer(text):
        head = _DISCORD_HEAD.search(text, max(0, match.start() - 40), match.start())
        if head:
            yield "Discord token", head.start(), match.end()
