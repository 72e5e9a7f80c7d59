"""What the rows are good for: the block that reads them, how many they are, and how long."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from knowledge.config import read_values
from knowledge.finding import Severity
from knowledge.samples.checking import check_rows, sample_bytes
from knowledge.samples.datasets_block import propose_block
from knowledge.samples.entry import file_reader
from knowledge.samples.images import IMAGE_KEYS, shows_images
from knowledge.samples.reading import read_rows, rows_given
from knowledge.samples.rows import SAMPLE_BYTES, Sample
from knowledge.samples.tokens import HIGH
from knowledge.writing.families import turns_without_start
from knowledge.writing.preference import with_loss
from knowledge.writing.rewards import asked, reward_columns
from knowledge.writing.wishes import NO_ANSWER, NO_COLUMN, NO_DATASET, NO_TYPE, Unusable, Unwritable

if TYPE_CHECKING:
    from knowledge.plan import Length
    from knowledge.samples.datasets_block import Proposal
    from knowledge.samples.report import SampleReport
    from knowledge.samples.rows import Rows
    from knowledge.writing.families import Family
    from knowledge.writing.wishes import Wishes

_PAIRED = frozenset({"dpo", "ipo", "kto", "orpo", "simpo"})
_ENDLESS = 10_000_000
_TYPES: dict[str, tuple[str, str]] = {
    "chat": ("chat_template", "rows with `messages`, each with `role` and `content`"),
    "instructions": ("alpaca", "rows with `instruction`, `input`, and `output`"),
    "facts": ("completion", "rows with `text`"),
    "pretraining": ("completion", "rows with `text`"),
    "preference": ("chat_template.default", "rows with `messages`, and `chosen` and `rejected` messages"),
    "rewards": ("rewards.transform", "rows with `prompt` and `answer`"),
    "images": ("chat_template", "rows with `messages` and `images`"),
}
"""The type for rows that nobody has shown, and the rows that it reads."""


@dataclass(slots=True)
class Read:
    """What is known of the rows.

    Attributes:
        aim: What they are good for, or what was asked for.
        entry: Keys of the entry of `datasets`, without `path`.
        root: Keys of the root that reading them needs, such as `rl`.
        count: How many rows there are; None where that is not known.
        lengths: Estimated tokens of each row.
        longest: The most tokens that a row may have; 0 where no row is known.
        whole: Whether all rows were read.
        reads: The rows that the type reads, in words, where it is assumed.
        stands_for: The type that a placeholder stands for, where nobody has seen the rows; else empty.
        columns: Prompt and answer column of rows with an answer to check.
        wrong: What stands against the aim, in sentences.
        printed: What chat templates printed, so that the proof does not print it again.
    """

    aim: str
    entry: dict[str, Any]
    root: dict[str, Any] = field(default_factory=dict)
    count: int | None = None
    lengths: tuple[Length, ...] = ()
    longest: int = 0
    whole: bool = True
    reads: str = ""
    stands_for: str = ""
    columns: tuple[str, str] | None = None
    wrong: list[str] = field(default_factory=list)
    printed: dict[Any, str] = field(default_factory=dict)

    @property
    def method(self) -> str:
        """`rl`, or an empty text."""
        return str(self.root.get("rl") or "")

    @property
    def chats(self) -> bool:
        """Whether a chat template prints the rows."""
        return (self.stands_for or str(self.entry.get("type"))).startswith("chat_template")

    @property
    def splits(self) -> bool:
        """Whether rows that are too long are split and not lost."""
        return (self.stands_for or self.entry.get("type")) == "completion"

    @property
    def tokens(self) -> list[int]:
        """Estimated tokens of each row, of a pair its longer side."""
        return [each if isinstance(each, int) else _longer(each) for each in self.lengths]

    def longer_than(self, length: int) -> int:
        """How many rows may be longer than a length, by the upper end of the estimate."""
        return sum(1 for tokens in self.tokens if tokens * HIGH > length)


def _longer(parts: dict[str, int]) -> int:
    return parts.get("length") or parts.get("prompt", 0) + max(
        parts.get("chosen", 0), parts.get("rejected", 0), parts.get("completion", 0)
    )


def with_count(wishes: Wishes) -> Wishes:
    """Wishes with the number of rows of a file that is longer than what is read of it, where its lines tell.

    Args:
        wishes: What is wanted.
    """
    path = wishes.rows
    if not isinstance(path, Path) or path.suffix.lower() != ".jsonl" or wishes.count is not None or not wishes.whole:
        return wishes
    if path.stat().st_size <= SAMPLE_BYTES:
        return wishes
    with path.open("rb") as file:
        return replace(wishes, count=sum(1 for line in file if line.strip()), whole=False)


def read_dataset(wishes: Wishes, family: Family) -> Read:
    """Read the rows, or assume what the aim needs where there are none.

    Args:
        wishes: What is wanted.
        family: The model's family, whose template prints them.

    Raises:
        Unusable: The file holds no row.
    """
    if wishes.rows is None:
        return _assumed(wishes)
    given = _given(wishes)
    if not given.values:
        raise Unusable(f"{wishes.dataset or 'The file'} has no row that can be read.")
    found = _rewarded(given, wishes) if wishes.aim == "rewards" else _fitted(given, wishes, family)
    found.whole = wishes.whole and not given.cut
    found.count = wishes.count or (len(given.values) if found.whole else None)
    if found.aim != "rewards" and "type" in found.entry:
        _measure(found, wishes, family)
    elif found.columns is not None:
        texts = [asked(row.get(found.columns[0])) for row in given.values]
        found.lengths = tuple(max(1, len(text) // 3) for text in texts)
        found.longest = max(found.tokens) if texts else 0
    return found


def _given(wishes: Wishes) -> Rows:
    if not isinstance(wishes.rows, (bytes, Path)):
        return rows_given(wishes.rows or [])
    data, whole = sample_bytes(wishes.rows)
    form = "parquet" if data.startswith(b"PAR1") else file_reader((wishes.dataset or "rows.jsonl").lower())
    return read_rows(data, form, whole=whole)


def _assumed(wishes: Wishes) -> Read:
    aim = wishes.aim or ("preference" if wishes.loss else "chat")
    kind, reads = _TYPES[aim]
    root: dict[str, Any] = dict(IMAGE_KEYS) if aim == "images" else {}
    if aim == "preference":
        root["rl"] = "dpo"
    if aim == "rewards":
        root["rl"] = "grpo"
    found = Read(aim, {"type": wishes.type or kind}, root, count=wishes.count)
    found.reads = "" if wishes.type else reads
    if aim == "rewards":
        found.columns = ("prompt", "answer")
    if wishes.loss:
        with_loss(found, wishes.loss)
    if wishes.dataset is not None and wishes.type is None:
        _left_open(found)
    return found


def _left_open(found: Read) -> None:
    """Placeholders for what only the rows of a dataset that is named, but that nobody has seen, would tell."""
    if found.aim == "rewards":
        found.columns = (NO_COLUMN, NO_ANSWER)
    elif found.aim == "pretraining":
        found.entry["field"] = NO_COLUMN
    elif found.aim == "images":
        # A model of pictures reads nothing but chats; which column holds them is open.
        found.entry["field_messages"] = NO_COLUMN
    else:
        found.stands_for, found.entry = str(found.entry["type"]), {"type": NO_TYPE}


def _rewarded(given: Rows, wishes: Wishes) -> Read:
    asks, says = reward_columns(given.values)
    columns = (asks or NO_COLUMN, says or NO_ANSWER)
    found = Read("rewards", {"type": "rewards.transform"}, {"rl": "grpo"}, columns=columns)
    if asks is None:
        found.wrong.append("No column of the rows is known to hold what is asked: name it at the top of rewards.py.")
    if says is None:
        found.wrong.append(
            "The rows have no column with an answer to compare with: add one, and name it at the top of rewards.py."
        )
    return found


def _fitted(given: Rows, wishes: Wishes, family: Family) -> Read:
    name = wishes.dataset or NO_DATASET
    proposal = propose_block(given.values, name=name)
    if proposal.block is None:
        found = Read(wishes.aim or "chat", {})
        found.wrong.append(_converted(proposal))
        return found
    block: dict[str, Any] = yaml.safe_load(proposal.block)
    entry = {key: value for key, value in block.pop("datasets")[0].items() if key != "path"}
    fitting = _aim_of(block, entry, given)
    aim = wishes.aim or ("preference" if wishes.loss else fitting)
    found = Read(aim, entry, block)
    if wishes.type:
        found.entry = {"type": wishes.type}
    elif block.get("rl") in _PAIRED:
        _printed(found, family)
    if (aim == "preference") != (fitting == "preference") or (aim == "images") != (fitting == "images"):
        found.wrong.append(_NO_USE[aim if aim in _NO_USE else fitting].format(aim=aim))
        found.aim = fitting
    if wishes.loss:
        with_loss(found, wishes.loss)
    if proposal.lost:
        found.wrong.append(_converted(proposal))
    return found


def _converted(proposal: Proposal) -> str:
    """Why no type reads the rows, and what a row would have to be."""
    if not proposal.after:
        return proposal.words or "No dataset type of Axolotl 0.21.0 reads these rows."
    words, _, left = proposal.words.partition(_CONVERT)
    if proposal.block is not None:
        words, _, left = proposal.words.partition(_KEEP)
    before, after = (textwrap.shorten(each, _SHOWN, placeholder=" ...") for each in (proposal.before, proposal.after))
    start = "To keep the text, convert" if proposal.block is not None else "Convert"
    return f"{words}{left} {start} every row, from {before} to {after}, and ask again."


_CONVERT, _KEEP = " Convert each row as shown.", " To keep the text, convert each row as shown."
_SHOWN = 400
_NO_USE = {
    "preference": "The aim `{aim}` and the rows do not match: `preference` needs pairs of a better and a worse "
    "answer, or answers with a label, and such rows are for nothing else.",
    "images": "The aim `{aim}` and the rows do not match: `images` needs rows with images, and such rows need that "
    "aim.",
}


def _aim_of(root: dict[str, Any], entry: dict[str, Any], given: Rows) -> str:
    """What rows are good for."""
    if root.get("rl") in _PAIRED:
        return "preference"
    if shows_images(given.values):
        return "images"
    if str(entry.get("type")).startswith("chat_template"):
        return "chat"
    return "facts" if entry.get("type") == "completion" else "instructions"


def _printed(found: Read, family: Family) -> None:
    """Types that print ChatML print the model's own turns instead."""
    kind = found.entry.get("type")
    if family.turn is None or not (isinstance(kind, dict) or str(kind).startswith("chatml")):
        return
    columns = {
        "chatml.prompt_pairs": "prompt",
        "chatml.intel": "question",
        "chatml.icr": "input",
        "chatml": "instruction",
        "chatml.argilla": "instruction",
    }
    if isinstance(kind, dict):
        fields = dict(kind)
    elif kind in columns:
        asks = columns[str(kind)]
        judged = found.root.get("rl") == "kto"
        fields = {"field_prompt": asks}
        fields |= {"field_completion": "completion", "field_label": "label"} if judged else {}
        fields |= {} if judged else {"field_chosen": "chosen", "field_rejected": "rejected"}
    else:
        return
    fields["prompt_format"] = family.turn.prompt
    sides = ("completion",) if "field_completion" in fields else ("chosen", "rejected")
    for side in sides:
        fields[f"{side}_format"] = f"{{{side}}}{family.turn.answer}"
    found.entry = {"type": fields}


