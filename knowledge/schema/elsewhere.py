"""Keys under the name that another trainer gives them: what to write instead, in Axolotl's own lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from knowledge.config import Unreadable
from knowledge.document import dump
from knowledge.finding import Finding, Problem, Severity, problem, stamp
from knowledge.kinds_of_run import ignoring, working_elsewhere
from knowledge.modes import phrase
from knowledge.pattern import expression
from knowledge.schema.edits import rename, replace
from knowledge.schema.homes import is_home
from knowledge.schema.whole import with_unsaid
from knowledge.text import listed

if TYPE_CHECKING:
    from knowledge.config import Config
    from knowledge.document import Steps
    from knowledge.foreign import Meaning

_IGNORED = "Not an Axolotl field: silently ignored."
_NO_ADAPTER = "Not an Axolotl field: ignored, so every weight is trained."
_ASIDE = expression(r" \(.*\)")
_SHORT = 50
"""Characters of a line or sentence that is shown in the message itself."""


def foreign_key(config: Config, key: str, meaning: Meaning) -> Finding:
    """A root key of another trainer: what it means in Axolotl, with an edit where its value can be carried over."""
    each = _problem(config, key, meaning)
    return stamp(each, "foreign-key", Severity.IGNORED, config.document)


def foreign_inside(config: Config, steps: Steps, meaning: Meaning, siblings: list[str]) -> Finding:
    """The same inside a block: a name of the block itself, or one that stands at the top level in Axolotl."""
    last = meaning.field.rpartition(".")[2]
    if meaning.kind != "field":
        each = _without_field(steps, meaning)
    elif "." in meaning.field and last in siblings:
        name = last if meaning.carry == "same" and meaning.values is None else None
        each = problem(f"{_IGNORED} Its name here is `{last}`.", steps, why=_why(meaning), suggestion=last)
        each = each._replace(edit=rename(config, steps, name))
    else:
        message = f"{_IGNORED} In Axolotl it is `{meaning.field}`, at the top level."
        each = problem(message, steps, why=_why(meaning), suggestion=meaning.field)
    return stamp(each, "foreign-key", Severity.IGNORED, config.document)


def _problem(config: Config, key: str, meaning: Meaning) -> Problem:
    if meaning.kind != "field":
        return _without_field((key,), meaning)
    why, field = _why(meaning), meaning.field
    counts = config.document.place(meaning.root)
    if counts is not None and (meaning.renames or meaning.root == field):
        return problem(f"{_IGNORED} `{field}` on line {counts[0]} counts.", key, why=why, suggestion=field)
    lines = meaning.carried(config.values.get(key))
    if lines:
        lines = with_unsaid(config, lines)
    if meaning.renames and (lines is None or len(lines) == 1):
        edit = rename(config, (key,), field)
        message = f"{_IGNORED} {_called(config, field)}"
        return problem(message, key, why=why, suggestion=field, edit=edit)
    if lines == {}:
        return problem(f"{_IGNORED} Remove it: this is what Axolotl does anyway.", key, why=why)
    if lines is not None and lines.keys().isdisjoint(config.values) and _has_place(config, meaning):
        return _written_anew(config, key, meaning, lines)
    return problem(f"{_IGNORED} Set `{field}` instead.", key, why=why, suggestion=field)


def _called(config: Config, field: str) -> str:
    """What a name is called in Axolotl, and where, when the config is of a kind that does not read the field."""
    try:
        elsewhere, here = working_elsewhere(config, field), ignoring(config, field)
    except Unreadable:
        elsewhere, here = (), None
    if elsewhere:
        where = _ASIDE.sub("", phrase(elsewhere[0]))
        return f"{where[0].upper()}{where[1:]}, it is `{field}`."
    return f"Nothing reads `{field}` {_ASIDE.sub('', phrase(here))}." if here else f"Axolotl calls it `{field}`."


def _written_anew(config: Config, key: str, meaning: Meaning, lines: dict[str, Any]) -> Problem:
    """The lines in place of the key, as an edit and to copy."""
    text, field = dump(lines), meaning.field
    if text.count("\n") == 1 and len(text) <= _SHORT:
        message, mended = f"{_IGNORED} In Axolotl it is `{text.strip()}`.", ""
    elif "adapter" in lines:
        message, mended = f"{_NO_ADAPTER} Set `adapter` and the fields with it.", text
    else:
        message, mended = f"{_IGNORED} Set `{field}` instead.", text
    edit = replace(config, key, lines)
    named = field if field in lines or mended else None
    return problem(message, key, why=_why(meaning), suggestion=named, edit=edit, mended=mended if edit else "")


def _has_place(config: Config, meaning: Meaning) -> bool:
    """Whether the field's block is one that this config has or asks for; a root field always has its place."""
    return meaning.root == meaning.field or meaning.root.endswith("datasets") or is_home(config, meaning.root)


def _without_field(steps: Steps, meaning: Meaning) -> Problem:
    cure = "Remove it: Axolotl does this by itself." if meaning.kind == "itself" else "Axolotl has no counterpart."
    first, _, rest = meaning.why.partition(". ")
    if meaning.kind == "none" and len(first) <= _SHORT and rest:
        return problem(f"{_IGNORED} {first}.", steps, why=rest)
    return problem(f"{_IGNORED} {cure}", steps, why=_why(meaning))


def _why(meaning: Meaning) -> str:
    """The reason that the table gives, and whose name it is."""
    whose = f"It is a name from {listed(meaning.trainers)}." if meaning.trainers else ""
    return f"{meaning.why} {whose}".strip() or "It is a name from elsewhere."
