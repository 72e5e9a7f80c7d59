"""Values that leave the process: frozen, slotted, closed, with keyword arguments alone.

A check makes dozens of them, so they are plain dataclasses. What validates them and writes them as JSON stands in
`knowledge.json_values`, and a process that answers in words never loads it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeVar, cast, dataclass_transform

_Value = TypeVar("_Value")


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
def value(kind: type[_Value]) -> type[_Value]:
    """Make a class a value.

    A field's `metadata` may hold what its JSON needs besides: `alias` and `serialization_alias` for a name that Python
    reserves, `exclude` for what stays in the process, `description` and `json_schema_extra` for the published schema.
    """
    made: Any = dataclass(frozen=True, slots=True, kw_only=True)(kind)
    if not hasattr(made, "__pydantic_config__"):
        made.__pydantic_config__ = {"extra": "forbid"}
    return cast("type[_Value]", made)
