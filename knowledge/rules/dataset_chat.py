"""Chat data: message keys, roles and templates of a dataset entry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.conditions import entries
from knowledge.finding import Severity
from knowledge.kinds_of_run import ignoring
from knowledge.rule import Problem, problem, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.config import Config


ENTRY = "datasets:\n  - path: org/rows\n"
CHAT = f"{ENTRY}    type: chat_template\n"
SHAREGPT = (
    "type: chat_template\nfield_messages: conversations\nmessage_property_mappings:\n  role: from\n  content: value"
)
"""What replaces `type: sharegpt` in an entry."""
_SHAREGPT_ENTRY = f"{ENTRY}    " + SHAREGPT.replace("\n", "\n    ") + "\n"
_LISTS = ("datasets", "test_datasets", "pretraining_dataset")


@rule(
    Severity.ERROR,
    fields=("datasets[].type",),
    says="`type: sharegpt.*` is deprecated",
    bad=f"{ENTRY}    type: sharegpt\n",
    good=_SHAREGPT_ENTRY,
)
def sharegpt_removed(config: Config) -> Iterator[Problem]:
    """`type: sharegpt` was removed.

    Use `type: chat_template` with `field_messages: conversations` and the two property mappings.
    """
    for index, entry in entries(config, "datasets"):
        kind = entry.get("type")
        if isinstance(kind, str) and kind.startswith("sharegpt"):
            message = "Removed: use `chat_template` with `field_messages: conversations`."
            yield problem(message, ("datasets", index, "type"), suggestion="chat_template", mended=SHAREGPT)


@rule(
    Severity.CRASH,
    fields=("test_datasets[].type",),
    bad="test_datasets:\n  - path: org/rows\n    type: sharegpt\n",
    good="test_datasets:\n  - path: org/rows\n    type: chat_template\n",
)
def sharegpt_in_test_datasets(config: Config) -> Iterator[Problem]:
    """`type: sharegpt` in `test_datasets`.

    Validation looks for it in `datasets` only; here loading the rows fails, because that type no longer exists.
    """
    for index, entry in entries(config, "test_datasets"):
        kind = entry.get("type")
        if isinstance(kind, str) and kind.startswith("sharegpt"):
            message = "Removed: loading the rows fails. Use `chat_template`."
            yield problem(message, ("test_datasets", index, "type"), suggestion="chat_template")


@rule(
    Severity.WARNING,
    fields=("datasets[].message_field_role", "datasets[].message_field_content", "test_datasets", "rl"),
    says=("message_field_role is deprecated", "message_field_content is deprecated"),
    bad=f"{CHAT}    message_field_role: from\n    message_field_content: value\n",
    good=f"{CHAT}    message_property_mappings:\n      role: from\n      content: value\n",
)
def message_fields_old_names(config: Config) -> Iterator[Problem]:
    """`message_field_role` and `message_field_content` became `message_property_mappings`.

    The old keys still work and are moved there.
    """
    for name in _LISTS[:2]:
        for index, entry in entries(config, name):
            if name == "datasets" and config.dataset_class(entry) != "SFTDataset":
                continue
            keys = ("message_field_role", "message_field_content")
            old = [key for key in keys if key in entry and ignoring(config, f"{name}[].{key}") is None]
            if old:
                message = "This still works, but `message_property_mappings` with `role` and `content` replaces it."
                yield problem(message, *((name, index, key) for key in old), suggestion="message_property_mappings")


@rule(
    Severity.ERROR,
    fields=(
        "datasets[].message_field_role",
        "datasets[].message_field_content",
        "datasets[].message_property_mappings",
    ),
    says=("Conflicting message role fields", "Conflicting message content fields"),
    bad=f"{CHAT}    message_field_role: from\n    message_property_mappings:\n      role: speaker\n",
    good=f"{CHAT}    message_property_mappings:\n      role: speaker\n",
)
def message_fields_conflict(config: Config) -> Iterator[Problem]:
    """The old and the new way to name the message keys contradict each other.

    Keep `message_property_mappings` only.
    """
    for index, entry in entries(config, "datasets"):
        if config.dataset_class(entry) != "SFTDataset":
            continue
        mappings = entry.get("message_property_mappings")
        for name in ("role", "content"):
            old = f"message_field_{name}"
            if isinstance(mappings, dict) and old in entry and name in mappings and mappings[name] != entry[old]:
                message = f"Contradicts `message_property_mappings.{name}`: remove this older key."
                yield problem(message, ("datasets", index, old), ("datasets", index, "message_property_mappings", name))


@rule(
    Severity.ERROR,
    fields=("datasets[].chat_template", "datasets[].chat_template_jinja"),
    says="chat_template_jinja is required when chat_template is set to jinja",
    bad=f"{CHAT}    chat_template: jinja\n",
    good=f"{CHAT}    chat_template: jinja\n    chat_template_jinja: \"{{{{ messages[0]['content'] }}}}\"\n",
)
def dataset_jinja_without_template(config: Config) -> Iterator[Problem]:
    """A dataset's `chat_template: jinja` without the template.

    Write it under `chat_template_jinja`, or name a built-in template.
    """
    for index, entry in entries(config, "datasets"):
        if config.dataset_class(entry) == "SFTDataset":
            if entry.get("chat_template") == "jinja" and not entry.get("chat_template_jinja"):
                yield problem(
                    "The template itself is missing: add `chat_template_jinja`.", ("datasets", index, "chat_template")
                )


@rule(
    Severity.WARNING,
    fields=("datasets[].chat_template_jinja", "datasets[].chat_template", "datasets[].type"),
    bad=f"{CHAT}    chat_template_jinja: \"{{{{ messages[0]['content'] }}}}\"\n",
    good=f"{CHAT}    chat_template: jinja\n    chat_template_jinja: \"{{{{ messages[0]['content'] }}}}\"\n",
)
def dataset_jinja_unused(config: Config) -> Iterator[Problem]:
    """`chat_template_jinja` under `type: chat_template` without `chat_template: jinja`.

    The default `tokenizer_default` is filled in first, so the text of the template is never used.
    """
    for index, entry in entries(config, "datasets"):
        if config.dataset_class(entry) != "SFTDataset" or entry.get("type") != "chat_template":
            continue
        if entry.get("chat_template_jinja") and not entry.get("chat_template"):
            message = "Never used: the tokenizer's own template wins. Add `chat_template: jinja`."
            yield problem(message, ("datasets", index, "chat_template_jinja"))


@rule(
    Severity.WARNING,
    fields=("datasets[].chat_template", "datasets[].type", "rl"),
    bad="datasets:\n  - path: org/rows\n    type: alpaca\n    chat_template: chatml\n",
    good="datasets:\n  - path: org/rows\n    type: chat_template\n    chat_template: chatml\n",
)
def chat_template_unused(config: Config) -> Iterator[Problem]:
    """A dataset's `chat_template` with a type that does not use one.

    Only chat types format rows with a template; the others have their own formats.
    """
    for index, entry in entries(config, "datasets"):
        kind = entry.get("type")
        uses = isinstance(kind, str) and ("chat" in kind or kind in ("messages", "passthrough"))
        if entry.get("chat_template") and not uses and not config.raw("rl") and isinstance(kind, str):
            message = f"No effect: `type: {kind}` does not use a template. For a chat, use `type: chat_template`."
            yield problem(message, ("datasets", index, "chat_template"), ("datasets", index, "type"))


@rule(
    Severity.WARNING,
    fields=("datasets[].roles", "datasets[].type", "datasets[].roles_to_train"),
    bad=f"{CHAT}    roles:\n      human: [user]\n",
    good=f"{CHAT}    roles:\n      user: [human]\n",
)
def roles_turned_around(config: Config) -> Iterator[Problem]:
    """`roles` maps in the wrong direction.

    The key is the role of the template (user, assistant, system); the list holds the names in the data.
    """
    known = {"user", "assistant", "system", "tool"}
    for index, entry in entries(config, "datasets"):
        roles = entry.get("roles")
        if not isinstance(roles, dict):
            continue
        for key, names in roles.items():
            listed = names if isinstance(names, list) else [names]
            if key not in known and all(name in known for name in listed if name):
                message = f"The direction is reversed: the template's role comes first, `{listed[0]}: [{key}]`."
                yield problem(message, ("datasets", index, "roles", key))


@rule(
    Severity.CRASH,
    fields=("datasets[].chat_template",),
    bad="datasets:\n  - path: org/rows\n    type: chat_template\n    chat_template: completion\n",
    good="datasets:\n  - path: org/rows\n    type: chat_template\n    chat_template: chatml\n",
)
def dataset_template_unknown(config: Config) -> Iterator[Problem]:
    """A dataset's `chat_template` that does not exist.

    Validation accepts any text here; preparing the rows finds no template of that name and fails.
    """
    known = config.types.choices("chat_template")
    for index, entry in entries(config, "datasets"):
        name = entry.get("chat_template")
        if not isinstance(name, str) or not name or config.dataset_class(entry) != "SFTDataset":
            continue
        if name not in known and name != "phi_4" and not name.startswith("tokenizer_default_fallback_"):
            message = "No such template: preparing the rows fails. Use one such as chatml or tokenizer_default."
            yield problem(message, ("datasets", index, "chat_template"))
