"""Edits of keys: another name in a key's place, or other lines in place of a key with its value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from knowledge.document import dump
from knowledge.finding import Edit
from knowledge.pattern import expression

if TYPE_CHECKING:
    from knowledge.config import Config
    from knowledge.document import Document, Steps

_COMMENT = expression(r"\s+#.*|\s+$")


def rename(config: Config, steps: Steps, name: str | None) -> Edit | None:
    """The edit that puts another name in a key's place, when the key is written plainly."""
    marks = config.document.marks(steps)
    if name is None or marks is None or not isinstance(steps[-1], str):
        return None
    mark, key = marks[0], steps[-1]
    if not config.document.lines[mark.line].startswith(key, mark.column):
        return None
    line, column = config.document.given(mark.line, mark.column)
    return Edit(line=line, column=column, end_line=line, end_column=column + len(key), replacement=name)


def replace(config: Config, key: str, lines: dict[str, Any]) -> Edit | None:
    """The edit that puts other lines in place of a root key with its value; a comment behind it stays.

    None where the key is not written plainly, or pasting had moved the lines sideways.
    """
    document, marks = config.document, config.document.marks((key,))
    if marks is None or document.indents != 0 or not lines:
        return None
    first, column = marks[0].line, marks[0].column
    if not document.lines[first].startswith(key, column):
        return None
    last = _last_line(document, first, column)
    text = document.lines[last]
    comment = _COMMENT.search(text, column if last == first else 0)
    end = comment.start() if comment else len(text)
    written = dump(lines).rstrip("\n").replace("\n", "\n" + " " * column)
    start, stop = document.given(first, column), document.given(last, end)
    return Edit(line=start[0], column=start[1], end_line=stop[0], end_column=stop[1], replacement=written)


def _last_line(document: Document, first: int, column: int) -> int:
    """The last line of the value of a key: the lines below that stand deeper, or are items of its list."""
    last = first
    for number in range(first + 1, len(document.lines)):
        line = document.lines[number]
        bare = line.strip()
        if not bare or bare.startswith("#"):
            continue
        indent = len(line) - len(line.lstrip())
        if indent > column or (indent == column and bare.startswith(("- ", "]", "}"))) or bare == "-":
            last = number
        else:
            break
    return last
