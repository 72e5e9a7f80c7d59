"""Readers of rows with a prompt and an answer, and of plain text."""

from __future__ import annotations

import datetime
import string
from typing import TYPE_CHECKING, Any

import yaml

from knowledge.samples.case import CONTEXT, TRAINED, Case, Made, Reader
from knowledge.samples.frames import frame_named
from knowledge.samples.printing import PRINTED

if TYPE_CHECKING:
    from knowledge.samples.frames import Frame
    from knowledge.samples.rows import Row

PIECES = 64
"""A text of `type: completion` is cut after so many times `sequence_len`."""


def as_text(case: Case, row: int, column: str, value: Any, *, strict: bool = False) -> str | list[str] | None:
    """A value as Axolotl tokenizes it: text, "" for nothing, a list for a broken row, None where it fails."""
    if isinstance(value, str):
        return value
    if not value and not strict:
        return ""
    if isinstance(value, list) and value:
        if all(isinstance(item, str) for item in value):
            case.issues.add("rows-list-as-text", row, column)
            return value
    elif value is None:
        case.issues.add("rows-null", row, column)
        return None
    case.issues.add("rows-answer-not-text", row, column, type_name(value))
    return None


def type_name(value: Any) -> str:
    """What a value is, in words."""
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, (int, float)):
        return "a number"
    if isinstance(value, datetime.datetime):
        return "a date"
    if isinstance(value, dict):
        return "an object"
    return {type(None): "null", list: "a list", str: "text"}.get(type(value), "no text")


def note_printed(case: Case, row: int, column: str, value: Any) -> None:
    """A cell of a prompt that is not text: null becomes a word, a list or an object keeps its brackets."""
    if value is None:
        case.issues.add("rows-prompt-null", row, column)
    else:
        rule = "rows-printed" if isinstance(value, (list, dict)) else "rows-prompt-printed"
        case.issues.add(rule, row, column, type_name(value))


def read_instruction(case: Case) -> Reader:
    """Prompt and answer are tokenized apart; the prompt is context, the answer is trained."""
    if case.missing():
        return
    style_end(case)
    reader = _Instruction(case)
    for index, row in enumerate(case.rows):
        yield reader.read(index, row)


class _Instruction:
    """Reads rows of one instruction type."""

    def __init__(self, case: Case) -> None:
        self.case, self.issues = case, case.issues
        self.frame = frame_named(str(case.entry.get("type")))
        columns = [(column, case.name(column)) for column in case.kind.columns]
        self.answer = next((pair for pair in columns if pair[0].part == "answer"), None)
        self.joined = [name for column, name in columns if column.joined]
        self.asked = [
            (column.part, column.column, name)
            for column, name in columns
            if column.part in ("system", "prompt", "input")
        ]
        self.choices = next((name for column, name in columns if column.part == "choices"), None)
        self.thoughts = [name for column, name in columns if column.part == "thought"]
        self.judged = [name for column, name in columns if column.part == "judgement"]
        self.part = TRAINED if case.trains_inputs else CONTEXT
        self.lead = 1 if case.model.adds else 0

    def read(self, index: int, row: Row) -> Made | None:
        """What a row becomes, None where it fails."""
        for name in self.joined:
            if not isinstance(row.get(name), str):
                self.issues.add("rows-null-joined", index, name, type_name(row.get(name)))
                return None
        values: dict[str, Any] = {"system": None, "input": None}
        for part, column, name in self.asked:
            values[column] = values[part] = value = row.get(name)
            self.look(index, part, name, value)
        if self.choices is not None:
            listed = _choices(self.case, index, row.get(self.choices), self.choices)
            if listed is None:
                return None
            values["choices"] = values["input"] = listed
        shown = index < PRINTED or self.case.model.exact
        values |= {name: _dumped(row.get(name), shown=shown) for name in self.judged}
        prompt = self.frame.prompt(values, system=values["system"], extra=values["input"])
        made = Made([(prompt, self.part)] if prompt else [], self.lead)
        return self.answered(index, row, values, made)

    def look(self, index: int, part: str, name: str, value: Any) -> None:
        """A cell of the prompt that is empty, or printed though it is not text."""
        if value == "" and part == "prompt":
            self.issues.add("rows-prompt-empty", index, name)
        elif not isinstance(value, str) and (value or part == "prompt"):
            note_printed(self.case, index, name, value)

    def answered(self, index: int, row: Row, values: dict[str, Any], made: Made) -> Made | None:
        """The row with its answer."""
        if self.thoughts:
            _thoughts(self.case, index, row, self.thoughts, made, self.frame)
            return made
        if self.answer is None:
            made.pieces.append((self.frame.answer.format_map(values), TRAINED))
            made.ends = 1
            return made
        column, name = self.answer
        value = row.get(name)
        text = value if type(value) is str else as_text(self.case, index, name, value, strict=column.strict)
        if text is None:
            return None
        if isinstance(text, list):
            made.broken = True
        elif text or column.joined:
            made.pieces.append((self.frame.answer.format(answer=text), TRAINED))
            made.ends = (3 if column.strict else 1) - self.case.closed(text)
        elif column.strict:
            made.ends = 3 if self.case.model.adds else 0
            self.issues.add("rows-ends-alone" if made.ends else "rows-answer-empty", index, name)
        else:
            self.issues.add("rows-answer-empty", index, name)
        return made


