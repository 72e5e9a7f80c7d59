"""What a check says: findings, where they stand, and the edits that cure the mechanical ones."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from knowledge.document import join, split
from knowledge.value import value

if TYPE_CHECKING:
    from knowledge.document import Document, Steps


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
    Severity.WARNING: "Runs, but probably not as you intended",
    Severity.ADVICE: "Worth knowing",
}


@value
class Edit:
    """One replacement in the text as it was given; lines and columns count from 1, the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int
    replacement: str


@value
class Place:
    """Where a finding looks: the path as the user wrote it, its position, and the masked words that stand there."""

    path: str
    line: int
    column: int
    excerpt: str


@value
class Finding:
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
    return Finding(
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
            return Place(path=path, line=at[0], column=at[1], excerpt=document.words(steps))
        steps = steps[:-1]
    return None
