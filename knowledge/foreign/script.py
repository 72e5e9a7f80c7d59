"""The settings in a Python script for another trainer, as lines of YAML: what people paste who come from a notebook."""

from __future__ import annotations

import ast
import textwrap
import warnings
from typing import TYPE_CHECKING, Any

from knowledge.document import dump
from knowledge.foreign.meanings import meaning
from knowledge.pattern import expression

if TYPE_CHECKING:
    from collections.abc import Iterator

SCRIPT_NOTE = "These are the arguments of a Python script. I read them as a config, one per line."
_CALLS = expression(r"(?:Trainer|Arguments|Config|from_pretrained|get_peft_model)$")
"""What is called with the settings of a run."""
_LEAST = 3
_LOOKED_AT = 40_000
_LARGEST = 1 << 63
"""No setting is as large, and a longer number cannot be written."""
_CLOSING = ("", ")", "))")
"""What an excerpt that ends within its calls lacks."""


def script_config(text: str) -> str | None:
    """The literal arguments with which a script calls a trainer, as YAML under the names that they have there.

    Args:
        text: Whatever somebody pasted; nothing of it is run.

    Returns:
        None where it is no such script.
    """
    if "=" not in text or len(text) > _LOOKED_AT:
        return None
    tree = _parsed(textwrap.dedent(text).strip())
    if tree is None:
        return None
    found: dict[str, Any] = {}
    for name, value in (*_arguments(tree), *_assigned(tree)):
        if _is_plain(value):
            found.setdefault(name, list(value) if isinstance(value, tuple) else value)
    return dump(found) if len(found) >= _LEAST else None


def _parsed(text: str) -> ast.Module | None:
    for closing in _CLOSING:
        try:
            with warnings.catch_warnings(action="ignore"):  # about their strings, which nobody here wrote
                return ast.parse(text + closing)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
    return None


def _arguments(tree: ast.Module) -> Iterator[tuple[str, Any]]:
    """The keyword arguments of calls that set up a run, and the model that is loaded by its name."""
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        owner, called = _names(call.func)
        if not _CALLS.search(called):
            continue
        if called == "from_pretrained" and "Model" in owner and call.args:
            yield "base_model", _value(call.args[0])
        for keyword in call.keywords:
            if keyword.arg is not None:
                yield keyword.arg, _value(keyword.value)


def _names(called: ast.expr) -> tuple[str, str]:
    """What is called, and the name before its dot; empty where either is not a plain name."""
    if isinstance(called, ast.Attribute):
        return called.value.id if isinstance(called.value, ast.Name) else "", called.attr
    return "", called.id if isinstance(called, ast.Name) else ""


def _assigned(tree: ast.Module) -> Iterator[tuple[str, Any]]:
    """Names of other trainers that are assigned: an excerpt from within a call reads so, each value with its comma."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            name, value = node.targets[0].id, node.value
            if isinstance(value, ast.Tuple) and len(value.elts) == 1:
                value = value.elts[0]
            if "_" in name and meaning(name) is not None:
                yield name, _value(value)


def _value(node: ast.expr) -> Any:
    """A literal; None for what is computed."""
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return None


def _is_plain(value: Any) -> bool:
    """Whether a value can stand in a config as it is: text, a number, a switch, or a list of them."""
    if isinstance(value, (list, tuple)):
        return bool(value) and all(not isinstance(each, (list, tuple)) and _is_plain(each) for each in value)
    if isinstance(value, int):
        return abs(value) < _LARGEST
    return isinstance(value, (str, float))
