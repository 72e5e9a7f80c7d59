"""Optimizer steps: what Axolotl counts, and what the trainer then really does."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from knowledge.config import SEPARATES_ROWS
from knowledge.plan.packing import Packed, Packing, bins_between, pack
from knowledge.plan.settings import LISTED
from knowledge.value import ledger

if TYPE_CHECKING:
    from knowledge.plan.batch import Batch
    from knowledge.plan.rows import Rows
    from knowledge.plan.settings import Settings

UNBOUNDED: Final = "unbounded"
"""Epochs of a trainer that starts a stream again until its steps are done."""

_UNKNOWN_SHARE: Final = 0.03  # warm-up where Axolotl leaves the count to the trainer
_LOG_EVERY: Final = 500


@ledger
class Count:
    """Steps as Axolotl counts them.

    Attributes:
        total: None where it cannot be known; a fraction where `sample_packing_eff_est` makes it one.
        low, high: the range of an estimate.
        efficiency: `sample_packing_eff_est` as it is found or given.
        batches: micro batches that one process sees in an epoch.
        evaluation_batches: batches of one evaluation over all processes together.
        left_to_trainer: Axolotl counts nothing (`rl: grpo`, `rl: ebft`) and the trainer goes by its own epochs.
    """

    total: int | float | None = None
    low: int | None = None
    high: int | None = None
    efficiency: float | None = None
    batches: int | None = None
    evaluation_batches: int | None = None
    left_to_trainer: bool = False


@ledger
class Loop:
    """What the trainer does.

    Attributes:
        told: the number of steps that it is told (-1: it counts by itself).
        steps: the number of steps that it makes if nothing stops it.
        per_epoch: steps of one epoch, a last incomplete one included.
        epochs: epochs that it starts.
        ends: steps at which an epoch ends.
        seen: epochs completed when it stops.
    """

    told: int | float | None = None
    steps: int | None = None
    per_epoch: int | None = None
    epochs: int | str | None = None
    ends: tuple[int, ...] | None = None
    seen: float | None = None
    micro_batches: int | None = None
    rows: int | None = None


def packing_of(config: Settings, batch: Batch, *, counting: bool, evaluation: bool = False) -> Packing:
    """How this config packs: for Axolotl's count, or for the training itself, which reads one key differently."""
    supported = str(config.get("attn_implementation") or "").split(":")[0].split("@")[0].strip() in SEPARATES_ROWS
    wanted = config.get("multipack_real_batches")
    whole = bool(wanted) or not supported if counting or wanted is None else bool(wanted)
    sequence_len = config.get("sequence_len") or 512
    rows = (batch.evaluation if evaluation else batch.micro) or 1
    capacity = sequence_len if whole else rows * sequence_len
    curriculum = bool(config.get("curriculum_sampling"))
    return Packing(
        capacity=capacity,
        bins_per_batch=rows if whole else 1,
        rows_per_bin=config.get("sample_packing_bin_size") or capacity,
        group=config.get("sample_packing_group_size") or 100_000,
        sequential=bool(config.get("sample_packing_sequentially")),
        shuffled=not curriculum and not (evaluation and not counting),
    )


def count_steps(config: Settings, batch: Batch, rows: Rows, *, processes: int, preference: bool) -> Count:
    """Total steps as Axolotl counts them from the rows, and the micro batches of an epoch."""
    count = Count()
    epochs = config.get("num_epochs")
    if rows.train is None or epochs is None or (batch.counted or 0) < 1 or (batch.micro or 0) < 1:
        return count
    packed = bool(config.get("sample_packing")) and not preference
    if packed:
        _count_packed(config, batch, rows, count, processes)
    else:
        micro, counted = batch.micro or 1, batch.counted or 1
        drop = bool(config.get("dataloader_drop_last")) and not preference
        batches = rows.train // micro if drop else math.ceil(rows.train / micro)
        count.batches = batches // processes if drop else math.ceil(batches / processes)
        count.total = math.ceil(rows.train * epochs / counted)
    _count_evaluation(config, batch, rows, count, packed=packed, processes=processes)
    return count


