"""Training of NVFP4 experts that rounds as the merge does, and what else its check refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.examples import LINEAR
from knowledge.finding import Severity
from knowledge.rule import Problem, problem, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.config import Config

KERNELS = "plugins: [axolotl.integrations.kernels.KernelsPlugin]\n"
LORA = f"{KERNELS}adapter: lora\nlora_r: 8\nlora_alpha: 16\n"
MERGE_AWARE = ("nvfp4_merge_aware", "nvfp4_merge_aware_start_step")


def _on(config: Config) -> bool:
    return "KernelsPlugin" in config.plugins


def _start_unused(config: Config) -> bool:
    """Whether a start step is written for a merge-aware training that is off, which ends Axolotl's check early."""
    started = config.raw("nvfp4_merge_aware_start_step") is not None
    return started and config.raw("nvfp4_merge_aware") is False


@rule(
    Severity.ERROR,
    fields=("use_sonicmoe", "expert_backend", "quantize_moe_experts", "experts_implementation", *MERGE_AWARE),
    says="use_sonicmoe has no bitsandbytes expert path",
    bad=f"{KERNELS}adapter: qlora\nload_in_4bit: true\nlora_r: 8\nlora_alpha: 16\nuse_sonicmoe: true\n"
    "quantize_moe_experts: true\n",
    good=f"{KERNELS}adapter: qlora\nload_in_4bit: true\nlora_r: 8\nlora_alpha: 16\nuse_scattermoe: true\n"
    "quantize_moe_experts: true\n",
)
def sonic_on_quantized_experts(config: Config) -> Iterator[Problem]:
    """SonicMoE with experts quantized by bitsandbytes.

    Use ScatterMoE instead.
    """
    now = config.at("check_nvfp4_merge_aware")
    if _on(config) and not _start_unused(config) and now("use_sonicmoe") and now("quantize_moe_experts"):
        named = next(
            (name for name in ("use_sonicmoe", "expert_backend") if config.raw(name)), "experts_implementation"
        )
        yield problem("Incompatible with quantized experts: use `use_scattermoe: true`.", named, "quantize_moe_experts")


@rule(
    Severity.ERROR,
    fields=("nvfp4_merge_aware", "use_scattermoe", "expert_backend", "experts_implementation"),
    says="nvfp4_merge_aware requires the SonicMoE expert backend",
    bad=f"{LORA}nvfp4_merge_aware: true\nuse_scattermoe: true\n",
    good=f"{LORA}nvfp4_merge_aware: true\nuse_sonicmoe: true\n",
)
def merge_aware_scatter(config: Config) -> Iterator[Problem]:
    """`nvfp4_merge_aware` on ScatterMoE.

    Only SonicMoE has a forward pass that rounds as the merge does.
    """
    now = config.at("check_nvfp4_merge_aware")
    if _on(config) and now("nvfp4_merge_aware") and now("use_scattermoe"):
        named = "use_scattermoe" if config.raw("use_scattermoe") else "expert_backend"
        yield problem("Needs SonicMoE: use `use_sonicmoe: true`.", "nvfp4_merge_aware", named)


@rule(
    Severity.WARNING,
    fields=("nvfp4_merge_aware", "nvfp4_merge_aware_start_step", "adapter"),
    needs=("nvfp4_merge_aware_start_step",),
    says="NVFP4 MERGE WARNING",
    bad=f"{KERNELS}{LINEAR}nvfp4_merge_aware: true\n",
    good=f"{LORA}{LINEAR}nvfp4_merge_aware: true\n",
)
def merge_aware_off(config: Config) -> Iterator[Problem]:
    """`nvfp4_merge_aware` or its start step has no effect.

    The switch is for LoRA adapters, and the start step needs the switch. Without it, merging may round away what was
    learned.
    """
    if not _on(config):
        return
    if _start_unused(config):
        message = "No effect while `nvfp4_merge_aware` is off."
        yield problem(message, "nvfp4_merge_aware_start_step", "nvfp4_merge_aware")
    elif config.raw("nvfp4_merge_aware") and config.raw("adapter") not in ("lora", "multilora"):
        yield problem(
            "Axolotl turns this off: add `adapter: lora` with `lora_r: 16` and `lora_alpha: 32`.",
            "nvfp4_merge_aware",
            "adapter",
        )


@rule(
    Severity.ERROR,
    fields=("nvfp4_merge_aware_start_step", "nvfp4_merge_aware", "adapter"),
    needs=("nvfp4_merge_aware_start_step",),
    says="nvfp4_merge_aware_start_step must be an int >= 0",
    bad=f"{LORA}nvfp4_merge_aware_start_step: 1.5\n",
    good=f"{LORA}nvfp4_merge_aware_start_step: 0.5\n",
)
def merge_aware_start(config: Config) -> Iterator[Problem]:
    """`nvfp4_merge_aware_start_step` is neither a step nor a fraction.

    A whole number is a step; a number between 0 and 1 is a share of all steps.
    """
    start = config.raw("nvfp4_merge_aware_start_step")
    aware, adapter = config.raw("nvfp4_merge_aware"), config.raw("adapter")
    if not _on(config) or aware is False or (aware and adapter not in ("lora", "multilora")):
        return
    fraction = isinstance(start, float) and not 0 < start < 1
    if isinstance(start, bool) or fraction or (isinstance(start, int) and start < 0):
        yield problem("Write a step (0 or more) or a fraction between 0 and 1.", "nvfp4_merge_aware_start_step")
