"""How much memory one GPU needs, when it peaks, which cards hold it, and what to change where they do not."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from knowledge.memory.estimate import CARDS, MemoryEstimate, Parts, estimate, fits, memory_of
from knowledge.memory.run import Run, read_run

if TYPE_CHECKING:
    from knowledge.memory.cards import Fitting, change_line, fitting_card, keys_in_words, smaller_cards
    from knowledge.memory.changes import Change, fitting_changes
    from knowledge.memory.table import FitTable, fit_table

__all__ = [
    "CARDS",
    "Change",
    "FitTable",
    "Fitting",
    "MemoryEstimate",
    "Parts",
    "Run",
    "change_line",
    "estimate",
    "fit_table",
    "fits",
    "fitting_card",
    "fitting_changes",
    "keys_in_words",
    "memory_of",
    "read_run",
    "smaller_cards",
]
_LATER = {
    **dict.fromkeys(("Fitting", "change_line", "fitting_card", "keys_in_words", "smaller_cards"), "cards"),
    **dict.fromkeys(("Change", "fitting_changes"), "changes"),
    **dict.fromkeys(("FitTable", "fit_table"), "table"),
}
"""What a check does without, and its module: loaded when it is asked for."""


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
