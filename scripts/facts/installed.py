"""Runs in the interpreter that has Axolotl and prints what its classes say, as JSON on standard output.

    PYTHON -P scripts/facts/installed.py > snapshot.json

Needs nothing but Axolotl itself: this file imports nothing of the product. What it prints is raw material for the
generators beside it: `axolotl` and `transformers` (versions), `root`, `models` (types as knowledge/coercion.py reads
them), `plugins` (those with fields -> the class of their fields), `launchers` (cloud providers -> the class of their
file), `all_plugins`, `always_on`, `order` (the checks as they run), `values` (names that the schema only calls text).
"""

from __future__ import annotations

import ast
import importlib
import json
import os
import re
import sys
import types
from contextlib import redirect_stdout
from enum import Enum
from importlib.metadata import requires, version
from pathlib import Path
from typing import Any

_CONSTRAINTS = (
    *("gt", "ge", "lt", "le", "min_length", "max_length", "pattern", "allow_inf_nan", "strict"),
    *("strip_whitespace", "multiple_of"),
)
_PIN = re.compile(r"([\w.-]+)(?:\[[^\]]*\])?\s*((?:[<>=!~]=?[^;\s]+)+)")
_WRAPPERS = ("nullable", "function-after", "function-before", "function-wrap")


class Reader:
    """Turns pydantic's core schemas into the few words that the product needs; models are gathered by name."""

    def __init__(self) -> None:
        self.models: dict[str, Any] = {}
        self._definitions: dict[str, Any] = {}

    def add(self, model: Any) -> str:
        """Read a model class; its name."""
        self._type(model.__pydantic_core_schema__)
        return str(model.__name__)

    def _type(self, schema: dict[str, Any]) -> Any:
        kind = schema["type"]
        match kind:
            case "definitions":
                self._definitions |= {each["ref"]: each for each in schema["definitions"]}
                return self._type(schema["schema"])
            case "definition-ref":
                return self._type(self._definitions[schema["schema_ref"]])
            case "nullable":
                return {"null": self._type(schema["schema"])}
            case "default":
                return self._type(schema["schema"])
            case "lax-or-strict":
                return self._type(schema["lax_schema"])
            case "json-or-python":
                return self._type(schema["python_schema"])
            case "function-before" | "function-after" | "function-wrap" | "function-plain":
                return self._checked(schema, kind.removeprefix("function-"))
            case "model":
                return self._model(schema)
            case "union" if schema.get("custom_error_type") == "path_type":
                return {"str": {"strict": True}}
            case "union":
                members = (each[0] if isinstance(each, tuple) else each for each in schema["choices"])
                return {"union": [self._type(member) for member in members]}
            case "literal":
                return {"literal": [_plain(each) for each in schema["expected"]]}
            case "enum":
                return {"enum": [_plain(member) for member in schema["members"]]}
            case "list":
                inner = self._type(schema["items_schema"]) if "items_schema" in schema else "any"
                return {"list": inner, **{key: schema[key] for key in ("min_length", "max_length") if key in schema}}
            case "dict":
                ends = (schema.get(f"{end}_schema", {"type": "any"}) for end in ("keys", "values"))
                return {"dict": [self._type(end) for end in ends]}
            case "tuple":
                return {"tuple": [self._type(each) for each in schema["items_schema"]]}
            case "int" | "float" | "str" | "bool" | "any":
                bounds = {key: schema[key] for key in _CONSTRAINTS if key in schema}
                return {kind: bounds} if bounds else kind
        raise SystemExit(f"A type that is not known here: {kind}. Teach it to scripts/facts/installed.py.")

    def _checked(self, schema: dict[str, Any], mode: str) -> Any:
        """A validator around a type; around a model it is a check, which rules speak of."""
        inner = self._type(schema["schema"]) if "schema" in schema else "any"
        if isinstance(inner, dict) and "model" in inner:
            return inner
        function = schema["function"]["function"]
        return {"check": getattr(function, "__qualname__", str(function)), "mode": mode, "of": inner}

    def _model(self, schema: dict[str, Any]) -> Any:
        name = schema["cls"].__name__
        if name not in self.models:
            config = schema.get("config", {})
            self.models[name] = {"extra": config.get("extra_fields_behavior", "ignore"), "fields": {}}
            by_name = bool(schema["cls"].model_config.get("populate_by_name"))
            inner = schema["schema"]
            while inner["type"] != "model-fields":
                inner = inner["schema"]
            self.models[name]["fields"] = {
                field: self._field(field, facts, by_name=by_name) for field, facts in inner["fields"].items()
            }
        return {"model": name}

    def _field(self, name: str, facts: dict[str, Any], *, by_name: bool) -> dict[str, Any]:
        field: dict[str, Any] = {"type": self._type(facts["schema"])}
        inner = facts["schema"]
        while inner["type"] in _WRAPPERS and "schema" in inner:
            inner = inner["schema"]
        if inner["type"] == "default":
            field["default"] = _default(inner)
        else:
            field["required"] = True
        names = _names(facts.get("validation_alias"))
        if names:
            field["names"] = list(dict.fromkeys([*names, name])) if by_name else names
        return field


