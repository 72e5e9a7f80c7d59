"""What a plan says.

Every number that the config and the data do not decide is None, with a sentence in `assumptions`.
"""

from __future__ import annotations

from knowledge.finding import Frozen

GUIDE_BATCH = 150
"""Rows a step that the Augmentoolkit guide holds good for learning facts."""


class BatchChoice(Frozen):
    """Gradient accumulation on a number of GPUs, and the effective batch that it makes."""

    gpus: int
    gradient_accumulation_steps: int
    effective_batch_size: int
    formula: str


class BatchAdvice(Frozen):
    """How to come near a wanted effective batch with the micro batch size as it is.

    Attributes:
        micro_batch_size, gradient_accumulation_steps, gpus: what was asked about.
        effective_batch_size: what it makes now, and its `formula` ("75 x 2 x 4 = 600", with multiplication signs).
        target: rows a step that are wanted.
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
        """The nearer of `below` and `above`."""
        if self.below is None:
            return self.above
        gap_below = self.target - self.below.effective_batch_size
        return self.below if gap_below <= self.above.effective_batch_size - self.target else self.above


class StepAdvice(Frozen):
    """How to come near a wanted number of optimizer steps.

    Attributes:
        steps: what is wanted.
        num_epochs: epochs with the batch as it is, rounded up.
        gradient_accumulation_steps: accumulation with the epochs as they are, rounded down, at least 1.
    """

    steps: int
    num_epochs: float
    gradient_accumulation_steps: int


class CheckpointStorage(Frozen):
    """Bytes that the checkpoints take; GB means 1,000,000,000 bytes.

    Attributes:
        saves: checkpoints that are written.
        at_most: whether `saves` is an upper bound because the number of steps is not known.
        weights_bytes, checkpoint_bytes: the trained weights, and one checkpoint with its optimizer state.
        local_peak_bytes, local_end_bytes: in `output_dir`, at the fullest moment and when all is done.
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


class Trouble(Frozen):
    """What the data do to this run: found by counting, so only with lengths or a number of rows.

    `kind` is a short name that a rule of knowledge.rules.run stands for; `detail` its numbers as words.
    """

    kind: str
    detail: str = ""


class TrainingPlan(Frozen):
    """What a run really does. Names are those that Axolotl and Transformers use in their logs.

    Attributes:
        gpus: processes, one a GPU.
        data_parallel: processes that see different rows (context and tensor parallelism divide the GPUs).
        global_batch_size: rows a step as Axolotl counts them; `real_global_batch` as the trainer takes them.
        formula: how the real batch comes about.
        unit: what a row of the batch is: "rows", "packed sequences" or "pairs".
        total_num_steps: what Axolotl counts; `total_num_steps_range` its lowest and highest where it is estimated.
        trainer_max_steps: what the trainer is told: `max_steps`, else the total, else -1 (it counts by itself).
        epochs_seen: passes over the data until it stops.
        save_points, eval_points: after which optimizer steps.
        checkpoints_left: the steps of the checkpoints that stand in `output_dir` in the end.
        n_saves_at_most: known from the config alone where it names saves per epoch.
        curve: the learning rate after n scheduler steps; only when asked for.
        assumptions: what is not known and what would make it known, a sentence each.
        troubles: what counting the data found.
    """

    gpus: int
    data_parallel: int | None
    micro_batch_size: int | None
    gradient_accumulation_steps: int | None
    eval_batch_size: int | None
    micro_batch_size_given_to_trainer: int | None
    global_batch_size: int | None
    real_global_batch: int | None
    formula: str | None
    unit: str
    sample_packing: bool
    sequence_len: int | None
    num_epochs: float | None
    rows_after_length_filter: int | None
    rows_after_zero_label_filter: int | None
    tokens_in_kept_rows: int | None
    total_num_tokens_as_logged: int | None
    train_rows: int | None
    eval_rows: int | None
    sample_packing_eff_est: float | None
    tokens_per_step: int | None
    rows_per_step: float | None
    total_num_steps: int | float | None
    total_num_steps_range: tuple[int, int] | None
    trainer_max_steps: int | float | None
    batches_per_epoch: int | None
    trainer_steps_per_epoch: int | None
    trainer_num_epochs: int | str | None
    optimizer_steps_done: int | None
    micro_batches_done: int | None
    rows_seen: int | None
    epochs_seen: float | None
    epoch_end_points: tuple[int, ...] | None
    lr_scheduler: str
    learning_rate: float | None
    warmup_steps: int | float | None
    logging_steps: int | None
    save_strategy: str
    save_total_limit: int
    save_every_steps: int | None
    save_points: tuple[int, ...] | None
    n_saves: int | None
    n_saves_at_most: int | None
    checkpoints_left: tuple[int, ...] | None
    eval_strategy: str | None
    eval_every_steps: int | None
    eval_points: tuple[int, ...] | None
    n_evals_incl_start: int | None
    eval_batches: int | None
    load_best_model_at_end: bool
    curve: tuple[float, ...] | None
    storage: CheckpointStorage | None
    batch: BatchAdvice | None
    assumptions: tuple[str, ...]
    troubles: tuple[Trouble, ...]
