"""The shapes inside a conversation: the list of messages, their parts, tools, tool calls and thoughts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from knowledge.samples.instruction import type_name

if TYPE_CHECKING:
    from knowledge.samples.case import Case
    from knowledge.samples.issues import Issues


def messages_of(case: Case, index: int, column: str) -> list[dict[str, Any]] | None:
    """The messages of a row as a list of objects, or None and an issue."""
    value = case.rows[index].get(column)
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            case.issues.add("rows-json-text", index, column)
            return None
    if not isinstance(value, list):
        empty = value is None and column not in case.rows[index]
        case.issues.add("rows-not-list", index, column, "no value" if empty else type_name(value))
        return None
    if not value:
        case.issues.add("rows-no-messages", index, column)
        return None
    for message in value:
        if not isinstance(message, dict):
            case.issues.add("rows-items-not-objects", index, column, type_name(message))
            return None
    return value


def tools_fit(issues: Issues, index: int, value: Any) -> bool:
    """Whether the tools of a row are a list, or JSON text of one."""
    if value is None:
        return True
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            issues.add("rows-json-text", index, "tools")
            return False
    if not isinstance(value, list):
        issues.add("rows-tools-not-list", index, "tools", type_name(value))
        return False
    for tool in value:
        function = tool.get("function") if isinstance(tool, dict) else None
        parameters = function.get("parameters") if isinstance(function, dict) else None
        if isinstance(parameters, str) and not _is_json(parameters):
            issues.add("rows-json-text", index, "tools[].function.parameters")
            return False
    return True


def calls_fit(issues: Issues, index: int, calls: Any) -> bool:
    """Whether the arguments of tool calls are objects or JSON text."""
    for call in calls if isinstance(calls, list) else ():
        function = call.get("function") if isinstance(call, dict) else None
        arguments = function.get("arguments") if isinstance(function, dict) else None
        if isinstance(arguments, str) and not _is_json(arguments):
            issues.add("rows-json-text", index, "tool_calls[].function.arguments")
            return False
    return True


def parts_of(issues: Issues, index: int, key: str, content: Any) -> list[tuple[str, bool]] | None:
    """The parts of a content with their own flags, or None and an issue."""
    if isinstance(content, str):
        return [(content, True)] if content else []
    if content is None:
        return []
    if not isinstance(content, list):
        if isinstance(content, dict):
            issues.add("rows-content-printed", index, key)
        return [(str(content), True)]
    pieces = []
    for part in content:
        if isinstance(part, dict):
            text = part.get("text") or part.get("content") or part.get("value") or ""
            if not isinstance(text, str):
                issues.add("rows-answer-not-text", index, f"{key}[].text", type_name(text))
                return None
            said = part.get("train", part.get("weight"))
            if text:
                pieces.append((text, said is None or bool(said)))
    return pieces


def check_detail(issues: Issues, index: int, message: dict[str, Any], name: str) -> None:
    """The parts of a content that `message_field_training_detail` marks need three keys each."""
    details = message.get(name)
    for each in details if isinstance(details, list) else ():
        lost = next((key for key in ("begin_offset", "end_offset", "train") if key not in each), None)
        if lost is not None:
            issues.add("rows-key-missing", index, name, lost)


def check_thinking(case: Case, column: str) -> None:
    """`field_thinking` is never read; `split_thinking` needs a template that prints what it splits off."""
    named = case.entry.get("field_thinking")
    if named in case.entry.message_keys.values():
        named = None
    template = case.template
    loses = bool(case.entry.get("split_thinking")) and template is not None and template.certain
    loses = loses and template is not None and not template.prints_thoughts
    if not named and not loses:
        return
    for index, row in enumerate(case.rows):
        messages = row.get(column)
        for message in messages if isinstance(messages, list) else ():
            if not isinstance(message, dict):
                continue
            if named and named != "reasoning_content" and named in message:
                case.issues.add("rows-thinking-unread", index, str(named))
            content = message.get("content")
            if loses and isinstance(content, str) and "<think>" in content:
                case.issues.add("rows-thinking-lost", index, template.name if template else "")


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
