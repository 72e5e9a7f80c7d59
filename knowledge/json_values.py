"""Values at the edge of the process: as JSON, from JSON, and the JSON Schema that is published of them."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import TypeAdapter
from pydantic import ValidationError as Invalid

__all__ = ["Invalid", "from_json", "from_plain", "schema_of", "to_json", "to_plain"]

_Value = TypeVar("_Value")


_adapters: dict[type, TypeAdapter[Any]] = {}


def _adapter(kind: type[_Value]) -> TypeAdapter[_Value]:
    """What pydantic needs for a kind of value, built when it is first asked for: most commands use few kinds."""
    if kind not in _adapters:
        _adapters[kind] = TypeAdapter(kind)
    return _adapters[kind]


def to_json(value: object) -> str:
    """The JSON of a value, from which `from_json` makes the same again."""
    return _adapter(type(value)).dump_json(value, by_alias=True).decode()


def to_plain(value: object, *, exclude: set[str] | None = None) -> dict[str, Any]:
    """A value as the mapping that its JSON is.

    Args:
        value: The value.
        exclude: Names of fields that are left out.
    """
    plain: dict[str, Any] = _adapter(type(value)).dump_python(value, mode="json", by_alias=True, exclude=exclude)
    return plain


def from_json(kind: type[_Value], text: str | bytes) -> _Value:
    """A value from its JSON.

    Raises:
        Invalid: The text holds something else.
    """
    return _adapter(kind).validate_json(text)


def from_plain(kind: type[_Value], plain: object) -> _Value:
    """A value from what JSON or YAML was read as.

    Raises:
        Invalid: It is something else.
    """
    return _adapter(kind).validate_python(plain)


def schema_of(kind: type) -> dict[str, Any]:
    """The JSON Schema of what `to_json` writes."""
    return _adapter(kind).json_schema(mode="serialization", by_alias=True)
