"""The small language that the facts about model families are written in: arithmetic and conditions over config keys.

`num_attention_heads * head_dim`, `layer_types[i] == 'full_attention'`, `not i < first_k_dense_replace`: Python's
own grammar, of which only what is listed here is understood. `i` is the index of a layer.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

Read = Callable[[str], Any]
"""Gives the value of a key by its dotted name."""
Evaluate = Callable[[Read, int], Any]

ERRORS = (ArithmeticError, IndexError, TypeError, ValueError)
"""What an expression may raise over values that do not fit it."""


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
    from knowledge.parameters.grammar import names_of

    return "i" in names_of(expression)


@lru_cache(maxsize=4096)
def _compiled(expression: str) -> Evaluate:
    from knowledge.parameters.grammar import translated  # Python's own grammar, which most checks do not need

    return translated(expression)
