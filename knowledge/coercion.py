"""How Axolotl turns a raw value into a typed one: pydantic's lax mode, on the types of facts/types.json.

A type is a word ("bool", "int", "float", "str", "any") or one pair: {"null": T}, {"list": T}, {"dict": [K, V]},
{"tuple": [T, ...]}, {"union": [T, ...]}, {"literal": [...]}, {"enum": [...]}, {"model": name}, {"int": bounds},
{"float": bounds}, {"str": bounds}, or {"check": name, "mode": ..., "of": T} for a validator of Axolotl's own.
"""

from __future__ import annotations

import math
import operator
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from knowledge.pattern import expression

if TYPE_CHECKING:
    from knowledge.document import Steps

_TRUE = frozenset({"1", "on", "t", "true", "y", "yes"})
_FALSE = frozenset({"0", "off", "f", "false", "n", "no"})
_INTEGER = expression(r"[+-]?\d+(?:_\d+)*(?:\.0+)?")
_BOUNDS = {
    "ge": (operator.ge, "at least {}"),
    "gt": (operator.gt, "more than {}"),
    "le": (operator.le, "at most {}"),
    "lt": (operator.lt, "less than {}"),
}
_FAILED = object()

Type = Any
Models = dict[str, Any]


class Wrong(NamedTuple):
    """A value that Axolotl's typing refuses. `kind` is type, choice, bound, missing or extra."""

    steps: Steps
    kind: str
    expected: str
    value: Any = None


def coerce(value: Any, kind: Type, models: Models, steps: Steps, wrong: list[Wrong]) -> Any:
    """The typed value; what is refused is added to `wrong`, and the raw value comes back in its place."""
    if kind.__class__ is not str and "null" in kind:
        if value is None:
            return None
        kind = kind["null"]
    if kind.__class__ is str:
        typed = _SCALARS[kind](value)
        if typed is _FAILED:
            wrong.append(Wrong(steps, "type", _WORDS[kind], value))
            return value
        return typed
    if "check" in kind:
        return _check(value, kind, models, steps, wrong)
    name = next(iter(kind))
    typed = _COMPOUND[name](value, kind[name], models, steps, wrong)
    if "min_length" in kind and isinstance(typed, list) and len(typed) < kind["min_length"]:
        wrong.append(Wrong(steps, "bound", "a list that is not empty", value))
    return typed


def coerce_root(value: Any, field: dict[str, Any], models: Models, name: str, wrong: list[Wrong]) -> Any:
    """The typed value of a root field, given its facts; what a field takes of a plain value is kept."""
    kind = value.__class__
    if kind not in _KEPT or (kind is str and len(value) > _LONGEST_KEPT):
        return coerce(value, field["type"], models, (name,), wrong)
    typed = _TYPED.get((id(field), kind, value), _FAILED)
    if typed is _FAILED:
        typed = coerce(value, field["type"], models, (name,), wrong)
        if not wrong and typed.__class__ in _UNCHANGING and len(_TYPED) < _MOST_KEPT:
            _TYPED[id(field), kind, value] = typed
    return typed


_KEPT = frozenset({str, int, bool, type(None)})
_UNCHANGING = _KEPT | {float}
_LONGEST_KEPT, _MOST_KEPT = 64, 10_000
_TYPED: dict[tuple[int, type, Any], Any] = {}
"""Typed values by the identity of the field's facts, which live as long as the process, and the value with its class.

Configs share most of their values. No float is a key: 0.0 and -0.0 are equal.
"""


def _bool(value: Any) -> Any:
    if value is True or value is False:
        return value
    if isinstance(value, str):
        word = value.lower()
        return True if word in _TRUE else False if word in _FALSE else _FAILED
    if isinstance(value, (int, float)) and value in (0, 1):
        return bool(value)
    return _FAILED


def _int(value: Any) -> Any:
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return int(value) if math.isfinite(value) and value == int(value) else _FAILED
    if isinstance(value, str) and _INTEGER.fullmatch(stripped := value.strip()):
        return int(stripped.partition(".")[0]) if len(stripped) < 4000 else _FAILED
    return _FAILED


def _float(value: Any) -> Any:
    if isinstance(value, float):
        return value
    if isinstance(value, (int, str)):
        try:
            return float(value)
        except (ValueError, OverflowError):
            return _FAILED
    return _FAILED


