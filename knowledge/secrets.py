"""Secrets that people paste without noticing: found, named with the way to revoke them, and masked.

Everything here is linear in the text. A text without a secret, the usual case, costs a handful of substring
searches: each pattern runs only where a fixed piece of it occurs, and each begins with that fixed piece, which
the regular expression engine jumps to.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from knowledge.pattern import expression
from knowledge.token_formats import FORMATS
from knowledge.value import record

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Secret", "find", "mask", "mask_paths"]


@record
class Secret:
    """One secret in a text.

    Attributes:
        kind: What it is, in words ("Hugging Face token").
        start: Index of its first character.
        end: Index behind its last character.
        line: Its line, from 1.
        revoke: One sentence: where its owner makes it worthless.
    """

    kind: str
    start: int
    end: int
    line: int
    revoke: str

    @property
    def mask(self) -> str:
        """What stands in its place: a plain word, so that a masked config is still the same YAML."""
        return "masked-" + re.sub(r"[^a-z0-9]+", "-", self.kind.lower()).strip("-")


_REVOKE = {
    "Hugging Face token": "Invalidate it at huggingface.co/settings/tokens and create a new one.",
    "Weights & Biases key": "Delete it at wandb.ai/settings under API keys and create a new one.",
    "Comet key": "Revoke it at comet.com under Account settings, API keys.",
    "OpenAI key": "Revoke it at platform.openai.com/api-keys.",
    "Anthropic key": "Delete it at console.anthropic.com/settings/keys.",
    "AWS key": "Deactivate it in the AWS console under IAM, Security credentials.",
    "GitHub token": "Revoke it at github.com/settings/tokens.",
    "GitLab token": "Revoke it at gitlab.com under Preferences, Access tokens.",
    "Discord token": "Reset it at discord.com/developers/applications, page Bot.",
    "Discord webhook": "Delete the webhook in the channel's settings under Integrations.",
    "Slack token": "Revoke it at api.slack.com/apps.",
    "Google key": "Delete it at console.cloud.google.com/apis/credentials.",
    "PyPI token": "Delete it at pypi.org/manage/account.",
    "npm token": "Delete it at npmjs.com under Access tokens.",
    "Replicate token": "Delete it at replicate.com/account/api-tokens.",
    "Groq key": "Delete it at console.groq.com/keys.",
    "RunPod key": "Delete it at console.runpod.io under Settings, API keys.",
    "private key": "Replace the key pair wherever its public half is installed.",
    "signed token": "Revoke it where it was issued; a signed token stays valid until it expires.",
    "password in an address": "Change that password; it also stands in your shell's history.",
    "password": "Change that password wherever it is used.",
    "secret": "Revoke it where it was issued and create a new one.",
}


_Span = tuple[str, int, int]
SHORTEST = 15
"""Characters of the shortest token that has a beginning of its own; none holds a blank."""
_SPLIT = 100_000
"""Characters up to which a text is split into its words."""
_MOST = 500
"""Secrets of one kind that are masked one by one; behind them the whole text is."""
# (a piece that every one of them holds, kind, pattern). Case counts: these prefixes are fixed by their issuers.
_Tokens = tuple[tuple[str, str, re.Pattern[str]], ...]
# Searched everywhere: what its issuer gives a beginning of its own.
_PLAIN: _Tokens = tuple((piece, kind, expression(source)) for piece, kind, source in FORMATS)
# Searched where 24 letters and digits stand in a row, as they hardly ever do in a config.
_SOLID: _Tokens = tuple(
    (piece, kind, expression(source))
    for piece, kind, source in (
        ("hf_", "Hugging Face token", r"hf_[A-Za-z0-9]{24,}"),
        ("api_org_", "Hugging Face token", r"api_org_[A-Za-z0-9]{24,}"),
        ("gh", "GitHub token", r"gh[opsur]_[A-Za-z0-9]{30,}"),
        ("npm_", "npm token", r"npm_[A-Za-z0-9]{36}"),
        ("r8_", "Replicate token", r"r8_[A-Za-z0-9]{30,}"),
        ("gsk_", "Groq key", r"gsk_[A-Za-z0-9]{30,}"),
        ("rpa_", "RunPod key", r"rpa_[A-Za-z0-9]{30,}"),
    )
)
# Searched where 32 letters, digits, hyphens and underscores do.
_LONG: _Tokens = tuple(
    (piece, kind, expression(source))
    for piece, kind, source in (
        ("github_pat_", "GitHub token", r"github_pat_\w{22,}"),
        ("AIza", "Google key", r"AIza[\w-]{35}"),
        ("pypi-", "PyPI token", r"pypi-[\w-]{40,}"),
        ("wandb_v1_", "Weights & Biases key", r"wandb_v1_\w{24,}"),
        ("/api/webhooks/", "Discord webhook", r"/api/webhooks/\d{15,22}/[\w-]{40,}"),
        ("eyJ", "signed token", r"(?<![\w-])eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}"),
    )
)
_LETTERS = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
_LETTERS_TABLE = bytes(48 if value in _LETTERS else 32 for value in range(256))
_WORD_TABLE = bytes(48 if value in _LETTERS + b"_-" else 32 for value in range(256))
_HEXADECIMAL_TABLE = bytes(48 if value in b"0123456789abcdef" else 32 for value in range(256))
_SOLID_RUN, _LONG_RUN, _BARE_RUN = b"0" * 24, b"0" * 32, b"0" * 40
_DISCORD_MIDDLE = expression(r"\.[\w-]{6,7}\.[\w-]{27,}")
_DISCORD_HEAD = expression(r"(?<![\w-])[MNO][\w-]{22,28}\Z")
_ADDRESS = expression(r"://(?:[^\s/@:\"'<>]{0,128}:(?!\d{1,5}/)([^\s@\"'<>]{1,256})|([^\s/@:\"'<>]{16,256}))@")
_BEGIN = expression(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY[A-Z ]{0,10}-----")
_KEY_BODY = expression(r"(?:[ \t#>|]{0,20}[A-Za-z0-9+/=]{16,}[ \t\r]{0,4}(?:\n|\\n|\Z)){1,200}")

# A name that holds one of these, then a value: `api_key: …`, `"token": "…"`, `WANDB_API_KEY=…`, `--api-key …`.
# They are searched in the text in lower case, so that a pattern can begin with a fixed piece.
_VALUE = (
    r"[a-z0-9_-]{0,16}[\"'`]{0,2}(?:[ \t]{0,8}[:=]{1,2}>?[ \t]{0,8}(?![\"'\[]?[<{$%])"
    r"(?:[|>][+-]?[ \t]{0,4}\r?\n[ \t#]{1,40})?(?:(?:bearer|basic)[ \t]{1,4})?"
    r"(?:\"([^\"\n]{6,512})\"|'([^'\n]{6,512})'|([^\s\"'#,;`)\]}]{6,512}))"
    r"|[ \t]{1,4}(?:is[ \t:]{1,4}|=[ \t])?[\"']?([\w.+=-]{16,512}))"
)
_Names = tuple[tuple[str, re.Pattern[str]], ...]
_NAMED: _Names = tuple(
    (piece, expression(piece + ending + _VALUE))
    for piece, ending in (
        ("token", ""),
        ("secret", ""),
        ("pass", "(?:word|wd|phrase)"),
        ("key", ""),
        ("authorization", ""),
    )
)
_NAMED_LONG: _Names = tuple((piece, expression(piece + _VALUE)) for piece in ("credential", "bearer"))
# "key" alone names a column or a part of a mapping.
_KEY_NAMES = re.compile(r"(?:api|access|account|private|auth|secret|ssh|encryption|signing|wandb|comet|hub|hf)[ _-]?\Z")
_MASKED = re.compile(r"masked-[a-z-]{0,40}\Z")
_MASK_WORD = expression(r"masked-[a-z-]+")
_BARE_KEY = expression(r"(?<![0-9a-z])[0-9a-f]{40}(?![0-9a-z])")
_ASSIGNED = re.compile(r"[:=]")
# Names that end in "token" in every config and hold a word of the vocabulary, a switch or a number.
_NO_SECRET = re.compile(
    r"(?:eos|bos|pad|unk|sep|cls|mask|eot|eod|eom|image|audio|video|think|stop|start|end|special|added|extra|new|"
    r"prefix|suffix|middle|boundary|placeholder|per|max|min|num|of|untrained|mean|total|use_auth|fake)[_-]?\Z"
)
_PLACEHOLDER = re.compile(
    r"(?:true|false|null|none|yes|no|on|off|~)\Z|masked|[<\[{$%]|\*{2}|x{4}|\.{3}|"
    r"(?:your|my[_-]|change[_-]?me|redacted|example|hidden)[a-z_.\- ]{0,60}\Z|"
    r"secret\Z|token\Z|password\Z|os\.|env[.:_\[]|process\.|!"
)
_COMMIT_WORDS = ("revision", "commit", "sha", "hash", "@", "snapshots", "git", "blob")
_KEY_WORDS = ("wandb", "w&b", "weights & biases", "key", "login", "secret")
_PATH_PIECES = ("home/", "Users")
_HOME = expression(r"(/home/|[/\\]{1,2}Users[/\\]{1,2})([^\s/\\:\"'<>|,;)\]}]{1,64})")
_NOBODY = frozenset({"user", "ubuntu", "root", "runner", "shared", "Public", "Shared", "Default", "axolotl", "jovyan"})


def find(text: str) -> tuple[Secret, ...]:
    """Secrets of a text in the order in which they stand, comments and unknown keys included.

    Args:
        text: A config, a log or a message.

    Returns:
        What was found; spans never overlap. Empty for nearly every text, after some 10 µs for 3 kB.
    """
    raw = text.encode("utf-8", "replace")
    low = text.lower()
    if len(low) != len(text):  # only U+0130 grows when lowered
        low = text.replace("\u0130", "i").lower()
    sources = [*_issued(text, _PLAIN, within=_long_words(text))]
    if "PRIVATE KEY" in text:
        sources.append(_private_keys(text))
    if _SOLID_RUN in raw.translate(_LETTERS_TABLE):
        sources += _issued(text, _SOLID)
        sources.append(_discord(text))
        if _BARE_RUN in raw.translate(_HEXADECIMAL_TABLE):
            sources.append(_bare_keys(low))
    if _LONG_RUN in raw.translate(_WORD_TABLE):
        sources += _issued(text, _LONG)
        sources += _named(low, _NAMED_LONG)
    if "@" in text:
        sources.append(_addresses(text))
    sources += _named(low, _NAMED)
    spans = _bounded(sources, text)
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
        secrets.append(Secret(kind, start, end, line, _REVOKE.get(kind, _REVOKE["secret"])))
    return tuple(secrets)


def mask(text: str, secrets: tuple[Secret, ...] | None = None) -> str:
    """The text with each secret replaced by a word that names its kind; its lines keep their numbers.

    Args:
        text: A config, a log or a message.
        secrets: What `find` found in it, where that is known.
    """
    found = find(text) if secrets is None else secrets
    for _ in range(_PASSES):
        if not found:
            break
        text = _masked(text, found)
        found = find(text)
    return text


_PASSES = 2
"""What one secret hid, because it ran into it, shows when that one is masked: the text is looked at again."""


def _masked(text: str, secrets: tuple[Secret, ...]) -> str:
    pieces: list[str] = []
    done = 0
    for secret in secrets:
        pieces.append(text[done : secret.start])
        pieces.append(secret.mask + "\n" * text.count("\n", secret.start, secret.end))
        done = secret.end
    pieces.append(text[done:])
    return "".join(pieces)


def mask_paths(text: str) -> str:
    """The text with the user's name in paths of home folders replaced by `user`."""
    if not any(piece in text for piece in _PATH_PIECES):
        return text
    return _HOME.sub(lambda match: match[0] if match[2] in _NOBODY else match[1] + "user", text)