def _dumped(value: Any, *, shown: bool) -> str:
    """A value as YAML, as this type prints it; about as long, where its length alone counts."""
    return yaml.dump(value, default_flow_style=False) if shown else f"{value}\n"


def style_end(case: Case) -> None:
    """A chatml form whose answers end with another token than its turns."""
    name, eos = str(case.entry.get("type")), case.model.eos
    if eos and eos != "<|im_end|>" and name.endswith("chatml"):
        case.issues.add("rows-style-end", None, "<|im_end|>", eos)


def _choices(case: Case, row: int, value: Any, column: str) -> str | None:
    """The choices as they are printed, None where the row fails."""
    if isinstance(value, str):
        case.issues.add("rows-text-as-list", row, column)
    elif not isinstance(value, (list, dict)):
        case.issues.add("rows-not-list", row, column, type_name(value))
        return None
    return "\n".join(f'- "{choice}"' for choice in value)


def _thoughts(case: Case, row: int, values: Row, columns: list[str], made: Made, frame: Frame) -> None:
    made.ends = 1
    if all(values.get(name) for name in columns):
        made.pieces.append((frame.answer.format_map(values), TRAINED))
    else:
        empty = next(name for name in columns if not values.get(name))
        case.issues.add("rows-thought-empty", row, empty)


def read_mapping(case: Case) -> Reader:
    """The columns and formats of a mapping under `type:`."""
    mapping = case.entry.get("type")
    formats = {
        "format": str(mapping.get("format") or "{instruction} {input} "),
        "no_input_format": str(mapping.get("no_input_format") or "{instruction} "),
        "system_format": str(mapping.get("system_format") or "{system}"),
    }
    known = {"format": ("instruction", "input"), "no_input_format": ("instruction",), "system_format": ("system",)}
    faults = {key: format_fault(text, known[key]) for key, text in formats.items()}
    prompt, extra, answer, system = (case.name(column) for column in case.kind.columns)
    if prompt not in case.columns:
        case.issues.add("rows-column-missing", None, prompt, "type.field_instruction")
        return
    answered = answer in case.columns
    if not answered:
        case.issues.add("rows-answer-column", 0, answer, "type.field_output")
        case.issues.met["rows-answer-column", answer, "type.field_output"].rows = len(case.rows)
    _check_formats(case, mapping, (prompt, extra, answer))
    told = mapping.get("system_prompt") or ""
    train = TRAINED if case.trains_inputs else CONTEXT
    for index, row in enumerate(case.rows):
        given, text = row.get(extra), row.get(system) if system in case.columns else told
        used = ["system_format"] if text else []
        used.append("format" if given else "no_input_format")
        fault = next(((key, faults[key]) for key in used if faults[key]), None)
        if fault is not None:
            case.issues.add("rows-format", index, fault[0], fault[1] or "")
            yield None
            continue
        if given and extra != prompt and "{input}" not in formats["format"]:
            case.issues.add("rows-input-unprinted", index, extra)
        value = row.get(prompt)
        if not isinstance(value, str):
            note_printed(case, index, prompt, value)
        printed = formats["system_format"].format(system=text) if text else ""
        printed += formats[used[-1]].format(instruction=value, input=given)
        pieces = [(printed, train)] if printed else []
        made = Made(pieces, lead=1 if case.model.adds else 0)
        if answered:
            said = as_text(case, index, answer, row.get(answer))
            if said is None:
                yield None
                continue
            made.broken = isinstance(said, list)
            if isinstance(said, str) and said:
                pieces.append((said, TRAINED))
                made.ends = 1 - case.closed(said)
            elif not made.broken:
                case.issues.add("rows-answer-empty", index, answer)
        yield made


