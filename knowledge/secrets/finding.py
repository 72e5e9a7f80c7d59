"""Finds all secrets of a text, and masks them."""

from __future__ import annotations

from bisect import bisect_right
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING

from knowledge.pattern import expression
from knowledge.secrets.encoded import encoded, may_be_encoded
from knowledge.secrets.issued import SHORTEST, has_bare_run, has_long_run, has_solid_run, issued
from knowledge.secrets.lexicon import Lexicon
from knowledge.secrets.named import NAMES, bare_keys, named
from knowledge.secrets.passwords import PLACES, passwords
from knowledge.secrets.private_keys import private_keys
from knowledge.secrets.providers import PROVIDERS, of_providers
from knowledge.secrets.secret import Secret, revoke_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from knowledge.secrets.secret import Span

_MOST = 500
"""Secrets of one kind that are masked one by one; behind them the whole text is."""
_LONG = 16_384
"""Characters from which on it pays to keep what was found."""
_FURTHER = 1
"""What one secret hid, because it ran into it, shows when that one is masked: the text is looked at again."""
_DISGUISED = expression("[\u00ad\u200b-\u200f\u2060\ufeff]|(?:%|\\\\x)(?:5[Ff]|2[Dd])")
"""What tears a token apart without being seen, and signs of tokens as addresses and programs write them."""
_WRITTEN = {"5f": "_", "2d": "-"}
_CONTINUED = expression(r"\r?\n[ \t]{0,12}(?=[\w-]{0,80}\d)([\w-]{4,512})(?=[ \t\"']{0,4}(?:\r?\n|\Z))")
"""The rest of a token behind the end of a line, which a terminal or YAML has wrapped."""
_WRAPPED = 2
_SPLIT = 100_000
"""Characters up to which a text is split into its words."""
_PRIVATE = "private"
_LEXICON = Lexicon(dict.fromkeys((_PRIVATE, *NAMES, *PROVIDERS, *PLACES)))
"""Pieces of the text in lower case."""


def find(text: str) -> tuple[Secret, ...]:
    """Secrets of a text in the order in which they stand, comments and unknown keys included.

    Args:
        text: A config, a log or a message.

    Returns:
        What was found; spans never overlap. Empty for nearly every text, after some 50 µs for 3 kB.
    """
    return _find_again(text) if len(text) > _LONG else _find(text)


def _find(text: str) -> tuple[Secret, ...]:
    spans = _spans(text)
    if not spans:
        return ()
    # Where two begin together, the issuer's own mark says more than the name in front of it.
    spans.sort(key=lambda span: span[1])
    secrets: list[Secret] = []
    line, counted, free = 1, 0, 0
    for kind, start, end in spans:
        if start < free:
            if end > free:  # what begins in one and reaches beyond it is masked with it
                free, last = end, secrets[-1]
                secrets[-1] = Secret(last.kind, last.start, end, last.line, last.revoke)
            continue
        line += text.count("\n", counted, start)
        counted, free = start, end
        secrets.append(Secret(kind, start, end, line, revoke_of(kind)))
    return tuple(secrets)


@lru_cache(maxsize=4)
def _find_again(text: str) -> tuple[Secret, ...]:
    """What was found in a long text, which the parts of one answer look through one after the other."""
    return _find(text)


def mask(text: str, secrets: tuple[Secret, ...] | None = None) -> str:
    """The text with each secret replaced by a word that names its kind; its lines keep their numbers.

    Args:
        text: A config, a log or a message.
        secrets: What `find` found in it, where that is known.
    """
    found = find(text) if secrets is None else secrets
    for _ in range(_FURTHER):
        if not found:
            return text
        text = _masked(text, found)
        found = find(text)
    return _masked(text, found)


def _masked(text: str, secrets: tuple[Secret, ...]) -> str:
    pieces: list[str] = []
    done = 0
    for secret in secrets:
        pieces.append(text[done : secret.start])
        pieces.append(secret.mask + "\n" * text.count("\n", secret.start, secret.end))
        done = secret.end
    pieces.append(text[done:])
    return "".join(pieces)


def _spans(text: str) -> list[Span]:
    """The secrets of a text, those among them that are in disguise."""
    if _is_plain(text) or not _DISGUISED.search(text):
        return _all(text)
    pieces: list[str] = []
    shown, given = [0], [0]  # where the pieces begin, in what is searched and in the text
    done = 0
    for match in _DISGUISED.finditer(text):
        written = _WRITTEN.get(match[0][-2:].lower(), "")
        pieces += [text[done : match.start()], written]
        done = match.end()
        shown.append(shown[-1] + len(pieces[-2]) + len(written))
        given.append(done)
    pieces.append(text[done:])

    def place(index: int) -> int:
        piece = bisect_right(shown, index) - 1
        return given[piece] + index - shown[piece]

    return [(kind, place(start), place(end - 1) + 1) for kind, start, end in _all("".join(pieces))]


def _is_plain(text: str) -> bool:
    """Whether a text holds no sign that nobody sees, and none that writes another; most do."""
    visible = text.isascii() or text.replace("\n", "").isprintable()
    return visible and "%" not in text and "\\" not in text


def _all(text: str) -> list[Span]:
    long_words = {word for word in _words(text) if len(word) >= SHORTEST}
    sources = _sources(text, long_words)
    if may_be_encoded(long_words):
        sources.append(encoded(text, _plain))
    return _bounded(sources, text)


def _plain(text: str) -> list[Span]:
    return _bounded(_sources(text, {word for word in _words(text) if len(word) >= SHORTEST}), text)


def _words(text: str) -> set[str]:
    """The words of a text; a long one is a word of its own."""
    return set(text.split()) if len(text) <= _SPLIT else {text}


def _sources(text: str, long_words: set[str]) -> list[Iterator[Span]]:
    raw = text.encode("utf-8", "replace")
    low = text.lower()
    if len(low) != len(text):  # only U+0130 grows when lowered
        low = text.replace("\u0130", "i").lower()
    solid, long = has_solid_run(raw), has_long_run(raw)
    sources = [_wrapped(text, each) for each in issued(text, long_words, solid=solid, long=long)]
    pieces = _LEXICON.pieces_of(_words(low))
    if _PRIVATE in pieces:
        sources.append(private_keys(text, low))
    if solid and has_bare_run(raw):
        sources.append(bare_keys(low))
    sources += of_providers(low, pieces, solid=solid)
    sources += passwords(text, low, pieces)
    return sources + named(low, pieces, long=long)


def _wrapped(text: str, spans: Iterable[Span]) -> Iterator[Span]:
    """Spans that reach the end of a line, and the rest of the token on the next ones."""
    for kind, start, end in spans:
        reached = end
        for _ in range(_WRAPPED):
            rest = _CONTINUED.match(text, reached)
            if not rest:
                break
            reached = rest.end()
        yield kind, start, reached


def _bounded(sources: Iterable[Iterator[Span]], text: str) -> list[Span]:
    """The spans of all sources; where one of them has too many, the rest of the text is masked as one."""
    spans: list[Span] = []
    end = len(text)
    for source in sources:
        taken = list(islice(source, _MOST))
        if len(taken) == _MOST:
            end = min(end, taken[-1][2])
        spans += taken
    if end < len(text):
        spans = [span for span in spans if span[2] <= end]
        spans.append(("secret", end, len(text)))
    return spans
