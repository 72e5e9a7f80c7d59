"""Broken YAML explained in plain words, and fixed line by line so that the rest can still be read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from knowledge.document.values import Fault
from knowledge.text import shortened
from knowledge.value import ledger

if TYPE_CHECKING:
    import yaml

    from knowledge.document.build import Refused

_KEY = re.compile(r"^(?P<lead>[ ]*(?:- +)*)(?P<key>[^\s#\"'\[\]{}:,-][^:#\[\]{}]*?):(?P<rest>\s.*)?$")
_GLUED = re.compile(r"^(?P<lead>\s*(?:- +)*)(?P<key>[A-Za-z_][\w.-]*):(?P<value>[^\s/:].*)$")
_ITEM = re.compile(r"^(?P<lead> *)- ?")
_CLOSERS = {"[": "]", "{": "}"}


@ledger
class Mend:
    """What was found at a place, and the lines that replace it so that reading can go on."""

    fault: Fault
    lines: list[str]


def explain_refusal(error: Refused) -> Fault:
    """The fault for text that is YAML, but that the safe loader refuses or a limit stops."""
    line, column, problem = error.mark.line + 1, error.mark.column + 1, shortened(error.problem, 56)
    message, why = {
        "several-documents": (
            "A second YAML document begins here (`---`). Keep one document in the file.",
            "Axolotl reads exactly one document.",
        ),
        "too-large": (f"The config has {problem}; the rest was not read.", "That is the limit of this check."),
        "too-many-faults": (
            f"The config has {problem}; the rest was not read.",
            "Fix the first, then check again.",
        ),
        "too-deep": (
            f"The config nests {problem}; nothing deeper was read.",
            "No Axolotl field nests that deep.",
        ),
        "anchor": (f"YAML refuses this: {problem}. Rename one.", "An anchor's name is unique in a document."),
        "alias": (f"YAML refuses this: {problem}.", "An alias repeats a value that was named with `&` before."),
        "self-reference": (f"The value {problem}, so it never ends.", "Remove the alias."),
        "key": (f"YAML refuses this: {problem}. Quote the text.", "A key is a single word or text."),
        "tag": (
            "YAML refuses this tag or character. Remove it, or quote the value.",
            f"A plain loader says: {problem}.",
        ),
        "value": (
            f"This value cannot be read: {problem}. Quote it to keep it as text.",
            "It looks like a date or a number.",
        ),
    }[error.kind]
    return Fault(f"yaml-{error.kind}", line, column, message, why)


def mend(error: yaml.MarkedYAMLError, lines: list[str], tried: set[tuple[int, str]]) -> Mend | None:
    """The likely cause of a syntax error, and lines with it fixed; None when nothing more can be done."""
    mark: Any = error.problem_mark or error.context_mark
    if mark is None:
        return None
    number = min(mark.line, len(lines) - 1)
    while number > 0 and not lines[number].strip():
        number -= 1
    problem = f"{error.context or ''} {error.problem or ''}"
    for attempt in (
        _tab,
        _unclosed,
        _glued,
        _indented_under_value,
        _two_colons,
        _item,
        _no_colon,
        _stray_indent,
        _bad_start,
    ):
        if (number, attempt.__name__) not in tried:
            found = attempt(problem, lines, number, error)
            if found is not None:
                tried.add((number, attempt.__name__))
                return found
    return _drop(problem, lines, number, mark)


def _fault(kind: str, number: int, column: int, message: str, why: str, mended: str = "") -> Fault:
    return Fault(f"yaml-{kind}", number + 1, column + 1, message, why, mended)


def _replaced(lines: list[str], number: int, line: str) -> list[str]:
    return [*lines[:number], line, *lines[number + 1 :]]


def _previous(lines: list[str], number: int) -> int | None:
    for index in range(number - 1, -1, -1):
        if lines[index].strip() and not lines[index].lstrip().startswith("#"):
            return index
    return None


def _tab(problem: str, lines: list[str], number: int, error: yaml.MarkedYAMLError) -> Mend | None:
    if "quoted scalar" in problem:
        return None
    for at in (number, number - 1, number + 1):
        if 0 <= at < len(lines) and "\t" in lines[at]:
            tabs = len(lines[at]) - len(lines[at].lstrip("\t "))
            if "\t" not in lines[at][: max(tabs, 1)] and "'\\t'" not in problem:
                continue
            mended = [line.replace("\t", "  ") for line in lines]
            fault = _fault(
                "tab",
                at,
                lines[at].index("\t"),
                "There is a tab here. YAML indents with spaces only: replace it with two spaces.",
                "A tab has no fixed width, so YAML does not allow it for indentation.",
                mended[at],
            )
            return Mend(fault, mended)
    return None


def _unclosed(problem: str, lines: list[str], number: int, error: yaml.MarkedYAMLError) -> Mend | None:
    context: Any = error.context_mark
    if context is None or context.line >= len(lines):
        return None
    at, column = context.line, context.column
    line = lines[at]
    if "quoted scalar" in problem:
        quote = line[column : column + 1]
        if quote not in ('"', "'"):
            return None
        if "escape" in problem or "hexdec" in problem:
            end = line.rfind('"')
            if quote == '"' and end > column:
                mended = f"{line[:column]}'{line[column + 1 : end]}'{line[end + 1 :]}"
                fault = _fault(
                    "escape",
                    at,
                    column,
                    "A backslash in double quotes starts an escape. Use single quotes here.",
                    "In double quotes, YAML reads `\\x`, `\\n`, and the like as special characters.",
                    mended,
                )
                return Mend(fault, _replaced(lines, at, mended))
            return None
        mended = line.rstrip() + quote
        fault = _fault(
            "quote",
            at,
            column,
            f"The quote that opens here is never closed. Add {quote} at the end of the value.",
            "Without it, the rest of the file counts as part of the text.",
            mended,
        )
        return Mend(fault, _replaced(lines, at, mended))
    if "flow" in problem and line[column : column + 1] in _CLOSERS:
        closer = _CLOSERS[line[column]]
        bare, hash_, comment = line.partition(" #")
        mended = bare.rstrip() + closer + (f" #{comment}" if hash_ else "")
        fault = _fault(
            "bracket",
            at,
            column,
            f"The bracket that opens here is not closed. Add `{closer}`, or a comma between the entries.",
            "A list in brackets runs until its closing bracket, over as many lines as it takes.",
            mended,
        )
        return Mend(fault, _replaced(lines, at, mended))
    return None


def _glued(problem: str, lines: list[str], number: int, error: yaml.MarkedYAMLError) -> Mend | None:
    context: Any = error.context_mark
    candidates = [number, *([] if (above := _previous(lines, number)) is None else [above])]
    if context is not None and context.line < len(lines):
        candidates = list(range(context.line, number + 1))
    for at in candidates:
        match = _GLUED.match(lines[at])
        if match:
            mended = f"{match['lead']}{match['key']}: {match['value']}"
            fault = _fault(
                "missing-space",
                at,
                match.start("value"),
                f"A space is missing after the colon: write `{shortened(mended.strip(), 50)}`.",
                "Without the space, YAML reads the whole line as one text.",
                mended,
            )
            return Mend(fault, _replaced(lines, at, mended))
    return None


def _indented_under_value(problem: str, lines: list[str], number: int, error: yaml.MarkedYAMLError) -> Mend | None:
    """A key that stands deeper than the key above, which already has its value."""
    if "mapping values" not in problem and "block mapping" not in problem:
        return None
    above = _previous(lines, number)
    if above is None or not (_KEY.match(lines[number]) or _ITEM.match(lines[number])):
        return None
    parent = _KEY.match(lines[above])
    own = len(lines[number]) - len(lines[number].lstrip(" "))
    if parent is None or not (parent["rest"] or "").strip() or own <= len(parent["lead"]):
        return None
    column = len(parent["lead"])
    mended = list(lines)
    shown = [lines[above]]
    for index in range(number, len(lines)):
        line = lines[index]
        if line.strip() and len(line) - len(line.lstrip(" ")) < own:
            break
        mended[index] = line[own - column :] if line.strip() else line
        shown.append(mended[index])
    fault = _fault(
        "indented-under-value",
        number,
        own,
        f"This is indented under `{shortened(parent['key'], 24)}`, which already has a value: align the two.",
        "Nothing can be nested under a value. Keys that belong together start in the same column.",
        "\n".join(line for line in shown if line.strip()),
    )
    return Mend(fault, mended)


def _two_colons(problem: str, lines: list[str], number: int, error: yaml.MarkedYAMLError) -> Mend | None:
    match = _KEY.match(lines[number])
    if "mapping values" not in problem or match is None:
        return None
    value = (match["rest"] or "").strip()
    if ": " not in f"{value} " or value[:1] in ('"', "'", "[", "{"):
        return None
    quoted = value.replace("'", "''")
    mended = f"{match['lead']}{match['key']}: '{quoted}'"
    fault = _fault(
        "colon-in-value",
        number,
        match.start("rest") + 1,
        f"The value of `{shortened(match['key'], 24)}` contains a colon and a space. Put the value in quotes.",
        "YAML reads `: ` as the end of a key, and a line has one key.",
        mended,
    )
    return Mend(fault, _replaced(lines, number, mended))


def _item(problem: str, lines: list[str], number: int, error: yaml.MarkedYAMLError) -> Mend | None:
    """A list item that stands in another column than the items before it."""
    match = _ITEM.match(lines[number])
    if match is None:
        return None
    own = len(match["lead"])
    for index in range(number - 1, -1, -1):
        sibling = _ITEM.match(lines[index])
        if sibling and len(sibling["lead"]) != own:
            column = len(sibling["lead"])
            mended = _shifted(lines, number, own, column)
            fault = _fault(
                "list-indentation",
                number,
                own,
                f"This `-` is in column {own + 1}, but the items before it are in column {column + 1}. Align them.",
                "All items of one list start in the same column.",
                mended[number],
            )
            return Mend(fault, mended)
    return None


def _no_colon(problem: str, lines: list[str], number: int, error: yaml.MarkedYAMLError) -> Mend | None:
    """A line of bare words above a key."""
    above = _previous(lines, number)
    if above is None or not _KEY.match(lines[number]) or ":" in lines[above] or _ITEM.match(lines[above]):
        return None
    words = lines[above].strip()
    if len(lines[above]) - len(lines[above].lstrip(" ")) > len(lines[number]) - len(lines[number].lstrip(" ")):
        return None
    fault = _fault(
        "no-colon",
        above,
        lines[above].index(words),
        f"This line has no colon: `{shortened(words, 24)}` is neither a key nor a value. Write `key: value`.",
        "Between keys, YAML allows only keys; a comment starts with `#`.",
    )
    return Mend(fault, _replaced(lines, above, ""))


def _stray_indent(problem: str, lines: list[str], number: int, error: yaml.MarkedYAMLError) -> Mend | None:
    """A key whose column fits no key above it."""
    match = _KEY.match(lines[number])
    if match is None or match["lead"].strip():
        return None
    own = len(match["lead"])
    columns = {
        len(found["lead"])
        for line in lines[:number]
        if (found := _KEY.match(line)) and not line.lstrip().startswith("#")
    }
    columns.discard(own)
    if not columns:
        return None
    column = min(columns, key=lambda each: (abs(each - own), each))
    mended = _shifted(lines, number, own, column)
    fault = _fault(
        "indentation",
        number,
        own,
        f"Key `{shortened(match['key'], 24)}` starts in column {own + 1}, unlike its block: try column {column + 1}.",
        "Keys that belong together start in the same column.",
        mended[number],
    )
    return Mend(fault, mended)


def _bad_start(problem: str, lines: list[str], number: int, error: yaml.MarkedYAMLError) -> Mend | None:
    mark: Any = error.problem_mark
    match = _KEY.match(lines[number])
    if "cannot start any token" not in problem or match is None or mark is None or mark.line != number:
        return None
    value = (match["rest"] or "").strip()
    quoted = value.replace("'", "''")
    mended = f"{match['lead']}{match['key']}: '{quoted}'"
    fault = _fault(
        "special-character",
        number,
        mark.column,
        f"A value cannot start with `{value[:1]}` in YAML. Put the value in quotes.",
        "The characters @, `, and % are reserved there.",
        mended,
    )
    return Mend(fault, _replaced(lines, number, mended))


def _drop(problem: str, lines: list[str], number: int, mark: Any) -> Mend | None:
    """Nothing is known about the cause: say what YAML says, and leave the line out."""
    if not lines[number].strip() or lines[number].lstrip().startswith("#"):
        return None
    words = " ".join(problem.split()) or "this is not YAML"
    fault = _fault(
        "syntax",
        number,
        mark.column if mark.line == number else 0,
        "YAML cannot read this line. Check it and the line above it.",
        f"A colon is missing, a quote or bracket is left open, or the indentation is wrong. YAML says: {words}.",
    )
    return Mend(fault, _replaced(lines, number, ""))


def _shifted(lines: list[str], number: int, own: int, column: int) -> list[str]:
    """The block that begins at a line, moved from one column to another."""
    mended = list(lines)
    for index in range(number, len(lines)):
        line = lines[index]
        indent = len(line) - len(line.lstrip(" "))
        if index > number and line.strip() and indent <= own and not (indent == own and _ITEM.match(line)):
            break
        if index > number and line.strip() and indent < own:
            break
        if line.strip():
            mended[index] = " " * column + line[own:]
    return mended
