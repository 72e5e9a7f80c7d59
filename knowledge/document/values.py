"""What a document holds: plain Python values that remember where they stand, and what is wrong with the text."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

from knowledge.pattern import expression
from knowledge.value import field, ledger

Steps = tuple[str | int, ...]


class Mark(Protocol):
    """A position in the text, counted from 0."""

    line: int
    column: int


class Mapping(dict[Any, Any]):
    """A mapping as PyYAML's safe loader would build it; `marks[key]` holds where the key and its value begin."""

    __slots__ = ("marks",)

    def __init__(self) -> None:
        self.marks: dict[Any, tuple[Mark, Mark]] = {}


class Sequence(list[Any]):
    """A list; `marks[index]` is where the item begins."""

    __slots__ = ("marks",)

    def __init__(self) -> None:
        super().__init__()
        self.marks: list[Mark] = []


class Fault(NamedTuple):
    """A fault of the text itself. Lines and columns count from 1 in the text as it was read.

    `mended` is YAML to show; `replaces` the first and last line (from 0) that a mechanical cure changes, and its text.
    """

    id: str
    line: int
    column: int
    message: str
    why: str
    mended: str = ""
    replaces: tuple[int, int, str] | None = None


class Duplicate(NamedTuple):
    """A key that stands twice in one mapping; the last one counts."""

    key: Any
    first: Mark
    last: Mark


_BREAKS = expression("[\n\x85\u2028\u2029]")


@ledger
class Document:
    """A text read as YAML.

    `values` is what could be read (None for nothing). `text` is the text as it was read; `first_line` and `indents`
    lead from its lines back to the text as it was given: lines that were left out above, columns that were cut off.
    """

    text: str
    values: Any = None
    faults: list[Fault] = field(default_factory=list)
    duplicates: list[Duplicate] = field(default_factory=list)
    repairs: list[str] = field(default_factory=list)
    first_line: int = 0
    indents: list[int] | int = 0
    _lines: list[str] | None = None

    @property
    def lines(self) -> list[str]:
        """The lines of `text`, without their ends, as YAML counts them: three rare signs break a line too."""
        if self._lines is None:
            self._lines = self.text.split("\n") if self.text.isascii() else _BREAKS.split(self.text)
        return self._lines

    def given(self, line: int, column: int) -> tuple[int, int]:
        """Line and column, both from 0, as they count from 1 in the text that was given."""
        if isinstance(self.indents, int):
            indent = self.indents
        else:
            indent = self.indents[line] if line < len(self.indents) else 0
        return line + self.first_line + 1, column + indent + 1

    def marks(self, path: str | Steps) -> tuple[Mark, Mark] | None:
        """Where the key and the value at a path begin; an item of a list has one place for both."""
        here: Any = self.values
        found: tuple[Mark, Mark] | None = None
        for step in split(path) if isinstance(path, str) else path:
            if isinstance(here, Mapping) and step in here.marks:
                found = here.marks[step]
                here = here[step]
            elif isinstance(here, Sequence) and isinstance(step, int) and step < len(here):
                found = (here.marks[step], here.marks[step])
                here = here[step]
            else:
                return None
        return found

    def place(self, path: str | Steps) -> tuple[int, int] | None:
        """Line and column of a path's key, from 1 in the text as given; None when it does not stand there."""
        marks = self.marks(path)
        return self.given(marks[0].line, marks[0].column) if marks else None

    def words(self, path: Steps) -> str:
        """The user's own words at a path, `key: value` on one line; the path itself where it does not stand."""
        marks = self.marks(path)
        return self.lines[marks[0].line][marks[0].column :].strip() if marks else join(path)


_STEP = re.compile(r"[^.\[\]]+|\[(\d+)\]")


@lru_cache(maxsize=4096)
def split(path: str) -> Steps:
    """`datasets[0].type` -> ("datasets", 0, "type")."""
    return tuple(int(match[1]) if match[1] else match[0] for match in _STEP.finditer(path))


def join(steps: Steps) -> str:
    """("datasets", 0, "type") -> `datasets[0].type`."""
    path = ""
    for step in steps:
        if isinstance(step, int) and path:
            path += f"[{step}]"
        else:
            path += f".{step}" if path else str(step)
    return path
