"""Slotted dataclasses: a frozen `value` leaves the process, a frozen `record` and a `ledger` stay inside.

A value is closed and has keyword arguments alone. What validates values and writes them as JSON stands in
`knowledge.json_values`, and a process that answers in words never loads it.

The standard library compiles six methods for each frozen dataclass when its class is made, and loads the modules that
take source apart: together a third of the start of a short command. Here all of them share five methods, the
constructor is compiled when the first one is made, and a value becomes a dataclass of the standard library's when
something asks for its fields, as pydantic does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, TypeVar, cast, dataclass_transform

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_Value = TypeVar("_Value")
_MISSING: Any = object()


class _Given(NamedTuple):
    """What a class says of a field besides its type."""

    default: Any = _MISSING
    default_factory: Any = _MISSING
    metadata: Mapping[str, Any] | None = None


def field(
    *, default: Any = _MISSING, default_factory: Any = _MISSING, metadata: Mapping[str, Any] | None = None
) -> Any:
    """A field's default, a function that makes it, and what its JSON needs besides."""
    return _Given(default, default_factory, metadata)


def replace(old: _Value, **changes: Any) -> _Value:
    """A copy of a value with some fields changed."""
    names = cast("Any", type(old)).__slots__
    return type(old)(**{name: getattr(old, name) for name in names} | changes)


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
def value(kind: type[_Value]) -> type[_Value]:
    """Make a class a value.

    A field's `metadata` may hold what its JSON needs besides: `alias` and `serialization_alias` for a name that Python
    reserves, `exclude` for what stays in the process, `description` and `json_schema_extra` for the published schema.
    """
    made = _with(_FROZEN | _COMPARED, _slotted(kind, keywords=True))
    if not hasattr(made, "__pydantic_config__"):
        made.__pydantic_config__ = {"extra": "forbid"}
    return cast("type[_Value]", made)


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(kind: type[_Value]) -> type[_Value]:
    """Make a class a record: frozen and slotted as a value is, with positional arguments too."""
    return cast("type[_Value]", _with(_FROZEN | _COMPARED, _slotted(kind)))


@dataclass_transform(eq_default=False, frozen_default=True, field_specifiers=(field,))
def entity(kind: type[_Value]) -> type[_Value]:
    """Make a class a record that is compared by identity."""
    return cast("type[_Value]", _with(_FROZEN, _slotted(kind)))


@dataclass_transform(field_specifiers=(field,))
def ledger(kind: type[_Value]) -> type[_Value]:
    """Make a class a slotted dataclass whose fields change while something is counted or built."""
    return cast("type[_Value]", _with({"__eq__": _equal, "__hash__": None}, _slotted(kind)))


def _slotted(kind: type, *, keywords: bool = False) -> Any:
    """The class with a slot for each annotated name."""
    names = tuple(kind.__annotations__)
    given = {name: kind.__dict__[name] for name in names if name in kind.__dict__}
    fields = {name: each if isinstance(each, _Given) else _Given(each) for name, each in given.items()}
    left_out = {*names, "__dict__", "__weakref__"}
    body = {name: content for name, content in kind.__dict__.items() if name not in left_out}
    body |= {"__slots__": names, "__dataclass_fields__": _Fields(fields, keywords=keywords)}
    made = type(kind)(kind.__name__, kind.__bases__, body)
    made.__qualname__ = kind.__qualname__
    return made


class _Fields:
    """The fields of a kind of value as the standard library describes them, once something asks."""

    def __init__(self, given: dict[str, _Given], *, keywords: bool) -> None:
        self.given = given
        self.keywords = keywords
        self.described: dict[str, Any] | None = None

    def __get__(self, _: object, kind: Any) -> dict[str, Any]:
        if self.described is None:
            self.described = self._describe(kind)
        return self.described

    def _describe(self, kind: Any) -> dict[str, Any]:
        import dataclasses  # it loads a dozen modules

        body: dict[str, Any] = {"__module__": kind.__module__, "__annotations__": kind.__annotations__}
        for name, each in self.given.items():
            known = {key: part for key, part in each._asdict().items() if part is not _MISSING}
            body[name] = dataclasses.field(**known)
        twin: Any = type(kind.__name__, (), body)
        dataclasses.dataclass(init=False, repr=False, eq=False, kw_only=self.keywords)(twin)
        found: dict[str, Any] = twin.__dataclass_fields__
        return found


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
    shape: _Fields = kind.__dict__["__dataclass_fields__"]
    arguments, body = ["self", *(["*"] if shape.keywords and kind.__slots__ else [])], []
    for name in kind.__slots__:
        each, given, store = shape.given.get(name), name, f"_store_{name}"
        names[store] = kind.__dict__[name].__set__
        if each is None or (each.default is _MISSING and each.default_factory is _MISSING):
            arguments.append(name)
        elif each.default_factory is not _MISSING:
            names[f"_make_{name}"], names["_missing"] = each.default_factory, _MISSING
            given = f"_make_{name}() if {name} is _missing else {name}"
            arguments.append(f"{name}=_missing")
        else:
            names[f"_default_{name}"] = each.default
            arguments.append(f"{name}=_default_{name}")
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
    from dataclasses import FrozenInstanceError

    message = f"a {type(self).__name__} is a value: its field {name!r} does not change"
    raise FrozenInstanceError(message)


def _set_state(self: Any, state: tuple[Any, ...]) -> None:
    for name, content in zip(self.__slots__, state, strict=True):
        object.__setattr__(self, name, content)


_ALWAYS: dict[str, Any] = {"__init__": _first_init, "__repr__": _repr}
_COMPARED: dict[str, Any] = {"__eq__": _equal, "__hash__": _hash}
_FROZEN: dict[str, Any] = {
    "__setattr__": _refuse,
    "__delattr__": _refuse,
    "__getstate__": _contents,
    "__setstate__": _set_state,
}