def _bounded(sources: list[Iterator[_Span]], text: str) -> list[_Span]:
    """The spans of all sources; where one of them has too many, the rest of the text is masked as one."""
    spans: list[_Span] = []
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


def _long_words(text: str) -> str:
    """The words that are long enough for a token: most of a config's are not. The whole of a long text."""
    return text if len(text) > _SPLIT else " ".join([word for word in text.split() if len(word) >= SHORTEST])


def _issued(text: str, tokens: _Tokens, within: str | None = None) -> list[Iterator[_Span]]:
    """Secrets that their issuer made recognisable, whatever stands around them; all of them stand in `within`."""
    words = text if within is None else within
    return [_issued_as(text, *token) for token in tokens if token[0] in words]


def _issued_as(text: str, piece: str, kind: str, form: re.Pattern[str]) -> Iterator[_Span]:
    for match in form.finditer(text):
        before = text[match.start() - 1] if match.start() else " "
        if not (before.isalnum() or before == "_") or piece.startswith("/"):
            issuer = "Anthropic key" if match[0].startswith("sk-ant-") else kind
            yield issuer, match.start(), match.end()


def _discord(text: str) -> Iterator[_Span]:
    """Bot tokens: three parts between dots, the first one Base64 of a number."""
    for match in _DISCORD_MIDDLE.finditer(text):
        head = _DISCORD_HEAD.search(text, max(0, match.start() - 40), match.start())
        if head:
            yield "Discord token", head.start(), match.end()


