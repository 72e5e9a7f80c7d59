"""What the texts of the rows tell of themselves: answers without a word, prompts repeated, rows formatted already."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING, Any

from knowledge.samples.templates import EOS, template_named
from knowledge.samples.unread import LOOK, TELLING, read_columns, texts_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.samples.case import Case
    from knowledge.samples.rows import Row

_ANSWERS = frozenset({"answer", "chosen", "rejected", "text"})
_NOTHING = frozenset({"nan", "NaN", "<NA>", "#N/A"})
"""What a missing value becomes when a table is saved as text."""

_NEAR = 40
"""A prompt that begins so many letters into an answer is repeated by it; labels such as "Human:" stand before it."""

MARKS = (
    ("<|im_start|>", "<|im_end|>"),
    ("<|start_header_id|>", "<|end_header_id|>"),
    ("<start_of_turn>", "<end_of_turn>"),
    ("[INST]", "[/INST]"),
    ("<|user|>", "<|assistant|>"),
    ("### Instruction:", "### Response:"),
)
"""What stands around the turns of a text that has been formatted; one of a pair alone may be quoted."""

_FRAMING = frozenset({"instruction", "pair", "chat", "chat_pair", "orpo", "bradley_terry", "judged"})
"""Readers that print words or marks of their own around the columns."""

_PLAIN = frozenset({"completion", "pretrain"})


def check_texts(case: Case) -> None:
    """Note what the texts that are read tell, in every row where it can be lost, else in the first rows."""
    columns = [(column.part, case.name(column)) for column in case.kind.columns]
    answers = [name for part, name in columns if part in _ANSWERS]
    for index, row in enumerate(case.rows):
        for name in answers:
            text = row.get(name)
            if type(text) is str and text and (text.isspace() or text in _NOTHING):
                rule = "rows-answer-blank" if text.isspace() else "rows-answer-nothing"
                case.issues.add(rule, index, name, *(() if text.isspace() else (text,)))
    _check_repeats(case, columns)
    if case.kind.reads in _FRAMING and case.entry.get("type") != "metharme":
        _check_marks(case, [name for _, name in columns])
    elif case.kind.reads in _PLAIN:
        _check_foreign(case, case.name(case.kind.columns[0]))


def check_special(case: Case) -> None:
    """Note special tokens that stand inside the texts that are read."""
    tokens = [token for token in (case.model.bos, case.model.eos) if token and len(token) > 2]
    if case.kind.reads in ("segments", "tokenized") or not tokens:
        return
    read = read_columns(case)
    doubled = _doubled(case)
    for index, row in enumerate(case.rows[:LOOK]):
        for name in read:
            for text in texts_in(row.get(name)):
                inner = {token: text if token in doubled else text[len(token) : -len(token)] for token in tokens}
                found = next((token for token in tokens if token in inner[token]), None)
                if found is not None and not (case.kind.reads in _PLAIN and _marked(text)):
                    case.issues.add("rows-token-inside", index, name, found)


def _doubled(case: Case) -> set[str]:
    """Tokens that are wrong at the edge of a text too: in a turn the start, and the end that the template prints."""
    if case.kind.reads != "chat" or case.template is None or "rows-start-doubled" in case.issues:
        return set()
    shown = template_named(case.template.shown) if case.template.shown else None
    bos, eos = case.model.bos or "", case.model.eos or ""
    end = case.template.end() or (shown.end() if shown is not None else "") or ""
    return {bos, eos if eos and (EOS in end or eos in end) else ""} - {""}


def _check_repeats(case: Case, columns: list[tuple[str, str]]) -> None:
    """Answers that begin with their prompt, where most of them do."""
    asked = next((name for part, name in columns if part == "prompt"), None)
    rows = case.rows[:LOOK]
    for name in (name for part, name in columns if part in _ANSWERS - {"text"}):
        places = [index for index, row in enumerate(rows) if asked and _repeats(row.get(asked), row.get(name))]
        if len(places) > 1 and len(places) * 2 >= len(rows):
            for index in places:
                case.issues.add("rows-prompt-repeated", index, name, asked or "")


def _repeats(prompt: Any, answer: Any) -> bool:
    if not isinstance(prompt, str) or not isinstance(answer, str):
        return False
    asked, said = prompt.strip(), answer.strip()
    return len(asked) > TELLING and len(said) > len(asked) and 0 <= said.find(asked) <= _NEAR


def _check_marks(case: Case, names: list[str]) -> None:
    """Texts that are formatted already, and that the type formats again."""
    met: Counter[tuple[str, str]] = Counter()
    rows = case.rows[:LOOK]
    for row in rows:
        met.update({(name, mark) for name in names for text in _texts(row, name) if (mark := _marked(text))})
    for (name, mark), count in met.items():
        if count * 2 >= len(rows):
            case.issues.add("rows-formatted-twice", None, name, mark)


def _check_foreign(case: Case, name: str) -> None:
    """Plain texts with the marks of a template that the model's tokenizer does not know."""
    template = template_named(case.model.shown) if case.model.shown else None
    given = (case.settings.get("special_tokens"), case.settings.get("tokens"))
    if template is None or any(given):
        return
    rows = case.rows[:LOOK]
    marks = Counter(mark for row in rows for text in _texts(row, name) if (mark := _marked(text)))
    for mark, count in marks.items():
        if count * 2 >= len(rows) and mark.startswith("<") and not template.holds(mark, None):
            case.issues.add("rows-marks-foreign", None, name, mark)


def _marked(text: str) -> str:
    """The mark with which a formatted text begins a turn; "" where it has none."""
    return next((begin for begin, end in MARKS if begin in text and end in text), "")


def _texts(row: Row, name: str) -> Iterator[str]:
    """The text of a column, or the contents of its messages."""
    value = row.get(name)
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for message in islice(value, LOOK):
            if isinstance(message, dict):
                yield from (each for each in message.values() if isinstance(each, str))
