"""Runs that their data end before they begin, or that stop short of what was asked. Known only with the data."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from knowledge.finding import Severity
from knowledge.plan import plan_of
from knowledge.plan.words import FEW, more_steps
from knowledge.rule import Problem, problem, rule
from knowledge.text import plural

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.config import Config

_SHORT = 0.9
_LONGER = 1.1
_PACKED = "sample_packing: true\n"
_MANY = "num_epochs: 10\ngradient_accumulation_steps: 1\n"
_FLASH = "attn_implementation: flash_attention_2\n"


def _detail(config: Config, kind: str) -> str | None:
    """What counting the data found of this kind; None where nothing of it."""
    return next((trouble.detail for trouble in plan_of(config).troubles if trouble.kind == kind), None)


@rule(
    Severity.CRASH,
    fields=(
        "sequence_len",
        "datasets",
        "min_sample_len",
    ),
    bad="sequence_len: 64\n",
    good="sequence_len: 512\n",
    says="num_samples should be a positive integer value, but got num_samples=0",
    lengths=(100,) * 400,
)
def no_row_is_left(config: Config) -> Iterator[Problem]:
    """Every row is dropped because of its length, so there is nothing to train on.

    Rows longer than `sequence_len` or shorter than `min_sample_len` are dropped while the data is being prepared.
    """
    if _detail(config, "no-rows") is not None:
        yield problem(
            "All rows are dropped as too long: raise it, or set `excess_length_strategy: truncate`.", "sequence_len"
        )


@rule(
    Severity.CRASH,
    fields=("excess_length_strategy",),
    bad="sequence_len: 64\nexcess_length_strategy: raise\n",
    good="sequence_len: 128\nexcess_length_strategy: truncate\n",
    says=("which exceeds the maximum", "Sample exceeds configured sequence_len"),
    lengths=(100,) * 400,
)
def row_is_too_long(config: Config) -> Iterator[Problem]:
    """A row is longer than `sequence_len`, and `raise` ends the run there.

    With `excess_length_strategy: raise` the first row that is too long stops the loading of the dataset.
    """
    found = _detail(config, "too-long-row")
    if found is not None:
        yield problem(
            f"Ends the run: a row has {found}. Use `drop` or `truncate`.", "excess_length_strategy", "sequence_len"
        )


@rule(
    Severity.CRASH,
    fields=("sample_packing",),
    bad=_PACKED + "attn_implementation: sdpa\nsequence_len: 8192\n" + _MANY,
    good="sample_packing: false\nattn_implementation: sdpa\nsequence_len: 8192\n" + _MANY,
    lengths=(100,) * 80,
)
def no_packed_batch(config: Config) -> Iterator[Problem]:
    """The packed rows do not fill one batch, so the run ends without a step and without an error.

    Without an attention that keeps packed rows apart, a batch is `micro_batch_size` whole sequences, and a last
    incomplete batch is dropped. The untrained weights are saved as checkpoint-0. The same happens if
    `dataloader_drop_last` drops the only batch.
    """
    if _detail(config, "no-batches") is not None:
        cause = "`sample_packing: false`" if config.get("sample_packing") else "a lower `micro_batch_size`"
        field = "sample_packing" if config.get("sample_packing") else "micro_batch_size"
        yield problem(
            f"Trains nothing and shows no error: the rows do not fill one batch. Set {cause}.",
            field,
            "micro_batch_size",
        )


@rule(
    Severity.CRASH,
    fields=("sample_packing",),
    bad=_PACKED + _FLASH + "val_set_size: 0.02\nnum_epochs: 0.5\nevals_per_epoch: 4\n",
    good=_PACKED + _FLASH + "val_set_size: 0.02\nnum_epochs: 0.5\nevals_per_epoch: 4\neval_sample_packing: false\n",
    says="eval dataset split is too small for sample_packing",
    lengths=(100,) * 400,
)
def packed_evaluation_is_too_small(config: Config) -> Iterator[Problem]:
    """When packed, the rows held out do not make a whole step, so Axolotl refuses to start.

    It counts them like training rows. Evaluate them unpacked.
    """
    if _detail(config, "evaluation-too-small") is not None:
        yield problem(
            "Too few rows are held out to be packed, so Axolotl stops. Set `eval_sample_packing: false`.",
            "sample_packing",
            "val_set_size",
        )


@rule(
    Severity.WARNING,
    fields=("val_set_size",),
    bad=_PACKED + "attn_implementation: sdpa\nval_set_size: 0.02\nevals_per_epoch: 4\nsequence_len: 4096\n",
    good=_PACKED + "attn_implementation: sdpa\nval_set_size: 0.5\nevals_per_epoch: 4\nsequence_len: 4096\n",
    lengths=(1000,) * 200,
)
def evaluation_over_nothing(config: Config) -> Iterator[Problem]:
    """The rows held out do not fill one batch, so no evaluation loss is ever computed.

    A last incomplete batch is dropped when evaluation is packed without an attention that keeps rows apart, and when
    packing is on but `eval_sample_packing` is off.
    """
    if _detail(config, "no-evaluation-batches") is not None and plan_of(config).eval_strategy != "no":
        yield problem(
            "Too few rows for one evaluation batch: no loss is logged. Hold out more.",
            "val_set_size",
            "eval_batch_size",
        )


@rule(
    Severity.CRASH,
    fields=(
        "val_set_size",
        "rl",
    ),
    needs=("val_set_size",),
    bad="val_set_size: 1\n",
    good="val_set_size: 0.05\n",
    says="should be either positive and smaller than the number of samples",
)
def split_cannot_be_made(config: Config) -> Iterator[Problem]:
    """The validation split takes everything.

    Up to 1 the number is a share, so 1 is all rows; above 1 it counts rows, which preference training does not allow.
    The split fails after the data is prepared.
    """
    size = config.get("val_set_size")
    if size is None or isinstance(size, bool) or not size:
        return
    if size == 1:
        yield problem("1 means all rows, which ends the run: write a share such as 0.05.", "val_set_size")
    elif size > 1 and config.get("rl"):
        yield problem("Preference training crashes on a row count: write a share such as 0.05.", "val_set_size")
    elif size > 0 and (found := _detail(config, "split")) is not None:
        yield problem(f"Cannot hold out {found}, which ends the run: use a smaller share.", "val_set_size")


@rule(
    Severity.CRASH,
    fields=(
        "dataset_shard_idx",
        "dataset_shard_num",
        "rl",
    ),
    bad="dataset_shard_num: 4\ndataset_shard_idx: 4\n",
    good="dataset_shard_num: 4\ndataset_shard_idx: 3\n",
    says="index should be in [0, num_shards-1]",
)
def no_such_shard(config: Config) -> Iterator[Problem]:
    """The requested shard does not exist: shards count from 0.

    With `dataset_shard_num: 4` the shards are 0, 1, 2, and 3; requesting another one stops loading the dataset.
    """
    number, index = config.get("dataset_shard_num"), config.get("dataset_shard_idx")
    if number and index is not None and not 0 <= index < number and not config.get("rl"):
        yield problem(f"Shards count from 0 to {number - 1}: the data cannot be loaded.", "dataset_shard_idx")


@rule(
    Severity.CRASH,
    fields=("sample_packing",),
    bad=_PACKED + _FLASH + _MANY,
    good=_FLASH + _MANY,
    says="no samples left after dropping samples with no trainable tokens",
    lengths=({"length": 100, "trained": 0},) * 160,
)
def no_token_is_trained(config: Config) -> Iterator[Problem]:
    """Every row is masked throughout, so packing drops them all.

    See `train_on_inputs`, `roles_to_train`, and the chat template: they decide which tokens are trained on.
    """
    if _detail(config, "no-trained-token") is not None:
        yield problem(
            "No row has a trained token, so all are dropped: check `roles_to_train`.", "sample_packing", "datasets"
        )


@rule(
    Severity.WARNING,
    fields=(
        "datasets",
        "num_epochs",
        "max_steps",
        "gradient_accumulation_steps",
    ),
    bad="gradient_accumulation_steps: 32\n",
    good="gradient_accumulation_steps: 2\nnum_epochs: 2\n",
    lengths=(100,) * 400,
)
def too_few_steps(config: Config) -> Iterator[Problem]:
    """The run has so few optimizer steps that it can hardly learn.

    The number of steps matters most for learning. You get more of them from more epochs, a smaller batch, more data,
    and as a last resort from turning packing off.
    """
    plan = plan_of(config)
    steps = plan.optimizer_steps_done
    if plan.train_rows is None or steps is None or not 0 < steps < FEW or config.get("max_steps"):
        return
    low, high = plan.total_num_steps_range or (steps, steps)
    about = "" if low == high else "about "
    cure = more_steps(plan) or "it needs more rows"
    yield problem(
        f"Only {about}{plural(steps, 'step')}, too few to learn from: {cure}.",
        "gradient_accumulation_steps" if config.written("gradient_accumulation_steps") else "num_epochs",
        "num_epochs",
    )


@rule(
    Severity.WARNING,
    fields=(
        "num_epochs",
        "max_steps",
    ),
    bad="num_epochs: 10\n",
    good="num_epochs: 10\ngradient_accumulation_steps: 1\n",
    lengths=(100,) * 9,
)
def epochs_are_not_reached(config: Config) -> Iterator[Problem]:
    """The trainer stops well before the requested epochs.

    Axolotl counts steps over all epochs together, but every epoch ends with an extra step for the leftover rows. If
    the batch is large compared with the data, those steps use up the count early.
    """
    plan = plan_of(config)
    asked, seen = plan.num_epochs, plan.epochs_seen
    if plan.train_rows is None or not asked or seen is None or not seen or config.get("max_steps"):
        return
    if seen < asked * _SHORT:
        cure = "lower `micro_batch_size` or `gradient_accumulation_steps`"
        yield problem(f"Stops after {seen:.2g} of {asked:g} epochs: {cure}.", "num_epochs")


@rule(
    Severity.WARNING,
    fields=("max_steps",),
    bad="num_epochs: 1\nmax_steps: 500\n",
    good="num_epochs: 1\n",
    lengths=(100,) * 400,
)
def steps_beyond_the_epochs(config: Config) -> Iterator[Problem]:
    """`max_steps` is more than the epochs contain, so the data is repeated.

    The trainer uses only `max_steps`. Warm-up and logging still use the smaller number.
    """
    plan = plan_of(config)
    limit, total, seen = config.get("max_steps"), plan.total_num_steps, plan.epochs_seen
    if not limit or total is None or seen is None or not plan.num_epochs or plan.train_rows is None:
        return
    if limit > total * _LONGER and seen > math.ceil(plan.num_epochs):
        yield problem(
            f"Repeats the data: trains {seen:.3g} epochs, not {plan.num_epochs:g}. Lower it, or remove it.",
            "max_steps",
            "num_epochs",
        )
