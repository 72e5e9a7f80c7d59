"""Evaluations that never happen, best models that are never kept, and rows that cannot be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.finding import Severity
from knowledge.plan import plan_of
from knowledge.rule import Problem, problem, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.config import Config

_METRICS = frozenset({"loss", "ppl", "runtime", "samples_per_second", "steps_per_second"})
_FORMATS = {"json": "json", "jsonl": "json", "csv": "csv", "parquet": "parquet", "txt": "text", "arrow": "arrow"}
_HELD = "val_set_size: 0.05\n"


@rule(
    Severity.WARNING,
    fields=(
        "val_set_size",
        "evals_per_epoch",
        "eval_strategy",
    ),
    bad=_HELD,
    good=_HELD + "evals_per_epoch: 4\n",
)
def held_out_rows_are_never_evaluated(config: Config) -> Iterator[Problem]:
    """Rows are held out, and nothing says when to evaluate them.

    These rows are neither trained on nor used for anything else.
    """
    unused = config.get("val_set_size") and not config.get("evals_per_epoch") and config.get("eval_strategy") != "no"
    if unused and plan_of(config).eval_strategy == "no":
        yield problem(
            "Rows are held out but never evaluated: add `evals_per_epoch: 4`, or set this to 0.", "val_set_size"
        )


@rule(
    Severity.IGNORED,
    fields=(
        "eval_strategy",
        "val_set_size",
        "test_datasets",
        "eval_steps",
        "evals_per_epoch",
    ),
    needs=("eval_strategy",),
    bad="eval_strategy: epoch\n",
    good=_HELD + "eval_strategy: epoch\n",
)
def eval_strategy_without_rows(config: Config) -> Iterator[Problem]:
    """An evaluation strategy without rows to evaluate.

    Without `val_set_size` or `test_datasets`, Axolotl silently turns evaluation off.
    """
    strategy = config.get("eval_strategy")
    if strategy in {None, "no"} or config.get("val_set_size") or config.get("test_datasets"):
        return
    asked = config.get("eval_steps") or config.get("evals_per_epoch") or config.written("val_set_size")
    if not asked:
        yield problem("No rows are held out, so nothing is evaluated: add `val_set_size: 0.05`.", "eval_strategy")


@rule(
    Severity.IGNORED,
    fields=(*("load_best_model_at_end", "rl", "save_steps", "evals_per_epoch"),),
    needs=("load_best_model_at_end",),
    bad=_HELD + "evals_per_epoch: 2\nload_best_model_at_end: true\n",
    good=_HELD + "evals_per_epoch: 2\nsaves_per_epoch: 2\nload_best_model_at_end: true\n",
)
def best_model_is_not_loaded(config: Config) -> Iterator[Problem]:
    """The best model is requested, but the last one is kept.

    Axolotl passes the key on only when rows are held out and both `save_steps` and `eval_steps` are set (or both
    counts per epoch), the first a multiple of the second. Preference trainers never get it.
    """
    if not config.get("load_best_model_at_end") or plan_of(config).load_best_model_at_end:
        return
    if config.get("rl"):
        yield problem(f"The last model is kept: `rl: {config.get('rl')}` does not read it.", "load_best_model_at_end")
    elif config.get("evals_per_epoch") and not config.get("save_steps"):
        count = config.get("evals_per_epoch")
        yield problem(f"The last model is kept: set `saves_per_epoch: {count}` as well.", "load_best_model_at_end")
    else:
        message = "The last model is kept: this needs `save_steps` and `eval_steps` set to the same number."
        yield problem(message, "load_best_model_at_end")


@rule(
    Severity.WARNING,
    fields=(
        "load_best_model_at_end",
        "early_stopping_patience",
        "save_steps",
        "eval_steps",
        "saves_per_epoch",
        "evals_per_epoch",
    ),
    bad=_HELD + "eval_steps: 50\nsave_steps: 100\nload_best_model_at_end: true\n",
    good=_HELD + "eval_steps: 50\nsave_steps: 50\nload_best_model_at_end: true\n",
)
def best_model_may_have_no_checkpoint(config: Config) -> Iterator[Problem]:
    """An evaluation may find a best model that no save keeps.

    Then nothing is loaded at the end, and no message says so. Counts per epoch are rounded up one by one, so they need
    not meet either. Save as often as you evaluate.
    """
    plan = plan_of(config)
    if not plan.load_best_model_at_end or plan.save_strategy != "steps":
        return
    steps = (config.get("save_steps"), config.get("eval_steps"))
    counts = (config.get("saves_per_epoch"), config.get("evals_per_epoch"))
    apart = steps[0] != steps[1] if any(steps) else counts[0] != counts[1]
    if apart:
        key = "load_best_model_at_end" if config.get("load_best_model_at_end") else "early_stopping_patience"
        pair = "`save_steps` and `eval_steps`" if any(steps) else "`saves_per_epoch` and `evals_per_epoch`"
        yield problem(f"The best model may not be saved: make {pair} equal.", key)


@rule(
    Severity.CRASH,
    fields=(
        "early_stopping_patience",
        "rl",
    ),
    bad="early_stopping_patience: 3\nsave_steps: 50\neval_steps: 50\n",
    good=_HELD + "early_stopping_patience: 3\nsave_steps: 50\neval_steps: 50\n",
    says=(
        "EarlyStoppingCallback requires metric_for_best_model to be defined",
        "EarlyStoppingCallback requires IntervalStrategy of steps or epoch",
    ),
)
def early_stopping_without_evaluation(config: Config) -> Iterator[Problem]:
    """Early stopping without evaluations.

    Early stopping compares evaluations. Hold rows out with `val_set_size`; without any, the trainer stops when
    training starts.
    """
    if config.get("early_stopping_patience") and not config.get("rl") and plan_of(config).eval_strategy == "no":
        yield problem(
            "Training stops at the start because nothing is evaluated. Set `val_set_size`.", "early_stopping_patience"
        )


@rule(
    Severity.IGNORED,
    fields=(
        "rl",
        "dataloader_drop_last",
        "early_stopping_patience",
        "metric_for_best_model",
        "group_by_length",
        "curriculum_sampling",
    ),
    bad="rl: dpo\nearly_stopping_patience: 3\nsave_steps: 50\neval_steps: 50\n" + _HELD,
    good="rl: dpo\nsave_steps: 50\neval_steps: 50\n" + _HELD,
)
def preference_trainers_do_not_read_it(config: Config) -> Iterator[Problem]:
    """A key that preference trainers never get.

    Another part of Axolotl builds them and leaves out early stopping, the metric of the best model, sorting by
    length, curriculum order, and dropping the last incomplete batch.
    """
    if not config.get("rl"):
        return
    names = ("early_stopping_patience", "metric_for_best_model", "group_by_length", "curriculum_sampling")
    for name in (*names, "dataloader_drop_last"):
        if config.get(name):
            yield problem(f"Not read under `rl: {config.get('rl')}`: remove it.", name, "rl")


@rule(
    Severity.WARNING,
    fields=("save_strategy",),
    bad="save_strategy: best\nmetric_for_best_model: loss\n",
    good=_HELD + "eval_steps: 50\nsave_strategy: best\nmetric_for_best_model: loss\n",
)
def best_is_never_saved(config: Config) -> Iterator[Problem]:
    """Only the best model is saved, and no evaluation says which that is.

    No checkpoint is written then; only the final weights are in `output_dir`.
    """
    if config.get("save_strategy") == "best" and plan_of(config).eval_strategy == "no":
        yield problem(
            "Nothing is evaluated, so nothing is saved: set `val_set_size` and `eval_steps`.", "save_strategy"
        )


@rule(
    Severity.CRASH,
    fields=(
        "metric_for_best_model",
        "trainer_cls",
        "reward_model",
        "process_reward_model",
        "plugins",
        "rl",
    ),
    needs=("metric_for_best_model",),
    bad=_HELD + "eval_steps: 50\nmetric_for_best_model: accuracy\n",
    good=_HELD + "eval_steps: 50\nmetric_for_best_model: loss\n",
    says="which is not found in the evaluation metrics",
)
def metric_is_not_measured(config: Config) -> Iterator[Problem]:
    """The evaluation does not measure the metric of the best model.

    Axolotl's trainer measures the loss and values derived from it. Any other name ends the run at the first
    evaluation.
    """
    metric = config.get("metric_for_best_model")
    own = (
        config.get("trainer_cls")
        or config.get("reward_model")
        or config.get("process_reward_model")
        or config.get("plugins")
    )
    if not isinstance(metric, str) or config.get("rl") or own or plan_of(config).eval_strategy == "no":
        return
    if metric.removeprefix("eval_") not in _METRICS:
        yield problem(
            "This is never measured, so the run crashes at its first evaluation. Use `loss`.", "metric_for_best_model"
        )


@rule(
    Severity.WARNING,
    fields=("datasets", "datasets[].type"),
    bad="reward_model: true\ndatasets:\n  - path: org/pairs\n    type: bradley_terry.chat_template\n",
    good="reward_model: true\ndatasets:\n  - path: org/pairs\n    type: bradley_terry.llama3\n",
    says="KeyError: 'system'",
)
def reward_rows_need_a_system_column(config: Config) -> Iterator[Problem]:
    """A type that reads a `system` column in every row and crashes if there is none.

    An empty text is enough. The other columns that it reads are `input`, `chosen`, and `rejected`.
    """
    for index, entry in enumerate(config.datasets):
        if entry.get("type") == "bradley_terry.chat_template":
            yield problem(
                "Rows without a `system` column crash the run: add one; it may be empty.", f"datasets[{index}].type"
            )


@rule(
    Severity.CRASH,
    fields=("streaming", "sample_packing", "datasets", "datasets[].path", "max_steps"),
    needs=("streaming",),
    bad="streaming: true\nmax_steps: 100\nsample_packing: true\n"
    "datasets:\n  - path: rows.jsonl\n    type: completion\n",
    good="streaming: true\nmax_steps: 100\nsample_packing: true\n"
    "datasets:\n  - path: json\n    data_files: rows.jsonl\n    type: completion\n",
)
def packed_stream_from_a_file(config: Config) -> Iterator[Problem]:
    """A packed stream with a file as its `path`.

    Its first dataset goes straight to the datasets library, which expects a format as the path and the file as
    `data_files`. Unpacked streams, and runs that do not stream, expect the opposite.
    """
    if not config.get("streaming") or not config.get("sample_packing"):
        return
    for index, entry in enumerate(config.datasets[:1]):
        path = entry.get("path")
        ending = path.rpartition(".")[2] if isinstance(path, str) and "." in path else ""
        if ending in _FORMATS:
            yield problem(
                f"A packed stream reads a file as `path: {_FORMATS[ending]}` with `data_files`; this one fails.",
                f"datasets[{index}].path",
            )
