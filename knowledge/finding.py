"""What a check says: findings, where they stand, and the edits that cure the mechanical ones."""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple, ParamSpec, TypeVar, cast

from pydantic import BaseModel, ConfigDict

from knowledge.document import join, split

if TYPE_CHECKING:
    from collections.abc import Callable

    from knowledge.document import Document, Steps

_Parts = ParamSpec("_Parts")
_Value = TypeVar("_Value")


class Frozen(BaseModel):
    """A value that leaves the process: frozen, closed, and with a published JSON Schema.

    What pydantic needs to validate or write it is built when it is first used: most commands use few of these.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


def make(model: Callable[_Parts, _Value], *_none: _Parts.args, **parts: _Parts.kwargs) -> _Value:
    """A frozen value of parts that the code itself has made: as `model(...)`, without validating them.

    A check makes dozens of values; the first validation of each kind alone costs a process 10 ms.
    """
    kind: type[BaseModel] = cast("type[BaseModel]", model)
    value = kind.__new__(kind)
    fill = object.__setattr__
    fill(value, "__dict__", {**_defaults(kind), **parts})
    fill(value, "__pydantic_fields_set__", set(parts))
    fill(value, "__pydantic_extra__", None)
    fill(value, "__pydantic_private__", None)
    return cast("_Value", value)


@cache
def _defaults(model: type[BaseModel]) -> dict[str, Any]:
    """Every field in its order, with its default or None."""
    return {name: None if field.is_required() else field.default for name, field in model.model_fields.items()}


class Severity(StrEnum):
    """How much a finding matters, worst first."""

    ERROR = "error"
    CRASH = "crash"
    IGNORED = "ignored"
    WARNING = "warning"
    ADVICE = "advice"

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return _RANK[self]

    @property
    def heading(self) -> str:
        """The words above a group of findings."""
        return _HEADING[self]


_RANK = {severity: rank for rank, severity in enumerate(Severity)}
_HEADING = {
    Severity.ERROR: "Axolotl refuses this",
    Severity.CRASH: "Accepted, but the run fails",
    Severity.IGNORED: "Axolotl silently ignores this",
    Severity.WARNING: "Runs, but probably not as you mean",
    Severity.ADVICE: "Worth knowing",
}


class Edit(Frozen):
    """One replacement in the text as it was given; lines and columns count from 1, the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int
    replacement: str


class Place(Frozen):
    """Where a finding looks: the path as the user wrote it, its position, and the masked words that stand there."""

    path: str
    line: int
    column: int
    excerpt: str


class Finding(Frozen):
    """One fault: what, where, why and the cure.

    `fields` are paths as the user wrote them; `line` and `column` count from 1 in the text as given; `mended` is YAML
    to copy, where the cure is more than a word; `row` is the first row concerned (from 1), `rows` how many are.
    """

    rule: str
    severity: Severity
    fields: tuple[str, ...] = ()
    line: int | None = None
    column: int | None = None
    message: str
    why: str = ""
    edit: Edit | None = None
    suggestion: str | None = None
    places: tuple[Place, ...] = ()
    mended: str = ""
    source: str = "config"
    row: int | None = None
    rows: int | None = None

    @property
    def order(self) -> tuple[int, int, int]:
        """Sort key: worst first, then in file order."""
        return (self.severity.rank, self.line or 0, self.column or 0)


class Problem(NamedTuple):
    """What a rule found. The framework adds id, severity and place.

    `message` says what happens and the cure; `fields` are paths as the user wrote them, the first gives the line;
    `mended` is YAML to copy.
    """

    message: str
    fields: tuple[str | Steps, ...] = ()
    why: str | None = None
    suggestion: str | None = None
    edit: Edit | None = None
    mended: str = ""


def problem(message: str, *fields: str | Steps, **rest: Any) -> Problem:
    """The short way to a Problem: the fields as further arguments."""
    return Problem(message, fields, **rest)


def stamp(each: Problem, name: str, severity: Severity, document: Document, why: str = "") -> Finding:
    """A Problem as a Finding: with id, severity, and where its fields stand."""
    places = []
    for field in each.fields:
        at = place(document, field)
        if at is not None:
            places.append(at)
    first = places[0] if places else None
    return make(
        Finding,
        rule=name,
        severity=severity,
        fields=tuple(join(field) if isinstance(field, tuple) else field for field in each.fields),
        line=first.line if first else 1,
        column=first.column if first else 1,
        message=each.message,
        why=each.why if each.why is not None else why,
        edit=each.edit,
        suggestion=each.suggestion,
        places=tuple(places),
        mended=each.mended,
        source="config",
        row=None,
        rows=None,
    )


def place(document: Document, field: str | Steps) -> Place | None:
    """Where a path stands, with the user's words; the nearest parent that stands where it does not."""
    steps = split(field) if isinstance(field, str) else field
    while steps:
        at = document.place(steps)
        if at is not None:
            path = join(steps)
            return make(Place, path=path, line=at[0], column=at[1], excerpt=document.words(steps))
        steps = steps[:-1]
    return None
