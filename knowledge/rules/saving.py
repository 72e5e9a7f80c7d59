"""Saves, evaluations and the hub."""

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
    fields=("save_strategy", "save_steps"),
    says="save_strategy and save_steps mismatch",
    bad="save_strategy: epoch\nsave_steps: 100\n",
    good="save_strategy: steps\nsave_steps: 100\n",
)
def save_strategy_against_steps(config: Config) -> Iterator[Problem]:
    """`save_steps` with a `save_strategy` other than steps.

    `save_steps` counts only under `save_strategy: steps`.
    """
    now = config.at("check_saves")
    if now("save_strategy") and now("save_steps") and now("save_strategy") != "steps":
        yield problem(
            "These contradict each other: write `save_strategy: steps`, or remove `save_steps`.",
            "save_strategy",
            "save_steps",
        )


@rule(
    Severity.ERROR,
    fields=("saves_per_epoch", "save_steps"),
    needs=("save_steps",),
    says="save_steps and saves_per_epoch are mutually exclusive",
    bad="save_steps: 100\nsaves_per_epoch: 2\n",
    good="saves_per_epoch: 2\n",
)
def saves_twice(config: Config) -> Iterator[Problem]:
    """`save_steps` and `saves_per_epoch` are both set.

    Both say when to save. `saves_per_epoch` follows the data when it grows.
    """
    now = config.at("check_saves")
    if now("saves_per_epoch") and now("save_steps"):
        yield problem("Both say when to save; keep one.", "save_steps", "saves_per_epoch")


@rule(
    Severity.ERROR,
    fields=("save_strategy", "metric_for_best_model"),
    says="metric_for_best_model",
    bad="save_strategy: best\n",
    good="save_strategy: best\nmetric_for_best_model: eval_loss\n",
)
def save_best_without_metric(config: Config) -> Iterator[Problem]:
    """`save_strategy: best` without a metric.

    What is best must be measured: name the metric, usually `eval_loss`.
    """
    now = config.at("check_save_strategy_best_requires_metric")
    if now("save_strategy") == "best" and not now("metric_for_best_model"):
        message = "Saving the best needs a metric: add `metric_for_best_model: eval_loss`."
        yield problem(message, "save_strategy")


@rule(
    Severity.WARNING,
    fields=("hub_model_id", "save_strategy"),
    says="hub_model_id is set without any models being saved",
    bad="hub_model_id: me/model\nsave_strategy: 'no'\n",
    good="hub_model_id: me/model\nsave_strategy: epoch\n",
)
def hub_without_saves(config: Config) -> Iterator[Problem]:
    """`hub_model_id` while nothing is saved during the run.

    Uploads happen at saves; with a `save_strategy` other than steps or epoch, there are none before the end.
    """
    now = config.at("check_push_save")
    if now("hub_model_id") and now("save_strategy") not in ("steps", "epoch", None):
        yield problem(
            "Nothing is saved along the way, so nothing is uploaded. Set `save_strategy: epoch`.", "save_strategy"
        )


@rule(
    Severity.ERROR,
    fields=("save_safetensors",),
    says="save_safetensors=False is not supported",
    bad="save_safetensors: false\nnum_epochs: 1\n",
    good="num_epochs: 1\n",
)
def save_safetensors_off(config: Config) -> Iterator[Problem]:
    """`save_safetensors: false`.

    Transformers 5 always writes safetensors. Leave the field out.
    """
    if config.typed("save_safetensors") is False:
        yield problem("Models are always saved as safetensors now. Leave this out.", "save_safetensors")


@rule(
    Severity.CRASH,
    fields=("hub_strategy", "hub_model_id"),
    bad="hub_model_id: me/model\nhub_strategy: every_step\n",
    good="hub_model_id: me/model\nhub_strategy: every_save\n",
)
def hub_strategy_unknown(config: Config) -> Iterator[Problem]:
    """`hub_strategy` is not one of the four that exist.

    Validation accepts any text; building the trainer then fails. They are end (one upload after training), every_save
    (the newest model), checkpoint (also the last checkpoint, to resume from), and all_checkpoints (all of them).
    """
    strategy = config.typed("hub_strategy")
    if strategy and strategy not in ("end", "every_save", "checkpoint", "all_checkpoints"):
        message = "Unknown, so the trainer cannot be built. Use end, every_save, checkpoint, or all_checkpoints."
        yield problem(message, "hub_strategy")


@rule(
    Severity.ADVICE,
    fields=("hub_strategy", "hub_model_id", "save_total_limit"),
    bad="hub_model_id: me/model\nhub_strategy: all_checkpoints\n",
    good="hub_model_id: me/model\nhub_strategy: every_save\n",
)
def hub_keeps_everything(config: Config) -> Iterator[Problem]:
    """`hub_strategy: all_checkpoints` fills your Hub storage.

    Every checkpoint is uploaded with its optimizer state and none is deleted; `save_total_limit` works locally only.
    """
    if config.typed("hub_strategy") == "all_checkpoints" and config.typed("hub_model_id"):
        if config.written("save_total_limit"):
            message = "Uploads every checkpoint and deletes none: `save_total_limit` does not apply to the Hub."
        else:
            message = "Uploads every checkpoint and deletes none. If space is short, use `every_save` or `end`."
        yield problem(message, "hub_strategy", *(["save_total_limit"] if config.written("save_total_limit") else []))


@rule(
    Severity.WARNING,
    fields=("hub_strategy", "hub_model_id"),
    bad="hub_strategy: end\n",
    good="hub_model_id: me/model\nhub_strategy: end\n",
)
def hub_strategy_alone(config: Config) -> Iterator[Problem]:
    """`hub_strategy` without `hub_model_id`.

    Nothing is uploaded without the name of a repository.
    """
    if config.typed("hub_strategy") and not config.typed("hub_model_id"):
        yield problem("Nothing is uploaded: add `hub_model_id: you/name`.", "hub_strategy")


@rule(
    Severity.ADVICE,
    fields=("saves_per_epoch", "num_epochs", "save_strategy"),
    needs=("saves_per_epoch",),
    bad="saves_per_epoch: 1\nnum_epochs: 1\n",
    good="num_epochs: 1\n",
)
def one_save_in_one_epoch(config: Config) -> Iterator[Problem]:
    """`saves_per_epoch: 1` with one epoch is the same as `save_strategy: epoch`.

    The share 1 / (1 × 1) is not below 1, so `save_steps` stays unset and the default, one save per epoch, applies.
    """
    per_epoch, epochs = config.get("saves_per_epoch"), config.typed("num_epochs")
    if per_epoch and epochs and abs(per_epoch) < 1_000 and per_epoch * epochs <= 1 and not config.get("save_strategy"):
        yield problem(
            "Changes nothing: the default already saves at the end of each epoch. Remove it.", "saves_per_epoch"
        )


@rule(
    Severity.CRASH,
    fields=("eval_strategy", "save_strategy"),
    bad="save_strategy: daily\n",
    good="save_strategy: epoch\n",
)
def strategy_unknown(config: Config) -> Iterator[Problem]:
    """A strategy that does not exist.

    Validation accepts any text; building the trainer then fails.
    """
    for name, choices in (
        ("save_strategy", ("no", "steps", "epoch", "best")),
        ("eval_strategy", ("no", "steps", "epoch")),
    ):
        value = config.typed(name)
        if isinstance(value, str) and value not in choices:
            yield problem(f"Unknown, so the trainer cannot be built. Use {', '.join(choices)}.", name)
