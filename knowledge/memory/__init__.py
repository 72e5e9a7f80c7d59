"""How much memory one GPU needs, when it peaks, which cards hold it, and what to change where they do not."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from knowledge.memory.estimate import CARDS, MemoryEstimate, Parts, estimate
from knowledge.memory.run import Run, read_run

if TYPE_CHECKING:
    from knowledge.config import Config
    from knowledge.memory.cards import Fitting, change_line, fitting_card, smaller_cards
    from knowledge.memory.changes import Change, fitting_changes

__all__ = [
    "CARDS",
    "Change",
    "Fitting",
    "MemoryEstimate",
    "Parts",
    "Run",
    "change_line",
    "estimate",
    "fitting_card",
    "fitting_changes",
    "memory_of",
    "read_run",
    "smaller_cards",
]
_LATER = {
    **dict.fromkeys(("Fitting", "change_line", "fitting_card", "smaller_cards"), "cards"),
    **dict.fromkeys(("Change", "fitting_changes"), "changes"),
}
"""What a check does without, and its module: loaded when it is asked for."""


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)


_MOST_TOKENS = 10**12
"""Tokens of one micro batch beyond which no number makes sense, and floating point gives up."""


def memory_of(config: Config) -> MemoryEstimate | None:
    """The memory that one GPU needs for a config; made once a check and kept in the config's memo.

    Args:
        config: The config; its `gpus` say how many share the work.

    Returns:
        The estimate, or None where the base model, the batch or the adapter cannot be read.
    """
    if "memory" not in config.memo:
        # What the estimate reads is not what the rule reads that asks for it.
        reads, config.reads = config.reads, None
        run = read_run(config)
        absurd = (
            run is not None and max(run.tokens, run.evaluation * run.sequence, run.context, run.tensor) > _MOST_TOKENS
        )
        config.memo["memory"] = None if run is None or absurd else estimate(run)
        config.reads = reads
    found: MemoryEstimate | None = config.memo["memory"]
    return found
