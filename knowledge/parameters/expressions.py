"""The small language that the facts about model families are written in: arithmetic and conditions over config keys.

`num_attention_heads * head_dim`, `layer_types[i] == 'full_attention'`, `not i < first_k_dense_replace`: Python's
own grammar, of which only what is listed here is understood. `i` is the index of a layer.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable
from functools import lru_cache
from typing import Any

Read = Callable[[str], Any]
"""Gives the value of a key by its dotted name."""
Evaluate = Callable[[Read, int], Any]

ERRORS = (ArithmeticError, IndexError, TypeError, ValueError)
"""What an expression may raise over values that do not fit it."""

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


def evaluate(expression: str, read: Read, index: int = 0) -> Any:
    """The value of an expression.

    Args:
        expression: The expression.
        read: Gives the values of keys.
        index: The layer, `i`.

    Raises:
        ArithmeticError, IndexError, TypeError, ValueError: The values do not fit the expression.
    """
    return _compiled(expression)(read, index)


@lru_cache(maxsize=4096)
def varies(expression: str) -> bool:
    """Whether an expression depends on the layer."""
    return any(isinstance(node, ast.Name) and node.id == "i" for node in ast.walk(ast.parse(expression, mode="eval")))


@lru_cache(maxsize=4096)
def _compiled(expression: str) -> Evaluate:
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
