"""Runs in the interpreter that has Axolotl and prints what its code says when something is wrong, as JSON.

    PYTHON -P scripts/facts/says.py > says.json

One entry for each raise, assert and logged warning or error with words of its own: `place` (file:line function),
`level` ("error" or "warning"), `text` (the words, with what is filled in as {…}), `when` (the condition above it).
Reads the source only and imports nothing of Axolotl.
"""

from __future__ import annotations

import ast
import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

_LOGGED = {"warning": "warning", "warning_once": "warning", "warn": "warning", "error": "error", "critical": "error"}
_LOGGERS = ("LOG", "LOGGER", "logger", "logging", "log")
_MOST = 400


class Finder(ast.NodeVisitor):
    """Gathers the messages of one file, with the function and the condition that they stand in."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.found: list[dict[str, str]] = []
        self._functions: list[str] = []
        self._conditions: list[str] = []

    def _inside(self, node: Any) -> None:
        self._functions.append(node.name)
        conditions, self._conditions = self._conditions, []
        self.generic_visit(node)
        self._conditions = conditions
        self._functions.pop()

    visit_FunctionDef = visit_AsyncFunctionDef = visit_ClassDef = _inside  # noqa: N815 - names that ast calls

    def visit_If(self, node: ast.If) -> None:
        """Keep the condition for what stands below it."""
        self._conditions.append(ast.unparse(node.test))
        for child in node.body:
            self.visit(child)
        self._conditions.pop()
        for child in node.orelse:
            self.visit(child)

    def visit_Raise(self, node: ast.Raise) -> None:
        """An exception with words."""
        if isinstance(node.exc, ast.Call) and node.exc.args:
            self._add(node, "error", node.exc.args[0])

    def visit_Assert(self, node: ast.Assert) -> None:
        """An assertion with words."""
        if node.msg is not None:
            self._add(node, "error", node.msg, f"not ({ast.unparse(node.test)})")

    def visit_Call(self, node: ast.Call) -> None:
        """A logged warning or error."""
        function = node.func
        if isinstance(function, ast.Attribute) and function.attr in _LOGGED and node.args:
            owner = function.value
            name = owner.id if isinstance(owner, ast.Name) else owner.attr if isinstance(owner, ast.Attribute) else ""
            if name in (*_LOGGERS, "warnings"):
                self._add(node, _LOGGED[function.attr], node.args[0])
        self.generic_visit(node)

    def _add(self, node: Any, level: str, message: ast.expr, when: str = "") -> None:
        text = _words(message)
        if text and sum(sign.isalpha() for sign in text.replace("{…}", "")) >= 8:
            when = when or (self._conditions[-1] if self._conditions else "")
            place = f"{self.file}:{node.lineno} {'.'.join(self._functions)}".strip()
            self.found.append({"place": place, "level": level, "text": text[:_MOST], "when": when})


def _words(node: ast.expr) -> str:
    """The words of a message, what is filled in as {…}; empty where it is not written there."""
    if isinstance(node, ast.Constant):
        return " ".join(node.value.split()) if isinstance(node.value, str) else ""
    if isinstance(node, ast.JoinedStr):
        parts = [part.value if isinstance(part, ast.Constant) else "{…}" for part in node.values]
        return " ".join("".join(map(str, parts)).split())
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return " ".join(part for part in (_words(node.left), _words(node.right)) if part)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        return _words(node.left)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("format", "join"):
        return _words(node.func.value)
    return ""


def main() -> list[dict[str, str]]:
    """Everything, in the order of files and lines."""
    spec = importlib.util.find_spec("axolotl")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("this interpreter has no Axolotl")
    package = Path(spec.submodule_search_locations[0])
    found: list[dict[str, str]] = []
    for file in sorted(package.rglob("*.py")):
        finder = Finder(file.relative_to(package.parent).as_posix())
        finder.visit(ast.parse(file.read_text("utf-8")))
        found += finder.found
    return found


if __name__ == "__main__":
    json.dump(main(), sys.stdout)