def _count_packed(config: Settings, batch: Batch, rows: Rows, count: Count, processes: int) -> None:
    """The sampler's micro batches, times the rows of one, over the batch; then whole steps of all epochs."""
    packing = packing_of(config, batch, counting=True)
    training = packing_of(config, batch, counting=False)
    micro, counted = batch.micro or 1, batch.counted or 1
    epochs = float(config.get("num_epochs") or 0)
    given = config.get("sample_packing_eff_est")
    if rows.train_lengths is not None:
        packed = pack(rows.train_lengths, packing, processes=processes, take=rows.train)
        trained = packed
        if training != packing:
            trained = pack(rows.train_lengths, training, processes=processes, take=rows.train)
        found = (packed, trained)
    elif rows.train is not None and rows.tokens is not None:
        share = rows.train / rows.kept if rows.kept else 0.0
        fewest, likely, most = bins_between(rows.train, rows.tokens * share, packing)
        steps = [
            _packed_total(bins // packing.bins_per_batch, micro, counted, epochs, config) for bins in (fewest, most)
        ]
        count.low, count.high = steps[0], steps[1]
        batches = likely // packing.bins_per_batch
        efficiency = rows.tokens * share / (likely * packing.capacity) if likely else 0.0
        found = (Packed(batches, efficiency),) * 2
    else:
        return
    count.batches = found[1].batches // processes
    if given:
        # Axolotl then estimates instead of packing, and the product with a fraction of epochs stays a fraction.
        tokens = (rows.tokens or 0) * (rows.train or 0) / (rows.trainable or rows.kept or 1)
        sequence_len = config.get("sequence_len") or 512
        count.total = (math.floor(0.99 * tokens / given / sequence_len // counted) - 1) * epochs
        count.efficiency = given
        return
    count.total = _packed_total(found[0].batches, micro, counted, epochs, config)
    count.efficiency = math.ceil(found[0].efficiency * 100.0) / 100.0


def _packed_total(batches: int, micro: int, counted: int, epochs: float, config: Settings) -> int:
    total = math.floor(max(1, batches * micro // counted) * epochs)
    return total - math.ceil(epochs) if config.get("dataloader_drop_last") else total


def _count_evaluation(
    config: Settings, batch: Batch, rows: Rows, count: Count, *, packed: bool, processes: int
) -> None:
    if rows.evaluation is None or batch.evaluation is None or batch.evaluation < 1:
        return
    if packed and config.get("eval_sample_packing") is not False:
        if rows.evaluation_lengths is not None:
            packing = packing_of(config, batch, counting=False, evaluation=True)
            evaluated = pack(rows.evaluation_lengths, packing, take=rows.evaluation)
            count.evaluation_batches = evaluated.batches // processes
        return
    # Packing without packed evaluation drops the last incomplete batch of every evaluation.
    drop = config.get("dataloader_drop_last")
    drop = (packed and config.get("eval_sample_packing") is False) if drop is None else drop
    size = batch.evaluation
    count.evaluation_batches = rows.evaluation // size if drop else math.ceil(rows.evaluation / size)


def evaluation_total(config: Settings, batch: Batch, rows: Rows, processes: int) -> int | None:
    """Steps that Axolotl counts for the held-out rows before it starts, 0 makes it refuse to; None where not known."""
    if not rows.evaluation or rows.evaluation_lengths is None:
        return None
    packing = packing_of(config, batch, counting=True)
    packed = pack(rows.evaluation_lengths, packing, processes=processes, take=rows.evaluation)
    epochs = float(config.get("num_epochs") or 0)
    return _packed_total(packed.batches, batch.micro or 1, batch.counted or 1, epochs, config)


def warmup_of(config: Settings, total: int | float | None, *, known: bool) -> int | float | None:
    """Warm-up as it is handed to the trainer: steps, or a share of them where Axolotl counts no total.

    Args:
        config: the config.
        total: what Axolotl counted.
        known: False where the total only is not known to us.
    """
    steps, ratio = config.get("warmup_steps"), config.get("warmup_ratio")
    if steps is None:
        if not known:
            return None
        if total:
            steps = max(int(ratio * total), 0) if ratio is not None else min(int(_UNKNOWN_SHARE * total), 100)
        else:
            steps = _UNKNOWN_SHARE if ratio is None else ratio
    return 2 if steps == 1 else steps


def logging_of(config: Settings, total: int | float | None, *, known: bool) -> int | None:
    """Steps between two lines of the log; None where it depends on a total that is not known."""
    given: int | None = config.get("logging_steps")
    if given is not None:
        return given
    if not known:
        return None
    return max(min(int(0.005 * total), 10), 1) if total else _LOG_EVERY


def run_loop(config: Settings, batch: Batch, count: Count, rows: Rows, *, streaming: bool) -> Loop:
    """Go through the trainer's epochs: they end after ceil(batches / accumulation) steps, whatever was counted."""
    told: int | float | None = config.get("max_steps")
    if not told:
        told = -1 if count.left_to_trainer or count.total == 0 else count.total
    loop = Loop(told=told)
    accumulation = batch.accumulation
    if told is None or not accumulation:
        return loop
    if streaming:
        loop.steps = int(told) if told > 0 else None
        loop.per_epoch, loop.epochs = loop.steps, UNBOUNDED
        return loop
    batches = count.batches
    if isinstance(told, float):
        # The trainer dies of the fraction when it wants to count its epochs out.
        if batches:
            loop.per_epoch = max(math.ceil(batches / accumulation), 1)
            loop.epochs = math.ceil(told / loop.per_epoch)
        return loop
    if told > 0:
        loop.steps = int(told)
    if batches is None:
        return loop
    loop.per_epoch = per_epoch = max(math.ceil(batches / accumulation), 1)
    if told <= 0:
        epochs = float(config.get("num_epochs") or 0)
        loop.steps, loop.epochs = math.ceil(epochs * per_epoch), math.ceil(epochs)
    else:
        loop.epochs = math.ceil(int(told) / per_epoch)
    if batches == 0:
        # Without a single micro batch the trainer leaves its first epoch at once, and says nothing; without a single
        # row it does not even begin.
        begins = bool(loop.epochs) and bool(rows.train)
        loop.steps, loop.seen, loop.ends, loop.micro_batches = 0, 0.0, (0,) if begins else (), 0
        if told > 0:
            loop.epochs, loop.per_epoch = UNBOUNDED, int(told)
        return loop
    steps = loop.steps or 0
    full, rest = divmod(steps, per_epoch)
    if full <= LISTED:
        ends = tuple(range(per_epoch, full * per_epoch + 1, per_epoch))
        loop.ends = (*ends, steps) if rest else ends
    loop.seen = full + rest * accumulation / batches
    loop.micro_batches = full * batches + rest * accumulation
    if rows.train is not None and not config.get("sample_packing") and batch.micro and batch.parallel == 1:
        # A pair is two rows for the model.
        width = 2 if config.get("rl") in {"dpo", "ipo"} or config.get("reward_model") else 1
        loop.rows = width * (full * min(rows.train, batches * batch.micro) + rest * accumulation * batch.micro)
    return loop
