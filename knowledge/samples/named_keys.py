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

FLAGS = ("train", "weight", "training", "loss", "loss_weight", "trainable", "trained")
MASKS = ("masked", "mask", "ignore", "no_loss")
DETAILS = ("train_detail", "training_detail")
_THOUGHT_KEYS = ("reasoning_content", "thinking", "reasoning", "thought", "thoughts", "tool_calls", "function_call")
_NOTED = frozenset({*FLAGS, *MASKS, *DETAILS, *_THOUGHT_KEYS, "role", "content"})
_MANY = 8
"""As many keys of the messages are named that nothing reads."""

_SPEAKERS = {
    "assistant": frozenset({"assistant", "gpt", "bot", "model", "chatgpt", "ai"}),
    "user": frozenset({"user", "human"}),
}
"""Whom a role's name means by itself."""


def check_keys(case: Case, mapping: Mapping, wanted: Wanted) -> None:
    """Note keys that name what no row has, and keys that are accepted and never used."""
    messages = list(_messages(case, mapping.column))
    if not messages:
        return
    held = {key for message in messages for key in message}
    _check_flag(case, held, mapping)
    if mapping.flag is None:
        _check_unread_flags(case, messages, mapping, held)
    else:
        _check_marked(case, messages, mapping)
    if mapping.detail is None:
        for key in DETAILS:
            if key in held:
                case.issues.add("rows-details-unread", None, key)
    tools = case.entry.get("field_tools")
    if isinstance(tools, str) and tools != "tools" and tools in case.columns:
        case.issues.add("rows-tools-renamed", None, tools)
    _check_roles(case, messages, mapping, wanted)
    if case.template is not None and case.template.certain:
        read = {*mapping.keys.values(), *mapping.passed, *(name for name in (mapping.flag, mapping.detail) if name)}
        for key in _THOUGHT_KEYS:
            if key in held and key not in read:
                case.issues.add("rows-key-unread", None, key, case.template.name or "of the tokenizer")
        for key in sorted(held - read - _NOTED)[:_MANY]:
            if any(isinstance(message.get(key), str) and message[key] for message in messages):
                case.issues.add("rows-message-key-unread", None, key)


def _check_roles(case: Case, messages: list[dict[str, Any]], mapping: Mapping, wanted: Wanted) -> None:
    """Roles that are trained in place of the assistant's, and names that `roles` gives to the other side."""
    role = mapping.keys["role"]
    named = {message[role] for message in messages if isinstance(message.get(role), str)}
    roles = {mapping.roles.get(name, name) for name in named}
    if "assistant" in roles and "assistant" not in wanted.roles and not wanted.everything and mapping.flag is None:
        trained = sorted(wanted.roles & roles)
        if trained:
            case.issues.add("rows-roles-odd", 0, ", ".join(trained))
    for speaker, other in (("assistant", "user"), ("user", "assistant")):
        turned = sorted(name for name in named & _SPEAKERS[speaker] if mapping.roles.get(name) == other)
        if turned:
            case.issues.add("rows-roles-swapped", None, ", ".join(turned), other)


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


def _check_unread_flags(case: Case, messages: list[dict[str, Any]], mapping: Mapping, held: set[str]) -> None:
    """Marks of what is trained that nothing reads, where they say another thing than the roles do."""
    for key, wanted in (*((flag, True) for flag in FLAGS), *((mask, False) for mask in MASKS)):
        for message in messages if key in held else ():
            said = message.get(key)
            if not isinstance(said, (bool, int, float)):
                continue
            name = message.get(mapping.keys["role"])
            role = mapping.roles.get(name, name) if isinstance(name, str) else None
            if (bool(said) is wanted) is not (role == "assistant"):
                case.issues.add("rows-flags-unread" if wanted else "rows-mask-unread", None, key)
                break


def _check_marked(case: Case, messages: list[dict[str, Any]], mapping: Mapping) -> None:
    """Marks that train others' turns and none of the assistant's."""
    marked = [message for message in messages if message.get(mapping.flag or "")]
    names = [message.get(mapping.keys["role"]) for message in marked]
    roles = {mapping.roles.get(name, name) for name in names if isinstance(name, str)}
    flagged = all(mapping.flag in message for message in messages)
    if flagged and roles and "assistant" not in roles:
        case.issues.add("rows-flag-odd", None, str(mapping.flag), ", ".join(sorted(roles)))


def _messages(case: Case, column: str) -> Iterator[dict[str, Any]]:
    for row in islice(case.rows, LOOK):
        value = row.get(column)
        for message in value if isinstance(value, list) else ():
            if isinstance(message, dict):
                yield message
