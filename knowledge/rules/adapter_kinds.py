"""Other adapters than plain LoRA, and ReLoRA."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.examples import LINEAR, LORA
from knowledge.finding import Severity
from knowledge.rule import Problem, problem, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.config import Config


@rule(
    Severity.ERROR,
    fields=("adapter", "plugins"),
    says="is not built in and was not registered by a plugin",
    bad=f"adapter: dora\nlora_r: 16\nlora_alpha: 32\n{LINEAR}",
    good=f"{LORA}{LINEAR}",
)
def adapter_unknown(config: Config) -> Iterator[Problem]:
    """An adapter that Axolotl does not have.

    Built in are lora, qlora, and llama-adapter; others come with plugins. DoRA is `adapter: lora` with `peft_use_dora`.
    """
    adapter = config.at("validate_adapter")("adapter")
    if not adapter or adapter in ("lora", "qlora", "llama-adapter"):
        return
    known = {"mixlora": "MixLoraPlugin", "mora": "MoraPlugin", "ra-lora": "MoraPlugin", "multilora": "HatcheryPlugin"}
    if isinstance(adapter, (dict, list)):
        yield problem("A name is expected: lora or qlora.", "adapter")
    elif known.get(str(adapter)) not in config.plugins:
        message = "Unknown adapter: use lora or qlora, or list the plugin that provides it."
        yield problem(message, "adapter")


MIXLORA = "plugins: [axolotl.integrations.mixlora.MixLoraPlugin]\nadapter: mixlora\n"


@rule(
    Severity.ERROR,
    fields=("adapter", "lora_r", "lora_alpha"),
    says=("lora_r is required when using the mixlora adapter", "lora_alpha is required when using the mixlora adapter"),
    bad=f"{MIXLORA}lora_r: 8\n",
    good=f"{MIXLORA}lora_r: 8\nlora_alpha: 16\n",
)
def mixlora_without_rank(config: Config) -> Iterator[Problem]:
    """MixLoRA without `lora_r` or `lora_alpha`.

    Each expert is a LoRA of that rank and scale.
    """
    if config.typed("adapter") == "mixlora":
        for name in ("lora_r", "lora_alpha"):
            if not config.typed(name):
                yield problem(f"MixLoRA needs `{name}`: add it.", "adapter", name)


@rule(
    Severity.ERROR,
    fields=("adapter", "rl"),
    needs=("rl",),
    says="MixLoRA is not compatible with RL training",
    bad=f"{MIXLORA}lora_r: 8\nlora_alpha: 16\n{LINEAR}rl: dpo\n",
    good=f"{MIXLORA}lora_r: 8\nlora_alpha: 16\n{LINEAR}rl: dpo\n".replace("adapter: mixlora", "adapter: lora"),
)
def mixlora_preference(config: Config) -> Iterator[Problem]:
    """MixLoRA with preference training.

    Use `adapter: lora` or `qlora` instead.
    """
    if config.typed("adapter") == "mixlora" and config.typed("rl") is not None:
        yield problem("Incompatible with MixLoRA: use `adapter: lora`.", "rl", "adapter")


@rule(
    Severity.ERROR,
    fields=("mixlora_top_k", "mixlora_num_experts"),
    says="must be <= mixlora_num_experts",
    bad="mixlora_top_k: 9\n",
    good="mixlora_top_k: 2\n",
)
def mixlora_top_k(config: Config) -> Iterator[Problem]:
    """`mixlora_top_k` exceeds the number of experts.

    Axolotl checks this whatever the adapter is. Without the two keys, there are 8 experts, and 2 work on each token.
    """
    top, experts = config.typed("mixlora_top_k"), config.typed("mixlora_num_experts")
    top, experts = (2 if top is None else top), (8 if experts is None else experts)
    if top > experts:
        yield problem(f"More than the {experts} experts: lower it.", "mixlora_top_k", "mixlora_num_experts")


@rule(
    Severity.ERROR,
    fields=("use_onebitllms", "adapter"),
    needs=("use_onebitllms",),
    says="LoRA/QLoRA is not supported with use_onebitllms",
    bad=f"{LORA}use_onebitllms: true\n",
    good="use_onebitllms: true\n",
)
def onebit_adapter(config: Config) -> Iterator[Problem]:
    """`use_onebitllms` with LoRA.

    One-bit models are trained in full.
    """
    if config.typed("use_onebitllms") and config.typed("adapter") in ("lora", "qlora"):
        yield problem("Incompatible with LoRA: train in full, or remove this.", "use_onebitllms", "adapter")


@rule(
    Severity.ERROR,
    fields=("relora", "jagged_restart_steps"),
    says="jagged_restart_steps must be set to use ReLoRA",
    bad=f"{LORA}{LINEAR}relora: true\n",
    good=f"{LORA}{LINEAR}relora: true\njagged_restart_steps: 150\n",
)
def relora_without_restarts(config: Config) -> Iterator[Problem]:
    """ReLoRA without `jagged_restart_steps`.

    ReLoRA merges its adapter and restarts every this many steps, so it needs that number.
    """
    if config.typed("relora") and not config.typed("jagged_restart_steps"):
        yield problem("Needs `jagged_restart_steps`, which says how often it restarts.", "relora")


@rule(
    Severity.ERROR,
    fields=("relora", "adapter", "fsdp_config", "deepspeed", "lr_scheduler", "flash_attn_fuse_mlp"),
    needs=("relora",),
    says=("cfg.adapter must support ReLoRA", "ReLoRA is not compatible", "not supported with ReLoRA"),
    bad=f"{LINEAR}relora: true\njagged_restart_steps: 150\n",
    good=f"{LORA}{LINEAR}relora: true\njagged_restart_steps: 150\n",
)
def relora_conflicts(config: Config) -> Iterator[Problem]:
    """ReLoRA with a setting it cannot work with.

    It needs adapter lora or qlora, and excludes FSDP, DeepSpeed, a one_cycle schedule, and fused layers.
    """
    if not config.typed("relora"):
        return
    adapter = config.typed("adapter")
    if adapter not in ("lora", "qlora", "mora", "ra-lora"):
        yield problem(
            "Needs an adapter: add `adapter: lora` with `lora_r: 16` and `lora_alpha: 32`.", "relora", "adapter"
        )
    for name in ("fsdp_config", "deepspeed", "flash_attn_fuse_mlp"):
        if config.typed(name):
            yield problem("Incompatible with ReLoRA: remove one of the two.", name, "relora")
    if config.typed("lr_scheduler") == "one_cycle":
        yield problem("Incompatible with ReLoRA: use another schedule, such as cosine.", "lr_scheduler", "relora")
