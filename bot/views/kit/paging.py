"""Long texts in pages: whole lines where there are any, code blocks closed and opened again, nothing lost."""

from __future__ import annotations

from bot.views.kit import limits

_FENCE = "```"


def pages_of(text: str, room: int) -> list[str]:
    """The text in pages of at most so many characters.

    Args:
        text: Markdown; a line that begins with three backticks opens or closes a code block.
        room: Characters of a page, fences that are added counted.
    """
    pages: list[str] = []
    lines: list[str] = []
    fence = ""
    used = 0
    for line in _short_lines(text, room - 40):
        size = limits.length(line) + 1
        closing = len(_FENCE) + 1 if fence else 0
        if lines and used + size + closing > room:
            pages.append("\n".join([*lines, *([_FENCE] if fence else [])]))
            lines = [fence] if fence else []
            used = limits.length(fence) + 1 if fence else 0
        lines.append(line)
        used += size
        if line.lstrip().startswith(_FENCE):
            fence = "" if fence else line.strip()[:20]
    pages.append("\n".join(lines))
    return pages


def _short_lines(text: str, room: int) -> list[str]:
    short: list[str] = []
    for line in text.split("\n"):
        rest = line
        while limits.length(rest) > room:
            head = limits.cut(rest, room + 1).removesuffix("…")
            space = head.rfind(" ")
            head = head[: space + 1] if space > room // 2 else head
            short.append(head.rstrip() or head)
            rest = rest[len(head) :]
        short.append(rest)
    return short
