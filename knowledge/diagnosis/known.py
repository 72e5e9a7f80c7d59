"""Known errors of Axolotl and the libraries below it, hand-written in knowledge/errors/*.yaml."""

from __future__ import annotations

import re
from functools import cached_property, lru_cache
from importlib import resources
from typing import Any, NamedTuple

import yaml
from pydantic import BaseModel, Field, ValidationError, field_validator

from knowledge.diagnosis.model import Kind

_QUOTES = str.maketrans("", "", "`'\"*\u2019\u2018\u201c\u201d")
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def squeeze(text: str) -> str:
    """A phrase without blanks, quotes and capitals: the form in which wrapped and re-quoted texts still agree."""
    return "".join(unquoted(text).split())


def unquoted(text: str) -> str:
    """A text without quotes and capitals."""
    return text.lower().translate(_QUOTES)


def words(phrase: str) -> str:
    """A phrase as it is compared with what was printed: without quotes and capitals, blanks made single."""
    return " ".join(unquoted(phrase).split())


class Anchor(NamedTuple):
    """What recognizes an error.

    Attributes:
        phrases: Squeezed, the longest first.
        printed: The same as they are compared with what stands there, in the same order.
        names: A phrase that ends in a quoted name ("KeyError: 'text'") means that name, not one that begins with it.
    """

    phrases: tuple[str, ...]
    printed: tuple[str, ...]
    names: tuple[re.Pattern[str], ...]


def _anchor(group: tuple[str, ...]) -> Anchor:
    names = [name[1] for phrase in group if (name := re.search(r"['\"`](\w+)['\"`]$", phrase))]
    ordered = sorted(group, key=lambda phrase: len(squeeze(phrase)), reverse=True)
    return Anchor(
        tuple(squeeze(phrase) for phrase in ordered),
        tuple(words(phrase) for phrase in ordered),
        tuple(re.compile(rf"(?<!\w){name}(?!\w)", re.IGNORECASE) for name in names),
    )


class Cause(BaseModel, frozen=True, extra="forbid"):
    """One reason for an error.

    Attributes:
        text: What is wrong, in one sentence.
        tells: What tells it apart from the other causes.
        seen: Phrases that, standing anywhere in the text, make it the likeliest.
        config: Conditions on the config that make it likely: "deepspeed" (set), "!adapter" (not set), "rl: dpo".
        phases: What the run was doing when it is likely.
    """

    text: str
    tells: str = ""
    seen: tuple[str, ...] = ()
    config: tuple[str, ...] = ()
    phases: tuple[str, ...] = ()


class Advice(BaseModel, frozen=True, extra="forbid"):
    """What to change in one phase, with YAML to copy."""

    cure: str
    write: str = ""


class Known(BaseModel, frozen=True, extra="forbid"):
    """One known error.

    Attributes:
        id: Its name, unique over all files.
        kind: Who says it.
        when: Phrases that recognize it: one is enough; several in a list must stand in one message or traceback.
        unless: Phrases in the same message or traceback that rule it out.
        phases: What the run must have been doing; empty for anything.
        pattern: A simple expression for the words around the place; its named groups fill `{name}` in the texts.
        strict: Whether the pattern must match too.
        unnamed: What stands for a group that was not found.
        meaning: One sentence, for somebody who reads nothing else.
        causes: Likeliest first.
        cure: What to change, in Markdown.
        write: YAML to copy, put below the cure.
        during: Phase to what is changed then, where the cure depends on it.
        fields: Axolotl fields that it concerns.
        rules: Rules of the config check for the same fault.
        concepts: Ideas whose explanation helps.
        faq: Entries of the starter FAQ that go deeper.
        fixed_in: Version by which Axolotl had fixed it, where it was a bug of Axolotl.
        packages: Two packages do not fit: their names are given with what Axolotl asks of them.
        harmless: A notice that means nothing.
        conclusive: False where the text only shows that something failed.
        send: What to send next when that is all there is.
        weight: How much it explains, 0 to 100; what any error of its class would match has less.
    """

    id: str
    kind: Kind = "library"
    when: tuple[str | tuple[str, ...], ...]
    unless: tuple[str, ...] = ()
    phases: tuple[str, ...] = ()
    pattern: str = ""
    strict: bool = False
    unnamed: dict[str, str] = Field(default_factory=dict)
    meaning: str
    causes: tuple[Cause, ...] = ()
    cure: str
    write: str = ""
    during: dict[str, Advice] = Field(default_factory=dict)
    fields: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    concepts: tuple[str, ...] = ()
    faq: tuple[str, ...] = ()
    fixed_in: str | None = None
    packages: bool = False
    harmless: bool = False
    conclusive: bool = True
    send: str = ""
    weight: int = 50

    @field_validator("causes", mode="before")
    @classmethod
    def _short_causes(cls, value: Any) -> Any:
        """A cause that is one sentence may be written as one."""
        return (
            [{"text": each} if isinstance(each, str) else each for each in value] if isinstance(value, list) else value
        )

    @cached_property
    def anchors(self) -> tuple[Anchor, ...]:
        """The phrases as they are searched."""
        return tuple(_anchor((each,) if isinstance(each, str) else each) for each in self.when)

    @cached_property
    def barriers(self) -> tuple[tuple[str, str], ...]:
        """The phrases that rule it out, squeezed and as they are compared."""
        return tuple((squeeze(phrase), words(phrase)) for phrase in self.unless)

    @cached_property
    def expression(self) -> re.Pattern[str] | None:
        """The compiled pattern."""
        return re.compile(self.pattern, re.IGNORECASE) if self.pattern else None


@lru_cache(maxsize=1)
def known_errors() -> tuple[Known, ...]:
    """All of them, read once.

    Raises:
        ValueError: A file of the package holds an entry of a wrong shape; names file, entry and key.
    """
    folder = resources.files("knowledge") / "errors"
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".yaml")), key=lambda each: each.name)
    return tuple(known for file in files for known in entries_of(file.name, file.read_text("utf-8")))


def entries_of(file: str, text: str) -> list[Known]:
    """The entries of one file.

    Args:
        file: Its name, for what is said of a mistake in it.
        text: What stands in it: a YAML list of mappings with the keys of `Known`.

    Raises:
        ValueError: The text is not such a list, or an entry has a wrong shape; names file, entry and key.
    """
    try:
        read = yaml.load(text, _LOADER) or []  # noqa: S506 - a safe loader
    except yaml.YAMLError as fault:
        raise ValueError(f"{file} is not YAML: {fault}") from fault
    if not isinstance(read, list):
        raise ValueError(f"{file}: a list of entries is needed, this is a {type(read).__name__}.")
    return [_entry(file, number, entry) for number, entry in enumerate(read, start=1)]


def _entry(file: str, number: int, entry: Any) -> Known:
    if not isinstance(entry, dict):
        raise ValueError(f"{file}, entry {number}: a mapping is needed, this is a {type(entry).__name__}.")
    try:
        known = Known(**entry)
        _ = known.expression
    except ValidationError as fault:
        what = "; ".join(f"`{'.'.join(map(str, each['loc']))}`: {each['msg']}" for each in fault.errors())
        raise ValueError(f"{file}, entry {entry.get('id', number)!r}: {what}") from fault
    except re.error as fault:
        raise ValueError(f"{file}, entry {known.id!r}: `pattern` is not an expression: {fault}") from fault
    return known
