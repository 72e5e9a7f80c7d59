"""Dataset entries before typing: the class that reads each, and what Axolotl fills in."""

from __future__ import annotations

from typing import Any

PREFERENCE = ("dpo", "ipo", "simpo")


def dataset_class(rl: Any, entry: dict[Any, Any]) -> str:
    """Which of Axolotl's classes reads an entry of `datasets`."""
    if isinstance(rl, str) and rl in PREFERENCE:
        return "DPODataset"
    if rl == "kto":
        return "KTODataset"
    return "SyntheticDataset" if entry.get("type") == "_synthetic" else "SFTDataset"


def prepared_list(value: Any) -> Any:
    """Each entry of a list as `prepare_dataset` leaves it."""
    if not isinstance(value, list):
        return value
    return [prepare_dataset(entry) if isinstance(entry, dict) else entry for entry in value]


def prepare_dataset(entry: dict[Any, Any]) -> dict[Any, Any]:
    """An entry as Axolotl's own step before typing leaves it: old message keys moved, the chat template filled in."""
    entry = dict(entry)
    mappings = entry.get("message_property_mappings")
    if mappings is None or isinstance(mappings, dict):
        mappings = dict(mappings or {})
        for name in ("role", "content"):
            old = f"message_field_{name}"
            if old in entry:
                mappings.setdefault(name, entry.pop(old) or name)
            else:
                mappings.setdefault(name, name)
        entry["message_property_mappings"] = mappings
    if entry.get("type") == "chat_template" and not entry.get("chat_template"):
        entry["chat_template"] = "tokenizer_default"
    if entry.get("chat_template_jinja") and not entry.get("chat_template"):
        entry["chat_template"] = "jinja"
    return entry
