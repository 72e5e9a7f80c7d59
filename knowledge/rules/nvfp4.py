"""Training of NVFP4 experts that rounds as the merge does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.finding import Severity
from knowledge.rule import Problem, problem, rule
from knowledge.rules.kernels import KERNELS, LORA, kernels_on, start_unused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.config import Config


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
    if kernels_on(config) and now("nvfp4_merge_aware") and now("use_scattermoe"):
        named = "use_scattermoe" if config.raw("use_scattermoe") else "expert_backend"
        yield problem("Needs SonicMoE: take `use_sonicmoe: true`.", "nvfp4_merge_aware", named)


@rule(
    Severity.WARNING,
    fields=("nvfp4_merge_aware", "nvfp4_merge_aware_start_step", "adapter"),
    needs=("nvfp4_merge_aware_start_step",),
    says="NVFP4 MERGE WARNING",
    bad=f"{KERNELS}nvfp4_merge_aware: true\n",
    good=f"{LORA}nvfp4_merge_aware: true\n",
)
def merge_aware_off(config: Config) -> Iterator[Problem]:
    """`nvfp4_merge_aware` or its start step has no effect.

    It is for LoRA adapters, and the start step for a switch that is on. Without it a merge may round the training away.
    """
    if not kernels_on(config):
        return
    if start_unused(config):
        message = "No effect while `nvfp4_merge_aware` is off."
        yield problem(message, "nvfp4_merge_aware_start_step", "nvfp4_merge_aware")
    elif config.raw("nvfp4_merge_aware") and config.raw("adapter") not in ("lora", "multilora"):
        yield problem("Turned off without `adapter: lora`.", "nvfp4_merge_aware", "adapter")


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

    A whole number is a step, a number between 0 and 1 a part of all steps.
    """
    start = config.raw("nvfp4_merge_aware_start_step")
    aware, adapter = config.raw("nvfp4_merge_aware"), config.raw("adapter")
    if not kernels_on(config) or aware is False or (aware and adapter not in ("lora", "multilora")):
        return
    fraction = isinstance(start, float) and not 0 < start < 1
    if isinstance(start, bool) or fraction or (isinstance(start, int) and start < 0):
        yield problem("Takes a step (0 or more) or a fraction between 0 and 1.", "nvfp4_merge_aware_start_step")
