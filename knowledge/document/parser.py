"""Text from a chat or a file -> Document: values, the place of every key and value, and what is wrong with the text."""

from __future__ import annotations

from itertools import compress, count
from operator import ne

import yaml

from knowledge.document.build import Builder, Refused
from knowledge.document.limits import MAX_BYTES, MAX_MENDS
from knowledge.document.repair import repair
from knowledge.document.values import Document, Fault

_ABOUT_INDENTATION = frozenset({"yaml-indentation", "yaml-indented-under-value", "yaml-list-indentation"})


def parse(given: str) -> Document:
    """Read a text as YAML. Never raises: what is wrong is in the document's faults."""
    if len(given) > MAX_BYTES:
        fault = Fault(
            "yaml-too-large",
            1,
            1,
            f"The text has {len(given):,} characters; the limit is {MAX_BYTES:,}. Nothing was checked.",
            "A training config has a few thousand characters.",
        )
        return Document("", faults=[fault])
    if "\x00" in given:
        fault = Fault("yaml-binary", 1, 1, "This is not a text file. Give the YAML itself.", "It contains zero bytes.")
        return Document("", faults=[fault])
    repaired = repair(given)
    document = Document(repaired.text, repairs=repaired.said, first_line=repaired.first_line, indents=repaired.indents)
    _read(document)
    return document


def masked(document: Document, text: str) -> Document:
    """The document with another text, line by line where it was: that of its masked secrets."""
    other = Document(text, repairs=document.repairs, first_line=document.first_line, indents=document.indents)
    _read(other)
    return other


def _read(document: Document) -> None:
    builder = Builder(document.text)
    try:
        builder.run()
    except (Refused, yaml.YAMLError) as error:
        builder = _read_on(document, builder, error)
    if builder.refusals:
        from knowledge.document.recovery import explain_refusal

        document.faults.extend(explain_refusal(refusal) for refusal in builder.refusals)
    document.values = builder.root
    document.duplicates = builder.duplicates


def _read_on(document: Document, builder: Builder, error: Refused | yaml.YAMLError) -> Builder:
    """Explain a fault, fix it and read again, as often as it takes; the builder of what could be read."""
    first = document.text.split("\n")
    builder, lines = _mended(document, builder, error, first)
    # Where lines had to be left out, or nothing could be read in the end, how far others are indented is a guess.
    if lines is None or any(was.strip() and not line.strip() for was, line in zip(first, lines, strict=True)):
        document.faults[:] = [
            fault._replace(replaces=None) if fault.id in _ABOUT_INDENTATION else fault for fault in document.faults
        ]
    return builder


def _mended(
    document: Document, builder: Builder, error: Refused | yaml.YAMLError, lines: list[str]
) -> tuple[Builder, list[str] | None]:
    """The last builder, and the lines that it read; None where they still hold a fault."""
    from knowledge.document.recovery import explain_refusal, mend

    tried = set[tuple[int, str]]()
    while True:
        if isinstance(error, Refused):
            document.faults.append(explain_refusal(error))
            return builder, None
        if not isinstance(error, yaml.MarkedYAMLError):
            document.faults.append(Fault("yaml-syntax", 1, 1, f"This is not YAML: {error}", ""))
            return builder, None
        if len(document.faults) >= MAX_MENDS:
            return builder, None
        found = mend(error, lines, tried)
        if found is None:
            document.faults.append(_unreadable(error))
            return builder, None
        document.faults.append(found.fault._replace(replaces=_replaced(lines, found.lines)))
        lines = found.lines
        builder = Builder("\n".join(lines))
        try:
            builder.run()
        except (Refused, yaml.YAMLError) as again:
            error = again
        else:
            return builder, lines


def _replaced(before: list[str], after: list[str]) -> tuple[int, int, str] | None:
    """The lines that a fix changes; None where it leaves a line out, which is not a cure."""
    differs = list(map(ne, before, after))  # a text may have 100,000 lines, and is fixed again and again
    changed = list(compress(count(), differs))
    if not changed or any(not after[number].strip() for number in changed):
        return None
    first, last = changed[0], changed[-1]
    return first, last, "\n".join(after[first : last + 1])


def _unreadable(error: yaml.MarkedYAMLError) -> Fault:
    mark = error.problem_mark
    words = " ".join(f"{error.context or ''} {error.problem or ''}".split())
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    return Fault("yaml-syntax", line, column, f"YAML cannot read past this point: {words}.", "")
