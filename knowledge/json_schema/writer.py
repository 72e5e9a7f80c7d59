"""The JSON Schema of Axolotl's config, made from the facts and the notes, for editors with a YAML language server.

It takes what Axolotl's typing takes (numbers in quotes, yes for true), refuses what it refuses, and knows no further
keys, so that a typo is underlined instead of dropped. What several fields decide together is beyond a schema: that is
the checker's.
"""

from __future__ import annotations

from typing import Any

from knowledge.catalog import Catalog
from knowledge.config import LEGACY_ATTENTION
from knowledge.facts import read_json
from knowledge.json_schema.shapes import BOOLEAN, TRUE, WHOLE, Schema, either, number, whole, words

DIALECT = "https://json-schema.org/draft/2020-12/schema"


WHOLE_OR_NULL: Schema = {
    "anyOf": [{"type": ["integer", "boolean", "null"]}, {"type": "string", "pattern": WHOLE}],
}
_BOUNDS = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum"}
_BLANK: Schema = {"enum": [None, False, 0, "", [], {}]}
_FALSY = frozenset(
    {
        "validate_flash_attn_rms_norm",
        "validate_max_packed_sequence_len",
        "validate_rope_scaling",
        "validate_s2_attention",
    }
)
"""Checks that refuse a removed field as soon as it holds anything."""
_NULL_ONLY = frozenset(
    {
        *("validate_dpo_generate_during_eval", "validate_dpo_norm_loss", "validate_dpo_use_logits_to_keep"),
        "validate_rpo_alpha",
    }
)
"""Checks that refuse a removed field unless it is blank."""
_OPEN = frozenset({"lr_scheduler", "eval_strategy", "save_strategy", "hub_strategy"})
"""Fields whose values are known but not closed: Axolotl's typing takes any text there."""
_FRACTIONAL_WARMUP: Schema = {
    "if": {"properties": {"plugins": {"not": {"contains": {"pattern": "DiffusionPlugin$"}}}}},
    "then": {"properties": {"warmup_steps": WHOLE_OR_NULL}},
}
"""The old diffusion plugin alone reads a fraction there, before typing."""
_RESERVED = {"processor_kwargs": ["revision", "trust_remote_code"]}


def schema() -> Schema:
    """The whole schema, ready to be written as JSON."""
    return _Writer().root()


