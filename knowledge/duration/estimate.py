"""How long a run takes on a named card: its steps, evaluations, checkpoints and loading, as a range."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from knowledge.duration.advice import faster_ways, limit_of
from knowledge.duration.assumptions import assumptions
from knowledge.duration.speed import FITTED, Coefficients, Seconds, seconds_of
from knowledge.duration.values import Duration
from knowledge.duration.work import work_of
from knowledge.memory import read_run
from knowledge.plan import plan_of

if TYPE_CHECKING:
    from knowledge.config import Config
    from knowledge.duration.log import Pace
    from knowledge.gpus import Gpu
    from knowledge.memory import Run
    from knowledge.plan import TrainingPlan

SPREAD = 1.49
"""The range reaches from the estimate divided by this to the estimate times this; 1.1 where a log gives the speed."""

_SPREAD_OF_LOG = 1.1
# Bytes a second of the disk that checkpoints go to, and that weights come from; seconds until Python and CUDA stand.
_DISK, _START = 1.0e9, 45.0
# Methods that spend most of their time on generating, which is not modelled; a reference model's forward pass.
_GENERATES = frozenset({"grpo", "gdpo", "ebft"})
_REFERENCE = frozenset({"dpo", "ipo", "kto"})


class _Batch(NamedTuple):
    """Tokens of a micro batch on one GPU as they are computed, and of a step of all GPUs without padding."""

    computed: float
    reach: float | None
    step: float


def duration_of(config: Config, gpu: Gpu, pace: Pace | None = None) -> Duration | None:
    """How long the run of a config takes on a card.

    Args:
        config: The config; its plan may have been remembered with the dataset's lengths, its `gpus` count the cards.
        gpu: The card.
        pace: The speed that a log of this run shows, which replaces the computed one.

    Returns:
        The duration; None where the model or the batch is not known, or where the method generates.
    """
    run = read_run(config)
    if run is None or run.rl in _GENERATES or run.absurd:
        return None
    plan = plan_of(config)
    batch = _batch(run, plan)
    seconds = speed(run, gpu, batch.computed, batch.reach)
    computed = seconds.micro * run.accumulation + seconds.rest
    step = pace.seconds if pace is not None else computed
    spread = _SPREAD_OF_LOG if pace is not None else SPREAD
    steps = plan.optimizer_steps_done
    evaluation, saving, loading = _evaluation(run, plan, seconds, batch), _saving(plan), _loading(run)
    if pace is not None:
        evaluation = _timed(plan, pace, None if evaluation is None else evaluation * step / computed)
    whole = None if steps is None else steps * step + (evaluation or 0.0) + (saving or 0.0) + loading
    return Duration(
        gpu=gpu.name,
        low_s=None if whole is None else round(whole / spread, 1),
        estimate_s=None if whole is None else round(whole, 1),
        high_s=None if whole is None else round(whole * spread, 1),
        per_step_s=_digits(step),
        per_step_low_s=_digits(step / spread),
        per_step_high_s=_digits(step * spread),
        tokens_per_s_per_gpu=_digits(batch.step / step / config.gpus),
        steps=steps,
        evaluation_s=None if evaluation is None else round(evaluation, 1),
        saving_s=None if saving is None else round(saving, 1),
        loading_s=round(loading, 1),
        measured=pace is not None,
        limit=limit_of(run, seconds),
        faster=faster_ways(run, gpu, seconds, lambda other: _step(other, gpu, batch, run)),
        assumptions=assumptions(run, plan, gpu, pace),
    )


def speed(
    run: Run, gpu: Gpu, tokens: float | None = None, reach: float | None = None, fitted: Coefficients = FITTED
) -> Seconds:
    """Seconds of one micro batch on a card; the geometric middle where its name leaves several open.

    Args:
        run: The run.
        gpu: The card.
        tokens: Tokens that one GPU computes of a micro batch; those of full rows where nothing is given.
        reach: Tokens that attend to one another; the full row where nothing is given.
        fitted: The coefficients.
    """
    work = work_of(run, tokens, reach)
    if run.rl in _REFERENCE:
        # The reference's forward pass: of a copy, or of the model without its adapter.
        more = 1 + 1 / work.passes
        work = work._replace(matrices=work.matrices * more, attention=work.attention * more, moved=work.moved * more)
    each = [seconds_of(work, card, gpu.link, fitted) for card in gpu.cards]
    return Seconds(*(math.exp(sum(math.log(max(s[i], 1e-12)) for s in each) / len(each)) for i in range(5)))


def _step(run: Run, gpu: Gpu, batch: _Batch, base: Run) -> float:
    """Seconds of a step of a changed run that goes through the same rows."""
    seconds = speed(run, gpu, batch.computed * run.micro_batch / base.micro_batch, batch.reach)
    return seconds.micro * run.accumulation + seconds.rest


def _batch(run: Run, plan: TrainingPlan) -> _Batch:
    padded = plan.padded_tokens_per_row
    computed = run.tokens if padded is None else run.micro_batch * padded / run.context
    step = plan.tokens_per_step
    if step is None:
        rows = plan.real_global_batch or run.micro_batch * run.accumulation * (plan.data_parallel or 1)
        step = rows * run.sequence
    return _Batch(float(computed), plan.attention_length, float(step))


def _evaluation(run: Run, plan: TrainingPlan, seconds: Seconds, batch: _Batch) -> float | None:
    """Seconds of all evaluations: a forward pass over the rows held out."""
    times, batches = plan.n_evals_incl_start, plan.eval_batches
    if times == 0:
        return 0.0
    if times is None or batches is None or not run.evaluation:
        return None
    each = seconds.micro * run.evaluation / run.micro_batch / work_of(run, batch.computed, batch.reach).passes
    return times * math.ceil(batches / max(run.ranks // run.context, 1)) * each


def _timed(plan: TrainingPlan, pace: Pace, slowed: float | None) -> float | None:
    """Seconds of all evaluations where a log shows how long one takes, else computed as much slower as the steps."""
    times = plan.n_evals_incl_start
    return slowed if pace.evaluation is None or times is None else times * pace.evaluation


def _saving(plan: TrainingPlan) -> float | None:
    storage = plan.storage
    return None if storage is None else (storage.saves * storage.checkpoint_bytes + storage.weights_bytes) / _DISK


def _loading(run: Run) -> float:
    return _START + run.shape.half * run.base.total / _DISK


def _digits(number: float) -> float:
    """Four digits that count."""
    return float(f"{number:.4g}")
