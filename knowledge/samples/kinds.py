"""The dataset types of Axolotl 0.21.0, from kinds.yaml: which columns a type reads and what its rows become."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources

from knowledge.by_hand import in_entry, read_yaml
from knowledge.value import field, value

PAIRS = ("dpo", "ipo", "simpo")
PREFERENCE = (*PAIRS, "orpo", "kto", "ebft")


@value
class Column:
    """A column that a type reads.

    `key` is the dataset key that renames it, `part` what it is for, `others` names that are tried besides; `joined`
    text is joined with other text, so null or a number fails; `silent` columns may be missing without an error though
    nothing is trained then; `strict` ones are tokenized even when empty; `take` is the message taken from a list.
    """

    column: str
    key: str | None = None
    part: str
    optional: bool = False
    joined: bool = False
    silent: bool = False
    strict: bool = False
    take: int | None = None
    others: tuple[str, ...] = field(default=(), metadata={"alias": "or"})


@value
class Bad:
    """A row that does not do what its author wants, and the rule that says so."""

    row: str
    finding: str


@value
class Kind:
    """A dataset type: its names, the columns it reads, what is trained, and its traps."""

    names: tuple[str, ...]
    written: str = ""
    reads: str
    rl: tuple[str, ...] = ()
    summary: str
    columns: tuple[Column, ...]
    trained: str
    ends: str
    traps: tuple[str, ...] = ()
    fixed: int = 0
    good: str = ""
    bad: Bad | None = None

    @property
    def title(self) -> str:
        """How the type is asked for."""
        return self.names[0] if self.names else self.written

    def part(self, part: str) -> Column | None:
        """The first column of a part."""
        return next((column for column in self.columns if column.part == part), None)


@lru_cache(maxsize=1)
def load_kinds() -> tuple[Kind, ...]:
    """Every type, read once from kinds.yaml."""
    from knowledge.json_values import from_plain

    found = []
    for number, written in enumerate(read_yaml(resources.files("knowledge.samples") / "kinds.yaml"), start=1):
        with in_entry("kinds.yaml", number):
            found.append(from_plain(Kind, written))
    return tuple(found)


@lru_cache(maxsize=1)
def _named() -> dict[tuple[str, str], Kind]:
    return {(rl, name): kind for kind in load_kinds() for name in kind.names for rl in kind.rl or ("",)}


def kind_named(name: str, rl: str = "") -> Kind | None:
    """The type of a name under a value of `rl` ("" without)."""
    return _named().get((rl, name))


def kind_reading(reader: str) -> Kind:
    """The first type with a reader, for the forms of `type` that are not name."""
    return next(kind for kind in load_kinds() if kind.reads == reader)


def explain_kind(name: str) -> tuple[Kind, ...]:
    """Every type that a name means, in any `rl`; empty for a name that is not a type."""
    return tuple(kind for kind in load_kinds() if name in kind.names)


def names_under(rl: str = "") -> tuple[str, ...]:
    """All names that `type` takes under a value of `rl`, to find the nearest one."""
    return tuple(name for each, name in _named() if each == rl)
