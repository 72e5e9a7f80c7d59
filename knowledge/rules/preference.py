"""Preference training, reward models and reinforcement learning."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from knowledge.conditions import OF_THE_TRAINING_ENTRY, PREFERENCE_STEMS, entries, is_placeholder, raw_block
from knowledge.facts import read_json
from knowledge.finding import Severity
from knowledge.rule import Problem, problem, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.config import Config

PAIRS = "datasets:\n  - path: org/pairs\n    type: chatml.intel\n"
DPO = f"rl: dpo\n{PAIRS}"
REWARD = "datasets:\n  - path: org/pairs\n    type: bradley_terry.chat_template\n"
KTO = "rl: kto\nremove_unused_columns: false\ndatasets:\n  - path: org/votes\n    type: chatml.intel\n"


@rule(
    Severity.ERROR,
    fields=("rl", "sample_packing"),
    needs=("rl",),
    says="`sample_packing: true` does not work with RLHF training",
    bad=f"{DPO}sample_packing: true\nattn_implementation: flash_attention_2\n",
    good=f"{DPO}attn_implementation: flash_attention_2\n",
)
def packed_preference(config: Config) -> Iterator[Problem]:
    """Packing in preference training.

    Pairs and prompts cannot be packed into one sequence.
    """
    now = config.at("check_sample_packing_w_rl")
    if now("sample_packing") and now("rl"):
        yield problem("Incompatible with `rl`: remove it.", "sample_packing", "rl")


@rule(
    Severity.ERROR,
    fields=("rl", "remove_unused_columns", "eval_sample_packing", "skip_prepare_dataset"),
    needs=("rl",),
    says=("Set `remove_unused_columns: False` when using kto", "sample_packing is not supported with kto"),
    bad="rl: kto\ndatasets:\n  - path: org/votes\n    type: chatml.intel\n",
    good=KTO,
)
def kto_columns(config: Config) -> Iterator[Problem]:
    """KTO without `remove_unused_columns: false`, or with packed evaluation.

    Its trainer needs columns that would be removed.
    """
    now = config.at("check_kto_config")
    if now("rl") == "kto":
        if now("remove_unused_columns") is not False:
            yield problem("Needs `remove_unused_columns: false`.", "rl", "remove_unused_columns")
        if config.raw("eval_sample_packing") and now("eval_sample_packing"):
            yield problem("Incompatible with KTO: remove it.", "eval_sample_packing", "rl")


@rule(
    Severity.ERROR,
    fields=("rl", "gradient_checkpointing", "gradient_checkpointing_kwargs", "load_in_4bit", "adapter", "use_ray"),
    needs=("rl",),
    says="is not supported for distributed RL training with QLoRA",
    bad=f"{DPO}adapter: qlora\nload_in_4bit: true\nlora_r: 8\nlora_alpha: 16\ngradient_checkpointing: true\n"
    "gradient_checkpointing_kwargs:\n  use_reentrant: true\n",
    good=f"{DPO}adapter: qlora\nload_in_4bit: true\nlora_r: 8\nlora_alpha: 16\ngradient_checkpointing: true\n"
    "gradient_checkpointing_kwargs:\n  use_reentrant: false\n",
    gpus=2,
)
def reentrant_preference(config: Config) -> Iterator[Problem]:
    """Reentrant checkpointing in preference training with QLoRA on several GPUs.

    Set `use_reentrant: false`.
    """
    now = config.at("check_rl_config_gradient_checkpointing")
    reentrant = raw_block(now("gradient_checkpointing_kwargs")).get("use_reentrant")
    if now("rl") and now("gradient_checkpointing") and reentrant and config.gpus > 1:
        if now("load_in_4bit") and now("adapter") == "qlora" and not config.raw("use_ray"):
            message = "Must be false with QLoRA on several GPUs."
            yield problem(message, "gradient_checkpointing_kwargs.use_reentrant", "rl")


@rule(
    Severity.WARNING,
    fields=("rl",),
    says="rl: ipo will soon be deprecated",
    bad=f"rl: ipo\n{PAIRS}",
    good=f"{DPO}dpo_loss_type: [ipo]\n",
)
def ipo_old(config: Config) -> Iterator[Problem]:
    """`rl: ipo` will be removed.

    It is DPO with another loss: `rl: dpo` with `dpo_loss_type: [ipo]`.
    """
    if config.raw("rl") == "ipo":
        yield problem("This will be removed: use `rl: dpo` with `dpo_loss_type: [ipo]`.", "rl", suggestion="dpo")


@rule(
    Severity.ERROR,
    fields=("rl", "dpo_loss_type", "dpo_loss_weights"),
    says=("`dpo_loss_weights` requires `dpo_loss_type`", "must be the same length", "are for DPO only"),
    bad=f"{DPO}dpo_loss_weights: [1.0]\n",
    good=f"{DPO}dpo_loss_type: [sigmoid]\ndpo_loss_weights: [1.0]\n",
)
def dpo_losses(config: Config) -> Iterator[Problem]:
    """`dpo_loss_type` and `dpo_loss_weights` do not match, or the training is not DPO.

    Each loss has one weight, and both fields belong to `rl: dpo`.
    """
    now = config.at("check_dpo")
    types, weights = now("dpo_loss_type"), now("dpo_loss_weights")
    if now("rl") != "dpo":
        given = [name for name in ("dpo_loss_type", "dpo_loss_weights") if now(name) is not None]
        if given:
            yield problem("Only for `rl: dpo`: remove it.", *given, "rl")
    elif weights is not None and types is None:
        yield problem("Needs `dpo_loss_type`, which names the losses that are weighted.", "dpo_loss_weights")
    elif hasattr(types, "__len__") and hasattr(weights, "__len__") and len(types) != len(weights):
        yield problem(f"{len(types)} losses and {len(weights)} weights: give one weight per loss.", "dpo_loss_weights")


@rule(
    Severity.WARNING,
    fields=("dpo_beta",),
    says="dpo_beta is deprecated, use rl_beta",
    bad=f"{DPO}dpo_beta: 0.1\n",
    good=f"{DPO}rl_beta: 0.1\n",
)
def dpo_beta_old(config: Config) -> Iterator[Problem]:
    """`dpo_beta` is the old name of `rl_beta`.

    It still works if `rl_beta` is left out.
    """
    if config.typed("dpo_beta") is not None:
        yield problem("The new name is `rl_beta`; the old one still works.", "dpo_beta", suggestion="rl_beta")


@rule(
    Severity.ERROR,
    fields=("rl", "warmup_ratio"),
    needs=("rl",),
    says="warmup_ratio is not supported with the simpo trainer",
    bad=f"rl: simpo\n{PAIRS}warmup_ratio: 0.1\n",
    good=f"rl: simpo\n{PAIRS}warmup_steps: 10\n",
)
def simpo_warmup_ratio(config: Config) -> Iterator[Problem]:
    """`warmup_ratio` with SimPO.

    Its trainer expects a number of steps.
    """
    if config.typed("rl") == "simpo" and config.typed("warmup_ratio"):
        yield problem("Incompatible with SimPO: use `warmup_steps`.", "warmup_ratio", "rl")


@rule(
    Severity.CRASH,
    fields=("rl", "simpo_gamma"),
    bad=f"rl: simpo\n{PAIRS}",
    good=f"rl: simpo\n{PAIRS}simpo_gamma: 0.5\n",
)
def simpo_without_gamma(config: Config) -> Iterator[Problem]:
    """SimPO without `simpo_gamma`.

    The margin has no default, so computing the first loss fails.
    """
    if config.raw("rl") == "simpo" and config.typed("simpo_gamma") is None:
        yield problem("The first loss fails without `simpo_gamma`: add it, such as 0.5.", "rl", "simpo_gamma")


@rule(
    Severity.CRASH,
    fields=("sample_packing", "reward_model", "skip_prepare_dataset"),
    needs=("reward_model", "sample_packing"),
    bad=f"reward_model: true\npad_to_sequence_len: true\nsample_packing: true\n{REWARD}",
    good=f"reward_model: true\npad_to_sequence_len: true\nsample_packing: false\n{REWARD}",
)
def reward_packed(config: Config) -> Iterator[Problem]:
    """A reward model whose rows are packed.

    Packing drops rows without a trained token, and looks for one in their `labels`. The pairs of a reward model do not
    have that column, so the run stops with "KeyError: 'labels'".
    """
    if config.get("reward_model") is True and config.get("sample_packing") is True:
        if config.get("skip_prepare_dataset") is not True:
            yield problem("The rows of a reward model cannot be packed: set it to false.", "sample_packing")


@rule(
    Severity.WARNING,
    fields=("reward_model", "pad_to_sequence_len"),
    needs=("reward_model",),
    says="`pad_to_sequence_len: true` is recommended when using reward_model",
    bad=f"reward_model: true\npad_to_sequence_len: false\n{REWARD}",
    good=f"reward_model: true\npad_to_sequence_len: true\n{REWARD}",
)
def reward_unpadded(config: Config) -> Iterator[Problem]:
    """A reward model without padding to the full length.

    Axolotl recommends padding for reward models, and turns it on if you leave the key out.
    """
    now = config.at("hint_reward_model_pad")
    if now("reward_model") and not now("pad_to_sequence_len"):
        if now("pad_to_sequence_len") is None:
            yield problem("Axolotl turns padding on for this: write `pad_to_sequence_len: true`.", "reward_model")
        else:
            yield problem(
                "This is recommended for reward models: set it to true.", "pad_to_sequence_len", "reward_model"
            )


@rule(
    Severity.ERROR,
    fields=("dpo_use_logits_to_keep", "dpo_generate_during_eval", "dpo_norm_loss", "rpo_alpha"),
    says=(
        "`dpo_use_logits_to_keep` is no",
        "`dpo_generate_during_eval` is no",
        "`dpo_norm_loss` is no",
        "`rpo_alpha` has been",
    ),
    bad=f"{DPO}rpo_alpha: 1.0\n",
    good=DPO,
)
def preference_removed(config: Config) -> Iterator[Problem]:
    """A preference training field that TRL no longer has.

    It is refused whatever its value. Remove it.
    """
    for name in ("dpo_use_logits_to_keep", "dpo_generate_during_eval", "dpo_norm_loss", "rpo_alpha"):
        if config.typed(name) is not None:
            yield problem("This was removed and is refused whatever its value. Delete the line.", name)


@rule(
    Severity.CRASH,
    fields=("rl", "datasets[].type"),
    needs=("rl",),
    bad="rl: dpo\ndatasets:\n  - path: org/pairs\n    type: alpaca\n",
    good=DPO,
)
def preference_type_unknown(config: Config) -> Iterator[Problem]:
    """A dataset type that preference training does not have.

    Validation accepts any text; loading the rows then fails. Each `rl` has its own types, such as chatml.intel for
    DPO.
    """
    rl = config.raw("rl")
    known = preference_types()
    family = "dpo" if rl in ("dpo", "ipo", "simpo") else rl
    if not isinstance(family, str) or family not in known:
        return
    for index, entry in entries(config, "datasets"):
        kind = entry.get("type")
        if not isinstance(kind, str) or not kind or ("." in kind and kind.split(".")[0] not in PREFERENCE_STEMS):
            continue
        accepted = kind in known[family] or f"{kind}.default" in known[family]
        if not accepted and not is_placeholder(kind):
            example = next(iter(known[family]))
            message = f"No such type for `rl: {rl}`: loading the rows fails. Use one such as `{example}`."
            yield problem(message, ("datasets", index, "type"), "rl")


@lru_cache(maxsize=1)
def preference_types() -> dict[str, list[str]]:
    """The dataset types of each kind of preference training (facts/values.json)."""
    known = read_json("values.json")["dataset_type"]["preference"]
    return {name: types for name, types in known.items() if isinstance(types, list) and name in ("dpo", "kto", "orpo")}


@rule(
    Severity.WARNING,
    fields=("rl", "datasets", "test_datasets", *(f"test_datasets[].{key}" for key in OF_THE_TRAINING_ENTRY)),
    needs=("test_datasets",),
    bad="rl: dpo\ndatasets:\n  - path: org/pairs\n    type: chat_template.default\n"
    "test_datasets:\n  - path: org/test\n    type: chat_template.default\n    field_messages: chat\n",
    good="rl: dpo\ndatasets:\n  - path: org/pairs\n    type: chat_template.default\n    field_messages: chat\n"
    "test_datasets:\n  - path: org/test\n    type: chat_template.default\n    field_messages: chat\n",
)
def test_set_read_as_the_training_set(config: Config) -> Iterator[Problem]:
    """A key of a test set that preference training takes from the training set instead.

    The loaders of preference training look for these keys in the entry of `datasets` in the same position, for both
    splits. Give the test rows the same columns as the training rows, and set the key in `datasets`.
    """
    if config.typed("rl") not in {"dpo", "ipo", "simpo"}:
        return
    training = dict(entries(config, "datasets"))
    for index, entry in entries(config, "test_datasets"):
        for key in OF_THE_TRAINING_ENTRY:
            if entry.get(key) is not None and entry[key] != training.get(index, {}).get(key):
                message = f"Nothing reads `{key}` here under `rl`: `datasets[{index}]` decides for both."
                yield problem(message, ("test_datasets", index, key))
