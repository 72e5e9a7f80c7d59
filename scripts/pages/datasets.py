"""docs/datasets.md: every dataset type, what it reads, what its rows become, and what a check of rows can find."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.config import read
from knowledge.finding import Severity
from knowledge.samples import check_rows, load_kinds
from knowledge.samples.examples import FILE, example_config
from knowledge.samples.wording import load_told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.samples import Column, Kind
    from knowledge.samples.kinds import Bad

PATH = "docs/datasets.md"

_CHAPTERS = (
    ("Supervised training", "Without `rl`, under `datasets`.", lambda kind: not kind.rl and kind.reads != "pretrain"),
    ("Pretraining", "Under `pretraining_dataset`, streamed.", lambda kind: kind.reads == "pretrain"),
    ("Pairs", "With `rl: dpo`, `ipo`, `simpo` or `orpo`.", lambda kind: bool({"dpo", "orpo"} & set(kind.rl))),
    ("Judged answers", "With `rl: kto`.", lambda kind: "kto" in kind.rl),
    ("Energy-based fine-tuning", "With `rl: ebft`.", lambda kind: "ebft" in kind.rl),
)
_WHOLE_FILE = ("rows-column-missing", "rows-answer-column", "rows-label-missing")
_ABOUT = """# Datasets

What Axolotl 0.21.0 reads of a row, by dataset type, and what `helpbot check CONFIG --dataset FILE` finds when rows and
type do not fit. Made from knowledge/samples/kinds.yaml and findings.yaml, which the checks use themselves; every bad
row below was checked to get its finding.

Rules for all types: columns stand at the top level of a row, their names are case sensitive, and other columns are
ignored. A column that is in some rows only counts as null in the others. A row is dropped when it is longer than
`sequence_len`, unless `excess_length_strategy` says otherwise.

What is not read: of every type, each column that its table does not name. A check names those columns, as a warning
where they hold text of the conversation (`context`, `history`, `rejected`, `thinking` and their like, unless the same
text is in a column that is read), else as advice. Of a message, `chat_template` hands on the mapped keys and those
that the template reads from a variable named `message`.

The first rows are shown as the run reads them: the text around the columns, the chat template rendered, start and end
tokens, and which of it is trained. Without the model's tokenizer the edges of a trained span fall between letters
instead of tokens. The first 64 rows are rendered for their lengths too, and further ones are estimated from
their texts and from what the template prints around a turn; with `--tokenizer` every row is rendered and counted. A
chat template runs in a sandbox with a limit on time (0.5 s a row, 2 s in all), steps and size. When the tokenizer's own
template is not at hand, rows are shown with the built-in one that is closest to the model's, which a note says.

Images count as the model's processor makes them: a fixed number for Gemma 3, Llama 3.2 Vision and LLaVA 1.5, and what
`image_size` comes to for Qwen2-VL, Qwen2.5-VL, Qwen3-VL, SmolVLM2, Pixtral, Mistral Small 3 and InternVL 3. Otherwise a
note says that their tokens are not counted.

The file: JSON Lines, a JSON list, one JSON object, CSV with commas, a text file (a row each line) or parquet. At most
2 MiB are read of a sample. Axolotl chooses the reader by `ds_type`, else by `.parquet`, `.arrow`, `.csv` or `.txt`
anywhere in `path`, else it reads JSON; UTF-8 alone is read without fault.
"""


def render() -> str:
    """The page."""
    lines = [_ABOUT]
    for title, about, belongs in _CHAPTERS:
        lines += [f"## {title}", "", about, ""]
        for kind in load_kinds():
            if belongs(kind):
                lines += _kind(kind)
    lines += list(_findings())
    return "\n".join(lines).rstrip() + "\n"


def _listed(kind: Kind) -> str:
    """The columns that a type reads, in words."""
    names = list(dict.fromkeys(f"`{column.column}`" for column in kind.columns))
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _kind(kind: Kind) -> Iterator[str]:
    yield f"### {_title(kind)}"
    yield ""
    yield kind.summary
    yield ""
    if kind.columns:
        yield f"Reads {_listed(kind)}, and leaves every other column unread."
        yield ""
        yield "| column | what for | named by | missing |"
        yield "|---|---|---|---|"
        yield from (_column(column) for column in kind.columns)
        yield ""
    yield f"- Trained: {kind.trained}."
    yield f"- Start and end: {kind.ends}."
    yield from (f"- {trap}" for trap in kind.traps)
    yield ""
    if kind.good:
        yield from ("```json", kind.good, "```", "")
    if kind.bad is not None:
        yield f"Not so: {_told(kind, kind.bad)}"
        yield ""
        yield from ("```json", kind.bad.row, "```", "")


def _title(kind: Kind) -> str:
    names = " · ".join(f"`{name}`" for name in kind.names)
    return names or kind.written[:1].upper() + kind.written[1:]


def _column(column: Column) -> str:
    name = " or ".join(f"`{each}`" for each in (column.column, *column.others))
    missing = "left out" if column.optional else "nothing is trained" if column.silent else "the run fails"
    key = f"`{column.key}`" if column.key else ""
    return f"| {name} | {column.part} | {key} | {missing} |"


def _told(kind: Kind, bad: Bad) -> str:
    """What the check says of a bad row: with a good one, or alone where a column has to be in no row."""
    beside = bad.row if bad.finding in _WHOLE_FILE else kind.good
    report = check_rows(read(example_config(kind)), f"{beside}\n{bad.row}\n".encode(), name=FILE)
    found = next(each for each in report.findings if each.rule == bad.finding)
    return f"{found.message} (`{found.rule}`)"


def _findings() -> Iterator[str]:
    yield "## What a check of rows finds"
    yield ""
    yield "Curly brackets stand for what the rows hold."
    yield ""
    for severity in Severity:
        rules = [(name, told) for name, told in load_told().items() if told.severity is severity]
        if rules:
            yield f"### {severity.heading}"
            yield ""
            for name, told in rules:
                yield f"- `{name}`: {_plain(told.says)}{f' {told.why}' if told.why else ''}"
            yield ""


def _plain(says: str) -> str:
    """A sentence with its placeholders as words."""
    words = {"n": "N rows", "have": "have", "do": "do", "are": "are", "them": "them", "s": "", "es": "", "many": ""}
    return says.format("{…}", "{…}", "{…}", "{…}", type="type", under="", line="N", **words)
