"""What a check of rows says: the findings, the numbers, and the first rows as the run reads them."""

from __future__ import annotations

from typing import Any

from knowledge.finding import Finding
from knowledge.value import field, value

_STAYS = {"exclude": True}
"""Of a field that is not a part of the JSON, since it holds words of the rows, or as many numbers as there are rows."""


HUB = "rows on the Hub"
"""The form of rows that were in no file."""


@value
class Part:
    """A piece of a row: its text, and whether it is trained."""

    text: str
    trained: bool


@value
class Example:
    """One of the first rows as the run reads it.

    Attributes:
        row: counts from 1.
        part: "prompt", "chosen" or "rejected" in preference data, which has an entry for each text; else "".
        parts: the pieces; their texts joined are the text that is tokenized, with secrets masked.
        error: why the run stops at the row; it has no parts then.
    """

    row: int
    part: str = ""
    parts: tuple[Part, ...] = ()
    error: str = ""


@value
class SampleReport:
    """What the rows of a sample become under a config.

    Attributes:
        file, form: name and form of the file, such as "JSON Lines"; of rows on the Hub, the dataset and `HUB`.
        type, entry: the dataset type and the entry of the config that it was checked against.
        rows: rows in the sample. rows_kept: rows that the run sees. rows_failed: rows that stop the run.
        rows_untrained: rows that the run sees and of which nothing is trained.
        trained_tokens, low, high: trained tokens of the kept rows, and the range in which they lie.
        longest: tokens of the longest row.
        lengths: tokens of each row that gives any, in the form that the plan takes.
        exact: whether tokens were counted with the tokenizer.
        cut: whether the file goes on behind the sample; read: bytes that were read.
        examples: the first rows as the run reads them. Only the command line prints them in JSON, since they hold the
            words of the rows.
        faulty: some of the rows that findings are about, in the same form.
        notes: what was assumed or not checked.
    """

    file: str
    form: str
    type: str
    entry: str
    rows: int
    rows_kept: int
    rows_failed: int = 0
    rows_untrained: int = 0
    trained_tokens: int = 0
    low: int = 0
    high: int = 0
    longest: int = 0
    sequence_len: int = 0
    exact: bool = False
    cut: bool = False
    read: int = 0
    columns: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    lengths: tuple[Any, ...] = field(default=(), metadata=_STAYS)
    examples: tuple[Example, ...] = field(default=(), metadata=_STAYS)
    faulty: tuple[Example, ...] = field(default=(), metadata=_STAYS)
    findings: tuple[Finding, ...] = field(default=(), metadata=_STAYS)

    @property
    def from_hub(self) -> bool:
        """Whether the rows are those that the Hub has shown of the dataset `file`."""
        return self.form == HUB


def mean_tokens(report: SampleReport) -> float:
    """The mean length of the rows that are not longer than a sequence; of documents, which are cut, of all."""
    lengths = [_tokens(each) for each in report.lengths]
    documents = report.type is not None and report.type.split(":")[0] == "completion"
    fitting = [each for each in lengths if documents or each <= report.sequence_len] or lengths
    return sum(fitting) / len(fitting)


def _tokens(length: Any) -> int:
    if not isinstance(length, dict):
        return int(length)
    return int(length["length"]) if "length" in length else sum(length.values())
