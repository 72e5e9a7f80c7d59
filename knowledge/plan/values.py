"""What a plan says.

Every number that the config and the data do not decide is None, with a sentence in `assumptions`.
"""

from __future__ import annotations

from knowledge.text import plural
from knowledge.value import value

GUIDE_BATCH = 150
"""Rows per step that the Augmentoolkit guide holds good for learning facts."""


@value
class BatchChoice:
    """Gradient accumulation on a number of GPUs, and the effective batch that it makes."""

    gpus: int
    gradient_accumulation_steps: int
    effective_batch_size: int
    formula: str


@value
class BatchAdvice:
    """How to come near a wanted effective batch with the micro batch size as it is.

    Attributes:
        micro_batch_size, gradient_accumulation_steps, gpus: what was asked about.
        effective_batch_size: what it makes now, and its `formula` ("75 x 2 x 4 = 600", with multiplication signs).
        target: rows per step that are wanted.
        below, above: the nearest gradient accumulation on these GPUs that stays below or reaches the target; `below` is
            None where even 1 is above it, and both are the same where it fits exactly.
        by_gpus: the nearest on 1, 2, 4 and 8 GPUs.
    """

    micro_batch_size: int
    gradient_accumulation_steps: int
    gpus: int
    effective_batch_size: int
    formula: str
    target: int
    below: BatchChoice | None
    above: BatchChoice
    by_gpus: tuple[BatchChoice, ...]

    @property
    def nearest(self) -> BatchChoice:
        """The nearer of `below` and `above`; of two as near the larger batch, as the guide has it."""
        return nearer(self.below, self.above, self.target)


def nearer(below: BatchChoice | None, above: BatchChoice, target: int) -> BatchChoice:
    """The choice that is nearer to a target; of two as near the larger batch, as the guide has it."""
    if below is None or above.effective_batch_size - target <= target - below.effective_batch_size:
        return above
    return below


@value
class StepAdvice:
    """How to come near a wanted number of optimizer steps.

    Attributes:
        steps: what is wanted.
        num_epochs: epochs with the batch as it is, rounded up.
        gradient_accumulation_steps: accumulation with the epochs as they are, rounded down; None where it is 1 already.
        reached: the steps that this accumulation makes, about; fewer than wanted where even 1 is too much.
    """

    steps: int
    num_epochs: float
    gradient_accumulation_steps: int | None
    reached: int


@value
class OfRows:
    """That a plan is one of some rows, and that there may be others.

    Attributes:
        rows: the rows that were given.
        more: whether others are known to exist; the plan then leaves the rows out.
        example: a number of rows, and the `steps` that so many rows of the same mean length make; None where the
            steps do not follow from the rows.
    """

    rows: int
    more: bool
    example: int
    steps: int | None

    @property
    def words(self) -> str:
        """`these 20 rows`."""
        return f"these {plural(self.rows, 'row')}" if self.rows != 1 else "this row"


@value
class CheckpointStorage:
    """Bytes that the checkpoints take; GB means 1,000,000,000 bytes.

    Attributes:
        saves: checkpoints that are written.
        at_most: whether `saves` is an upper bound because the number of steps is not known.
        weights_bytes, checkpoint_bytes: the trained weights, and one checkpoint with its optimizer state.
        local_peak_bytes, local_end_bytes: in `output_dir`, at its peak moment and when all is done.
        hub_strategy: None where nothing is uploaded.
        hub_bytes: what the newest revision on the Hub lists in the end.
        hub_history_bytes: what all its revisions hold at most.
        exact: False where the base model's size is guessed from its name.
    """

    saves: int
    at_most: bool
    weights_bytes: int
    checkpoint_bytes: int
    local_peak_bytes: int
    local_end_bytes: int
    hub_strategy: str | None
    hub_bytes: int
    hub_history_bytes: int
    exact: bool


@value
class Trouble:
    """What the data do to this run: found by counting, so only with lengths or a number of rows.

    `kind` is a short name that a rule of knowledge.rules.rows_lost stands for; `detail` its numbers as words.
    """

    kind: str
    detail: str = ""


@value
class Preparation:
    """What preparing the dataset takes on the host.

    Attributes:
        disk_low_bytes: The prepared files alone.
        disk_high_bytes: With the copies that each pass leaves in the cache.
        memory_low_bytes: Memory of all processes, at least; None where their number is not given.
        memory_high_bytes: The same, at most.
    """

    disk_low_bytes: int
    disk_high_bytes: int
    memory_low_bytes: int | None
    memory_high_bytes: int | None
