"""Expressions of the facts, translated into functions by Python's own grammar."""

from __future__ import annotations

import ast
import math
import operator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from knowledge.parameters.expressions import Evaluate

_LARGEST_EXPONENT = 8


def _power(base: Any, exponent: Any) -> Any:
    if exponent > _LARGEST_EXPONENT:
        raise ValueError("no expression of the facts needs such a power")
    return base**exponent


_OPERATORS: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: _power,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda item, items: item in items,
    ast.NotIn: lambda item, items: item not in items,
}
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "before": lambda items, item, index: items[:index].count(item),
    "ceil": math.ceil,
    "floor": math.floor,
    "int": int,
    "len": len,
    "many": lambda value: len(value) if isinstance(value, list) else 1,
    "max": max,
    "min": min,
    "round": round,
}


def names_of(expression: str) -> set[str]:
    """The names that stand in an expression."""
    return {node.id for node in ast.walk(ast.parse(expression, mode="eval")) if isinstance(node, ast.Name)}


def translated(expression: str) -> Evaluate:
    """An expression as a function of the keys' values and the layer.

    Raises:
        ValueError: Something in it is not an expression of the facts.
    """
    return _translate(ast.parse(expression, mode="eval").body)


def _translate(node: ast.expr) -> Evaluate:
    match node:
        case ast.Constant(value=value):
            return lambda read, i: value
        case ast.Name(id="i"):
            return lambda read, i: i
        case ast.Name() | ast.Attribute():
            key = ast.unparse(node)
            return lambda read, i: read(key)
        case ast.BinOp(left=left, op=op, right=right):
            return _binary(left, op, right)
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            return _binary(left, op, right)
        case ast.UnaryOp(op=op, operand=operand):
            inner = _translate(operand)
            if isinstance(op, ast.Not):
                return lambda read, i: not inner(read, i)
            return lambda read, i: -inner(read, i)
        case _:
            return _compound(node)


def _binary(left: ast.expr, op: ast.AST, right: ast.expr) -> Evaluate:
    first, second, apply = _translate(left), _translate(right), _OPERATORS[type(op)]
    return lambda read, i: apply(first(read, i), second(read, i))


def _compound(node: ast.expr) -> Evaluate:
    match node:
        case ast.BoolOp(op=op, values=values):
            parts = [_translate(value) for value in values]
            joined = all if isinstance(op, ast.And) else any
            return lambda read, i: joined(part(read, i) for part in parts)
        case ast.IfExp(test=test, body=body, orelse=orelse):
            when, then, other = _translate(test), _translate(body), _translate(orelse)
            return lambda read, i: then(read, i) if when(read, i) else other(read, i)
        case ast.Subscript(value=value, slice=place):
            items, at = _translate(value), _translate(place)
            return lambda read, i: items(read, i)[at(read, i)]
        case ast.Call(func=ast.Name(id=name), args=arguments):
            inputs, function = [_translate(argument) for argument in arguments], _FUNCTIONS[name]
            return lambda read, i: function(*(each(read, i) for each in inputs))
        case _:
            raise ValueError(f"not an expression of the facts: {ast.unparse(node)}")
