"""Making a plan of a config, with or without knowledge of its data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from knowledge.parameters import base_parameters, trainable_parameters
from knowledge.plan.batch import Batch, advice_of, batch_of
from knowledge.plan.filling import filling_of
from knowledge.plan.preparation import preparation_of
from knowledge.plan.remarks import troubles_of, what_is_missing
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
from knowledge.value import record, replace

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
        of_file: the lengths are those of the file's rows, before `weight` and `shards`; else of the tokenized rows.
        rows: rows of the files, when their lengths are not known.
        mean_tokens: mean tokens of a row, for packing.
        curve: whether to compute the learning rate after every step.
        notes: what was assumed about the data, in sentences.
    """
    settings = Settings(config)
    data = _rows(settings, lengths, rows, mean_tokens, of_file=of_file)
    run = _counted(settings, data)
    missing = what_is_missing(
        settings,
        data,
        run.count,
        run.saving,
        loop=run.loop,
        saves=run.saves,
        streaming=run.streaming,
        stops_early=run.stops_early,
    )
    plan = TrainingPlan(
        gpus=config.gpus,
        **_of_batch(run),
        **_of_data(run),
        **_of_steps(run),
        **_of_saving(run),
        lr_scheduler=str(settings.get("lr_scheduler") or "cosine"),
        learning_rate=_rate(settings),
        curve=None,
        storage=_storage(config, run),
        preparation=preparation_of(settings, data, packed=run.packed),
        assumptions=tuple(dict.fromkeys([*notes, *data.notes, *missing])),
        troubles=troubles_of(settings, run.batch, data, run.count, run.loop, run.batch.parallel or 1),
        batch=advice_of(run.batch, config.gpus),
    )
    return with_curve(config, plan) if curve else plan


@record
class _Counted:
    """A run as it was counted, before it is put into words.

    `packed` is True where rows are packed, which preference trainers never do.
    """

    settings: Settings
    batch: Batch
    data: Rows
    count: Count
    loop: Loop
    saving: Saving
    warmup: int | float | None
    logging_steps: int | None
    saves: tuple[int, ...] | None
    evaluations: tuple[int, ...] | None
    preference: bool
    streaming: bool
    packed: bool
    stops_early: bool


def _streams(settings: Settings) -> bool:
    return bool(settings.get("streaming") or settings.get("pretraining_dataset"))


def _rows(
    settings: Settings,
    lengths: Sequence[Length] | None,
    rows: int | None,
    mean_tokens: float | None,
    *,
    of_file: bool,
) -> Rows:
    if _streams(settings):
        return Rows()
    if lengths is not None:
        return rows_from_lengths(settings, lengths, of_file=of_file)
    return rows_from_count(settings, rows, mean_tokens) if rows is not None else Rows()


def _counted(settings: Settings, data: Rows) -> _Counted:
    """Batch, steps, saves and evaluations, in the order in which Axolotl and the trainer decide them."""
    batch, preference, streaming = batch_of(settings), bool(settings.get("rl")), _streams(settings)
    count = _count(settings, batch, data, preference=preference, streaming=streaming)
    known = count.total is not None or count.left_to_trainer
    loop = run_loop(settings, batch, count, data, streaming=streaming)
    # rl: grpo and ebft repeat every prompt; only max_steps decides how long they run.
    if count.left_to_trainer and not settings.get("max_steps"):
        loop = Loop(told=-1)
    evaluates = bool(data.evaluation or settings.get("test_datasets"))
    saving = saving_of(settings, evaluates=evaluates, causal=not preference)
    logging_steps = logging_of(settings, count.total, known=known)
    stops_early = bool(settings.get("early_stopping_patience")) and not preference and saving.eval_strategy != "no"
    first_step = bool(settings.get("save_first_step"))
    return _Counted(
        settings=settings,
        batch=batch,
        data=data,
        count=count,
        loop=loop,
        saving=saving,
        warmup=warmup_of(settings, count.total, known=known),
        logging_steps=logging_steps,
        saves=None if stops_early else save_points(saving, loop, first_step=first_step),
        evaluations=None if stops_early else eval_points(saving, loop, logging_steps),
        preference=preference,
        streaming=streaming,
        packed=bool(settings.get("sample_packing")) and not preference,
        stops_early=stops_early,
    )


def _count(settings: Settings, batch: Batch, data: Rows, *, preference: bool, streaming: bool) -> Count:
    if streaming:
        return Count(total=settings.get("max_steps"))
    if preference and settings.get("rl") in _UNCOUNTED:
        return Count(left_to_trainer=True)
    count = count_steps(settings, batch, data, processes=batch.parallel or 1, preference=preference)
    limit = settings.get("max_steps")
    if limit and count.total is not None and not preference:
        count.total = min(count.total, limit)
    return count