def _str(value: Any) -> Any:
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return _FAILED


def _any(value: Any) -> Any:
    return value


_SCALARS = {"bool": _bool, "int": _int, "float": _float, "str": _str, "any": _any}
_WORDS = {"bool": "true or false", "int": "a whole number", "float": "a number", "str": "text", "any": "anything"}


def _bounded(word: str) -> Any:
    def check(value: Any, inner: Type, models: Models, steps: Steps, wrong: list[Wrong]) -> Any:
        if inner.get("strict") and not _is_exactly(word, value):
            wrong.append(Wrong(steps, "type", _WORDS[word] if word == "str" else f"{_WORDS[word]}, unquoted", value))
            return value
        typed = _SCALARS[word](value)
        if typed is _FAILED:
            wrong.append(Wrong(steps, "type", _WORDS[word], value))
            return value
        for name, (holds, sentence) in _BOUNDS.items():
            if name in inner and not holds(typed, inner[name]):
                wrong.append(Wrong(steps, "bound", sentence.format(f"{inner[name]:g}"), value))
                return value
        if inner.get("allow_inf_nan") is False and not math.isfinite(typed):
            wrong.append(Wrong(steps, "bound", "a finite number", value))
        if "min_length" in inner and len(typed) < inner["min_length"]:
            wrong.append(Wrong(steps, "bound", "text that is not empty", value))
        elif "pattern" in inner and not _pattern(inner["pattern"]).search(typed):
            pattern = inner["pattern"]
            wrong.append(Wrong(steps, "type", _SHAPES.get(pattern, f"text that matches `{pattern}`"), value))
        if "max_length" in inner and len(typed) > inner["max_length"]:
            wrong.append(Wrong(steps, "bound", f"at most {inner['max_length']} characters", value))
        return typed

    return check


def _is_exactly(word: str, value: Any) -> bool:
    """Whether a value has the very type, as strict typing wants it."""
    kinds: dict[str, tuple[type, ...]] = {"bool": (bool,), "int": (int,), "float": (float, int), "str": (str,)}
    return isinstance(value, kinds[word]) and (word == "bool" or not isinstance(value, bool))


@lru_cache(maxsize=64)
def _pattern(pattern: str) -> re.Pattern[str]:
    """A pattern as pydantic's Rust reads it: `$` is the very end, and white space what Unicode calls so."""
    end = "\\Z" if pattern.endswith("$") else ""
    return re.compile(pattern.removesuffix("$").replace("\\S", r"[^\s]").replace(r"\s", _WHITE) + end)


_WHITE = "\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"


_SHAPES = {
    r"^[A-Za-z0-9][^\s\x00]*$": "an image, without spaces",
    r"^[A-Za-z0-9/][^\s\x00]*$": "an image or absolute path, without spaces",
    r"^[^\x00]*\S[^\x00]*$": "text that is not blank",
    r"^/[^\s,:]*$": "an absolute path without spaces, commas, and colons",
    r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$": "lower-case letters, digits, and hyphens between them",
    r"^[0-9]+[EPTGMK]i?$": "a size such as `64Gi`",
    r"^[0-9]+m?$": "a number of CPUs such as `32` or `500m`",
    r"^[A-Za-z0-9_][A-Za-z0-9_.@-]*$": "a host such as `me@login.example`",
    r"^[A-Za-z0-9_.@:/-]+$": "letters, digits, and any of `_.@:/-`",
    r"^[A-Za-z0-9_-]+$": "letters, digits, hyphens, and underscores",
    r"^[A-Za-z0-9-]+$": "letters, digits, and hyphens",
}
"""What a pattern asks for, in words."""


def _list(value: Any, inner: Type, models: Models, steps: Steps, wrong: list[Wrong]) -> Any:
    if not isinstance(value, (list, tuple, set)):
        wrong.append(Wrong(steps, "type", "a list", value))
        return value
    return [coerce(item, inner, models, (*steps, index), wrong) for index, item in enumerate(value)]


def _dict(value: Any, inner: Type, models: Models, steps: Steps, wrong: list[Wrong]) -> Any:
    if not isinstance(value, dict):
        wrong.append(Wrong(steps, "type", "a mapping of keys to values", value))
        return value
    keys, values = inner
    return {
        coerce(key, keys, models, (*steps, key), wrong): coerce(each, values, models, (*steps, key), wrong)
        for key, each in value.items()
    }


