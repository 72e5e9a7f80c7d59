"""From a row to the messages that a chat template is given: keys mapped, roles renamed, extra keys kept or lost."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from knowledge.samples.sandbox import Refused

if TYPE_CHECKING:
    from knowledge.samples.entry import Entry

Turn = dict[str, Any]

DEFAULT_ROLES = {
    "human": "user",
    "user": "user",
    "assistant": "assistant",
    "gpt": "assistant",
    "system": "system",
    "tool": "tool",
}
THOUGHT = "reasoning_content"
_THOUGHTS = (
    ("<think>", "</think>"),
    ("<reasoning>", "</reasoning>"),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
)
_SOLUTION = ("<|begin_of_solution|>", "<|end_of_solution|>")
_TEXT_KEYS = ("text", "content", "value")


@dataclass(frozen=True, slots=True)
class Mapping:
    """How an entry of a config reads the messages of a row.

    Attributes:
        column: the column that holds the messages.
        keys: what the template calls a key -> what the rows call it.
        roles: roles of the rows -> roles of the template.
        passed: keys of a message that the template reads under their own name.
        flag, detail: keys that say whether a message, or which characters of it, are trained.
        splits: whether thinking text is taken out of the content.
        drops_system: whether a system turn at the beginning is left out.
        has_system: whether any row has a column `system`, which stands before the messages; null is printed too.
    """

    column: str
    keys: dict[str, str]
    roles: dict[Any, str]
    passed: frozenset[str]
    flag: str | None = None
    detail: str | None = None
    splits: bool = False
    drops_system: bool = False
    has_system: bool = False

    def turns(self, row: dict[str, Any]) -> list[Turn]:
        """The messages of a row, with `training` and `training_detail` where the row marks them.

        Raises:
            Refused: the row has no messages that can be read; in one sentence.
        """
        messages = _messages(row.get(self.column), self.column)
        turns: list[Turn] = []
        first = self.turn(messages[0])
        if "role" not in first:
            raise Refused(f"the first message has no `{self.keys['role']}`")
        if self.has_system and first["role"] != "system":
            turns.append({"role": "system", "content": row.get("system")})
        turns += [self.marked(message) for message in messages]
        if self.drops_system and turns[0].get("role") == "system":
            turns.pop(0)
        if not turns:
            raise Refused("without its system turn, the conversation is empty")
        return turns

    def marked(self, message: Turn) -> Turn:
        """A message with what the row says about its training."""
        turn = self.turn(message)
        for key, name in (("training", self.flag), ("training_detail", self.detail)):
            if name is not None and message.get(name) is not None:
                turn[key] = message[name]
        for key, name in (("content", "training_detail"), (THOUGHT, "reasoning_training_detail")):
            if isinstance(turn.get(key), list):
                turn[key], detail = joined_parts(turn[key])
                if detail:
                    turn[name] = detail
        return turn

    def turn(self, message: Turn) -> Turn:
        """A message under the template's names."""
        turn = {name: message[key] for name, key in self.keys.items() if message.get(key) is not None}
        if "role" in turn:
            turn["role"] = _role(turn["role"], self.roles)
        if self.splits:
            _split(turn)
        kept = self.passed - set(self.keys.values())
        turn.update({key: message[key] for key in kept if message.get(key) is not None})
        if turn.get("tool_calls"):
            turn["tool_calls"] = _calls(turn["tool_calls"])
        return turn


def mapping_of(entry: Entry, column: str, passed: frozenset[str], *, has_system: bool) -> Mapping:
    """How an entry of `type: chat_template` reads messages."""
    given = entry.get("roles")
    keys = {"role": "role", "content": "content", **entry.message_keys}
    return Mapping(
        column=column,
        keys={name: str(key) for name, key in keys.items()},
        roles={source: target for target, sources in given.items() for source in sources}
        if isinstance(given, dict) and given
        else DEFAULT_ROLES,
        passed=passed,
        flag=entry.get("message_field_training"),
        detail=entry.get("message_field_training_detail"),
        splits=entry.get("split_thinking") is True,
        drops_system=entry.get("drop_system_message") is True,
        has_system=has_system,
    )


