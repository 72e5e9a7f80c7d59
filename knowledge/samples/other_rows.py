"""Readers of rows with steps, of what EBFT compares with, and of rows that hold tokens already."""

from __future__ import annotations

from typing import Any

from knowledge.samples.case import CONTEXT, TRAINED, Case, Made, Reader
from knowledge.samples.instruction import type_name


def read_stepwise(case: Case) -> Reader:
    """Steps with a label each; the labels are read as whole numbers."""
    lost = [name for name in ("prompt", "completions", "labels") if name not in case.columns]
    for name in lost:
        case.issues.add("rows-column-missing", None, name, "")
    if lost:
        return
    kinds = {
        bool if isinstance(label, bool) else str if isinstance(label, str) else float
        for row in case.rows
        for label in _items(row.get("labels"))
        if label is not None
    }
    mixed = bool in kinds and len(kinds) > 1
    for index, row in enumerate(case.rows):
        yield _steps(case, index, row, mixed=mixed)


def _steps(case: Case, row: int, values: dict[str, Any], *, mixed: bool) -> Made | None:
    prompt, steps, labels = values.get("prompt"), values.get("completions"), values.get("labels")
    broken = isinstance(prompt, list) and bool(prompt) and all(isinstance(item, str) for item in prompt)
    if broken:
        case.issues.add("rows-list-as-text", row, "prompt")
    elif not isinstance(prompt, str):
        case.issues.add(
            "rows-null" if prompt is None else "rows-answer-not-text",
            row,
            "prompt",
            *(() if prompt is None else (type_name(prompt),)),
        )
        return None
    if isinstance(steps, (str, dict)):
        case.issues.add("rows-text-as-list", row, "completions")
    elif not isinstance(steps, list):
        case.issues.add("rows-not-list", row, "completions", type_name(steps))
        return None
    odd = [step for step in steps if not isinstance(step, str)]
    wrong = next((step for step in odd if not _texts(step)), None)
    if odd and wrong is None and None not in odd:
        case.issues.add("rows-list-as-text", row, "completions")
        broken = True
    elif odd:
        case.issues.add("rows-answer-not-text", row, "completions", type_name(wrong))
        return None
    if not isinstance(labels, list):
        case.issues.add("rows-not-list", row, "labels", "text" if isinstance(labels, str) else type_name(labels))
        return None
    bad = next((label for label in labels if not _whole(label)), 0)
    if not _whole(bad):
        case.issues.add("rows-label-not-bool", row, "labels", "text" if isinstance(bad, str) else type_name(bad))
        return None
    if mixed and any(isinstance(label, bool) for label in labels):
        case.issues.add("rows-label-not-bool", row, "labels", "true and false with numbers or text")
        return None
    made = Made([(str(prompt), CONTEXT)], lead=1 if case.model.bos else 0, broken=broken)
    for place, step in enumerate(steps):
        made.pieces += [(str(step), CONTEXT), ("\n", TRAINED if place < len(labels) else CONTEXT)]
    if len(labels) < len(steps) and isinstance(steps, list):
        case.issues.add("rows-label-count", row, "labels")
        made.broken = True
    elif not steps:
        case.issues.add("rows-no-steps", row, "completions")
    return made


def _tokens(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, int) for item in value)


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _texts(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, str) for item in value)


def _whole(label: Any) -> bool:
    if isinstance(label, bool):
        return True
    if isinstance(label, (int, float)):
        return label == int(label)
    return isinstance(label, str) and label.strip().lstrip("+-").isdigit()


def read_ebft_chat(case: Case) -> Reader:
    """Conversations of which an assistant turn is compared with."""
    column = case.name(case.kind.columns[0])
    if column not in case.columns:
        case.issues.add("rows-answer-column", 0, column, "")
        case.issues.met["rows-answer-column", column, ""].rows = len(case.rows)
    name = str(case.entry.get("type"))
    multi = name.startswith("ebft_chat_multiturn.")
    answered: list[bool] = []
    for index, row in enumerate(case.rows):
        messages = row.get(column) or ([] if multi or column not in case.columns else row.get(column))
        if not isinstance(messages, list):
            case.issues.add(
                "rows-not-list", index, column, "text" if isinstance(messages, str) else type_name(messages)
            )
            yield None
            continue
        made = Made([])
        failed = False
        for message in messages:
            if not isinstance(message, dict) or "role" not in message:
                rule = "rows-key-missing" if isinstance(message, dict) else "rows-items-not-objects"
                case.issues.add(rule, index, column, "role" if isinstance(message, dict) else type_name(message))
                failed = True
                break
            spoken = message["role"] == "assistant"
            if spoken and "content" not in message:
                case.issues.add("rows-key-missing", index, column, "content")
                failed = True
                break
            made.pieces.append((str(message.get("content") or ""), TRAINED if spoken else CONTEXT))
        first = next(
            (each.get("content") for each in messages if isinstance(each, dict) and each.get("role") == "assistant"),
            None,
        )
        answered.append(first is not None)
        if not failed and not any(train and text for text, train in made.pieces):
            case.issues.add("rows-no-answer", index, column)
        yield None if failed else made
    if name == "ebft_chat_multiturn.transform" and answered[:1] == [True] and False in answered:
        case.issues.add("rows-answers-uneven", answered.index(False), column)
        case.issues.met["rows-answers-uneven", column].rows = answered.count(False)


def read_ebft_text(case: Case) -> Reader:
    """A prompt and what follows it, or plain text, from the first column that is there."""
    columns = [(column, case.name(column)) for column in case.kind.columns]
    strict = case.kind.reads == "ebft_code"
    if strict and case.missing():
        return
    for column, name in columns:
        if column.silent and name not in case.columns:
            case.issues.add("rows-answer-column", 0, name, "")
            case.issues.met["rows-answer-column", name, ""].rows = len(case.rows)
    for index, row in enumerate(case.rows):
        made = Made([])
        failed = False
        for column, name in columns:
            value = row.get(name) if name in case.columns else ""
            if _texts(value) and not strict:
                case.issues.add("rows-list-as-text", index, name)
                made.broken = True
            elif not isinstance(value, str) and not strict:
                case.issues.add(
                    "rows-null" if value is None else "rows-answer-not-text",
                    index,
                    name,
                    *(() if value is None else (type_name(value),)),
                )
                failed = True
                break
            if column.part != "prompt" and not value and name in case.columns:
                case.issues.add("rows-answer-empty", index, name)
            if value:
                made.pieces.append((str(value), CONTEXT if column.part == "prompt" else TRAINED))
        yield None if failed else made


def read_tokenized(case: Case) -> Reader:
    """Rows that hold tokens already."""
    for index, row in enumerate(case.rows):
        ids, labels = row.get("input_ids"), row.get("labels")
        made = Made([])
        wrong = next(
            (
                name
                for name, value in (("input_ids", ids), ("labels", labels))
                if not isinstance(value, (list, str, dict))
            ),
            None,
        )
        if wrong is not None:
            case.issues.add("rows-not-list", index, wrong, type_name(row.get(wrong)))
            yield None
            continue
        odd = next((name for name in ("input_ids", "labels") if not _tokens(row.get(name))), None)
        if odd is not None:
            case.issues.add("rows-not-tokens", index, odd)
            made.broken = True
        else:
            trained = sum(1 for label in _items(labels) if label != -100)
            made.tokens = (len(_items(ids)), trained)
            made.broken = len(_items(ids)) != len(_items(labels))
            if made.broken:
                case.issues.add("rows-label-count", index, "labels")
            elif not trained:
                case.issues.add("rows-untrained", index, "labels")
        yield made
