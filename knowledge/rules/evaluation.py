"""Evaluations during the run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.finding import Severity
from knowledge.rule import Problem, problem, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.config import Config


HELD_OUT = "val_set_size: 0.05\n"


@rule(
    Severity.ERROR,
    fields=("eval_strategy", "eval_steps", "evaluation_strategy"),
    says="eval_strategy and eval_steps mismatch",
    bad=f"{HELD_OUT}eval_strategy: epoch\neval_steps: 100\n",
    good=f"{HELD_OUT}eval_strategy: steps\neval_steps: 100\n",
)
def eval_strategy_against_steps(config: Config) -> Iterator[Problem]:
    """`eval_steps` with an `eval_strategy` other than steps.

    `eval_steps` counts only under `eval_strategy: steps`.
    """
    now = config.at("check_evals")
    if now("eval_strategy") and now("eval_steps") and now("eval_strategy") != "steps":
        yield problem(
            "These contradict each other: write `eval_strategy: steps`, or remove `eval_steps`.",
            "eval_strategy",
            "eval_steps",
        )


@rule(
    Severity.ERROR,
    fields=("val_set_size", "eval_steps", "eval_strategy", "evaluation_strategy", "test_datasets"),
    says="eval_steps and eval_strategy are not supported with val_set_size == 0",
    bad="val_set_size: 0\neval_steps: 50\n",
    good="val_set_size: 0.05\neval_steps: 50\n",
)
def eval_without_rows(config: Config) -> Iterator[Problem]:
    """Evaluation is requested with `val_set_size: 0`.

    No rows are held out to evaluate on. Hold rows out, name `test_datasets`, or remove the evaluation keys.
    """
    now = config.at("check_evals")
    asked = next((name for name in ("eval_steps", "eval_strategy") if now(name)), None)
    if now("val_set_size") == 0 and asked and not now("test_datasets") and now("eval_strategy") != "no":
        if now("val_set_size") is not None:
            yield problem(
                "No rows to evaluate on: raise `val_set_size`, or remove the evaluation keys.", "val_set_size", asked
            )


@rule(
    Severity.ERROR,
    fields=("evals_per_epoch", "eval_steps"),
    needs=("eval_steps",),
    says="eval_steps and evals_per_epoch are mutually exclusive",
    bad=f"{HELD_OUT}eval_steps: 50\nevals_per_epoch: 2\n",
    good=f"{HELD_OUT}evals_per_epoch: 2\n",
)
def evals_twice(config: Config) -> Iterator[Problem]:
    """`eval_steps` and `evals_per_epoch` are both set.

    Both say when to evaluate. `evals_per_epoch` follows the data when it grows.
    """
    now = config.at("check_evals")
    if now("evals_per_epoch") and now("eval_steps"):
        yield problem("Both say when to evaluate; keep one.", "eval_steps", "evals_per_epoch")


@rule(
    Severity.ERROR,
    fields=("evals_per_epoch", "eval_strategy", "evaluation_strategy"),
    needs=("eval_strategy",),
    says="eval_strategy must be empty or set to `steps` when used with evals_per_epoch",
    bad=f"{HELD_OUT}evals_per_epoch: 2\neval_strategy: epoch\n",
    good=f"{HELD_OUT}evals_per_epoch: 2\n",
)
def evals_per_epoch_against_strategy(config: Config) -> Iterator[Problem]:
    """`evals_per_epoch` with an `eval_strategy` other than steps.

    `evals_per_epoch` becomes a number of steps, so the strategy must be steps or left out.
    """
    now = config.at("check_evals")
    if now("evals_per_epoch") and now("eval_strategy") and now("eval_strategy") != "steps":
        yield problem(
            "These contradict each other: remove `eval_strategy`, or make it `steps`.",
            "eval_strategy",
            "evals_per_epoch",
        )


@rule(
    Severity.ERROR,
    fields=("do_bench_eval", "evals_per_epoch", "eval_steps"),
    needs=("do_bench_eval",),
    says="do_bench_eval requires evals_per_epoch or eval_steps to be set",
    bad=f"{HELD_OUT}do_bench_eval: true\n",
    good=f"{HELD_OUT}do_bench_eval: true\nevals_per_epoch: 2\n",
)
def bench_without_schedule(config: Config) -> Iterator[Problem]:
    """`do_bench_eval` without saying when to evaluate.

    The benchmark runs at evaluations, so it needs `evals_per_epoch` or `eval_steps`.
    """
    now = config.at("check_evals")
    if now("do_bench_eval") and not (now("evals_per_epoch") or now("eval_steps")):
        yield problem("The benchmark runs at evaluations: add `evals_per_epoch: 2`.", "do_bench_eval")


@rule(
    Severity.WARNING,
    fields=("do_bench_eval", "test_datasets", "val_set_size"),
    needs=("do_bench_eval",),
    says="`do_bench_eval` needs a test dataset to run evals",
    bad="do_bench_eval: true\nevals_per_epoch: 1\n",
    good=f"{HELD_OUT}do_bench_eval: true\nevals_per_epoch: 1\n",
)
def bench_without_rows(config: Config) -> Iterator[Problem]:
    """`do_bench_eval` without rows to evaluate on.

    Axolotl adds an empty placeholder as `test_datasets`; only the benchmark itself is then measured.
    """
    now = config.at("check_test_datasets_bench")
    if now("do_bench_eval") and not now("test_datasets") and not now("val_set_size"):
        message = "No rows are held out: Axolotl adds an empty test set. Set `val_set_size` for a real one."
        yield problem(message, "do_bench_eval")


@rule(
    Severity.ERROR,
    fields=("do_causal_lm_eval", "eval_sample_packing", "sample_packing", "eval_table_size"),
    needs=("do_causal_lm_eval",),
    says="do_causal_lm_eval is enabled, eval_sample_packing must be set to False",
    bad="do_causal_lm_eval: true\nsample_packing: true\nattn_implementation: flash_attention_2\n",
    good="do_causal_lm_eval: true\nsample_packing: true\neval_sample_packing: false\n"
    "attn_implementation: flash_attention_2\n",
)
def causal_eval_packed(config: Config) -> Iterator[Problem]:
    """`do_causal_lm_eval` with packed evaluation.

    `sample_packing` packs the evaluation too unless `eval_sample_packing: false` is written.
    """
    now = config.at("check_causal_lm_evals")
    if now("do_causal_lm_eval") and now("eval_sample_packing"):
        named = "eval_sample_packing" if config.raw("eval_sample_packing") else "sample_packing"
        yield problem("Evaluation must not be packed: add `eval_sample_packing: false`.", "do_causal_lm_eval", named)


@rule(
    Severity.ERROR,
    fields=("eval_causal_lm_metrics",),
    says="eval_causal_lm_metrics must be",
    bad="eval_causal_lm_metrics: [bleu]\n",
    good="eval_causal_lm_metrics: [sacrebleu]\n",
)
def causal_metrics_unknown(config: Config) -> Iterator[Problem]:
    """`eval_causal_lm_metrics` is not a list of metrics that Axolotl knows.

    It accepts a list of sacrebleu, comet, ter, chrf, and perplexity.
    """
    metrics = config.at("check_causal_lm_evals")("eval_causal_lm_metrics")
    known = ("sacrebleu", "comet", "ter", "chrf", "perplexity")
    if metrics and not isinstance(metrics, list):
        yield problem("A list is expected, such as `[sacrebleu]`.", "eval_causal_lm_metrics")
    elif metrics:
        for metric in metrics:
            if metric not in known:
                message = f"Unknown metric `{metric}`. The metrics are sacrebleu, comet, ter, chrf, and perplexity."
                yield problem(message, "eval_causal_lm_metrics")


@rule(
    Severity.ERROR,
    fields=("early_stopping_patience", "save_steps", "eval_steps", "saves_per_epoch", "evals_per_epoch"),
    needs=("early_stopping_patience",),
    says="`early_stopping_patience` requires save_steps and eval_steps to be set",
    bad=f"{HELD_OUT}early_stopping_patience: 3\nevals_per_epoch: 4\n",
    good=f"{HELD_OUT}early_stopping_patience: 3\nsave_steps: 100\neval_steps: 100\n",
)
def early_stopping_without_steps(config: Config) -> Iterator[Problem]:
    """`early_stopping_patience` without `save_steps` and `eval_steps`.

    The per-epoch fields do not count here: both must be written as steps.
    """
    if config.typed("early_stopping_patience") and not (config.typed("save_steps") and config.typed("eval_steps")):
        per_epoch = [f"`{name}`" for name in ("evals_per_epoch", "saves_per_epoch") if config.raw(name)]
        instead = f" in place of {' and '.join(per_epoch)}" if per_epoch else ""
        message = f"Needs `save_steps` and `eval_steps`{instead}, set to the same number."
        yield problem(message, "early_stopping_patience")


@rule(
    Severity.ERROR,
    fields=("early_stopping_patience", "save_steps", "eval_steps"),
    says="`early_stopping_patience` requires that eval_steps should evenly divide save_steps",
    bad=f"{HELD_OUT}early_stopping_patience: 3\nsave_steps: 100\neval_steps: 30\n",
    good=f"{HELD_OUT}early_stopping_patience: 3\nsave_steps: 30\neval_steps: 30\n",
)
def early_stopping_steps_uneven(config: Config) -> Iterator[Problem]:
    """`early_stopping_patience` with `save_steps` that is not a multiple of `eval_steps`.

    Axolotl looks for the best model among the saves, so each save must fall on an evaluation.
    """
    saves, evals = config.typed("save_steps"), config.typed("eval_steps")
    if config.typed("early_stopping_patience") and saves and evals and saves % evals != 0:
        yield problem(
            "Each save must fall on an evaluation: set `save_steps` to `eval_steps`.", "save_steps", "eval_steps"
        )


@rule(
    Severity.WARNING,
    fields=("evaluation_strategy",),
    says="evaluation_strategy is deprecated, use eval_strategy",
    bad=f"{HELD_OUT}evaluation_strategy: epoch\n",
    good=f"{HELD_OUT}eval_strategy: epoch\n",
)
def evaluation_strategy_old_name(config: Config) -> Iterator[Problem]:
    """`evaluation_strategy` is the old name of `eval_strategy`.

    It still works if `eval_strategy` is left out.
    """
    if config.typed("evaluation_strategy") is not None:
        message = "The new name is `eval_strategy`; the old one still works. Rename it."
        yield problem(message, "evaluation_strategy", suggestion="eval_strategy")


@rule(
    Severity.WARNING,
    fields=("eval_table_size", "eval_max_new_tokens"),
    says=("eval_table_size is deprecated", "eval_max_new_tokens is deprecated"),
    bad=f"{HELD_OUT}eval_table_size: 5\n",
    good=f"{HELD_OUT}generate_samples: true\n",
)
def eval_table_old(config: Config) -> Iterator[Problem]:
    """Fields of the prediction table, which sample generation replaced.

    Use `generate_samples: true` with `num_generation_samples` and `generation_max_new_tokens`.
    """
    for name, new in (("eval_table_size", "generate_samples"), ("eval_max_new_tokens", "generation_max_new_tokens")):
        if config.typed(name) is not None:
            yield problem(f"Deprecated: use `{new}` instead.", name, suggestion=new)


@rule(
    Severity.WARNING,
    fields=("val_set_size", "evals_per_epoch", "test_datasets", "eval_steps", "pretraining_dataset"),
    needs=("evals_per_epoch", "eval_steps"),
    bad="val_set_size: 0\nevals_per_epoch: 4\n",
    good="val_set_size: 0.05\nevals_per_epoch: 4\n",
)
def evals_without_rows(config: Config) -> Iterator[Problem]:
    """`evals_per_epoch` (or `eval_steps`) without rows to evaluate on.

    No rows are held out and no `test_datasets` are named, so nothing is evaluated.
    """
    if config.get("val_set_size") or config.get("test_datasets") or config.get("pretraining_dataset"):
        return
    name = "evals_per_epoch" if config.get("evals_per_epoch") else "eval_steps"
    if config.get(name) and not (name == "eval_steps" and config.raw("val_set_size") == 0):
        yield problem(
            "Nothing is evaluated, because no rows are held out. Set `val_set_size: 0.05`, or remove this.", name
        )


@rule(
    Severity.WARNING,
    fields=("evals_per_epoch", "num_epochs", "val_set_size", "eval_strategy", "test_datasets"),
    needs=("evals_per_epoch",),
    bad=f"{HELD_OUT}evals_per_epoch: 1\nnum_epochs: 1\n",
    good=f"{HELD_OUT}evals_per_epoch: 2\nnum_epochs: 1\n",
)
def one_eval_in_one_epoch(config: Config) -> Iterator[Problem]:
    """`evals_per_epoch: 1` with one epoch: no evaluation at all.

    Axolotl turns the count into a share of the run, 1 / (1 × 1), and evaluates only where that is below 1.
    """
    per_epoch, epochs = config.get("evals_per_epoch"), config.typed("num_epochs")
    if per_epoch and epochs and abs(per_epoch) < 1_000 and per_epoch * epochs <= 1 and not config.get("eval_strategy"):
        if config.get("val_set_size") or config.get("test_datasets"):
            message = (
                "Never evaluates: 1 per epoch over 1 epoch stays off. Set 2, or replace it by `eval_strategy: epoch`."
            )
            yield problem(message, "evals_per_epoch", "num_epochs")


@rule(
    Severity.CRASH,
    fields=("val_set_size",),
    bad="val_set_size: -0.1\n",
    good="val_set_size: 0.1\n",
)
def val_set_size_negative(config: Config) -> Iterator[Problem]:
    """A negative `val_set_size`.

    Validation accepts any number; splitting the data fails.
    """
    size = config.typed("val_set_size")
    if size is not None and size < 0:
        yield problem("Splitting the data fails on a negative number. Use 0 to 1, or a number of rows.", "val_set_size")
