"""Making a plan of a config, with or without knowledge of its data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from knowledge.parameters import base_parameters, trainable_parameters
from knowledge.plan.batch import Batch, advice_of, batch_of
from knowledge.plan.remarks import say_what_is_missing, troubles_of
from knowledge.plan.rows import PAIRED, Length, Rows, rows_from_count, rows_from_lengths
from knowledge.plan.saving import (
    Saving,
    checkpoints_left,
    eval_interval,
    eval_points,
    every,
    save_points,
    saves_at_most,
    saving_of,
)
from knowledge.plan.settings import Settings
from knowledge.plan.steps import Count, Loop, count_steps, logging_of, run_loop, warmup_of
from knowledge.plan.storage import HUB_DEFAULT, checkpoint_storage
from knowledge.plan.training import TrainingPlan
from knowledge.schedule import FOLLOWS_EVALUATION, ScheduleFailure, learning_rates, schedule_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from knowledge.config import Config
    from knowledge.plan.values import CheckpointStorage

_CURVE_STEPS: Final = 1_000_000
_UNCOUNTED: Final = frozenset({"grpo", "ebft"})  # Axolotl leaves these to the trainer's own epochs


def plan_of(config: Config) -> TrainingPlan:
    """The plan of a config, made once a check: from the config alone, or with the data that `remember_plan` gave it."""
    found: TrainingPlan | None = config.memo.get(make_plan)
    if found is None:
        # What the plan reads is not what the rule reads that asks for it.
        reads, config.reads = config.reads, None
        found = config.memo[make_plan] = make_plan(config)
        config.reads = reads
    return found


def remember_plan(config: Config, plan: TrainingPlan) -> None:
    """Let the rules of this check see a plan that was made with data."""
    config.memo[make_plan] = plan


def make_plan(
    config: Config,
    *,
    lengths: Sequence[Length] | None = None,
    rows: int | None = None,
    mean_tokens: float | None = None,
    of_file: bool = False,
    curve: bool = False,
    notes: Sequence[str] = (),
) -> TrainingPlan:
    """What the run will really do.

    Args:
        config: the config, which carries the number of GPUs.
        lengths: tokens of every row (see `Length`); exact, but for the random order of packing.
        of_file: the lengths are those of the file's rows, before `weight` and `shards`; else of the tokenised rows.
        rows: rows of the files, when their lengths are not known.
        mean_tokens: mean tokens of a row, for packing.
        curve: whether to compute the learning rate after every step.
        notes: what was assumed about the data, in sentences.
    """
    settings = Settings(config)
    batch = batch_of(settings)
    preference = bool(settings.get("rl"))
    streaming = bool(settings.get("streaming") or settings.get("pretraining_dataset"))
    data = Rows()
    if not streaming and lengths is not None:
        data = rows_from_lengths(settings, lengths, of_file=of_file)
    elif not streaming and rows is not None:
        data = rows_from_count(settings, rows, mean_tokens)
    remarks = [*notes, *data.notes]
    processes = batch.parallel or 1
    if streaming:
        count = Count(total=settings.get("max_steps"))
    elif preference and settings.get("rl") in _UNCOUNTED:
        count = Count(left_to_trainer=True)
    else:
        count = count_steps(settings, batch, data, processes=processes, preference=preference)
        limit = settings.get("max_steps")
        if limit and count.total is not None and not preference:
            count.total = min(count.total, limit)
    known = count.total is not None or count.left_to_trainer
    loop = run_loop(settings, batch, count, data, streaming=streaming)
    # rl: grpo and ebft repeat every prompt; only max_steps decides how long they run.
    if count.left_to_trainer and not settings.get("max_steps"):
        loop = Loop(told=-1)
    saving = saving_of(
        settings, evaluates=bool(data.evaluation or settings.get("test_datasets")), causal=not preference
    )
    logging_steps = logging_of(settings, count.total, known=known)
    warmup = warmup_of(settings, count.total, known=known)
    stops_early = bool(settings.get("early_stopping_patience")) and not preference and saving.eval_strategy != "no"
    saves = None if stops_early else save_points(saving, loop, first_step=bool(settings.get("save_first_step")))
    evaluations = None if stops_early else eval_points(saving, loop, logging_steps)
    troubles = troubles_of(settings, batch, data, count, loop, processes)
    say_what_is_missing(
        settings, data, count, saving, remarks, loop=loop, saves=saves, streaming=streaming, stops_early=stops_early
    )
    total = loop.steps
    restarts = settings.get("jagged_restart_steps") if settings.get("relora") and not preference else None
    at_most = saves_at_most(settings, saving)
    rates = _curve(config, total, warmup, remarks) if curve else None
    packed = bool(settings.get("sample_packing"))
    return TrainingPlan(
        gpus=config.gpus,
        data_parallel=batch.parallel,
        micro_batch_size=batch.micro,
        gradient_accumulation_steps=batch.accumulation,
        eval_batch_size=batch.evaluation,
        micro_batch_size_given_to_trainer=1 if streaming and packed else batch.micro,
        global_batch_size=batch.counted,
        real_global_batch=batch.real,
        formula=batch.formula,
        unit=_unit(settings, packed=packed and not preference),
        sample_packing=packed and not preference,
        sequence_len=settings.get("sequence_len"),
        num_epochs=settings.get("num_epochs"),
        rows_after_length_filter=data.kept,
        rows_after_zero_label_filter=data.trainable if packed else None,
        tokens_in_kept_rows=data.tokens,
        total_num_tokens_as_logged=data.logged_tokens,
        train_rows=data.train,
        eval_rows=data.evaluation,
        sample_packing_eff_est=count.efficiency,
        tokens_per_step=_tokens_per_step(settings, batch, data, count, packed=packed and not preference),
        rows_per_step=_rows_per_step(batch, data, count, packed=packed and not preference),
        total_num_steps=count.total,
        total_num_steps_range=None if count.low is None or count.high is None else (count.low, count.high),
        trainer_max_steps=loop.told,
        batches_per_epoch=_stream_batches(loop, batch) if streaming else count.batches,
        trainer_steps_per_epoch=loop.per_epoch,
        trainer_num_epochs=loop.epochs,
        optimizer_steps_done=None if stops_early else total,
        micro_batches_done=None if stops_early else loop.micro_batches,
        rows_seen=None if stops_early else loop.rows,
        epochs_seen=None if stops_early else loop.seen,
        epoch_end_points=None if stops_early else loop.ends,
        lr_scheduler=str(settings.get("lr_scheduler") or "cosine"),
        learning_rate=_rate(settings),
        warmup_steps=warmup,
        logging_steps=logging_steps,
        save_strategy=saving.save_strategy,
        save_total_limit=saving.limit,
        save_every_steps=every(saving.save_steps, total) if total else None,
        save_points=saves,
        n_saves=None if saves is None else len(saves),
        n_saves_at_most=at_most if saves is None else len(saves),
        checkpoints_left=checkpoints_left(saving, saves, restarts=restarts, total=total),
        eval_strategy=saving.eval_strategy,
        eval_every_steps=eval_interval(saving, total, logging_steps) if total else None,
        eval_points=evaluations,
        n_evals_incl_start=None if evaluations is None else len(evaluations),
        eval_batches=count.evaluation_batches,
        load_best_model_at_end=saving.loads_best,
        curve=rates,
        storage=_storage(config, saving, None if saves is None else len(saves), at_most),
        assumptions=tuple(dict.fromkeys(remarks)),
        troubles=troubles,
        batch=advice_of(batch, config.gpus),
    )


def _stream_batches(loop: Loop, batch: Batch) -> int | None:
    """What stands in for an epoch where the data have no end: all the micro batches of the run."""
    return loop.steps * batch.accumulation if loop.steps and batch.accumulation else None


def _rate(config: Settings) -> float | None:
    rate = config.get("learning_rate")
    return float(rate) if isinstance(rate, int | float) and not isinstance(rate, bool) else None


def _unit(config: Settings, *, packed: bool) -> str:
    if config.get("rl") in PAIRED or config.get("reward_model"):
        return "pairs"
    if config.get("rl") in {"grpo", "gdpo"}:
        return "completions"
    return "packed sequences" if packed else "rows"


def _tokens_per_step(config: Settings, batch: Batch, data: Rows, count: Count, *, packed: bool) -> int | None:
    """Trained and masked tokens of one step, padding left out."""
    if batch.real is None:
        return None
    if packed:
        return round(batch.real * (config.get("sequence_len") or 512) * (count.efficiency or 1.0))
    if data.tokens and data.kept:
        return round(batch.real * data.tokens / data.kept)
    return None


def _rows_per_step(batch: Batch, data: Rows, count: Count, *, packed: bool) -> float | None:
    """Rows of the data that one step sees; more than the batch where they are packed."""
    if batch.real is None or not packed:
        return batch.real
    if not data.train or not count.batches or not batch.accumulation:
        return None
    return round(data.train / (count.batches / batch.accumulation), 1)


def _storage(config: Config, saving: Saving, saves: int | None, at_most: int | None) -> CheckpointStorage | None:
    trainable = trainable_parameters(config)
    number = saves if saves is not None else at_most
    if trainable is None or number is None or base_parameters(config) is None:
        return None
    return checkpoint_storage(
        weights_bytes=trainable.weight_bytes,
        optimizer_bytes=trainable.optimizer_bytes,
        saves=number,
        save_total_limit=saving.limit,
        save_only_model=bool(config.get("save_only_model")),
        hub_strategy=str(config.get("hub_strategy") or HUB_DEFAULT) if config.get("hub_model_id") else None,
        at_most=saves is None,
        exact=trainable.exact,
    )


def _curve(config: Config, total: int | None, warmup: int | float | None, notes: list[str]) -> tuple[float, ...] | None:
    if not total:
        notes.append("The learning-rate curve needs the number of steps.")
        return None
    if total > _CURVE_STEPS:
        notes.append(f"The learning-rate curve is only computed for up to {_CURVE_STEPS:,} steps.")
        return None
    schedule = schedule_of(config, total=total, warmup=trainer_warmup(warmup, total))
    if schedule is None:
        notes.append("The learning-rate curve needs a `learning_rate` above 0.")
        return None
    if schedule.name in FOLLOWS_EVALUATION:
        notes.append(
            f"`{schedule.name}` changes the learning rate after evaluations, by their loss; drawn is the start."
        )
    try:
        return tuple(learning_rates(schedule))
    except ScheduleFailure as failure:
        notes.append(str(failure))
        return None


def trainer_warmup(warmup: int | float | None, total: int) -> int:
    """Warm-up steps as the trainer rounds them: a share below 1 of its own steps, upwards."""
    if not warmup:
        return 0
    return int(warmup) if warmup >= 1 else -int(-total * warmup // 1)