def _tuple(value: Any, inner: Type, models: Models, steps: Steps, wrong: list[Wrong]) -> Any:
    if not isinstance(value, (list, tuple)) or len(value) != len(inner):
        wrong.append(Wrong(steps, "type", f"a list of {len(inner)}", value))
        return value
    return [
        coerce(item, each, models, (*steps, index), wrong)
        for index, (item, each) in enumerate(zip(value, inner, strict=True))
    ]


def _choice(value: Any, inner: Type, models: Models, steps: Steps, wrong: list[Wrong]) -> Any:
    for choice in inner:
        if choice.__class__ is value.__class__ and choice == value:
            return choice
    if isinstance(value, str) and value in inner:
        return value
    wrong.append(Wrong(steps, "choice", ", ".join(f"`{choice}`" for choice in inner), value))
    return value


def _union(value: Any, inner: Type, models: Models, steps: Steps, wrong: list[Wrong]) -> Any:
    """The member that fits best, as pydantic's smart mode picks it: most fields set, then exactness, then order."""
    best: tuple[int, int, Any] | None = None
    failures: list[list[Wrong]] = []
    for member in inner:
        found: list[Wrong] = []
        typed = coerce(value, member, models, steps, found)
        if found:
            failures.append(found)
            continue
        rank = (_fields_set(value, member, models), _exactness(value, member))
        if best is None or rank > best[:2]:
            best = (*rank, typed)
    if best is not None:
        return best[2]
    nested = sorted((found for found in failures if any(len(each.steps) > len(steps) for each in found)), key=len)
    if nested:
        wrong.extend(nested[0])
    else:
        expected = " or ".join(dict.fromkeys(found[0].expected for found in failures))
        kind = "choice" if any(found[0].kind == "choice" for found in failures) else "type"
        wrong.append(Wrong(steps, kind, expected, value))
    return value


def _exactness(value: Any, kind: Type) -> int:
    word = kind if isinstance(kind, str) else next(iter(kind))
    if word == "literal":
        return 2
    if word in ("int", "float", "bool", "str"):
        exact = {"int": int, "float": float, "bool": bool, "str": str}[word]
        if value.__class__ is exact:
            return 2
        return 1 if word == "float" and value.__class__ is int else 0
    return 2 if word in ("list", "dict") else 1 if word == "any" else 0


def _fields_set(value: Any, kind: Type, models: Models) -> int:
    if isinstance(kind, str) or "model" not in kind or not isinstance(value, dict):
        return 0
    fields = models[kind["model"]]["fields"]
    return sum(1 for name, field in fields.items() if any(each in value for each in field.get("names", (name,))))


def _model(value: Any, inner: Type, models: Models, steps: Steps, wrong: list[Wrong]) -> Any:
    if not isinstance(value, dict):
        wrong.append(Wrong(steps, "type", "a mapping of keys to values", value))
        return value
    model = models[inner]
    fields, place, homes, defaults, required = _fields_of(model, models)
    typed = dict(defaults)
    for name in sorted({*required, *(homes[key] for key in value if key in homes)}, key=place.__getitem__):
        field = fields[name]
        written = next((each for each in field.get("names", (name,)) if each in value), None)
        if written is not None:
            typed[name] = coerce(value[written], field["type"], models, (*steps, written), wrong)
        else:
            del typed[name]
            wrong.append(Wrong((*steps, name), "missing", "a value"))
    if model["extra"] == "forbid":
        wrong.extend(Wrong((*steps, key), "extra", "no such key", value[key]) for key in value if key not in homes)
    return typed


class _Fields(NamedTuple):
    """The fields of a model, as most values use few of them.

    Attributes:
        fields: Their facts, by name.
        place: Their order.
        homes: Each name that can be written -> the field's own.
        defaults: What each is when it is absent.
        required: Those without a default.
    """

    fields: dict[str, Any]
    place: dict[str, int]
    homes: dict[str, str]
    defaults: dict[str, Any]
    required: tuple[str, ...]


def _fields_of(model: dict[str, Any], models: Models) -> _Fields:
    found = _FIELDS.get(id(model))
    if found is None:
        fields = model["fields"]
        found = _FIELDS[id(model)] = _Fields(
            fields,
            {name: place for place, name in enumerate(fields)},
            {each: name for name, field in fields.items() for each in field.get("names", (name,))},
            {name: default_of(field, models) for name, field in fields.items()},
            tuple(name for name, field in fields.items() if field.get("required")),
        )
    return found


