"""The rows of a sample: their values, the line each stands on, and what is wrong with the file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from knowledge.hub import Tokenizer

SAMPLE_BYTES = 2 * 1024 * 1024
"""As much of a file is read."""

MOST_COLUMNS = 200
"""Columns that are looked through for one that fits; datasets have a few."""

Row = dict[str, Any]


EXAMPLES = 3
"""As many rows are shown unless more are asked for."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Rows of a dataset, and what is known of the tokenizer that reads them.

    Attributes:
        content: the bytes of a file, or its path, of which at most SAMPLE_BYTES are read; or the rows themselves.
        name: the name of the file; it tells the format and which dataset of a config it belongs to. The place of an
            entry, such as "datasets[1]", names that one.
        tokenizer: a tokenizer.json, or its folder, for exact counts; else tokens are estimated from the text.
        template: the chat template of the tokenizer, where it is known from elsewhere; "" where it has none.
        specials: the tokenizer's special tokens, where they are known from elsewhere.
        examples: as many of the first rows are shown.
        whole: False where the dataset is known to go on behind these rows.
        printed: what chat templates printed of these rows, kept for a second look at the same rows.
    """

    content: bytes | Path | Sequence[Row]
    name: str = "sample.jsonl"
    tokenizer: Path | None = None
    template: str | None = None
    specials: Tokenizer | None = None
    examples: int = EXAMPLES
    whole: bool = True
    printed: dict[Any, str] | None = None


@dataclass(slots=True)
class FileFault:
    """Something about the file: the rule, the line (from 1) where it shows, and words that complete its message."""

    rule: str
    line: int | None = None
    detail: tuple[str, ...] = ()


@dataclass(slots=True)
class Rows:
    """What was read of a file.

    Attributes:
        values: the rows, as the reader that Axolotl uses types them.
        lines: the line of each row, from 1.
        form: "JSON Lines", "JSON", "CSV", "text" or "parquet".
        faults: what is wrong with the file.
        read: bytes that were read.
        cut: whether the file goes on after what was read.
        columns: the columns in the order in which they first appear.
    """

    values: list[Row] = field(default_factory=list)
    lines: Sequence[int] = ()
    form: str = "JSON Lines"
    faults: list[FileFault] = field(default_factory=list)
    read: int = 0
    cut: bool = False
    columns: dict[str, None] = field(default_factory=dict)

    def line(self, row: int) -> int | None:
        """The line of a row (from 0), where it is known."""
        return self.lines[row] if row < len(self.lines) else None

    def fault(self, rule: str, line: int | None = None, *detail: str) -> None:
        """Note a fault of the file; the first of a rule counts."""
        if all(each.rule != rule for each in self.faults):
            self.faults.append(FileFault(rule, line, detail))


def common_columns(values: Sequence[Row]) -> dict[str, None]:
    """The columns of all rows, in the order in which they appear; rows mostly share one set of keys."""
    columns: dict[str, None] = {}
    for row in values:
        for name in row:
            if name not in columns:
                columns[name] = None
    return columns