def _plain(value: Any) -> Any:
    """An enum's member as JSON; paths as text, Torch's number formats by their name."""
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, Path):
        return str(value)
    return str(value) if type(value).__module__ == "torch" else value


def _default(schema: dict[str, Any]) -> Any:
    """A default as JSON; a block that is made with its own defaults is written {}."""
    value = schema["default"] if "default" in schema else schema["default_factory"]()
    return {} if hasattr(value, "model_dump") else _plain(value)


def _names(alias: Any) -> list[str]:
    """The keys under which a field is read, where it is not its own name alone."""
    if alias is None:
        return []
    if isinstance(alias, str):
        return [alias]
    return [each if isinstance(each, str) else each[0] for each in alias]


# -- plugins -------------------------------------------------------------------------------------------------------


def plugins(package: Path) -> tuple[dict[str, str], list[str]]:
    """Plugins that bring fields -> the path of the class of their fields; and all plugins.

    They are read from the source, because many cannot be imported without a GPU or a package of their own.
    """
    arguments: dict[str, str] = {}
    every: list[str] = []
    for folder in sorted((package / "integrations").iterdir()):
        front = folder / "__init__.py"
        if not front.is_file():
            continue
        offered = front.read_text("utf-8")
        for file in sorted(folder.rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if isinstance(node, ast.ClassDef) and _is_plugin(node) and node.name in offered:
                    path = f"axolotl.integrations.{folder.name}.{node.name}"
                    every.append(path)
                    if found := _arguments(node):
                        arguments[path] = found
    return arguments, sorted(set(every))


def _is_plugin(node: ast.ClassDef) -> bool:
    return any(isinstance(base, ast.Name) and base.id == "BasePlugin" for base in node.bases)


def _arguments(node: ast.ClassDef) -> str | None:
    for method in node.body:
        if isinstance(method, ast.FunctionDef) and method.name == "get_input_args":
            for inner in ast.walk(method):
                if isinstance(inner, ast.Return) and isinstance(inner.value, ast.Constant) and inner.value.value:
                    return str(inner.value.value)
    return None


def launchers(package: Path) -> dict[str, str]:
    """Providers of `axolotl train --cloud` -> the path of the class of their file, read from the source."""
    found: dict[str, str] = {}
    for folder in sorted((package / "integrations").iterdir()):
        if not (folder / "cloud.py").is_file():
            continue
        for file in sorted(folder.glob("*.py")):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if isinstance(node, ast.ClassDef) and any(
                    isinstance(base, ast.Name) and base.id == "CloudImageConfig" for base in node.bases
                ):
                    found[folder.name] = f"axolotl.integrations.{folder.name}.{file.stem}.{node.name}"
    return found


def _load(path: str, package: Path) -> Any:
    """The class at a path, even where the front of its package cannot be imported here."""
    module, _, name = path.rpartition(".")
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, OSError):
        for front in (module, module.rpartition(".")[0]):
            bare = types.ModuleType(front)
            bare.__path__ = [str(package.joinpath(*front.split(".")[1:]))]
            sys.modules[front] = bare
            for candidate in (module, f"{front}.args"):
                sys.modules.pop(candidate, None) if candidate != front else None
                try:
                    return getattr(importlib.import_module(candidate), name)
                except (ImportError, AttributeError):
                    continue
    raise SystemExit(f"{path} cannot be imported here.")


def always_on() -> list[str]:
    """The plugins that every run has."""
    base = importlib.import_module("axolotl.integrations.base")
    return sorted(base.get_builtin_plugins()) if hasattr(base, "get_builtin_plugins") else []