def _measure(found: Read, wishes: Wishes, family: Family) -> None:
    """How long the rows are as the run reads them."""
    root: dict[str, Any] = {"base_model": wishes.model, "sequence_len": _ENDLESS, **found.root}
    if found.chats:
        root |= {"chat_template": family.template} if family.template != "tokenizer_default" else {}
        if found.method and family.turn is not None and family.starts:
            root |= {"chat_template": "jinja", "chat_template_jinja": turns_without_start(family.turn)}
        root |= {"eot_tokens": list(family.ends)} if family.ends and not found.method else {}
    name = wishes.dataset or NO_DATASET
    report = _report(root, found.entry, wishes, name, found.printed)
    if report.rows_failed and found.chats:
        without = {**found.entry, "drop_system_message": True}
        other = _report(root, without, wishes, name, found.printed)
        if not other.rows_failed:
            report, found.entry = other, without
            found.wrong.append(
                "The model's chat template refuses system turns, so `drop_system_message` leaves them out. To keep "
                "their text, move it into the first user turn of each row."
            )
    if report.rows_failed and report.rows_failed == report.rows:
        faults = " ".join(each.message for each in report.findings if each.severity.rank < Severity.ADVICE.rank)
        raise Unwritable(f"No row can be trained on. {faults}")
    found.lengths = report.lengths
    found.longest = round(report.longest * (1 if report.exact else HIGH)) + _ROOM if report.longest else 0
    if report.rows_failed:
        found.wrong.append(f"{report.rows_failed:,} of {report.rows:,} rows stop the run: fix or remove them.")


def _report(
    root: dict[str, Any], entry: dict[str, Any], wishes: Wishes, name: str, printed: dict[Any, str]
) -> SampleReport:
    config = read_values({**root, "datasets": [{"path": name, **entry}]})
    return check_rows(config, Sample(wishes.rows or [], name, whole=wishes.whole, printed=printed))


_ROOM = 16
"""Tokens that a template may print more than is known."""
