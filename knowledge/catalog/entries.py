"""What is known of one name: the generated facts of a field, the hand-written note, and both as an explanation."""

from __future__ import annotations

from typing import Any

from knowledge.modes import Modes
from knowledge.value import field, value

RAISE = {"alias": "raise", "serialization_alias": "raise"}
"""A word that Python reserves: `raise` in notes and JSON, `raising` in code."""


@value
class Field:
    """The facts of one path of Axolotl's config (facts/fields.json)."""

    path: str
    type: str
    default: Any = None
    required: bool = False
    choices: tuple[str, ...] = ()
    open_choices: bool = False
    bounds: str = ""
    plugin: str | None = None
    since: str | None = None
    deprecated: bool = False
    replaced_by: str | None = None
    aliases: tuple[str, ...] = ()
    used: int = 0
    caveat: str = ""


@value
class Note:
    """A hand-written note (fields/*.yaml): what a field is, and what raising or lowering it does.

    `left_out` is what the run uses when the key is left out, where the schema's default does not tell; `modes` under
    which kinds of run the field works; `evidence` the places (`module:function`) in Axolotl or a library below it that
    the note was written from, which are never shown to members; `also` other paths that the same code reads.
    """

    summary: str
    raising: str = field(default="", metadata=RAISE)
    lower: str = ""
    costs: str = ""
    pitfalls: str = ""
    example: str = ""
    left_out: str = ""
    modes: Modes = Modes()
    evidence: tuple[str, ...] = ()
    see: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    text: str = ""


@value
class Explanation:
    """The answer to "what is this?". `name` is what was asked, `path` what it resolved to, `kind` None for nothing."""

    name: str
    kind: str | None
    path: str | None = None
    summary: str = ""
    text: str = ""
    type: str | None = None
    default: Any = None
    choices: tuple[str, ...] = ()
    open_choices: bool = False
    bounds: str = ""
    raising: str = field(default="", metadata=RAISE)
    lower: str = ""
    costs: str = ""
    pitfalls: str = ""
    example: str = ""
    left_out: str = ""
    modes: str = ""
    see: tuple[str, ...] = ()
    since: str | None = None
    plugin: str | None = None
    deprecated: bool = False
    replaced_by: str | None = None
    required: bool = False
    origin: str = ""
    rules: tuple[str, ...] = ()
    nearest: tuple[str, ...] = ()
    axolotl: str = ""


@value
class Choice:
    """One line of an autocomplete: what is shown and what it stands for."""

    name: str
    value: str