# -- checks and values ---------------------------------------------------------------------------------------------


def order(model: Any) -> dict[str, list[str]]:
    """The checks of the whole config as they run: the last one declared runs first before typing, last after it."""
    found = model.__pydantic_decorators__.model_validators
    before = [name for name, each in found.items() if each.info.mode == "before"]
    after = [name for name, each in found.items() if each.info.mode == "after"]
    return {"before_in_run_order": before[::-1], "after_in_run_order": after}


def values() -> dict[str, Any]:
    """Names that the schema only calls text."""
    trainer = importlib.import_module("transformers.training_args")
    utilities = importlib.import_module("transformers.trainer_utils")
    enums = importlib.import_module("axolotl.utils.schemas.enums")
    found: dict[str, Any] = {
        "optimizer": {"transformers": _members(trainer.OptimizerNames)},
        "lr_scheduler": {"transformers": _members(utilities.SchedulerType)},
        "eval_strategy": _members(utilities.IntervalStrategy),
        "save_strategy": _members(utilities.SaveStrategy),
        "hub_strategy": _members(utilities.HubStrategy),
        "rl": _members(enums.RLType),
        "chat_template": _members(enums.ChatTemplate),
    }
    found["optimizer"]["axolotl"] = _members(enums.CustomSupportedOptimizers)
    for name, constant in (
        ("attn_implementation", "CANONICAL_ATTN_IMPLS"),
        ("attn_legacy_flags", "LEGACY_ATTN_FLAG_TO_IMPL"),
        ("attn_short_forms", "SHORT_FORM_ALIAS_TO_CANONICAL"),
        ("attn_supporting_packing", "ATTN_IMPLS_SUPPORTING_PACKING"),
    ):
        known = getattr(enums, constant, None)
        if known is not None:
            found[name] = dict(known) if isinstance(known, dict) else sorted(known)
    return found


def loaders() -> dict[str, Any]:
    """The `model_type`s that Transformers knows, those its text and multimodal classes take, and Axolotl's own."""
    auto = importlib.import_module("transformers.models.auto.modeling_auto")
    known = importlib.import_module("transformers.models.auto.configuration_auto")
    multimodal = importlib.import_module("axolotl.loaders.constants").MULTIMODAL_AUTO_MODEL_MAPPING
    registry = importlib.import_module("axolotl.model_support.registry")
    registry.get_model_support("loads them all")
    return {
        "known": sorted(known.CONFIG_MAPPING_NAMES),
        "causal": sorted(auto.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES),
        "multimodal": sorted(multimodal),
        "own": sorted(registry._REGISTRY),  # noqa: SLF001 - nothing public lists them
    }


def pins() -> dict[str, str]:
    """Package -> what its version must satisfy, on Linux and without extras, as the package's metadata says."""
    found = {}
    for line in requires("axolotl") or []:
        wanted = _PIN.match(line)
        if wanted and "extra ==" not in line:
            found[wanted[1].lower().replace("_", "-").replace(".", "-")] = wanted[2].strip()
    return dict(sorted(found.items()))


def _members(kind: Any) -> list[Any]:
    return [member.value for member in kind]


def main() -> dict[str, Any]:
    """Everything."""
    os.environ.update(HF_HUB_OFFLINE="1", AXOLOTL_DO_NOT_TRACK="1", DO_NOT_TRACK="1")
    importlib.import_module("axolotl.utils.config")
    schemas = importlib.import_module("axolotl.utils.schemas.config")
    package = Path(importlib.import_module("axolotl").__file__ or "").parent
    reader = Reader()
    root = reader.add(schemas.AxolotlInputConfig)
    arguments, every = plugins(package)
    return {
        "axolotl": version("axolotl"),
        "transformers": version("transformers"),
        "root": root,
        "plugins": {plugin: reader.add(_load(path, package)) for plugin, path in arguments.items()},
        "all_plugins": every,
        "launchers": {name: reader.add(_load(path, package)) for name, path in launchers(package).items()},
        "always_on": always_on(),
        "models": reader.models,
        "order": order(importlib.import_module("axolotl.integrations.config").merge_input_args()[0]),
        "values": values(),
        "loaders": loaders(),
        "pins": pins(),
    }


if __name__ == "__main__":
    with redirect_stdout(sys.stderr):
        snapshot = main()
    json.dump(snapshot, sys.stdout)
