"""Edits -> corrected text and a diff. Only mechanical faults are mended; every other byte is kept."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from knowledge.finding import Edit, Finding


def corrected(text: str, findings: Iterable[Finding]) -> str:
    """The text as given, with the findings' edits done; of edits that overlap only the first is."""
    starts = _line_starts(text)
    end_of_line = "\r\n" if "\r\n" in text else "\n"
    spans = sorted(
        (
            _offset(starts, edit.line, edit.column),
            _offset(starts, edit.end_line, edit.end_column),
            edit.replacement.replace("\n", end_of_line),
        )
        for edit in _edits(findings)
    )
    parts: list[str] = []
    done = 0
    for start, end, replacement in spans:
        if start < done:
            continue
        parts += [text[done:start], replacement]
        done = end
    return "".join([*parts, text[done:]])


def diff(before: str, after: str, name: str = "config.yaml") -> str:
    """A unified diff, empty when nothing changed."""
    lines = difflib.unified_diff(
        before.splitlines(keepends=True), after.splitlines(keepends=True), name, f"{name} (corrected)", n=1
    )
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)


def _edits(findings: Iterable[Finding]) -> list[Edit]:
    return list(dict.fromkeys(finding.edit for finding in findings if finding.edit is not None))


def _line_starts(text: str) -> list[int]:
    starts = [0]
    for index, character in enumerate(text):
        if character == "\n" or (character == "\r" and text[index + 1 : index + 2] != "\n"):
            starts.append(index + 1)
    return starts


def _offset(starts: list[int], line: int, column: int) -> int:
    return starts[min(line, len(starts)) - 1] + column - 1
