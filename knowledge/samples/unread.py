"""Columns and keys of the rows that the type does not read: what stands in them never reaches the model."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from knowledge.samples.rows import MOST_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.samples.case import Case

LOOK = 500
"""As many rows are looked through for what a column holds."""

_COMPARED = 40
"""As many rows are compared with what is read."""

TELLING = 12
"""A text of so many letters stands in another one by no accident."""

SPOKEN = frozenset(
    [
        *["prompt", "question", "query", "instruction", "instructions", "input", "inputs", "problem", "request"],
        *["human", "output", "outputs", "response", "completion", "answer", "reply", "assistant", "solution"],
        *["generation", "target", "chosen", "rejected", "accepted", "preferred", "chosen_response"],
        *["rejected_response", "reference", "expected", "system", "system_prompt", "system_message", "persona"],
        *["history", "context", "contexts", "passage", "article", "knowledge", "documents", "choices", "options"],
        *["thinking", "thought", "thoughts", "reasoning", "rationale", "cot", "reasoning_content", "explanation"],
        *["background", "evidence", "facts", "fact", "hint", "hints", "summary", "highlights", "abstract", "paragraph"],
        *["final_answer", "answers", "translation", "dialogs", "chat_history", "previous", "premise", "hypothesis"],
        *["claim", "code", "schema", "table", "sql", "thought_process", "chain_of_thought", "scratchpad", "critique"],
        *["feedback", "revision", "draft", "observation", "content", "body", "text", "user", "bot", "gpt"],
        *["messages", "conversations", "conversation", "dialogue", "dialog", "turns", "tools", "functions"],
        *["tool_calls", "ground_truth", "reward_model", "message_1", "message_2", "correction", "kto_tag"],
        *["weight", "train", "label", "labels", "image", "images", "video", "videos", "audio"],
    ]
)
"""Columns by whose name it is meant that the model sees them, or that they say what is trained."""

_FIXED = {"chat": ("system", "tools", "images"), "orpo": ("prompt", "system"), "tokenized": ("input_ids",)}


def check_unread(case: Case) -> None:
    """Note every column that holds text and is not read."""
    if case.kind.reads == "tokenized" or not case.kind.columns:
        return
    read = read_columns(case)
    rows = case.rows[:LOOK]
    for column in islice((name for name in case.columns if name not in read), MOST_COLUMNS):
        holders = [row for row in rows if row.get(column) not in (None, "", [], {})]
        spoken = column.lower() in SPOKEN
        if not holders or not (spoken or any(texts_in(row[column]) for row in holders[:5])):
            continue
        if spoken and not all(_repeated(row, column, read) for row in holders[:_COMPARED]):
            case.issues.add("rows-text-unread", None, column, f"{len(holders):,}", f"{len(rows):,}")
        else:
            case.issues.add("rows-column-unread", None, column)


def read_columns(case: Case) -> frozenset[str]:
    """The columns that the type reads under the entry's keys."""
    return frozenset({case.name(column) for column in case.kind.columns} | set(_FIXED.get(case.kind.reads, ())))


def texts_in(value: Any, left: int = 200) -> Iterator[str]:
    """The texts in a value, at any depth."""
    open_values = [value]
    while open_values and left > 0:
        left -= 1
        each = open_values.pop()
        if isinstance(each, str):
            if each:
                yield each
        elif isinstance(each, dict):
            open_values += each.values()
        elif isinstance(each, list):
            open_values += each


def _repeated(row: dict[str, Any], column: str, read: frozenset[str]) -> bool:
    """Whether what a column holds stands in the columns that are read as well, or holds all of them."""
    there = [text for name in read if name in row for text in texts_in(row[name])]
    texts = list(texts_in(row[column]))
    if not texts or not there:
        return False
    whole = "\n".join(there)
    longest = max(there, key=len)
    return all(text in whole for text in texts) or (len(longest) > TELLING and any(longest in text for text in texts))
