"""How long a run takes, and what would shorten it, as values."""

from __future__ import annotations

from knowledge.value import value


@value
class Faster:
    """One change that shortens a run.

    Attributes:
        keys: What to write.
        saves: The share of the training time that it spares.
        high_gib: The upper end of the memory that it then needs.
    """

    keys: dict[str, str | int | float | bool | None]
    saves: float
    high_gib: float


@value
class Duration:
    """How long a run takes.

    Attributes:
        gpu: The card, as it is best written.
        low_s: The whole run with evaluation, saving and loading, in seconds, at least; None without its steps.
        estimate_s: The same, as expected.
        high_s: The same, at most.
        per_step_s: One optimizer step, without evaluation, saving and loading.
        per_step_low_s: The same, at least.
        per_step_high_s: The same, at most.
        tokens_per_s_per_gpu: Tokens of rows, without padding.
        steps: Optimizer steps of the run; None where they are not known.
        evaluation_s: All evaluations, as expected; None where their number or size is not known.
        saving_s: All checkpoints, as expected.
        loading_s: From the start to the first step, the dataset prepared before.
        measured: Whether a log gave the speed.
        limit: What limits the speed, in a sentence.
        faster: What would shorten the run, the most first.
        assumptions: What was assumed or left out, in sentences.
    """

    gpu: str
    low_s: float | None
    estimate_s: float | None
    high_s: float | None
    per_step_s: float
    per_step_low_s: float
    per_step_high_s: float
    tokens_per_s_per_gpu: float
    steps: int | None
    evaluation_s: float | None
    saving_s: float | None
    loading_s: float
    measured: bool
    limit: str
    faster: tuple[Faster, ...]
    assumptions: tuple[str, ...]
