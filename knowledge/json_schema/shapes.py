"""Pieces of JSON Schema for values that Axolotl reads generously: numbers in quotes, yes for true, any letter case."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]


def _any_case(word: str) -> str:
    return "".join(
        f"[{letter.upper()}{letter.lower()}]" if letter.isalpha() else f"\\{letter}" if letter in ".+*?" else letter
        for letter in word
    )


def words(*choices: str) -> str:
    """A pattern for one of some words in any letter case."""
    return f"^({'|'.join(_any_case(choice) for choice in choices)})$"


TRUE = words("1", "on", "t", "true", "y", "yes")
BOOLEAN = words("1", "on", "t", "true", "y", "yes", "0", "off", "f", "false", "n", "no")
WHOLE = r"^\s*[+-]?\d+(_\d+)*(\.0+)?\s*$"
NUMBER = (
    r"^\s*[+-]?((\d[\d_]*\.?[\d_]*|\.\d[\d_]*)([eE][+-]?\d+)?|[iI][nN][fF]([iI][nN][iI][tT][yY])?|[nN][aA][nN])\s*$"
)


def whole(bounds: Schema) -> Schema:
    """What Axolotl reads as a whole number; `bounds` in the words of JSON Schema."""
    return _counted({"type": "integer", **bounds}, WHOLE)


def number(bounds: Schema) -> Schema:
    """What Axolotl reads as a number; `bounds` in the words of JSON Schema."""
    return _counted({"type": "number", **bounds}, NUMBER)


def _counted(plain: Schema, pattern: str) -> Schema:
    """A number, one in quotes, or, where no bound speaks against it, true and false for 1 and 0."""
    unbounded = [{"type": "boolean"}] if len(plain) == 1 else []
    return either([plain, *unbounded, {"type": "string", "pattern": pattern}])


def either(shapes: list[Schema]) -> Schema:
    """Any of some shapes, nested choices taken apart and doubles left out; a shape that takes all swallows the rest."""
    flat: list[Schema] = []
    for shape in shapes:
        members = shape["anyOf"] if set(shape) == {"anyOf"} else [shape]
        flat.extend(member for member in members if member not in flat)
    if {} in flat:
        return {}
    return flat[0] if len(flat) == 1 else {"anyOf": flat}
