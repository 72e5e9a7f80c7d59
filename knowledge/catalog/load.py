"""Reading the facts and the notes."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from knowledge.by_hand import in_entry, read_yaml
from knowledge.catalog.entries import Field, Note
from knowledge.facts import read_json

_CONCEPTS = "concepts.yaml"
_WORDS = {
    "boolean": "true or false",
    "integer": "whole number",
    "number": "number",
    "string": "text",
    "array": "list",
    "object": "block of keys",
    "any": "anything",
}
_VALUES = ("optimizer", "lr_scheduler", "eval_strategy", "save_strategy", "hub_strategy", "rl", "attn_implementation")


@lru_cache(maxsize=1)
def load_fields() -> dict[str, Field]:
    """Path -> facts, the items of lists (`x[]`) left out: their list stands for them."""
    raw = read_json("fields.json")["fields"]
    since, values = read_json("history.json")["since"], read_json("values.json")
    fields = {}
    for path, facts in raw.items():
        if path.endswith("[]") and facts["type"] != ["object"]:
            continue
        fields[path] = _field(path, facts, since.get(path), values)
    return fields


def _field(path: str, facts: dict[str, Any], since: str | None, values: dict[str, Any]) -> Field:
    choices, open_choices = _choices(path, facts, values)
    return Field(
        path=path,
        type=" or ".join(_WORDS[word] for word in facts["type"]),
        default=facts.get("default"),
        required=bool(facts.get("required")),
        choices=choices,
        open_choices=open_choices,
        bounds=_bounds(facts.get("constraints") or {}),
        plugin=None if facts.get("plugin_always_on") else facts.get("plugin"),
        since=since,
        deprecated=bool(facts.get("deprecated")),
        replaced_by=facts.get("replacement"),
        aliases=tuple(facts.get("aliases", ())),
        used=facts.get("used", 0),
        caveat=facts.get("caveat", ""),
    )


def _choices(path: str, facts: dict[str, Any], values: dict[str, Any]) -> tuple[tuple[str, ...], bool]:
    if path in _VALUES:
        known = values[path]
        listed = known if isinstance(known, list) else [*known.get("axolotl", ()), *known.get("transformers", ())]
        return tuple(listed), path == "attn_implementation"
    checked = facts.get("checked_values") or {}
    rest = facts.get("enum") or checked.get("enum") or checked.get("items_enum") or ()
    # Beside true and false, numbers, or lists, no other text than the named ones is accepted.
    other_text = bool(facts.get("enum_open")) and facts["type"] == ["string"]
    return tuple(str(choice) for choice in rest), other_text or bool(checked.get("also"))


def _bounds(constraints: dict[str, Any]) -> str:
    words = {
        "minimum": "at least {}",
        "maximum": "at most {}",
        "exclusiveMinimum": "more than {}",
        "exclusiveMaximum": "less than {}",
    }
    return ", ".join(words[name].format(f"{constraints[name]:g}") for name in words if name in constraints)


@lru_cache(maxsize=1)
def load_notes() -> tuple[dict[str, Note], dict[str, Note]]:
    """Notes by path, and concepts by name.

    Raises:
        ValueError: for a note of a path that Axolotl does not have, a path with two notes, or an unknown note key.
    """
    fields, files = load_fields(), _files()
    written = {path: raw for name, entries in files.items() if name != _CONCEPTS for path, raw in entries.items()}
    notes: dict[str, Note] = {}
    for name, entries in files.items():
        for path, raw in entries.items() if name != _CONCEPTS else ():
            note = _note(name, path, {**_likened(raw, written), **raw})
            for each in (path, *note.also):
                if each not in fields:
                    raise ValueError(f"{name}: Axolotl has no `{each}`")
                if each in notes:
                    raise ValueError(f"{name}: `{each}` has a note already")
                notes[each] = note
    return notes, {name: _note(_CONCEPTS, name, raw) for name, raw in files[_CONCEPTS].items()}


def _files() -> dict[str, dict[str, Any]]:
    """File of knowledge/fields -> its entries as written."""
    folder = sorted((Path(__file__).parents[1] / "fields").iterdir(), key=lambda each: each.name)
    return {file.name: read_yaml(file) for file in folder if file.name.endswith(".yaml")}


def _likened(raw: dict[str, Any], written: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """What a note takes over from the one that it is `like`; `also` is that one's own."""
    name = raw.pop("like", None)
    return {key: value for key, value in written[name].items() if key != "also"} if name else {}


def _note(file: str, name: str, raw: dict[str, Any]) -> Note:
    from knowledge.json_values import from_plain

    with in_entry(file, name):
        return from_plain(Note, raw)
