"""How the reader types the values of JSON rows: a column of dates is not text, mixed columns are read as JSON."""

from __future__ import annotations

import datetime
import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from knowledge.samples.rows import Row, Rows

_DATE = re.compile(r"\d{4}-\d\d-\d\d([ T]\d\d(:\d\d(:\d\d)?)?(Z|[-+]\d\d(:?\d\d)?)?)?$")
_NONE = type(None)
_PLAIN = frozenset({int, float})


def settle(rows: Rows) -> None:
    """Give every value the type that Axolotl's reader gives it, and note columns of mixed types."""
    for column, holders in _holders(rows).items():
        kinds = {type(row[column]) for row in holders}
        if kinds == {str}:
            if _DATE.match(holders[0][column]) and _all_dates(row[column] for row in holders):
                rows.fault("rows-dates", rows.line(0), column)
                for row in holders:
                    row[column] = _moment(row[column])
        elif kinds == {list} or kinds == {dict}:
            _settle_inner([row[column] for row in holders], kinds == {list})
        elif len(kinds) > 1 and kinds != _PLAIN:
            rows.fault("rows-mixed-types", rows.line(0), column)
            for row in holders:
                if type(row[column]) is str:
                    row[column] = _from_json(row[column])


def _holders(rows: Rows) -> dict[str, list[Row]]:
    """The rows that hold a value in each column: as many as there are values, however many columns there are."""
    holders: dict[str, list[Row]] = {column: [] for column in rows.columns}
    for row in rows.values:
        for column, value in row.items():
            if value is not None:
                holders[column].append(row)
    return holders


def _settle_inner(values: list[Any], lists: bool) -> None:  # noqa: FBT001
    """Objects inside a column: where all have the same keys, each key is typed like a column of its own."""
    objects = [item for value in values for item in value if item is not None] if lists else values
    kinds = {type(item) for item in objects}
    if kinds != {dict}:
        if len(kinds) > 1 and kinds != _PLAIN and str in kinds and lists:
            for value in values:
                value[:] = [_from_json(item) if type(item) is str else item for item in value]
        return
    first = objects[0].keys()
    if any(item.keys() != first for item in objects):
        return
    for key in first:
        inner = {type(item[key]) for item in objects} - {_NONE}
        change: Callable[[str], Any] | None = None
        if len(inner) > 1 and inner != _PLAIN:
            change = _from_json
        elif inner == {str}:
            word = next(item[key] for item in objects if item[key] is not None)
            if _DATE.match(word) and _all_dates(item[key] for item in objects):
                change = _moment
        if change is not None:
            for item in objects:
                if type(item[key]) is str:
                    item[key] = change(item[key])


def _all_dates(values: Iterable[Any]) -> bool:
    return all(value is None or (_DATE.match(value) and _moment(value) is not value) for value in values)


def _moment(text: str) -> Any:
    try:
        return datetime.datetime.fromisoformat(text)
    except ValueError:
        return text


def _from_json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