def _addresses(text: str) -> Iterator[_Span]:
    """Passwords and tokens in front of the host of an address."""
    for match in _ADDRESS.finditer(text):
        group = 1 if match[1] is not None else 2
        if not _PLACEHOLDER.match(match[group].lower()):
            yield "password in an address", match.start(group), match.end(group)


def _private_keys(text: str) -> Iterator[_Span]:
    """Private keys in their usual armour, with or without the closing line."""
    position = 0
    while begin := _BEGIN.search(text, position):
        closing = text.find("-----END", begin.end(), begin.end() + 16_000)
        if closing >= 0:
            tail = text.find("-----", closing + 8, closing + 80)
            end = tail + 5 if tail >= 0 else closing + 8
        else:
            body = _KEY_BODY.match(text, text.find("\n", begin.end()) + 1 or begin.end())
            end = body.end() if body else begin.end()
        yield "private key", begin.start(), end
        position = end


def _named(low: str, names: _Names) -> list[Iterator[_Span]]:
    """Values whose name says that they are secret."""
    return [_named_as(low, piece, form) for piece, form in names if piece in low]


def _named_as(low: str, piece: str, form: re.Pattern[str]) -> Iterator[_Span]:
    for match in form.finditer(low):
        group = match.lastindex or 0
        before = low[max(0, match.start() - 48) : match.start()]
        if _MASKED.search(before) or (piece == "key" and not _KEY_NAMES.search(before)):
            continue
        between = low[match.start() + len(piece) : match.start(group)]
        if _is_secret(piece, before, between, match[group]):
            yield _kind(piece, before), match.start(group), match.end(group)


def _bare_keys(low: str) -> Iterator[_Span]:
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
    if _PLACEHOLDER.match(value) or "<|" in value or value.isdigit():
        return False
    mixed = len(value) >= 16 and any(c.isdigit() for c in value) and any(c.isalpha() for c in value)
    if " " in value or not _ASSIGNED.search(between) or ("/" in value and value.startswith(("/", "./", "~"))):
        return mixed and " " not in value and "/" not in value and "(" not in value
    if piece in ("token", "credential", "authorization", "bearer", "secret"):
        suffix = between.lstrip("s").lstrip()
        if piece == "token" and (_NO_SECRET.search(before) or between[:1] == "s" or suffix[:1] not in ":=\"'`"):
            return False
        return mixed or (len(value) >= 20 and not value.isalpha())
    return not re.match(r"[a-z]{0,3}\(", value)


def _kind(piece: str, before: str) -> str:
    """Which secret a name speaks of."""
    for word, kind in _ISSUERS:
        if word in before:
            return kind
    return "password" if piece.startswith("pass") else "secret"


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
