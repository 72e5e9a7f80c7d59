"""Values whose name says that they are secret, and bare keys beside a word that says so."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from knowledge.pattern import expression

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from knowledge.secrets.secret import Span

# A name that holds one of these, then a value: `api_key: …`, `"token": "…"`, `WANDB_API_KEY=…`, `--api-key …`.
# They are searched in the text in lower case, so that a pattern can begin with a fixed piece.
_SCHEME = r"(?:(?:bearer|basic|digest|bot|token|api-?token|api-?key)[ \t]{1,4})?"
_VALUE = (
    r"[a-z0-9_-]{0,16}[\"'`]{0,2}(?:[ \t]{0,8}!?[:=]{1,3}>?[ \t]{0,8}(?!\[?[\"']?(?:\{|\$[({]|<\||%[({]))"
    rf"(?:[|>][+-]?[ \t]{{0,4}}\r?\n[ \t#]{{1,40}})?{_SCHEME}"
    rf"(?:\"{_SCHEME}([^\"\n]{{6,512}})\"|'{_SCHEME}([^'\n]{{6,512}})'|`?((?:[^\s\"'#,;`)\]}}]|[#)\]}}](?=\w)){{6,512}}))"
    r"|[ \t]{1,4}(?:is[ \t:]{1,4}|=[ \t])?[\"']?([\w.+=-]{16,512}))"
)
_Names = tuple[tuple[str, re.Pattern[str]], ...]
_NAMED: _Names = tuple(
    (piece, expression(piece + ending + _VALUE))
    for piece, ending in (
        ("token", ""),
        ("secret", ""),
        ("pass", "(?:word|wd|phrase)"),
        ("_pass", "(?![a-z])"),
        ("_pw", "(?![a-z])"),
        ("pwd", ""),
        ("contrase", "[\u00f1n]a"),
        ("key", ""),
        ("authorization", ""),
    )
)
_NAMED_LONG: _Names = tuple((piece, expression(piece + _VALUE)) for piece in ("credential", "bearer"))
# Names that say less: their values have to look like keys themselves.
_VAGUE: _Names = tuple(
    (piece, expression(piece + "(?![a-rt-z])" + _VALUE)) for piece in ("auth", "access", "api", "cred")
)
# "key" alone names a column or a part of a mapping.
_KEY_NAMES = expression(
    r"(?:api|access|account|private|priv|auth|secret|ssh|encryption|signing|service|client|database|db|license|"
    r"wandb|comet|hub|hf|sl|ibm|iam|cloudant)[ _-]?\Z"
)
_MASKED = expression(r"masked-[a-z-]{0,40}\Z")
_MASK_WORD = expression(r"masked-[a-z-]+")
_BARE_KEY = expression(r"(?<![0-9a-z])[0-9a-f]{40}(?![0-9a-z])")
_ASSIGNED = expression(r"[:=]")
_BEHIND_SCHEME = expression(r"\b(?:bearer|basic)[ \t]{1,4}\Z")
# Names that end in "token" in every config and hold a word of the vocabulary, a switch or a number.
_NO_SECRET = expression(
    r"(?:eos|bos|pad|unk|sep|cls|mask|eot|eod|eom|image|audio|video|think|stop|start|end|special|added|extra|new|"
    r"prefix|suffix|middle|boundary|placeholder|per|max|min|num|of|untrained|mean|total|use_auth|fake)[_-]?\Z"
)
_PLACEHOLDER = expression(
    r"(?:true|false|null|none|yes|no|on|off|~)\Z|masked|\*{2}|[x.*_ -]{4,}\Z|(?:hf|sk|ghp)[_-]x{3,}|\[|\{|"
    r"<[a-z_ .-]*>?\Z|\$\{|\$\(|\$[a-z_]+\Z|%[a-z_]+%|"
    r"(?:your|my[_-]|change[_-]?me|redacted|example|hidden|x{4}|<)[a-z_.\-\\ ]{0,60}>?\Z|"
    r"secret\Z|token\Z|password\Z|os\.|env[.:_\[]|process\.|!"
)
_RANDOM = expression(r"[a-z0-9]{12,}")
_DIGIT, _LETTER = expression(r"\d"), expression(r"[^\W\d_]")
_HEXADECIMAL = expression(r"[0-9a-f]+\Z")
_PASSWORDS = ("pass", "_pass", "_pw", "pwd", "contrase")
_WEAK = ("token", "credential", "authorization", "bearer")
"""Names that ordinary things bear too."""
_MIXED, _LONG = 16, 20
"""Characters of a value that looks like a key: with digits and letters, and with signs in place of digits."""
_COMMIT_WORDS = ("revision", "commit", "sha", "hash", "@", "snapshots", "git", "blob")
_KEY_WORDS = ("wandb", "w&b", "weights & biases", "key", "login", "secret")


NAMES = tuple(piece for piece, _ in (*_NAMED, *_NAMED_LONG, *_VAGUE))
"""The pieces of names that say so."""


def named(low: str, pieces: Collection[str], *, long: bool) -> list[Iterator[Span]]:
    """The values of a text whose names say that they are secret.

    Args:
        low: The text in lower case, character by character.
        pieces: Those of `NAMES` that stand in it.
        long: Whether 32 letters, digits, hyphens and underscores stand in a row.
    """
    names = (*_NAMED, *(_NAMED_LONG if long else ()))
    found = [_named_as(low, piece, pattern) for piece, pattern in names if piece in pieces]
    return found + [_vaguely_named(low, pattern) for piece, pattern in _VAGUE if piece in pieces]


def is_placeholder(value: str) -> bool:
    """Whether a value, in lower case, stands for one that is to be filled in."""
    return bool(_PLACEHOLDER.match(value))


def _named_as(low: str, piece: str, pattern: re.Pattern[str]) -> Iterator[Span]:
    for match in pattern.finditer(low):
        group = match.lastindex or 0
        between = low[match.start() + len(piece) : match.start(group)]
        if piece == "authorization" and _is_credential(between, match[group]):
            yield "secret", match.start(group), match.end(group)
            continue
        if piece in _WEAK and match.end(group) - match.start(group) < _MIXED:
            continue
        before = low[max(0, match.start() - 48) : match.start()]
        if "masked-" in before and _MASKED.search(before):
            continue
        if piece == "key" and not _KEY_NAMES.search(before):
            secret = bool(_ASSIGNED.search(between)) and _looks_random(match[group])
        else:
            secret = _is_secret(piece, before, between, match[group])
        if secret:
            yield _kind(piece, before), match.start(group), match.end(group)


def _vaguely_named(low: str, pattern: re.Pattern[str]) -> Iterator[Span]:
    for match in pattern.finditer(low):
        group = match.lastindex or 0
        if _MASKED.search(low, max(0, match.start() - 48), match.start()):
            continue
        if _ASSIGNED.search(low, match.start(), match.start(group)) and _looks_random(match[group]):
            yield "secret", match.start(group), match.end(group)


def _looks_random(value: str) -> bool:
    """Whether letters and digits are mixed in a long run of them, which is no number in base 16, as hashes are."""
    if len(value) < _MIXED or "/" in value or "(" in value or is_placeholder(value):
        return False
    run = max(_RANDOM.findall(value), key=len, default="")
    digits = sum(character.isdigit() for character in run)
    return digits > 1 and len(run) - digits > 1 and not _HEXADECIMAL.match(run)


def bare_keys(low: str) -> Iterator[Span]:
    """Forty hexadecimal digits where the line or the one above speaks of a key: elsewhere they are a commit."""
    for match in _BARE_KEY.finditer(low):
        if low[match.start() - 1 : match.start()].isalnum():
            continue
        start = max(low.rfind("\n", max(0, match.start() - 400), match.start()) + 1, match.start() - 400, 0)
        above = low.rfind("\n", max(0, match.start() - 400), max(0, start - 1)) + 1
        here, around = low[start : match.start()][-200:], low[max(above, match.start() - 440) : match.start()]
        if "masked-" in around:  # the word in place of another secret names a key, and says nothing of this one
            around = _MASK_WORD.sub("", around)
        around = around[-400:]
        if not any(word in here for word in _COMMIT_WORDS) and any(word in around for word in _KEY_WORDS):
            yield "Weights & Biases key", match.start(), match.end()


def _is_secret(piece: str, before: str, between: str, value: str) -> bool:
    """Whether a named value is a secret, not a switch, a placeholder or a word of the vocabulary.

    Without a sign between name and value (prose, `--api-key VALUE`) the value itself must look like a key.
    """
    if is_placeholder(value) or "<|" in value or (value.isdigit() and piece not in _PASSWORDS):
        return False
    if piece == "token" and _is_of_vocabulary(before, between):
        return False
    written = bool(_DIGIT.search(value) and _LETTER.search(value))
    mixed = len(value) >= _MIXED and written
    spaced, assigned = " " in value, _ASSIGNED.search(between)
    if spaced and assigned and piece in _PASSWORDS:
        return between.rstrip()[-1:] in "\"'" and "(" not in value
    if spaced or not assigned or ("/" in value and value.startswith(("/", "./", "~"))):
        return mixed and not spaced and "/" not in value and "(" not in value
    if piece in _WEAK or piece == "secret":
        if piece == "secret" and written and between[:1] != "s":
            return True
        return mixed or (len(value) >= _LONG and not value.isalpha())
    return not re.match(r"[a-z]{0,3}\(", value)


def _is_credential(between: str, value: str) -> bool:
    """Whether a header's value is one whatever its length: behind its scheme, or with digits and letters mixed."""
    if is_placeholder(value) or "<|" in value or not _ASSIGNED.search(between):
        return False
    return bool(_BEHIND_SCHEME.search(between) or (" " not in value and _DIGIT.search(value) and _LETTER.search(value)))


def _is_of_vocabulary(before: str, between: str) -> bool:
    """Whether a name that holds "token" speaks of words, or counts them."""
    return between[:1] == "s" or between.lstrip()[:1] not in ":=\"'`" or bool(_NO_SECRET.search(before[-16:]))


def _kind(piece: str, before: str) -> str:
    """Which secret a name speaks of."""
    for word, kind in _ISSUERS:
        if word in before:
            return kind
    return "password" if piece in _PASSWORDS else "secret"


_ISSUERS = (
    ("wandb", "Weights & Biases key"),
    ("comet", "Comet key"),
    ("openai", "OpenAI key"),
    ("anthropic", "Anthropic key"),
    ("hf_", "Hugging Face token"),
    ("hub_", "Hugging Face token"),
    ("huggingface", "Hugging Face token"),
    ("aws_", "AWS key"),
    ("github", "GitHub token"),
    ("discord", "Discord token"),
)
