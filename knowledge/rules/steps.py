"""Runs that end before they begin, whatever the data is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.finding import Severity
from knowledge.plan import plan_of
from knowledge.plan.words import guide_on_one_gpu
from knowledge.rule import Problem, problem, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.config import Config

_TINY = 64


def _streams(config: Config) -> bool:
    return bool(config.get("streaming") or config.get("pretraining_dataset"))


@rule(
    Severity.CRASH,
    fields=(
        "num_epochs",
        "max_steps",
        "saves_per_epoch",
        "evals_per_epoch",
    ),
    needs=("saves_per_epoch", "evals_per_epoch"),
    bad="num_epochs: 0\nmax_steps: 100\nsaves_per_epoch: 1\n",
    good="num_epochs: 0\nmax_steps: 100\nsave_steps: 50\n",
    says="float division by zero",
)
def counts_per_no_epoch(config: Config) -> Iterator[Problem]:
    """Saves or evaluations are counted per epoch, but there are no epochs.

    Axolotl divides by `num_epochs` before it loads anything. With only `max_steps`, write `save_steps`.
    """
    counts = [name for name in ("saves_per_epoch", "evals_per_epoch") if config.get(name)]
    if config.get("num_epochs") == 0 and counts and config.get("max_steps"):
        yield problem(
            "Axolotl divides this by `num_epochs: 0`, which stops the run: write `save_steps`.", counts[0], "num_epochs"
        )


@rule(
    Severity.CRASH,
    fields=(
        "micro_batch_size",
        "gradient_accumulation_steps",
        "batch_size",
    ),
    bad="gradient_accumulation_steps:\n",
    good="gradient_accumulation_steps: 1\n",
)
def batch_is_blank(config: Config) -> Iterator[Problem]:
    """A batch field that is written without a value.

    A blank does not mean the default: Axolotl computes the batch from nothing and stops. Leave the key out, or give
    it a value.
    """
    for name in ("micro_batch_size", "gradient_accumulation_steps"):
        derived = name == "gradient_accumulation_steps" and config.get("batch_size")
        if config.written(name) and config.typed(name) is None and not derived:
            yield problem("This is blank, so Axolotl cannot compute the batch: give a number, or remove the key.", name)


@rule(
    Severity.CRASH,
    fields=(
        "context_parallel_size",
        "sequence_parallel_degree",
        "tensor_parallel_size",
    ),
    bad="context_parallel_size: 8\n",
    good="context_parallel_size: 2\n",
    gpus=4,
)
def more_parallel_than_gpus(config: Config) -> Iterator[Problem]:
    """Context and tensor parallelism together need more GPUs than the run has.

    Both split one row across several GPUs, so the product of their sizes must divide the number of GPUs. Axolotl
    divides the number of GPUs by it, and a batch of 0 rows stops the run.
    """
    shared = (config.get("context_parallel_size") or 1) * (config.get("tensor_parallel_size") or 1)
    if config.gpus > 1 and shared > config.gpus:
        names = [name for name in ("context_parallel_size", "tensor_parallel_size") if (config.get(name) or 1) > 1]
        names = [name if config.written(name) else "sequence_parallel_degree" for name in names]
        yield problem(f"This splits each row across {shared} GPUs, but the run has {config.gpus}: lower it.", *names)


@rule(
    Severity.CRASH,
    fields=(
        "sample_packing_eff_est",
        "sample_packing",
        "val_set_size",
        "test_datasets",
        "eval_sample_packing",
        "max_steps",
        "streaming",
        "pretraining_dataset",
    ),
    needs=("sample_packing_eff_est",),
    bad="sample_packing: true\nsample_packing_eff_est: 0.95\nattn_implementation: flash_attention_2\n",
    good="sample_packing: true\nattn_implementation: flash_attention_2\n",
    says=(
        "'float' object cannot be interpreted as an integer",
        "unsupported operand type(s) for *: 'float' and 'NoneType'",
    ),
)
def packing_estimate_crashes(config: Config) -> Iterator[Problem]:
    """A packing estimate is set, which Axolotl 0.21.0 cannot handle.

    Its product with `num_epochs` is a fraction, and the trainer crashes on a fraction of a step; with rows held out
    and packed evaluation it fails even earlier. Only `max_steps` without packed evaluation gets past it. Leave the
    estimate out, and Axolotl finds it by packing.
    """
    if not config.get("sample_packing_eff_est") or not config.get("sample_packing") or _streams(config):
        return
    evaluates = bool(config.get("val_set_size") or config.get("test_datasets"))
    packs = evaluates and config.get("eval_sample_packing") is not False
    if packs or not config.get("max_steps"):
        when = "while the data is being prepared" if packs else "when training starts"
        yield problem(
            f"The run crashes {when}: remove this line; Axolotl computes the value.", "sample_packing_eff_est"
        )


@rule(
    Severity.CRASH,
    fields=(
        "min_sample_len",
        "sequence_len",
        "excess_length_strategy",
        "rl",
    ),
    needs=("min_sample_len",),
    bad="sequence_len: 2048\nmin_sample_len: 4096\n",
    good="sequence_len: 2048\nmin_sample_len: 16\n",
)
def no_length_fits(config: Config) -> Iterator[Problem]:
    """The shortest row that is kept is longer than the longest row that fits.

    Rows below `min_sample_len` and above `sequence_len` are dropped, which leaves none.
    """
    shortest, longest = config.get("min_sample_len"), config.get("sequence_len")
    truncates = str(config.get("excess_length_strategy") or "").lower() == "truncate"
    if shortest and longest and shortest > longest and not truncates and not config.get("rl"):
        yield problem(
            "No row can be this long and still fit `sequence_len`: lower it.", "min_sample_len", "sequence_len"
        )


@rule(
    Severity.WARNING,
    fields=("sequence_len",),
    bad="sequence_len: 48\n",
    good="sequence_len: 2048\n",
)
def sequence_len_is_tiny(config: Config) -> Iterator[Problem]:
    """Few rows fit into a sequence this short.

    Longer rows are dropped, unless `excess_length_strategy: truncate` cuts them; if all are dropped, training cannot
    start.
    """
    length = config.get("sequence_len")
    if length is not None and 0 < length < _TINY:
        yield problem("Few rows are this short, and longer ones are dropped; 2048 is typical.", "sequence_len")


@rule(
    Severity.WARNING,
    fields=("excess_length_strategy",),
    bad="excess_length_strategy: raise\n",
    good="excess_length_strategy: truncate\n",
    says="which exceeds the maximum",
)
def first_long_row_ends_the_run(config: Config) -> Iterator[Problem]:
    """One row longer than `sequence_len` stops the run while the data is being prepared.

    That is the purpose of `raise`. `drop` leaves such rows out; `truncate` cuts them.
    """
    if str(config.get("excess_length_strategy") or "").lower() == "raise" and plan_of(config).train_rows is None:
        yield problem(
            "One row longer than `sequence_len` stops the run: use `drop` or `truncate`.", "excess_length_strategy"
        )


@rule(
    Severity.CRASH,
    fields=(
        "save_steps",
        "eval_steps",
    ),
    bad="save_steps: 2.5\n",
    good="save_steps: 2\n",
    says="must be an integer if bigger than 1",
)
def fraction_of_a_step(config: Config) -> Iterator[Problem]:
    """A number of steps above 1 with a fraction.

    Below 1 the number is a share of all steps; above 1 it must be whole, or the trainer refuses it when it is built.
    """
    plan = plan_of(config)
    for name in ("save_steps", "eval_steps"):
        value = config.get(name)
        if name == "eval_steps" and plan.eval_strategy == "no":
            continue
        if isinstance(value, float) and 1 < value < float("inf") and value != int(value):
            yield problem(f"The trainer refuses a fraction above 1: write {round(value)}.", name)


@rule(
    Severity.CRASH,
    fields=("logging_steps",),
    bad="logging_steps: 0\n",
    good="logging_steps: 1\n",
    says="requires non-zero --logging_steps",
)
def log_every_zero_steps(config: Config) -> Iterator[Problem]:
    """Logging every 0 steps.

    The trainer refuses it when it is built. Without the key, Axolotl logs about every 200th part of the run.
    """
    if config.get("logging_steps") == 0:
        yield problem("The trainer refuses 0: write 1, or leave it out.", "logging_steps")


@rule(
    Severity.WARNING,
    fields=("max_steps",),
    bad="max_steps: -1\n",
    good="num_epochs: 2\n",
)
def negative_steps(config: Config) -> Iterator[Problem]:
    """`max_steps` is negative, so the warm-up is lost.

    The trainer then counts epochs, but Axolotl computes the warm-up from the negative number and gets 0 steps.
    """
    steps = config.get("max_steps")
    if steps is not None and steps < 0:
        yield problem("A negative value means `num_epochs` decides, but the warm-up becomes 0: remove it.", "max_steps")


@rule(
    Severity.WARNING,
    fields=(
        "ddp",
        "streaming",
        "pretraining_dataset",
        "max_steps",
    ),
    bad="ddp: false\n",
    good="ddp: true\n",
    gpus=4,
)
def gpus_are_not_counted(config: Config) -> Iterator[Problem]:
    """With `ddp: false`, Axolotl counts the steps of one GPU, but all of them train.

    Every step uses the rows of all GPUs, so with 4 GPUs the run goes through the data four times as often.
    """
    plan = plan_of(config)
    counted, real = plan.global_batch_size, plan.real_global_batch
    if config.get("ddp") is not False or not counted or not real or counted >= real:
        return
    if not _streams(config) and not (config.get("max_steps") or 0) > 0:
        yield problem(
            f"Counts {counted:,} rows per step and trains {real:,}: {real // counted} times the epochs. Remove it.",
            "ddp",
        )


@rule(
    Severity.ADVICE,
    fields=("gradient_accumulation_steps",),
    bad="micro_batch_size: 2\ngradient_accumulation_steps: 75\n",
    good="micro_batch_size: 2\ngradient_accumulation_steps: 19\n",
    gpus=4,
)
def gpus_multiply_the_batch(config: Config) -> Iterator[Problem]:
    """More GPUs turn the same config into a different run.

    Every GPU uses its own rows, so the batch is multiplied and the steps are divided by their number. About 150 rows
    per step are a good batch for learning facts; to keep it, lower the accumulation as you add GPUs.
    """
    plan = plan_of(config)
    alone, advice = guide_on_one_gpu(plan), plan.batch
    if alone is not None and advice is not None:
        choice = advice.nearest
        yield problem(
            f"One step is {advice.effective_batch_size:,} rows on {config.gpus} GPUs, {alone:,} on one. To keep that: "
            f"{choice.gradient_accumulation_steps} ({choice.effective_batch_size:,}).",
            "gradient_accumulation_steps",
        )
