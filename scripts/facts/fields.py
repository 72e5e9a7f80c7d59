"""fields.json: every path of Axolotl's config with what the catalog and the editor's schema say of it.

Type, choices, bounds, default and plugin come from Axolotl's classes. What no class says (which text a check takes,
what was deprecated, traps, how often a field is used) is kept from the facts before, and renewed from the reference
folder where there is one.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from scripts.facts.source import table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scripts.facts.source import Source

NAME = "fields.json"

_TOLD = ("caveat", "checked_values", "deprecated", "replacement")
"""What is told of a path by reading Axolotl's checks, not by its classes."""
_WORDS = {"bool": "boolean", "int": "integer", "float": "number", "str": "string", "list": "array", "tuple": "array"}
_WORDS |= {"dict": "object", "model": "object", "any": "any"}
_BOUNDS = {
    "ge": "minimum",
    "gt": "exclusiveMinimum",
    "le": "maximum",
    "lt": "exclusiveMaximum",
    "pattern": "pattern",
    "min_length": "minLength",
}
_CLASSES = {
    "datasets": {
        "else": "SFTDataset",
        "rl dpo|ipo|simpo": "DPODataset",
        "rl kto": "KTODataset",
        "type _synthetic": "SyntheticDataset",
    },
    "pretraining_dataset": "smart union of PretrainingDataset and SFTDataset",
    "test_datasets": "smart union of all five",
}
"""Which class reads an entry; Axolotl decides it in code, before typing."""


def generate(source: Source) -> dict[str, Any]:
    """Every path with its facts, and the plugins there are."""
    snapshot = source.snapshot
    paths = _Paths(snapshot["models"]).of_root(snapshot)
    told, used = _told(source), _used(source)
    for path, facts in paths.items():
        facts.update({key: told[path][key] for key in _TOLD if key in told.get(path, {})})
        if path in used:
            facts["used"] = used[path]
        _torch_names(facts)
    return {
        "axolotl": snapshot["axolotl"],
        "class_selection": _CLASSES,
        "fields": paths,
        "plugins": snapshot["all_plugins"],
    }


def _told(source: Source) -> dict[str, dict[str, Any]]:
    if source.reference is None:
        return dict(source.before(NAME)["fields"])
    found = json.loads((source.reference / "axolotl" / "schema_facts.json").read_text("utf-8"))
    return dict(found["fields"])


def _used(source: Source) -> dict[str, int]:
    """In how many of 367 public configs a path stands."""
    if source.reference is None:
        return {path: facts["used"] for path, facts in source.before(NAME)["fields"].items() if "used" in facts}
    rows = table(source.reference / "axolotl" / "field_usage.tsv")
    return {row[0]: int(row[1]) for row in rows}


class _Paths:
    """Walks the classes from the root and gathers the facts of each path, of several classes where they share one."""

    def __init__(self, models: dict[str, Any]) -> None:
        self._models = models
        self._found: dict[str, list[dict[str, Any]]] = {}
        self._plugin: str | None = None
        self._always = False

    def of_root(self, snapshot: dict[str, Any]) -> dict[str, dict[str, Any]]:
        """All paths below the root and below the plugins' classes."""
        self._block("", snapshot["root"])
        for plugin, model in snapshot["plugins"].items():
            self._plugin, self._always = plugin, plugin in snapshot["always_on"]
            self._block("", model)
        return {path: _joined(path, facts) for path, facts in sorted(self._found.items())}

    def _block(self, path: str, model: str) -> None:
        for name, field in self._models[model]["fields"].items():
            below = f"{path}.{name}" if path else name
            facts = self._facts(field["type"])
            if field.get("required"):
                facts["required"] = True
            if (default := self._default(field)) is not None:
                facts["default"] = default
            if others := [each for each in field.get("names", ()) if each != name]:
                facts["aliases"] = others
            self._add(below, facts)
            self._below(below, field["type"])

    def _add(self, path: str, facts: dict[str, Any]) -> None:
        if self._plugin is not None:
            facts["plugin"] = self._plugin
            if self._always:
                facts["plugin_always_on"] = True
        self._found.setdefault(path, []).append(facts)

    def _below(self, path: str, kind: Any) -> None:
        """The paths inside a value: the items of lists, the keys of blocks."""
        for member in _members(kind):
            if not isinstance(member, dict):
                continue
            if "list" in member:
                self._add(f"{path}[]", self._facts(member["list"]))
                self._below(f"{path}[]", member["list"])
            elif "tuple" in member:
                self._add(f"{path}[]", self._facts(member["tuple"][0]))
            elif "model" in member:
                self._block(path, member["model"])

    def _facts(self, kind: Any) -> dict[str, Any]:
        words: set[str] = set()
        choices: list[Any] = []
        facts: dict[str, Any] = {}
        bounds: dict[str, Any] = {}
        is_open = False
        for member in _members(kind):
            word, inner = (member, ()) if isinstance(member, str) else next(iter(member.items()))
            if word in ("enum", "literal"):
                choices += [each for each in inner if each not in choices]
                words.update(_WORDS[type(each).__name__] for each in inner)
                continue
            words.add(_WORDS[word])
            is_open = True
            if word in ("int", "float", "str") and inner:
                bounds |= {_BOUNDS[name]: inner[name] for name in _BOUNDS if name in inner}
            if isinstance(member, dict) and "min_length" in member:
                bounds["minItems"] = member["min_length"]
        facts["type"] = sorted(words)
        if choices:
            facts["enum"] = choices
            if is_open:
                facts["enum_open"] = True
        if bounds:
            facts["constraints"] = bounds
        return facts

    def _default(self, field: dict[str, Any]) -> Any:
        """A default; of a block that is made with its own defaults, all of them."""
        default = field.get("default")
        block = next((member["model"] for member in _members(field["type"]) if _is_block(member)), None)
        if default == {} and block is not None:
            return {name: self._default(each) for name, each in self._models[block]["fields"].items()}
        return default


def _is_block(member: Any) -> bool:
    return isinstance(member, dict) and "model" in member


def _members(kind: Any) -> Iterator[Any]:
    """The types that a value may have, null apart."""
    if isinstance(kind, dict) and "union" in kind:
        for member in kind["union"]:
            yield from _members(member)
    elif isinstance(kind, dict) and ("null" in kind or "check" in kind):
        yield from _members(kind["null"] if "null" in kind else kind["of"])
    else:
        yield kind


def _joined(path: str, variants: list[dict[str, Any]]) -> dict[str, Any]:
    """One entry of the facts that several classes give of a path: the first class's, with the types of all."""
    first = variants[0]
    if all(each == first for each in variants):
        return first
    joined = dict(first)
    joined["type"] = sorted({word for each in variants for word in each["type"]})
    return joined


def _torch_names(facts: dict[str, Any]) -> None:
    """Torch's number formats as they are written in a config: without `torch.`."""
    for key in ("enum", "default"):
        if key in facts:
            facts[key] = _bare(facts[key])


def _bare(value: Any) -> Any:
    if isinstance(value, list):
        return [_bare(each) for each in value]
    return value.removeprefix("torch.") if isinstance(value, str) else value
