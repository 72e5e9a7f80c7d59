"""How much memory one GPU needs, when it peaks, which cards hold it, and what to change where they do not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.doors import later
from knowledge.memory.estimate import CARDS, MemoryEstimate, Parts, estimate, fits, memory_of, run_of
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
    "run_of",
    "smaller_cards",
]
__getattr__ = later(
    __name__,
    {
        "cards": ("Fitting", "change_line", "fitting_card", "keys_in_words", "smaller_cards"),
        "changes": ("Change", "fitting_changes"),
        "table": ("FitTable", "fit_table"),
    },
)