def tools_of(row: dict[str, Any]) -> list[Any] | None:
    """The tools of a row, parsed where they are JSON text.

    Raises:
        Refused: they are not list, or not JSON; in one sentence.
    """
    tools = row.get("tools")
    if tools is None:
        return None
    if isinstance(tools, str):
        tools = _parsed(tools, "tools")
    if not isinstance(tools, list):
        raise Refused("`tools` must be a list")
    tools = copy.deepcopy(tools)
    for tool in tools:
        function = tool.get("function") if isinstance(tool, dict) else None
        if isinstance(function, dict) and isinstance(function.get("parameters"), str):
            function["parameters"] = _parsed(function["parameters"], "tools[].function.parameters")
    return tools


def joined_parts(parts: list[Any]) -> tuple[str, list[dict[str, Any]]]:
    """A content given as parts: its text, and what is trained of it where a part says so."""
    texts: list[str] = []
    detail: list[dict[str, Any]] = []
    at, told = 0, False
    for part in parts:
        if not isinstance(part, dict):
            continue
        text = next((part[key] for key in _TEXT_KEYS if part.get(key)), "")
        if not isinstance(text, str):
            raise Refused("the text of a part must be text")
        train = part["train"] if part.get("train") is not None else part.get("weight")
        told = told or train is not None
        texts.append(text)
        if text:
            detail.append({"begin_offset": at, "end_offset": at + len(text) - 1, "train": train is None or bool(train)})
        at += len(text)
    return "".join(texts), detail if told else []


def _messages(value: Any, column: str) -> list[Turn]:
    if isinstance(value, str):
        value = _parsed(value, column)
    if not isinstance(value, list) or not value:
        raise Refused(f"`{column}` must be a list of messages")
    if not all(isinstance(message, dict) for message in value):
        raise Refused(f"`{column}` contains something that is not an object")
    return [_without_null(message) for message in value]


def _without_null(value: Any) -> Any:
    """A value without the keys that hold null, at any depth."""
    if isinstance(value, dict):
        return {key: _without_null(item) for key, item in value.items() if item is not None}
    return [_without_null(item) for item in value] if isinstance(value, list) else value


def _role(role: Any, roles: dict[Any, str]) -> Any:
    if isinstance(role, (list, dict)):
        raise Refused("a role must be text")
    return roles.get(role, role)


def _split(turn: Turn) -> None:
    """Take the thinking text out of an assistant's content; a list of parts is left as it is."""
    if "role" not in turn:
        raise Refused("`split_thinking` needs the role of every message")
    if turn["role"] != "assistant":
        return
    content = turn.get("content")
    if isinstance(content, (list, dict)):
        return
    if not isinstance(content, str):
        raise Refused("`split_thinking` needs a text as content")
    for begin, end in _THOUGHTS:
        if begin in content and end in content:
            start, stop = content.find(begin), content.find(end)
            turn[THOUGHT] = content[start + len(begin) : stop].strip()
            rest = content[stop + len(end) :].lstrip()
            if all(mark in rest for mark in _SOLUTION):
                rest = rest[rest.find(_SOLUTION[0]) + len(_SOLUTION[0]) : rest.find(_SOLUTION[1])].strip()
            turn["content"] = rest
            return


def _calls(calls: Any) -> Any:
    """Tool calls with their arguments parsed where they are JSON text."""
    calls = copy.deepcopy(calls)
    for call in calls if isinstance(calls, list) else ():
        function = call.get("function") if isinstance(call, dict) else None
        if isinstance(function, dict) and isinstance(function.get("arguments"), str):
            function["arguments"] = _parsed(function["arguments"], "tool_calls[].function.arguments")
    return calls


def _parsed(text: str, name: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Refused(f"`{name}` is text that is not JSON") from error
