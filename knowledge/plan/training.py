"""What a plan says about a whole run."""

from __future__ import annotations

from knowledge.plan.values import BatchAdvice, CheckpointStorage, OfRows, Preparation, Trouble
from knowledge.value import field, replace, value

_COMPUTED = {
    "description": "How to keep the guide's batch on other numbers of GPUs.",
    "json_schema_extra": {"readOnly": True},
}


@value
class TrainingPlan:
    """What a run really does. Names are those that Axolotl and Transformers use in their logs.

    Attributes:
        gpus: processes, one a GPU.
        data_parallel: processes that see different rows (context and tensor parallelism divide the GPUs).
        global_batch_size: rows per step as Axolotl counts them; `real_global_batch` as the trainer takes them.
        formula: how the real batch comes about.
        unit: what a row of the batch is: "rows", "packed sequences" or "pairs".
        total_num_steps: what Axolotl counts; `total_num_steps_range` its lowest and highest where it is estimated.
        trainer_max_steps: what the trainer is told: `max_steps`, else the total, else -1 (it counts by itself).
        longest_row: tokens of the longest row to train on.
        padded_tokens_per_row: tokens of one row of a micro batch with its padding, on average.
        attention_length: tokens that attend to one another, weighed by the tokens that do.
        preparation: what preparing the dataset takes on the host.
        epochs_seen: passes over the data until it stops.
        save_points, eval_points: after which optimizer steps.
        checkpoints_left: the steps of the checkpoints that stand in `output_dir` in the end.
        n_saves_at_most: known from the config alone where it names saves per epoch.
        curve: the learning rate after n scheduler steps; only when asked for.
        assumptions: what is not known and what would make it known, a sentence each.
        troubles: what counting the data found.
        batch: how to keep the guide's batch on other numbers of GPUs.
        of_rows: set where the plan is one of some rows, and there may be others.
        with_block: whether the rows are read with the block that their check proposes, since the config's own entry
            reads none of them.
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
    longest_row: int | None
    padded_tokens_per_row: float | None
    attention_length: float | None
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
    preparation: Preparation | None
    assumptions: tuple[str, ...]
    troubles: tuple[Trouble, ...]
    batch: BatchAdvice | None = field(metadata=_COMPUTED)
    of_rows: OfRows | None = None
    with_block: bool = False

    @property
    def condition(self) -> str:
        """What the number of steps hangs on, to begin a sentence with; empty where it is simply so."""
        conditions = ["with the proposed block"] if self.with_block else []
        if self.of_rows is not None:
            conditions.append(f"if {self.of_rows.words} are the whole dataset")
        words = " and ".join(conditions)
        return f"{words[:1].upper()}{words[1:]}"

    @property
    def short_condition(self) -> str:
        """The same for a finding that stands below the proposed block."""
        return replace(self, with_block=False).condition or self.condition