def _of_batch(run: _Counted) -> dict[str, Any]:
    settings, batch = run.settings, run.batch
    streamed = run.streaming and settings.get("sample_packing")
    return {
        "data_parallel": batch.parallel,
        "micro_batch_size": batch.micro,
        "gradient_accumulation_steps": batch.accumulation,
        "eval_batch_size": batch.evaluation,
        "micro_batch_size_given_to_trainer": 1 if streamed else batch.micro,
        "global_batch_size": batch.counted,
        "real_global_batch": batch.real,
        "formula": batch.formula,
        "unit": _unit(settings, packed=run.packed),
        "sample_packing": run.packed,
        "sequence_len": settings.get("sequence_len"),
        "num_epochs": settings.get("num_epochs"),
    }


def _of_data(run: _Counted) -> dict[str, Any]:
    data = run.data
    filling = filling_of(run.settings, run.batch, data, packed=run.packed)
    return {
        "rows_after_length_filter": data.kept,
        "rows_after_zero_label_filter": data.trainable if run.settings.get("sample_packing") else None,
        "tokens_in_kept_rows": data.tokens,
        "total_num_tokens_as_logged": data.logged_tokens,
        "train_rows": data.train,
        "eval_rows": data.evaluation,
        "longest_row": filling.longest,
        "padded_tokens_per_row": filling.padded,
        "attention_length": filling.reach,
        "sample_packing_eff_est": run.count.efficiency,
        "tokens_per_step": _tokens_per_step(run.settings, run.batch, data, run.count, packed=run.packed),
        "rows_per_step": _rows_per_step(run.batch, data, run.count, packed=run.packed),
    }


def _of_steps(run: _Counted) -> dict[str, Any]:
    count, loop = run.count, run.loop
    done = Loop() if run.stops_early else loop
    return {
        "total_num_steps": count.total,
        "total_num_steps_range": None if count.low is None or count.high is None else (count.low, count.high),
        "trainer_max_steps": loop.told,
        "batches_per_epoch": _stream_batches(loop, run.batch) if run.streaming else count.batches,
        "trainer_steps_per_epoch": loop.per_epoch,
        "trainer_num_epochs": loop.epochs,
        "optimizer_steps_done": done.steps,
        "micro_batches_done": done.micro_batches,
        "rows_seen": done.rows,
        "epochs_seen": done.seen,
        "epoch_end_points": done.ends,
        "warmup_steps": run.warmup,
        "logging_steps": run.logging_steps,
    }


def _of_saving(run: _Counted) -> dict[str, Any]:
    settings, saving, total, saves = run.settings, run.saving, run.loop.steps, run.saves
    restarts = settings.get("jagged_restart_steps") if settings.get("relora") and not run.preference else None
    return {
        "save_strategy": saving.save_strategy,
        "save_total_limit": saving.limit,
        "save_every_steps": every(saving.save_steps, total) if total else None,
        "save_points": saves,
        "n_saves": None if saves is None else len(saves),
        "n_saves_at_most": saves_at_most(settings, saving) if saves is None else len(saves),
        "checkpoints_left": checkpoints_left(saving, saves, restarts=restarts, total=total),
        "eval_strategy": saving.eval_strategy,
        "eval_every_steps": eval_interval(saving, total, run.logging_steps) if total else None,
        "eval_points": run.evaluations,
        "n_evals_incl_start": None if run.evaluations is None else len(run.evaluations),
        "eval_batches": run.count.evaluation_batches,
        "load_best_model_at_end": saving.loads_best,
    }


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


def _storage(config: Config, run: _Counted) -> CheckpointStorage | None:
    trainable = trainable_parameters(config)
    saves = None if run.saves is None else len(run.saves)
    number = saves if saves is not None else saves_at_most(run.settings, run.saving)
    if trainable is None or number is None or base_parameters(config) is None:
        return None
    return checkpoint_storage(
        weights_bytes=trainable.weight_bytes,
        optimizer_bytes=trainable.optimizer_bytes,
        saves=number,
        save_total_limit=run.saving.limit,
        save_only_model=bool(config.get("save_only_model")),
        hub_strategy=str(config.get("hub_strategy") or HUB_DEFAULT) if config.get("hub_model_id") else None,
        at_most=saves is None,
        exact=trainable.exact,
    )


def with_curve(config: Config, plan: TrainingPlan) -> TrainingPlan:
    """A plan with the learning rate after every step, or a sentence on why there is none."""
    notes: list[str] = []
    steps = plan.optimizer_steps_done or plan.trainer_max_steps
    total = steps if isinstance(steps, int) and steps > 0 else None
    rates = _curve(config, total, plan.warmup_steps, notes)
    return replace(plan, curve=rates, assumptions=tuple(dict.fromkeys((*plan.assumptions, *notes))))


def _curve(config: Config, total: int | None, warmup: int | float | None, notes: list[str]) -> tuple[float, ...] | None:
    if not total:
        notes.append("The learning rate curve needs the number of steps.")
        return None
    if total > _CURVE_STEPS:
        notes.append(f"The learning rate curve is computed only for up to {_CURVE_STEPS:,} steps.")
        return None
    schedule = schedule_of(config, total=total, warmup=trainer_warmup(warmup, total))
    if schedule is None:
        notes.append("The learning rate curve needs a `learning_rate` above 0.")
        return None
    if schedule.name in FOLLOWS_EVALUATION:
        notes.append(
            f"`{schedule.name}` changes the learning rate after evaluations, according to their loss; only the start "
            "is drawn."
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
