"""What Axolotl accepts and a trainer or a library then refuses when it is built."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.conditions import block, entries, raw_block
from knowledge.examples import LINEAR, LORA
from knowledge.finding import Severity
from knowledge.rule import Problem, problem, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.config import Config

PROMPTS = "datasets:\n  - path: org/prompts\n    type: rewards.transform\n"
GRPO = f"rl: grpo\n{PROMPTS}trl:\n  num_generations: 4\n  reward_funcs: [rewards.length]\n"
LONG = "  max_completion_length: 256\n"
RELORA = f"{LORA}{LINEAR}relora: true\njagged_restart_steps: 150\n"
KD = "plugins: [axolotl.integrations.kd.KDPlugin]\nkd_trainer: true\nkd_alpha: 0.9\nkd_temperature: 1.0\n"
WITHOUT_MOMENTS = frozenset(
    {
        *("sgd", "adafactor", "adagrad", "rmsprop", "rmsprop_bnb", "rmsprop_bnb_8bit", "rmsprop_bnb_32bit"),
        *("lion_8bit", "lion_32bit", "paged_lion_8bit", "paged_lion_32bit"),
    }
)
"""The Trainer's own optimizers that are not of the Adam family."""


@rule(
    Severity.CRASH,
    fields=("rl", "trl", "adapter", "rl_beta", "orpo_alpha"),
    needs=("trl",),
    bad=f"{GRPO}{LONG}  beta: 0.04\n  sync_ref_model: true\n{LORA}{LINEAR}",
    good=f"{GRPO}{LONG}  beta: 0.04\n{LORA}{LINEAR}",
    says=("You passed `sync_ref_model=True` while using a PEFT model", "You passed `sync_ref_model=True` while `beta"),
)
def reference_that_is_not_there(config: Config) -> Iterator[Problem]:
    """`trl.sync_ref_model` where GRPO keeps no reference model.

    With an adapter the base model is the reference, and with a `beta` of 0, which is the default, none is needed. TRL
    refuses both when the trainer is built.
    """
    inner = block(config, "trl")
    if config.typed("rl") not in {"grpo", "gdpo"} or not inner.get("sync_ref_model"):
        return
    if inner.get("async_prefetch") or inner.get("use_data_producer"):
        return
    beta = next((each for each in (inner.get("beta"), config.typed("rl_beta"), config.typed("orpo_alpha")) if each), 0)
    if not beta:
        yield problem("TRL refuses this without a `trl.beta` above 0: add one, or remove this.", "trl.sync_ref_model")
    elif config.typed("adapter"):
        yield problem("TRL refuses this with an adapter: remove it.", "trl.sync_ref_model", "adapter")


@rule(
    Severity.WARNING,
    fields=("rl", "trl"),
    needs=("trl",),
    bad=GRPO,
    good=f"{GRPO}{LONG}",
)
def answers_end_early(config: Config) -> Iterator[Problem]:
    """GRPO with a `trl` block that sets no length for the answers.

    Axolotl then hands TRL no length in place of TRL's own 512, and Transformers falls back to 20 new tokens unless the
    model's generation config has a length. With vLLM, its own limits apply.
    """
    inner = raw_block(config.raw("trl"))
    if config.typed("rl") not in {"grpo", "gdpo"} or not inner or inner.get("use_vllm"):
        return
    if inner.get("max_completion_length") is None:
        message = "Answers may end after 20 tokens: set `trl.max_completion_length`, such as 512."
        yield problem(message, "trl", "rl")


@rule(
    Severity.CRASH,
    fields=("peft_use_dora", "lora_target_parameters", "adapter"),
    needs=("peft_use_dora",),
    bad=f"{LORA}lora_target_parameters: [mlp.experts.down_proj]\npeft_use_dora: true\n",
    good=f"{LORA}lora_target_parameters: [mlp.experts.down_proj]\n",
    says="does not work with use_dora=True",
)
def dora_on_parameters(config: Config) -> Iterator[Problem]:
    """DoRA with `lora_target_parameters`.

    PEFT wraps single parameters, such as stacked experts, and refuses DoRA for them when the adapter is built.
    """
    if config.typed("adapter") and config.typed("peft_use_dora") and config.typed("lora_target_parameters"):
        message = "PEFT refuses DoRA with `lora_target_parameters`: remove one of the two."
        yield problem(message, "peft_use_dora", "lora_target_parameters")


