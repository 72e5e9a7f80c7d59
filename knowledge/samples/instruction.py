"""Readers of rows with a prompt and an answer, and of plain text."""

from __future__ import annotations

import datetime
import string
from typing import TYPE_CHECKING, Any

from knowledge.samples.case import CONTEXT, TRAINED, Case, Made, Reader

if TYPE_CHECKING:
    from knowledge.samples.rows import Row

PIECES = 64
"""A text of `type: completion` is cut after so many times `sequence_len`."""


def as_text(case: Case, row: int, column: str, value: Any, *, strict: bool = False) -> str | list[str] | None:
    """A value as Axolotl tokenises it: text, "" for nothing, a list for a broken row, None where it fails."""
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


def read_instruction(case: Case) -> Reader:
    """Prompt and answer are tokenised apart; the prompt is context, the answer is trained."""
    if case.missing():
        return
    style_end(case)
    columns = [(column, case.name(column)) for column in case.kind.columns]
    answer = next((pair for pair in columns if pair[0].part == "answer"), None)
    joined = [name for column, name in columns if column.joined]
    prompts = [(column.part, name) for column, name in columns if column.part in ("system", "prompt", "input")]
    choices = next((name for column, name in columns if column.part == "choices"), None)
    thoughts = [name for column, name in columns if column.part == "thought"]
    judged = [name for column, name in columns if column.part == "judgement"]
    fixed, issues = case.kind.fixed, case.issues
    train = TRAINED if case.trains_inputs else CONTEXT
    lead = 1 if case.model.adds else 0
    for index, row in enumerate(case.rows):
        refused = next((name for name in joined if not isinstance(row.get(name), str)), None) if joined else None
        if refused is not None:
            issues.add("rows-null-joined", index, refused, type_name(row.get(refused)))
            yield None
            continue
        pieces: list[tuple[str, int]] = []
        for part, name in prompts:
            value = row.get(name)
            if isinstance(value, str):
                if value:
                    pieces.append((value, train))
                elif part == "prompt":
                    issues.add("rows-prompt-empty", index, name)
            elif value or part == "prompt":
                issues.add("rows-prompt-printed", index, name, type_name(value))
                pieces.append((str(value), train))
        if choices is not None and not _choices(case, index, row.get(choices), choices, pieces):
            yield None
            continue
        made = Made(pieces, lead, 0, fixed)
        if thoughts:
            _thoughts(case, index, row, thoughts, made)
        elif judged and answer is None:
            pieces.append((" ".join(str(row.get(name)) for name in judged), TRAINED))
            made.ends = 1
        elif answer is None:
            pieces.append(("The context does not answer it.", TRAINED))
            made.ends = 1
        else:
            value = row.get(answer[1])
            text = value if type(value) is str and value else _answer(case, index, answer[1], value, answer[0].strict)
            if text is None:
                yield None
                continue
            if isinstance(text, list):
                made.broken = True
            elif text:
                pieces.append((text if not answer[0].joined else text or " ", TRAINED))
                made.ends = 1
            elif answer[0].joined:
                made.ends = 2
            elif answer[0].strict:
                made.ends = 3 if case.model.adds else 0
                issues.add("rows-answer-empty" if not made.ends else "rows-ends-alone", index, answer[1])
            else:
                issues.add("rows-answer-empty", index, answer[1])
        yield made


def style_end(case: Case) -> None:
    """A chatml form whose answers end with another token than its turns."""
    name, eos = str(case.entry.get("type")), case.model.eos
    if eos and eos != "<|im_end|>" and name.endswith("chatml"):
        case.issues.add("rows-style-end", None, "<|im_end|>", eos)


def _answer(case: Case, row: int, column: str, value: Any, strict: bool) -> str | list[str] | None:  # noqa: FBT001
    if strict and value == "":
        return ""
    return as_text(case, row, column, value, strict=strict)


def _choices(case: Case, row: int, value: Any, column: str, pieces: list[tuple[str, int]]) -> bool:
    if isinstance(value, str):
        case.issues.add("rows-text-as-list", row, column)
    elif not isinstance(value, (list, dict)):
        case.issues.add("rows-not-list", row, column, type_name(value))
        return False
    pieces.append((" ".join(str(item) for item in value), CONTEXT))
    return True


def _thoughts(case: Case, row: int, values: Row, columns: list[str], made: Made) -> None:
    made.ends = 1
    if all(values.get(name) for name in columns):
        made.pieces.append(("\n\n".join(str(values[name]) for name in columns), TRAINED))
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
        if given and "{input}" not in formats["format"]:
            case.issues.add("rows-input-unprinted", index, extra)
        value = row.get(prompt)
        if not isinstance(value, str):
            case.issues.add("rows-prompt-printed", index, prompt, type_name(value))
        pieces = [(str(part), train) for part in (text, value, given) if part]
        made = Made(pieces, lead=1 if case.model.adds else 0, fixed=len(formats[used[-1]]))
        if answered:
            said = as_text(case, index, answer, row.get(answer))
            if said is None:
                yield None
                continue
            made.broken = isinstance(said, list)
            if isinstance(said, str) and said:
                pieces.append((said, TRAINED))
                made.ends = 1
            elif not made.broken:
                case.issues.add("rows-answer-empty", index, answer)
        yield made


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
            yield Made([(text, TRAINED)], lead=1 if bos else 0, ends=1)


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
