"""Rows that no type reads, turned into rows that one does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from knowledge.samples.fits import TEXT_KEYS, conversation_keys, shape_of
from knowledge.samples.rows import common_columns
from knowledge.samples.unread import SPOKEN

if TYPE_CHECKING:
    from knowledge.samples.rows import Row

_LABELS = ("label", "good", "is_good", "thumbs_up", "desirable")


def converted(rows: list[Row]) -> Row | None:
    """The first row in a form that a type reads; None where it cannot be told what its columns mean."""
    if not rows:
        return None
    row = rows[0]
    label = next((name for name in _LABELS if isinstance(row.get(name), (bool, int))), None)
    prompt, answer = _text(row.get("prompt")), _text(row.get("completion"))
    if label is not None and prompt and answer:
        return {"prompt": prompt, "completion": answer, "label": bool(row[label])}
    if prompt and _text(row.get("chosen")) and _text(row.get("rejected")):
        return {"prompt": prompt, "chosen": _text(row["chosen"]), "rejected": _text(row["rejected"])}
    return _lifted(row) or _paired(rows)


def _text(value: Any) -> str:
    """The text of a cell: of a list of messages, the contents that it holds."""
    if isinstance(value, str):
        return value
    items = [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
    contents = [next((item[key] for key in TEXT_KEYS if isinstance(item.get(key), str)), "") for item in items]
    return "\n\n".join(text for text in contents if text)


def _lifted(row: Row) -> Row | None:
    """What stands one level deeper, lifted to the top."""
    for value in row.values():
        if not isinstance(value, dict):
            continue
        for column, inner in value.items():
            items = [item for item in inner if isinstance(item, dict)] if isinstance(inner, list) else []
            if conversation_keys(items) is not None:
                return {column: inner}
        if len(SPOKEN.intersection(value)) > 1:
            return dict(value)
    return None


def _paired(rows: list[Row]) -> Row | None:
    """Two texts as a question and its answer: the longer one of two text columns is taken for the answer."""
    shape = shape_of(rows, common_columns(rows))
    texts = [name for name in shape.texts if rows[0].get(name)]
    if len(texts) != 2 or shape.lists:
        return None
    asked, told = sorted(texts, key=lambda name: sum(len(str(row.get(name) or "")) for row in rows))
    return {
        "messages": [
            {"role": "user", "content": rows[0][asked]},
            {"role": "assistant", "content": rows[0][told]},
        ]
    }
