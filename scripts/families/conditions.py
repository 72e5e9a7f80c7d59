"""The simplest condition on config keys that tells the layers that have something from those that have not."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from knowledge.parameters.expressions import ERRORS, evaluate

if TYPE_CHECKING:
    from collections.abc import Iterator

_STEPS = re.compile(r"layer|period|interval|freq|offset|step|every|dense|pattern|depth|block|skip")
_MOST_PAIRS = 160


class Point(NamedTuple):
    """A layer of a sampled model: the values of the config's keys, and the layer."""

    keys: dict[str, Any]
    layer: int


class _Test(NamedTuple):
    cost: float
    expression: str
    holds: int


def value_at(expression: str, point: Point) -> Any:
    """An expression's value at a point, None where the values do not fit it."""
    try:
        return evaluate(expression, point.keys.get, point.layer)
    except (*ERRORS, KeyError):
        return None


def condition(points: list[Point], truth: list[bool], count: str | None = None) -> str | None:
    """The condition that is true at the points where `truth` is; None where no simple one is found.

    Args:
        points: The points.
        truth: What the condition gives at each.
        count: The expression for the number of layers; None where the points are not layers.
    """
    every = (1 << len(points)) - 1
    wanted = sum(1 << place for place, each in enumerate(truth) if each)
    if wanted in {0, every}:
        return str(bool(wanted))
    tests = []
    for cost, expression in _candidates(points, count):
        holds = sum(1 << place for place, point in enumerate(points) if value_at(expression, point))
        tests.append(_Test(cost + len(expression) / 200, expression, holds))
        tests.append(_Test(cost + len(expression) / 200 + 0.1, f"not ({expression})", every & ~holds))
    tests.sort()
    return next((test.expression for test in tests if test.holds == wanted), None) or _pair(tests, wanted, every)


def _pair(tests: list[_Test], wanted: int, every: int) -> str | None:
    wider = [test for test in tests if test.holds & wanted == wanted and test.holds != every][:_MOST_PAIRS]
    narrower = [test for test in tests if test.holds & ~wanted == 0 and test.holds][:_MOST_PAIRS]
    found = [
        (a.cost + b.cost, f"({a.expression}) and ({b.expression})")
        for a, b in itertools.combinations(wider, 2)
        if a.holds & b.holds == wanted
    ]
    found += [
        (a.cost + b.cost + 0.2, f"({a.expression}) or ({b.expression})")
        for a, b in itertools.combinations(narrower, 2)
        if a.holds | b.holds == wanted
    ]
    for a, b, c in itertools.combinations(wider[:40], 3) if not found else ():
        if a.holds & b.holds & c.holds == wanted:
            return f"({a.expression}) and ({b.expression}) and ({c.expression})"
    return min(found)[1] if found else None


def _candidates(points: list[Point], count: str | None) -> Iterator[tuple[float, str]]:
    """Expressions to try, with what they cost: the lower, the likelier a class is written that way."""
    steps = []
    for key in points[0].keys:
        values = [point.keys[key] for point in points if key in point.keys]
        if len(values) < len(points):
            continue
        if any(isinstance(value, list) for value in values):
            yield from _of_list(key, values, points, count)
        elif any(value != values[0] for value in values):
            yield from _of_values(key, values)
        if all(type(value) is int and 0 <= value <= 60 for value in values) and _STEPS.search(key.rpartition(".")[2]):
            steps.append(key)
    if count is None:
        return
    for key in steps:
        yield 3, f"i < {key}"
        yield 3.2, f"{key} > 0 and i % {key} == 0"
        yield 3.2, f"{key} > 0 and (i + 1) % {key} == 0"
        yield 3.5, f"i < {count} - {key}"
        if "period" in key and (offset := key.replace("period", "offset")) in steps:
            yield 2.5, f"i % {key} == {offset}"
    for number in range(1, 9):
        yield 4.5 + number / 100, f"i < {number}"
        yield 5 + number / 100, f"i % {number} == 0"
        yield 5 + number / 100, f"(i + 1) % {number} == 0"
    yield 4.4, f"i < {count} // 2"
    yield 4.4, f"i >= {count} - 1"


def _of_values(key: str, values: list[Any]) -> Iterator[tuple[float, str]]:
    kinds = {type(value) for value in values}
    if bool in kinds:
        yield 2, key
    for text in sorted({value for value in values if isinstance(value, str)}):
        yield 2.2, f"{key} == {text!r}"
    if type(None) in kinds:
        yield 2.3, f"{key} == None"
    if int in kinds and any(type(value) is int and value <= 0 for value in values):
        yield 2.4, f"{key} != None and {key} > 0"


def _of_list(key: str, values: list[Any], points: list[Point], count: str | None) -> Iterator[tuple[float, str]]:
    if any(value == [] for value in values):
        yield 2.4, f"{key} != None and len({key}) > 0"
    if count is None or not all(isinstance(value, list) or value is None for value in values):
        return
    items = {item for value in values for item in value or () if isinstance(item, (str, int))}
    if all(isinstance(item, int) for item in items):
        yield 1.5, f"{key} != None and i in {key}" if None in values else f"i in {key}"
    if all(isinstance(value, list) and len(value) > point.layer for value, point in zip(values, points, strict=True)):
        for text in sorted(item for item in items if isinstance(item, str)):
            yield 1, f"{key}[i] == {text!r}"