_FIELDS: dict[int, _Fields] = {}
"""The fields of models, by the identity of their facts, which live as long as the process."""


def default_of(field: dict[str, Any], models: Models) -> Any:
    """A field's default; a block's default is the block with its own defaults."""
    default = field.get("default")
    if default.__class__ is dict and not default:
        if id(field) not in _DEFAULTS:
            _DEFAULTS[id(field)] = coerce(default, field["type"], models, (), [])
        return _DEFAULTS[id(field)]
    return default


_DEFAULTS: dict[int, Any] = {}
"""The defaults of blocks, by the identity of their facts, which live as long as the process. Nobody changes them."""


def _check(value: Any, inner: Type, models: Models, steps: Steps, wrong: list[Wrong]) -> Any:
    """A validator of Axolotl's own around a type: only what it changes is done here, what it refuses are rules."""
    name = inner["check"].rpartition(".")[2]
    if inner["mode"] == "before" and name in _BEFORE:
        return _BEFORE[name](value, steps, wrong)
    typed = coerce(value, inner["of"], models, steps, wrong)
    return _AFTER[name](typed, steps, wrong) if name in _AFTER else typed


def _learning_rate(value: Any, steps: Steps, wrong: list[Wrong]) -> Any:
    if isinstance(value, str) and value:
        typed = _float(value)
        if typed is _FAILED:
            wrong.append(Wrong(steps, "type", "a number", value))
            return value
        return typed
    return value


def _gguf_types(value: Any, steps: Steps, wrong: list[Wrong]) -> Any:
    if not value:
        return []
    if isinstance(value, str):
        value = value.split(",")
    if not isinstance(value, (list, tuple, set, dict)):
        wrong.append(Wrong(steps, "type", "a list of GGUF types", value))
        return value
    return list(dict.fromkeys(str(each).strip().upper() for each in value))


_QUANTIZED = {"fp8": "float8_e4m3fn", "float8": "float8_e4m3fn"}
_QUANTIZED |= {name: name for name in ("int4", "int8", "float8_e4m3fn", "nvfp4", "mxfp4", "ternary")}


def _quantized_dtype(value: Any, steps: Steps, wrong: list[Wrong]) -> Any:
    if value is None and steps[-1:] == ("activation_dtype",):
        return None
    if isinstance(value, str) and value in _QUANTIZED:
        return _QUANTIZED[value]
    wrong.append(Wrong(steps, "choice", ", ".join(f"`{name}`" for name in _QUANTIZED), value))
    return value


def _lower_choice(*choices: str) -> Any:
    def check(value: Any, steps: Steps, wrong: list[Wrong]) -> Any:
        if value is None or str(value).lower() in choices:
            return None if value is None else str(value).lower()
        wrong.append(Wrong(steps, "choice", ", ".join(f"`{choice}`" for choice in choices), value))
        return value

    return check


def _resize(value: Any, steps: Steps, wrong: list[Wrong]) -> Any:
    if isinstance(value, int) and value in (2, 3, 1):
        return value
    return _lower_choice("bilinear", "bicubic", "lanczos")(value, steps, wrong)


def _or_true(value: Any, steps: Steps, wrong: list[Wrong]) -> Any:
    return True if value is None else value


def _or_seed(value: Any, steps: Steps, wrong: list[Wrong]) -> Any:
    return 42 if value is None else value


_BEFORE = {
    "validate_quant_types": _gguf_types,
    "validate_dtype": _quantized_dtype,
    "validate_large_head_attention": _lower_choice("auto", "sdpa", "triton_flash"),
    "convert_image_resize_algorithm": _resize,
}
_AFTER = {
    "convert_learning_rate": _learning_rate,
    "validate_save_safetensors": _or_true,
    "set_default_seed": _or_seed,
}
_COMPOUND: dict[str, Any] = {
    "list": _list,
    "dict": _dict,
    "tuple": _tuple,
    "union": _union,
    "literal": _choice,
    "enum": _choice,
    "model": _model,
    "int": _bounded("int"),
    "float": _bounded("float"),
    "str": _bounded("str"),
    "bool": _bounded("bool"),
}
