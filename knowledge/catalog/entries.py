"""What is known of one name: the generated facts of a field, the hand-written note, and both as an explanation."""

from __future__ import annotations

from typing import Any

from pydantic import Field as Named

from knowledge.catalog.modes import Modes
from knowledge.finding import Frozen


class Field(Frozen):
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


class Note(Frozen):
    """A hand-written note (fields/*.yaml): what a field is, and what raising or lowering it does.

    `left_out` is what the run uses when the key is left out, where the schema's default does not tell; `modes` under
    which kinds of run the field works; `evidence` the places (`module:function`) in Axolotl or a library below it that
    the note was written from, which are never shown to members; `also` other paths that the same code reads.
    """

    summary: str
    raising: str = Named("", alias="raise")
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


class Explanation(Frozen):
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
    raising: str = Named("", alias="raise", serialization_alias="raise")
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


class Choice(Frozen):
    """One line of an autocomplete: what is shown and what it stands for."""

    name: str
    value: str
