"""Slotted dataclasses: a frozen `value` leaves the process, a frozen `record` and a `ledger` stay inside.

A value is closed and has keyword arguments alone. What validates values and writes them as JSON stands in
`knowledge.json_values`, and a process that answers in words never loads it.

The standard library compiles six methods for each frozen dataclass when its class is made, which took a third of the
start of a short command. Here all of them share five, and the constructor is compiled when the first one is made.
"""

from __future__ import annotations

from dataclasses import MISSING, FrozenInstanceError, dataclass, field, fields
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, cast, dataclass_transform

if TYPE_CHECKING:
    from collections.abc import Callable

_Value = TypeVar("_Value")


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
def value(kind: type[_Value]) -> type[_Value]:
    """Make a class a value.

    A field's `metadata` may hold what its JSON needs besides: `alias` and `serialization_alias` for a name that Python
    reserves, `exclude` for what stays in the process, `description` and `json_schema_extra` for the published schema.
    """
    made = _with(_FROZEN | _COMPARED, dataclass(**_BARE, kw_only=True)(kind))
    if not hasattr(made, "__pydantic_config__"):
        made.__pydantic_config__ = {"extra": "forbid"}
    return cast("type[_Value]", made)


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(kind: type[_Value]) -> type[_Value]:
    """Make a class a record: frozen and slotted as a value is, with positional arguments too."""
    return cast("type[_Value]", _with(_FROZEN | _COMPARED, dataclass(**_BARE)(kind)))


@dataclass_transform(eq_default=False, frozen_default=True, field_specifiers=(field,))
def entity(kind: type[_Value]) -> type[_Value]:
    """Make a class a record that is compared by identity."""
    return cast("type[_Value]", _with(_FROZEN, dataclass(**_BARE)(kind)))


@dataclass_transform(field_specifiers=(field,))
def ledger(kind: type[_Value]) -> type[_Value]:
    """Make a class a slotted dataclass whose fields change while something is counted or built."""
    return cast("type[_Value]", _with({"__eq__": _equal, "__hash__": None}, dataclass(**_BARE)(kind)))


def _with(methods: dict[str, Any], made: Any) -> Any:
    for name, method in (_ALWAYS | methods).items():
        setattr(made, name, method)
    return made


def _first_init(self: Any, *arguments: Any, **named: Any) -> None:
    kind = type(self)
    kind.__init__ = _constructor(kind)
    kind.__init__(self, *arguments, **named)


def _constructor(kind: Any) -> Callable[..., None]:
    """The constructor of a kind of value, which stores each argument in its slot."""
    names: dict[str, Any] = {}
    arguments, body = ["self"], []
    for each in fields(kind):
        if each.kw_only and "*" not in arguments:
            arguments.append("*")
        given, store = each.name, f"_store_{each.name}"
        names[store] = kind.__dict__[each.name].__set__
        if each.default_factory is not MISSING:
            names[f"_make_{each.name}"], names[f"_missing_{each.name}"] = each.default_factory, MISSING
            given = f"_make_{each.name}() if {each.name} is _missing_{each.name} else {each.name}"
            arguments.append(f"{each.name}=_missing_{each.name}")
        elif each.default is not MISSING:
            names[f"_default_{each.name}"] = each.default
            arguments.append(f"{each.name}=_default_{each.name}")
        else:
            arguments.append(each.name)
        body.append(f" {store}(self, {given})")
    # As the standard library's dataclasses do it: the names are those of a class in the source.
    exec(f"def __init__({', '.join(arguments)}):\n" + "\n".join(body), names)  # noqa: S102
    made: Callable[..., None] = names["__init__"]
    made.__qualname__ = f"{kind.__qualname__}.__init__"
    return made


def _contents(self: Any) -> tuple[Any, ...]:
    return tuple(getattr(self, name) for name in self.__slots__)


def _repr(self: Any) -> str:
    shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__slots__)
    return f"{type(self).__qualname__}({shown})"


def _equal(self: Any, other: object) -> bool:
    return _contents(self) == _contents(other) if other.__class__ is self.__class__ else NotImplemented


def _hash(self: Any) -> int:
    return hash(_contents(self))


def _refuse(self: Any, name: str, *_: object) -> NoReturn:
    message = f"a {type(self).__name__} is a value: its field {name!r} does not change"
    raise FrozenInstanceError(message)


def _set_state(self: Any, state: tuple[Any, ...]) -> None:
    for name, content in zip(self.__slots__, state, strict=True):
        object.__setattr__(self, name, content)


_BARE: dict[str, bool] = {"init": False, "repr": False, "eq": False, "match_args": False, "slots": True}
_ALWAYS: dict[str, Any] = {"__init__": _first_init, "__repr__": _repr}
_COMPARED: dict[str, Any] = {"__eq__": _equal, "__hash__": _hash}
_FROZEN: dict[str, Any] = {
    "__setattr__": _refuse,
    "__delattr__": _refuse,
    "__getstate__": _contents,
    "__setstate__": _set_state,
}
