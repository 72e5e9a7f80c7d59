"""What a chat template leaves out of a conversation: turns, tools, tool calls and thoughts that it does not print."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from knowledge.samples.conversation import THOUGHT

if TYPE_CHECKING:
    from knowledge.samples.case import Case
    from knowledge.samples.conversation import Turn

_THOUGHT_TEXT = re.compile(r"<think>((?:(?!</?think>).)*)</think>", re.DOTALL)
_ENOUGH = 60
"""So many letters of a line are looked for; templates trim and wrap what is longer."""


def check_printed(case: Case, turns: list[Turn], tools: list[Any] | None, text: str) -> None:
    """Note what of a row is not in the text that the template printed of it.

    Args:
        case: The sample, whose template is known for certain.
        turns: The messages as the template was given them.
        tools: The tools of the row.
        text: What it printed.
    """
    template = case.template.name if case.template is not None and case.template.name else "of the tokenizer"
    for turn in turns:
        content, role = turn.get("content"), str(turn.get("role"))
        said = content if isinstance(content, str) else ""
        thoughts = [*_THOUGHT_TEXT.findall(said), turn.get(THOUGHT)]
        if not _stands(_THOUGHT_TEXT.sub("", said), text):
            case.issues.add("rows-turn-unprinted", None, role, template)
        printable = case.template is not None and case.template.prints_thoughts
        if printable and not all(_stands(thought, text) for thought in thoughts if isinstance(thought, str)):
            case.issues.add("rows-thought-unprinted", None, template)
        calls = turn.get("tool_calls")
        if not all(_stands(name, text) for name in _names(calls)):
            case.issues.add("rows-key-unread", None, "tool_calls", template)
    if not all(_stands(name, text) for name in _names(tools)):
        case.issues.add("rows-tools-unprinted", None, "tools", template)


def _stands(said: str, text: str) -> bool:
    """Whether the longest line of what is said stands in a text, as it is or as JSON writes it."""
    line = max((each.strip() for each in said.splitlines()), key=len, default="")[:_ENOUGH].strip()
    return line in text or json.dumps(line)[1:-1] in text or json.dumps(line, ensure_ascii=False)[1:-1] in text


def _names(functions: Any) -> list[str]:
    """The names of tools or of tool calls."""
    found = []
    for each in functions if isinstance(functions, list) else ():
        function = each.get("function", each) if isinstance(each, dict) else None
        name = function.get("name") if isinstance(function, dict) else None
        if isinstance(name, str):
            found.append(name)
    return found