_ASKED = frozenset({"instruction", "prompt", "question", "query", "input", "problem", "user", "human"})
_SAID = frozenset({"output", "response", "answer", "completion", "reply", "assistant", "solution"})


def _check_formats(case: Case, mapping: dict[str, Any], names: tuple[str, str, str]) -> None:
    """Columns in each other's place, and formats that leave the prompt out or are not the one that is used."""
    prompt, extra, answer = names
    if prompt.lower() in _SAID and answer.lower() in _ASKED:
        case.issues.add("rows-columns-swapped", None, prompt, answer)
    written, other = str(mapping.get("format") or ""), mapping.get("no_input_format")
    with_input = [row for row in case.rows if row.get(extra)]
    for key, text, used in (
        ("format", written, bool(with_input)),
        ("no_input_format", str(other or ""), len(with_input) < len(case.rows)),
    ):
        if text and used and "{instruction}" not in text:
            case.issues.add("rows-prompt-unprinted", None, prompt, key)
    plain = written.replace("{instruction}", "").replace("{input}", "").strip()
    if plain and not other:
        for index, row in enumerate(case.rows):
            if not row.get(extra):
                case.issues.add("rows-format-unused", index, extra)


def format_fault(text: str, known: tuple[str, ...]) -> str | None:
    """The placeholder of a format that is not filled, or what is wrong with its braces."""
    try:
        names = [name for _, name, _, _ in string.Formatter().parse(text) if name is not None]
    except ValueError:
        return "a brace"
    return next((f"{{{name}}}" for name in names if name not in known), None)


def read_completion(case: Case) -> Reader:
    """Plain text, cut into pieces of `sequence_len`; the end token once."""
    if case.missing():
        return
    column = case.name(case.kind.columns[0])
    bos = case.model.bos if case.model.adds else None
    for index, row in enumerate(case.rows):
        value = row.get(column)
        text = value if type(value) is str else as_text(case, index, column, value)
        if text is None:
            yield None
        elif isinstance(text, list):
            yield Made([(" ".join(text), TRAINED)], ends=1, broken=True)
        elif not text:
            if case.form == "text":
                case.issues.add("rows-blank-line", index)
            else:
                case.issues.add("rows-text-empty", index, column)
            yield Made([])
        else:
            if bos and text.startswith(bos):
                case.issues.add("rows-start-doubled", index, column, bos)
            yield Made([(text, TRAINED)], lead=1 if bos else 0, ends=1 - case.closed(text))


def read_pretrain(case: Case) -> Reader:
    """Plain text that is streamed: an end token only where texts are joined or packed."""
    if case.missing():
        return
    column = case.name(case.kind.columns[0])
    joined = case.settings.get("pretraining_sample_concatenation") is True or bool(case.settings.get("sample_packing"))
    bos = case.model.bos if case.model.adds else None
    for index, row in enumerate(case.rows):
        value = row.get(column)
        if not isinstance(value, str):
            case.issues.add("rows-null" if value is None else "rows-answer-not-text", index, column, *_kind(value))
            yield None
            continue
        if not value:
            case.issues.add("rows-text-blank", index, column)
        elif bos and value.startswith(bos):
            case.issues.add("rows-start-doubled", index, column, bos)
        if not joined:
            case.issues.add("rows-end-missing-stream", index)
        yield Made([(value, TRAINED)], lead=1 if bos else 0, ends=1 if joined else 0)


def _kind(value: Any) -> tuple[str, ...]:
    return () if value is None else (type_name(value),)
