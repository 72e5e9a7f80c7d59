"""Digests of the source of places in the installed Axolotl and the libraries below it.

A place is `module:name`, the name a function, a class, a method or an attribute of a class or module. Modules are read
as text and never imported: many of them need a GPU.

    PYTHON -P scripts/facts/places.py < places.json > digests.json     in the interpreter that has Axolotl
"""

from __future__ import annotations

import ast
import hashlib
import json
import sys
from functools import cache
from pathlib import Path


def digests(places: list[str], roots: list[Path]) -> dict[str, str | None]:
    """Place -> SHA-256 of its source without comments and layout; None where there is no such place."""
    return {place: _digest(place, roots) for place in places}


def _digest(place: str, roots: list[Path]) -> str | None:
    module, _, name = place.partition(":")
    tree = _tree(module, tuple(roots))
    node = _find(tree, name.split(".")) if tree is not None and name else None
    return hashlib.sha256(ast.dump(node).encode()).hexdigest()[:16] if node is not None else None


@cache
def _tree(module: str, roots: tuple[Path, ...]) -> ast.Module | None:
    for root in roots:
        stem = root.joinpath(*module.split("."))
        for file in (stem.with_suffix(".py"), stem / "__init__.py"):
            if file.is_file():
                return ast.parse(file.read_text("utf-8"))
    return None


def _find(tree: ast.AST, names: list[str]) -> ast.AST | None:
    for node in _members(tree):
        if _name(node) == names[0]:
            if len(names) == 1:
                return node
            if (inner := _find(node, names[1:])) is not None:
                return inner
    return None


def _members(tree: ast.AST) -> list[ast.stmt]:
    """The statements of a body, with those under `if`, `try` and `with`."""
    found: list[ast.stmt] = []
    for node in getattr(tree, "body", []):
        found.append(node)
        if isinstance(node, (ast.If, ast.Try, ast.With, ast.For)):
            found += _members(node)
    for part in ("orelse", "finalbody"):
        for node in getattr(tree, part, []):
            found += [node, *_members(node)]
    for handler in getattr(tree, "handlers", []):
        found += _members(handler)
    return found


def _name(node: ast.stmt) -> str | None:
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return name
        case ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]):
            return name
        case _:
            return None


def main() -> None:
    """Read places from standard input, write digests to standard output."""
    roots = [Path(each) for each in sys.path if each and Path(each).is_dir()]
    json.dump(digests(json.load(sys.stdin), roots), sys.stdout)


if __name__ == "__main__":
    main()