class _Writer:
    """Walks Axolotl's classes (facts/types.json) along the paths of the catalog."""

    __slots__ = ("_catalog", "_facts", "_models", "_types")

    def __init__(self) -> None:
        self._catalog = Catalog.load()
        self._types = read_json("types.json")
        self._models: dict[str, Any] = self._types["models"]
        self._facts: dict[str, Any] = read_json("fields.json")["fields"]

    def root(self) -> Schema:
        plugins = [name for name in self._types["plugins"].values() if name]
        block = self._block("", [self._types["root"], *plugins])
        core = self._models[self._types["root"]]["fields"]
        block["required"] = [key for key in block["required"] if key in core]
        return {
            "$schema": DIALECT,
            "title": f"Axolotl {self._catalog.axolotl} config",
            "description": "What Axolotl reads; keys that are not listed here it drops without a message.",
            **block,
            "allOf": [_FRACTIONAL_WARMUP],
        }

    # -- blocks ------------------------------------------------------------------------------------------------

    def _block(self, path: str, names: list[str]) -> Schema:
        """A mapping with the fields of one class, or of several where Axolotl chooses among them."""
        gathered: dict[str, list[dict[str, Any]]] = {}
        for name in names:
            for key, field in self._models[name]["fields"].items():
                for written in dict.fromkeys((*field.get("names", ()), key)):
                    gathered.setdefault(written, []).append({**field, "path": _join(path, key)})
        properties = {key: self._property(fields) for key, fields in sorted(gathered.items())}
        properties.update(self._also(path))
        found: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
        required = sorted(
            key
            for key, fields in gathered.items()
            if (not path or len(fields) == len(names)) and all(each.get("required") for each in fields)
        )
        return {**found, "required": required} if required else found

    def _also(self, path: str) -> dict[str, Schema]:
        """Keys that are not fields any more and that Axolotl still takes: removed ones while blank, dropped ones."""
        extra: dict[str, Schema] = {}
        for gone, facts in self._catalog.removed.items():
            parent, _, key = gone.rpartition(".")
            if parent != path or facts["severity"] == "silent" or (path and facts["severity"] == "error"):
                continue
            means = facts.get("replacement")
            text = f"Removed.{f' Use {means}.' if means else ''}"
            extra[key] = {
                "description": text,
                "deprecated": True,
                **(_BLANK if facts["severity"] == "error" else {}),
            }
        if path == "fsdp_config":
            for key, field in self._models["FSDPConfig"]["fields"].items():
                if key != "fsdp_version":
                    old = self._property([{**field, "path": f"fsdp_config.{key}"}])
                    extra[f"fsdp_{key}"] = {**old, "description": f"Write `{key}`.", "deprecated": True}
        return extra

    def _property(self, fields: list[dict[str, Any]]) -> Schema:
        """One key: what it takes, and what is known of it."""
        path = fields[0]["path"]
        shapes: list[Schema] = []
        for field in fields:
            special = self._special(path)
            shape = self._shape(path, field["type"]) if special is None else special
            if shape not in shapes:
                shapes.append(shape)
        return {**self._annotations(path), **(shapes[0] if len(shapes) == 1 else either(shapes))}

    def _annotations(self, path: str) -> Schema:
        field, note = self._catalog.field(path), self._catalog.note(path)
        if field is None:
            return {}
        text = note.summary if note else ""
        if field.plugin:
            text += f" Needs {field.plugin} in `plugins`."
        if field.replaced_by:
            text += f" Use {field.replaced_by}."
        found: Schema = {"description": text.strip()} if text else {}
        if field.default is not None and not isinstance(field.default, dict):
            found["default"] = field.default
        if field.deprecated:
            found["deprecated"] = True
        return found

    # -- values ------------------------------------------------------------------------------------------------

    def _special(self, path: str) -> Schema | None:
        """Fields whose own checks say more than their type."""
        facts = self._facts.get(path, {})
        checked = facts.get("checked_values") or {}
        if path in LEGACY_ATTENTION:  # read for truth and dropped before typing, so any value passes
            return {}
        if path == "save_safetensors":
            return either([{"enum": [True, 1, None]}, {"type": "string", "pattern": TRUE}])
        if path == "warmup_steps":
            return either([WHOLE_OR_NULL, {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}])
        if path == "attn_implementation":
            return either([{"enum": [*checked["enum"], None]}, {"type": "string", "pattern": "/"}])
        if "allowed_keys" in checked:
            keys = {key: {"type": ["boolean", "integer", "number", "string"]} for key in checked["allowed_keys"]}
            return {"type": ["object", "null"], "properties": keys, "additionalProperties": False}
        if checked.get("case_insensitive"):
            known: list[Schema] = [{"enum": [*checked["enum"], None]}]
            known.append({"type": "string", "pattern": words(*checked["enum"])})
            if "integer" in facts["type"]:
                known.append({"enum": [1, 2, 3]})
            return either(known)
        if "items_enum" in checked:
            item: Schema = {"enum": checked["items_enum"]}
            if path == "export.quantize":
                item = either([item, {"type": "string", "pattern": words(*checked["items_enum"])}])
                return either([{"type": ["array", "null"], "items": item}, {"type": "string"}])
            return {"type": ["array", "null"], "items": item}
        if "enum" in checked and "also" not in checked:
            return {"enum": [*checked["enum"], *([] if None in checked["enum"] else [None])]}
        return None

    def _shape(self, path: str, kind: Any) -> Schema:
        """What JSON Schema says of a type of facts/types.json."""
        if isinstance(kind, str):
            return self._scalar(path, kind)
        if "check" in kind:
            return self._checked(path, kind)
        name = next(iter(kind))
        inner = kind[name]
        shape: Schema = getattr(self, f"_{name}")(path, inner)
        return {**shape, "minItems": kind["min_length"]} if "min_length" in kind else shape

    def _checked(self, path: str, kind: dict[str, Any]) -> Schema:
        name = kind["check"].rpartition(".")[2]
        if name in _FALSY:
            return _BLANK if kind["of"] == {"null": "any"} or kind["of"] == "any" else {"enum": [None, False, 0]}
        if name in _NULL_ONLY:
            return {"type": "null"}
        shape = self._shape(path, kind["of"])
        if name == "convert_learning_rate":
            return number({})
        if name == "convert_loraplus_lr_embedding":
            return either([number({}), {"type": "null"}])
        if name == "reject_reserved_processor_kwargs":
            return {**shape, "propertyNames": {"not": {"enum": _RESERVED["processor_kwargs"]}}}
        if name == "validate_neftune_noise_alpha":
            return either([number({"exclusiveMinimum": 0}), {"type": "null"}])
        return shape

    def _scalar(self, path: str, kind: str) -> Schema:
        if kind == "bool":
            return either([{"type": "boolean"}, {"enum": [0, 1]}, {"type": "string", "pattern": BOOLEAN}])
        if kind == "int":
            return whole({})
        if kind == "float":
            return number({})
        if kind == "any":
            return {}
        if path == "datasets[].type":
            return {"type": "string", "pattern": "^(?!sharegpt)"}
        field = self._catalog.field(path)
        if field is not None and field.choices and (field.open_choices or path in _OPEN):
            return either([{"enum": list(field.choices)}, {"type": "string"}])
        return {"type": "string"}

    def _null(self, path: str, inner: Any) -> Schema:
        shape = self._shape(path, inner)
        if not shape:
            return shape
        if isinstance(shape.get("type"), str) and "enum" not in shape:
            return {**shape, "type": [shape["type"], "null"]}
        if "anyOf" in shape:
            return {**shape, "anyOf": [*shape["anyOf"], {"type": "null"}]}
        return {"enum": [*shape["enum"], None]}

    def _list(self, path: str, inner: Any) -> Schema:
        return {"type": "array", "items": self._shape(f"{path}[]", inner)}

    def _tuple(self, path: str, inner: list[Any]) -> Schema:
        items = [self._shape(f"{path}[]", each) for each in inner]
        return {"type": "array", "prefixItems": items, "minItems": len(items), "maxItems": len(items)}

    def _dict(self, path: str, inner: list[Any]) -> Schema:
        values = self._shape(f"{path}.*", inner[1])
        return {"type": "object", "additionalProperties": values or True}

    def _enum(self, path: str, inner: list[Any]) -> Schema:
        return {"enum": list(inner)}

    _literal = _enum

    def _model(self, path: str, inner: str) -> Schema:
        return self._block(path, [inner])

    def _union(self, path: str, inner: list[Any]) -> Schema:
        """Its members; several classes become one block, since Axolotl picks the class that fits."""
        models = [each["model"] for each in inner if isinstance(each, dict) and "model" in each]
        shapes = [self._shape(path, each) for each in inner if isinstance(each, str) or "model" not in each]
        if models:
            shapes.append(self._block(path, models))
        return either(shapes)

    def _int(self, path: str, inner: dict[str, Any]) -> Schema:
        if inner.get("strict"):
            return {"type": "integer", **_bounds(inner)}
        return whole(_bounds(inner))

    def _float(self, path: str, inner: dict[str, Any]) -> Schema:
        return number(_bounds(inner))

    def _str(self, path: str, inner: dict[str, Any]) -> Schema:
        names = {"min_length": "minLength", "pattern": "pattern"}
        return {"type": "string", **{names[key]: value for key, value in inner.items() if key in names}}


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _bounds(inner: dict[str, Any]) -> Schema:
    return {_BOUNDS[key]: value for key, value in inner.items() if key in _BOUNDS}
