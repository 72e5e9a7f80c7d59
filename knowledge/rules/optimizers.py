"""Optimizers and their parameters."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from knowledge.conditions import nearest
from knowledge.examples import LINEAR, LORA
from knowledge.facts import read_json
from knowledge.finding import Severity
from knowledge.rule import Problem, problem, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.config import Config


@rule(
    Severity.ERROR,
    fields=("optimizer", "deepspeed"),
    needs=("deepspeed",),
    says=(
        "Muon optimizer is currently incompatible with DeepSpeed",
        "optimizer is incompatible with DeepSpeed",
        "is not yet validated with DeepSpeed",
    ),
    bad="optimizer: muon\ndeepspeed: deepspeed_configs/zero1.json\n",
    good="optimizer: muon\n",
)
def optimizer_deepspeed(config: Config) -> Iterator[Problem]:
    """An optimizer that does not work under DeepSpeed.

    Muon, the flash_ optimizers, and Q-GaLore need whole matrices, which ZeRO splits. Use DDP or FSDP.
    """
    optimizer, deepspeed = config.raw("optimizer"), config.at("check_muon_deepspeed_fsdp")("deepspeed")
    alone = optimizer in ("muon", "muon_8bit", "q_galore_adamw8bit") or str(optimizer).startswith("flash_")
    if alone and deepspeed:
        yield problem("Incompatible with DeepSpeed: use FSDP, or another optimizer.", "optimizer", "deepspeed")


POLORA_EXCLUDES = (
    "lora_modules_to_save",
    "unfrozen_parameters",
    "peft_use_dora",
    "peft_trainable_token_indices",
    "lisa_step_interval",
    "reward_model",
    "process_reward_model",
    "loraplus_lr_ratio",
    "lr_groups",
    "embedding_lr",
    "embedding_lr_scale",
    "relora_steps",
)


@rule(
    Severity.ERROR,
    fields=("optimizer", "adapter", "deepspeed", "tensor_parallel_size", *POLORA_EXCLUDES),
    says=("polora", "relora resets optimizer state through Optimizer.state"),
    bad=f"{LINEAR}optimizer: polora\n",
    good=f"{LORA}{LINEAR}optimizer: polora\n",
)
def polora_conflicts(config: Config) -> Iterator[Problem]:
    """`optimizer: polora` with something that it cannot train.

    It updates whole LoRA factors only: it needs adapter lora or qlora, and does not work with other trained
    parameters, separate learning rates, DeepSpeed, or tensor parallelism.
    """
    now = config.at("check_polora")
    if now("optimizer") != "polora":
        return
    if now("adapter") not in ("lora", "qlora"):
        yield problem(
            "It trains only LoRA: add `adapter: lora`, `lora_r: 16`, and `lora_alpha: 32`.", "optimizer", "adapter"
        )
    if now("deepspeed"):
        yield problem("Incompatible with polora: remove one of the two.", "deepspeed", "optimizer")
    size = now("tensor_parallel_size")
    if isinstance(size, int) and size > 1:
        yield problem("Incompatible with polora: remove one of the two.", "tensor_parallel_size", "optimizer")
    for name in POLORA_EXCLUDES:
        if now(name):
            yield problem("Incompatible with polora: remove one of the two.", name, "optimizer")


@rule(
    Severity.WARNING,
    fields=("optimizer", "weight_decay"),
    needs=("weight_decay",),
    says="polora has no weight decay term",
    bad=f"{LORA}optimizer: polora\nweight_decay: 0.1\n",
    good=f"{LORA}optimizer: polora\n",
)
def polora_weight_decay(config: Config) -> Iterator[Problem]:
    """`weight_decay` with polora.

    The optimizer has no such term and ignores it.
    """
    if config.raw("optimizer") == "polora" and config.raw("weight_decay"):
        yield problem("Ignored: polora has no weight decay. Remove it.", "weight_decay", "optimizer")


@rule(
    Severity.ERROR,
    fields=("optimizer", "adapter"),
    needs=("adapter",),
    says="q_galore_adamw8bit operates on full-precision parameters",
    bad=f"{LORA}optimizer: q_galore_adamw8bit\n",
    good="optimizer: q_galore_adamw8bit\n",
)
def qgalore_adapter(config: Config) -> Iterator[Problem]:
    """Q-GaLore with an adapter.

    It trains full weights. Remove the adapter, or use another optimizer.
    """
    if config.raw("optimizer") == "q_galore_adamw8bit" and config.raw("adapter"):
        yield problem("It trains full weights: remove the adapter, or use another optimizer.", "optimizer", "adapter")


@rule(
    Severity.WARNING,
    fields=("optimizer", "bf16", "bfloat16", "fp16"),
    says="q_galore_adamw8bit benefits from mixed-precision",
    bad="optimizer: q_galore_adamw8bit\n",
    good="optimizer: q_galore_adamw8bit\nbf16: true\n",
)
def qgalore_precision(config: Config) -> Iterator[Problem]:
    """Q-GaLore in 32 bits.

    Without `bf16` or `fp16`, most of the memory that it saves is lost.
    """
    now = config.at("check_qgalore")
    if now("optimizer") == "q_galore_adamw8bit" and not (now("bf16") or now("bfloat16") or now("fp16")):
        yield problem("It saves little memory in fp32: write `bf16: true`.", "optimizer")


@rule(
    Severity.ERROR,
    fields=("fsdp_config", "optimizer"),
    needs=("fsdp_config",),
    says="FSDP2 not compatible with",
    bad="fsdp_config:\n  reshard_after_forward: true\noptimizer: adamw_8bit\n",
    good="fsdp_config:\n  reshard_after_forward: true\noptimizer: adamw_torch_8bit\n",
)
def fsdp_8bit_optimizer(config: Config) -> Iterator[Problem]:
    """An 8-bit optimizer of bitsandbytes under FSDP.

    It can't update sharded tensors. Use `adamw_torch_8bit`.
    """
    if config.typed("fsdp_config") and config.typed("optimizer") in ("adamw_8bit", "adamw_bnb_8bit"):
        message = "Incompatible with FSDP: use `adamw_torch_8bit`."
        yield problem(message, "optimizer", "fsdp_config", suggestion="adamw_torch_8bit")


@rule(
    Severity.ERROR,
    fields=("tensor_parallel_size", "optimizer"),
    needs=("tensor_parallel_size",),
    says="tensor_parallel_size is not supported with",
    bad="tensor_parallel_size: 2\noptimizer: adamw_8bit\n",
    good="tensor_parallel_size: 2\noptimizer: adamw_torch_fused\n",
)
def tensor_parallel_8bit_optimizer(config: Config) -> Iterator[Problem]:
    """An 8-bit optimizer of bitsandbytes with tensor parallelism.

    It can't update sharded tensors. Use `adamw_torch_fused`.
    """
    size, optimizer = config.typed("tensor_parallel_size"), config.typed("optimizer")
    if size > 1 and optimizer in ("paged_adamw_8bit", "adamw_8bit", "adamw_bnb_8bit"):
        yield problem(
            "Incompatible with tensor parallelism: use `adamw_torch_fused`.", "optimizer", "tensor_parallel_size"
        )


@rule(
    Severity.WARNING,
    fields=("adam_beta1", "adam_beta2", "adam_epsilon", "optimizer"),
    needs=("adam_beta1", "adam_beta2", "adam_epsilon"),
    says="adamw hyperparameters found, but no adamw optimizer set",
    bad="optimizer: lion_8bit\nadam_beta2: 0.95\n",
    good="optimizer: adamw_torch_fused\nadam_beta2: 0.95\n",
)
def adam_parameters_unused(config: Config) -> Iterator[Problem]:
    """Adam parameters with an optimizer whose name has no "adamw" in it.

    Axolotl passes them on, and most other optimizers do not use them.
    """
    given = [name for name in ("adam_beta1", "adam_beta2", "adam_epsilon") if config.typed(name)]
    optimizer = config.typed("optimizer")
    if given and (not optimizer or "adamw" not in str(optimizer).lower()):
        yield problem("This is probably unused, because the optimizer is not an AdamW.", *given, "optimizer")


@rule(
    Severity.CRASH,
    fields=("optimizer",),
    bad="optimizer: adamw\n",
    good="optimizer: adamw_torch_fused\n",
)
def optimizer_unknown(config: Config) -> Iterator[Problem]:
    """An optimizer that does not exist, or that can't be built.

    Validation accepts any text; building the trainer fails. `ao_adamw_4bit` and `ao_adamw_8bit` are still listed, but
    are now called `adamw_torch_4bit` and `adamw_torch_8bit`.
    """
    name = config.typed("optimizer")
    if not isinstance(name, str) or not name:
        return
    known = optimizers()
    renamed = {"ao_adamw_4bit": "adamw_torch_4bit", "ao_adamw_8bit": "adamw_torch_8bit", "adamw": "adamw_torch_fused"}
    renamed |= {"adamw_hf": "adamw_torch_fused", "adam": "adamw_torch_fused", "lion": "lion_32bit"}
    if name not in known:
        near = renamed.get(name) or nearest(config, name, known)
        hint = f" Use `{near}`." if near else " Use one such as `adamw_torch_fused`."
        yield problem(f"There is no such optimizer, so building the trainer fails.{hint}", "optimizer", suggestion=near)


@lru_cache(maxsize=1)
def optimizers() -> tuple[str, ...]:
    """The names that Axolotl or Transformers can build (facts/values.json)."""
    known = read_json("values.json")["optimizer"]
    return (*known["transformers"], *known["axolotl"])
