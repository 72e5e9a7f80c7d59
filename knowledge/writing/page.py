"""The text of a config: groups of keys, with comments where a beginner would ask why."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

from knowledge.document import dump

if TYPE_CHECKING:
    from knowledge.writing.draft import Line

_WIDTH = 96
_UNFOLDED = 10_000
"""A prompt format is easier to read, and to change, on one line."""


def page(head: str, groups: list[list[Line]]) -> str:
    """The YAML.

    Args:
        head: The first line, without its comment sign.
        groups: The keys, group by group.
    """
    parts = ["\n".join(f"# {line}" for line in textwrap.wrap(head, _WIDTH))]
    parts += ["\n".join(_written(line) for line in group) for group in groups if group]
    return "\n\n".join(parts) + "\n"


def _written(line: Line) -> str:
    comment = "".join(f"# {each}\n" for each in _wrapped(line.comment))
    return f"{comment}{_key(line.key, line.value)}"


def _wrapped(comment: str) -> list[str]:
    """A comment as lines; a command keeps a line of its own."""
    lines: list[str] = []
    for part in comment.splitlines():
        lines += [part] if part.startswith(("  ", "pip ")) else textwrap.wrap(part, _WIDTH)
    return lines


def _key(key: str, value: Any) -> str:
    if isinstance(value, float) and not isinstance(value, bool):
        return f"{key}: {decimal(value)}"
    if isinstance(value, str) and "\n" in value:
        return f"{key}: |-\n{textwrap.indent(value, '  ')}"
    return dump({key: value}, width=_UNFOLDED).rstrip("\n")


def decimal(value: float) -> str:
    """A number without an exponent, which YAML would read as text."""
    if value == int(value):
        return str(int(value)) if value else "0.0"
    return f"{value:.10f}".rstrip("0")
