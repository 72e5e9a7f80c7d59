"""Dataset keys of an entry against the rows: does any row have what a key names, and is that what is meant."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from knowledge.samples.unread import LOOK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.samples.case import Case
    from knowledge.samples.conversation import Mapping
    from knowledge.samples.printing import Wanted

FLAGS = ("train", "weight", "training")
DETAILS = ("train_detail", "training_detail")
_THOUGHT_KEYS = ("reasoning_content", "thinking", "reasoning", "thought", "tool_calls")


def check_keys(case: Case, mapping: Mapping, wanted: Wanted) -> None:
    """Note keys that name what no row has, and keys that are accepted and never used."""
    messages = list(_messages(case, mapping.column))
    if not messages:
        return
    held = {key for message in messages for key in message}
    _check_flag(case, held, mapping)
    if mapping.detail is None:
        for key in DETAILS:
            if key in held:
                case.issues.add("rows-details-unread", None, key)
    tools = case.entry.get("field_tools")
    if isinstance(tools, str) and tools != "tools" and tools in case.columns:
        case.issues.add("rows-tools-renamed", None, tools)
    role = mapping.keys["role"]
    named = {message[role] for message in messages if isinstance(message.get(role), str)}
    roles = {mapping.roles.get(name, name) for name in named}
    if "assistant" in roles and "assistant" not in wanted.roles and not wanted.everything and mapping.flag is None:
        other = sorted(wanted.roles & roles)
        if other:
            case.issues.add("rows-roles-odd", 0, ", ".join(other))
    if case.template is not None and case.template.certain:
        read = {*mapping.keys.values(), *mapping.passed, *(name for name in (mapping.flag, mapping.detail) if name)}
        for key in _THOUGHT_KEYS:
            if key in held and key not in read:
                case.issues.add("rows-key-unread", None, key, case.template.name or "of the tokenizer")


def _check_flag(case: Case, held: set[str], mapping: Mapping) -> None:
    """The key that says what is trained has to be in the messages."""
    for key, name in (
        ("message_field_training", mapping.flag),
        ("message_field_training_detail", mapping.detail),
    ):
        if isinstance(name, str) and name not in held:
            other = next((flag for flag in FLAGS if flag in held), "")
            told = f"they have `{other}`" if other else "it marks nothing"
            case.issues.add("rows-flag-nowhere", None, name, key, told)


def _messages(case: Case, column: str) -> Iterator[dict[str, Any]]:
    for row in islice(case.rows, LOOK):
        value = row.get(column)
        for message in value if isinstance(value, list) else ():
            if isinstance(message, dict):
                yield message
