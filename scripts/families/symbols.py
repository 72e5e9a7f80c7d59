"""Numbers that remember the expression they came from, through configs and modules into the shapes of tensors.

A config whose values are such numbers builds an ordinary model on the meta device; afterwards every parameter carries
the expressions of its dimensions ("num_attention_heads * head_dim") with the dimensions themselves.
"""

from __future__ import annotations

import builtins
import importlib
import math
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

SIGNS = {"add": "+", "sub": "-", "mul": "*", "floordiv": "//", "truediv": "/", "mod": "%", "pow": "**"}
_MAKERS = ("empty", "ones", "zeros", "randn", "rand")


class Whole(int):
    """A whole number with its expression."""

    expression: str

    def __new__(cls, value: int, expression: str) -> Whole:
        """The number."""
        made = int.__new__(cls, value)
        made.expression = expression
        return made

    def __deepcopy__(self, memo: Any) -> Whole:
        return self

    def __reduce__(self) -> Any:
        return (int, (int.__int__(self),))

    __hash__ = int.__hash__


class Real(float):
    """A fraction with its expression."""

    expression: str

    def __new__(cls, value: float, expression: str) -> Real:
        """The number."""
        made = float.__new__(cls, value)
        made.expression = expression
        return made

    def __deepcopy__(self, memo: Any) -> Real:
        return self

    def __reduce__(self) -> Any:
        return (float, (float.__float__(self),))

    def __ceil__(self) -> int:
        return Whole(math.ceil(float.__float__(self)), f"ceil({self.expression})")

    def __floor__(self) -> int:
        return Whole(math.floor(float.__float__(self)), f"floor({self.expression})")


def text(value: Any) -> str:
    """The expression of a number."""
    return value.expression if isinstance(value, (Whole, Real)) else repr(value)


def symbol(value: Any, expression: str) -> Any:
    """A number that carries an expression; anything else as it is."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return value
    return Whole(value, expression) if isinstance(value, int) else Real(value, expression)


def _enclosed(value: Any) -> str:
    shown = text(value)
    return shown if all(letter.isalnum() or letter in "_.[]" for letter in shown) else f"({shown})"


def _operator(name: str, sign: str, *, swapped: bool) -> Callable[[Any, Any], Any]:
    def apply(one: Any, other: Any) -> Any:
        if not isinstance(other, (int, float)):
            return NotImplemented
        left, right = (other, one) if swapped else (one, other)
        plain = [int.__int__(x) if isinstance(x, int) else float.__float__(x) for x in (left, right)]
        kind = int if all(isinstance(x, int) for x in plain) else float
        result = getattr(kind, f"__{name}__")(kind(plain[0]), plain[1])
        return symbol(result, f"{_enclosed(left)} {sign} {_enclosed(right)}")

    return apply


for _name, _sign in SIGNS.items():
    for _kind in (Whole, Real):
        setattr(_kind, f"__{_name}__", _operator(_name, _sign, swapped=False))
        setattr(_kind, f"__r{_name}__", _operator(_name, _sign, swapped=True))


class _AnyWhole(type):
    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, builtins.int)


class _Int(metaclass=_AnyWhole):
    """Stands for `int` in the modules of models: a cut fraction keeps its expression."""

    def __new__(cls, value: Any = 0, *rest: Any) -> Any:
        if isinstance(value, Whole):
            return value
        if isinstance(value, Real):
            return Whole(builtins.int(float.__float__(value)), f"int({value.expression})")
        return builtins.int(value, *rest)


def _chosen(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
    def choose(*values: Any, **options: Any) -> Any:
        if len(values) > 1 and any(isinstance(value, (Whole, Real)) for value in values):
            return symbol(real(builtins.int(value) for value in values), f"{name}({', '.join(map(text, values))})")
        return real(*values, **options)

    return choose


def _total(values: Iterable[Any], start: Any = 0) -> Any:
    for value in values:
        start = start + value
    return start


def follow_builtins() -> None:
    """Let `int`, `max`, `min` and `sum` of the model modules that are imported keep expressions."""
    stand_ins: dict[str, Any] = {"int": _Int, "max": _chosen("max", max), "min": _chosen("min", min), "sum": _total}
    for name, module in list(sys.modules.items()):
        if name.startswith("transformers.models.") and (".modeling_" in name or ".configuration_" in name):
            vars(module).update(stand_ins)


def follow_tensors() -> None:
    """Let tensors made by their size, and the parameters made from them, carry the expressions of their dimensions."""
    torch: Any = importlib.import_module("torch")
    # A device context knows the functions that it sends to its device by identity, and looks them up once: before they
    # are wrapped here.
    importlib.import_module("torch.utils._device")._device_constructors()  # noqa: SLF001

    def tagged(real: Callable[..., Any], sizes: Callable[..., Any]) -> Callable[..., Any]:
        def make(*arguments: Any, **options: Any) -> Any:
            tensor = real(*arguments, **options)
            expressions = sizes(*arguments, **options)
            if expressions is not None and len(expressions) == tensor.dim():
                tensor.expressions = expressions
            return tensor

        return make

    def by_size(*arguments: Any, size: Any = None, **_: Any) -> list[str]:
        given = size if size is not None else arguments[0] if arguments else ()
        given = given if isinstance(given, (tuple, list)) else arguments
        return [text(each) for each in given if isinstance(each, int)]

    for name in _MAKERS:
        setattr(torch, name, tagged(getattr(torch, name), by_size))
    torch.full = tagged(torch.full, lambda size, *_, **__: by_size(size))
    torch.arange = tagged(torch.arange, lambda *ends, **_: [text(ends[-1] - ends[0] if len(ends) > 1 else ends[0])])
    torch.log = tagged(torch.log, lambda tensor, **_: getattr(tensor, "expressions", None))
    parameter = torch.nn.Parameter
    parameter.__new__ = tagged(parameter.__new__, lambda _, data=None, *__, **___: getattr(data, "expressions", None))