@rule(
    Severity.CRASH,
    fields=("relora", "optimizer", "adapter"),
    needs=("relora",),
    bad=f"{RELORA}optimizer: lion_8bit\n",
    good=f"{RELORA}optimizer: adamw_8bit\n",
    says="not supported with ReLoRA",
)
def relora_without_moments(config: Config) -> Iterator[Problem]:
    """`relora` with an optimizer that is not of the Adam family.

    At a restart ReLoRA clears Adam's two moments; it stops the run there with any other optimizer.
    """
    if config.typed("relora") and config.raw("optimizer") in WITHOUT_MOMENTS:
        message = "The run stops at its first restart: ReLoRA needs an Adam, such as `adamw_8bit`."
        yield problem(message, "optimizer", "relora")


@rule(
    Severity.CRASH,
    fields=("plugins", "kd_trainer", "kd_ce_alpha", "kd_alpha"),
    needs=("kd_trainer",),
    bad=KD,
    good=f"{KD}kd_ce_alpha: 0.1\n",
    says="'<=' not supported between instances of 'float' and 'NoneType'",
)
def distillation_without_weights(config: Config) -> Iterator[Problem]:
    """Distillation without both of its weights.

    The loss adds `kd_alpha` times the distillation and `kd_ce_alpha` times the cross entropy. Neither has a default, so
    building the trainer fails with a TypeError where one is left out.
    """
    if "KDPlugin" in config.plugins and config.typed("kd_trainer"):
        for name, such in (("kd_ce_alpha", 0.1), ("kd_alpha", 0.9)):
            if config.raw(name) is None:
                yield problem(f"Building the trainer fails with a TypeError: add `{name}: {such}`.", "kd_trainer", name)


@rule(
    Severity.CRASH,
    fields=("activation_offloading", "rl", "unfrozen_parameters", "gradient_checkpointing_kwargs"),
    needs=("activation_offloading",),
    bad="rl: orpo\nactivation_offloading: hidden_states\ngradient_checkpointing: true\n"
    "datasets:\n  - path: org/pairs\n    type: chat_template.argilla\n",
    good="rl: orpo\nactivation_offloading: hidden_states\ngradient_checkpointing: true\n"
    "gradient_checkpointing_kwargs:\n  use_reentrant: false\n"
    "datasets:\n  - path: org/pairs\n    type: chat_template.argilla\n",
    says="KeyError: 'use_reentrant'",
)
def offloading_without_a_way(config: Config) -> Iterator[Problem]:
    """`activation_offloading: hidden_states` in a run for which Axolotl sets no way of checkpointing.

    Axolotl writes `use_reentrant` by itself only without `rl` and `unfrozen_parameters`. Elsewhere building the trainer
    stops with a KeyError unless it is written.
    """
    if config.typed("activation_offloading") != "hidden_states":
        return
    cause = next((name for name in ("rl", "unfrozen_parameters") if config.raw(name)), None)
    if cause and "use_reentrant" not in raw_block(config.raw("gradient_checkpointing_kwargs")):
        message = "Stops with a KeyError: write `use_reentrant: false` in `gradient_checkpointing_kwargs`."
        yield problem(message, "activation_offloading", "gradient_checkpointing_kwargs", cause)


@rule(
    Severity.CRASH,
    fields=("rl", "datasets", "datasets[].preprocess_shards"),
    needs=("rl",),
    bad="rl: orpo\ndatasets:\n  - path: org/pairs\n    type: chat_template.argilla\n    preprocess_shards: 4\n",
    good="rl: orpo\ndatasets:\n  - path: org/pairs\n    type: chat_template.argilla\n",
    says="IndexError: list index out of range",
)
def shards_that_are_counted_as_entries(config: Config) -> Iterator[Problem]:
    """`preprocess_shards` under an `rl` that counts entries.

    The entry is loaded in parts. The loader of these methods then looks each part up among the entries by its number,
    and stops with an IndexError.
    """
    if config.typed("rl") not in {"orpo", "grpo", "gdpo", "ebft"}:
        return
    for index, entry in entries(config, "datasets"):
        shards = entry.get("preprocess_shards")
        if isinstance(shards, int) and shards > 1 and not entry.get("shards"):
            message = f"Loading stops with an IndexError under `rl: {config.raw('rl')}`: remove it."
            yield problem(message, ("datasets", index, "preprocess_shards"))
