"""What chat programs do to a pasted config, undone: fences, quotes, odd spaces. Each repair is said."""

from __future__ import annotations

import re

from knowledge.pattern import expression
from knowledge.value import field, ledger

_FENCE = expression(r"^[ \t>]*(`{3,}|~{3,})[ \t]*([\w+-]*)[ \t]*$")
_INVISIBLE = "[\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u200f\u202a-\u202e\u2066-\u2069]"
_SPACES = "[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]"
_SMART_DOUBLE = "[\u201c\u201d\u201e\u201f]"
_SMART_SINGLE = "[\u2018\u2019\u201a\u201b]"
_CONTROL = expression("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x84\x86-\x9f\ufffe\uffff\ud800-\udfff]")
_QUOTED = expression(r"^[ \t]*> ?")


@ledger
class Repaired:
    """The text to read and the way back to the text that was given."""

    text: str
    said: list[str] = field(default_factory=list)
    first_line: int = 0
    indents: list[int] | int = 0


def repair(given: str) -> Repaired:
    """Undo what pasting did. Lines keep their order, so that positions lead back."""
    result = Repaired(given)
    text = given
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.isascii():
        text = _plain_characters(text, result.said)
    # No control character can be printed; most texts hold nothing else that cannot.
    if not text.replace("\n", "").isprintable() and _CONTROL.search(text):
        text = _CONTROL.sub(" ", text)
        result.said.append("Control characters were read as spaces.")
    if "```" in text or "~~~" in text:
        text = _unfenced(text, result)
    if ">" in text[:2000] or text[:1] in " \t":
        text = _unquoted(text, result)
        text = _dedented(text, result)
    result.text = text
    return result


def _plain_characters(text: str, said: list[str]) -> str:
    for pattern, plain, sentence in (
        (_INVISIBLE, "", "Invisible characters were ignored."),
        (_SPACES, " ", "Non-breaking spaces were read as spaces."),
        (_SMART_DOUBLE, '"', "Curly quotes were read as straight ones."),
        (_SMART_SINGLE, "'", "Curly quotes were read as straight ones."),
    ):
        if re.search(pattern, text):
            text = re.sub(pattern, plain, text)
            if sentence not in said:
                said.append(sentence)
    return text


def _unfenced(text: str, result: Repaired) -> str:
    """The longest fenced block, when there is one; else the text."""
    lines = text.split("\n")
    best: tuple[int, int] | None = None
    start: int | None = None
    for number, line in enumerate(lines):
        if not _FENCE.match(line):
            continue
        if start is None:
            start = number
        else:
            if best is None or number - start > best[1] - best[0]:
                best = (start, number)
            start = None
    if start is not None and (best is None or len(lines) - start > best[1] - best[0]):
        best = (start, len(lines))
    if best is None:
        return text
    result.said.append("Only the text in the code block was read.")
    result.first_line = best[0] + 1
    return "\n".join(lines[best[0] + 1 : best[1]])


def _unquoted(text: str, result: Repaired) -> str:
    lines = text.split("\n")
    full = [line for line in lines if line.strip()]
    if not full or not all(_QUOTED.match(line) for line in full):
        return text
    result.said.append("Quote marks at the start of lines were ignored.")
    cut = [(match.end() if (match := _QUOTED.match(line)) else 0) for line in lines]
    result.indents = cut
    return "\n".join(line[width:] for line, width in zip(lines, cut, strict=True))


def _dedented(text: str, result: Repaired) -> str:
    lines = text.split("\n")
    full = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]
    width = min((len(line) - len(line.lstrip(" ")) for line in full), default=0)
    if not width:
        return text
    result.said.append("Spaces before every line were ignored.")
    before = result.indents
    cut = [min(width, len(line) - len(line.lstrip(" "))) for line in lines]
    result.indents = [old + new for old, new in zip(before, cut, strict=True)] if isinstance(before, list) else cut
    return "\n".join(line[each:] for line, each in zip(lines, cut, strict=True))
