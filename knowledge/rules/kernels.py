"""The kernels plugin: backends for mixtures of experts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.config import experts_fall_back
from knowledge.finding import Severity
from knowledge.rule import Problem, problem, rule
from knowledge.text import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.config import Config

KERNELS = "plugins: [axolotl.integrations.kernels.KernelsPlugin]\n"
LORA = f"{KERNELS}adapter: lora\nlora_r: 8\nlora_alpha: 16\n"
CHOICES = {
    "expert_backend": ("builtin", "eager", "scattermoe", "sonicmoe"),
    "nonexpert_quantization": ("bf16", "fp8", "fp8_blockwise", "nf4", "none", "nvfp4"),
    "moe_grouped_backend": ("auto", "cutlass", "deepgemm", "marlin"),
    "dsv4_fp4_grouped_mode": ("nvfp4",),
    "dsv4_fp8_nonexpert_mode": ("bf16", "float8tensor"),
}
FLAGS = ("use_scattermoe", "use_sonicmoe")


def kernels_on(config: Config) -> bool:
    """Whether the kernels plugin is listed."""
    return "KernelsPlugin" in config.plugins


@rule(
    Severity.ERROR,
    fields=tuple(CHOICES),
    says=(
        "expert_backend must be one of",
        "nonexpert_quantization must be one of",
        "moe_grouped_backend must be one of",
        "moe_grouped_backend='dequant' is not implemented",
        "dsv4_fp4_grouped_mode must be 'nvfp4'",
        "dsv4_fp4_grouped_mode='fp8' is not implemented",
        "dsv4_fp8_nonexpert_mode must be",
    ),
    bad=f"{KERNELS}expert_backend: triton\n",
    good=f"{KERNELS}expert_backend: scattermoe\n",
)
def kernels_choice(config: Config) -> Iterator[Problem]:
    """A name that the kernels plugin does not know.

    Each of these fields accepts one of a few names, in upper or lower case. Some names from older guides, such as
    dequant or fp8 for the grouped experts, have no backward pass.
    """
    if kernels_on(config):
        for name, choices in CHOICES.items():
            value = config.raw(name)
            if isinstance(value, str) and value.lower() not in choices:
                yield problem(f"Use {listed(choices, 'or')}.", name)


@rule(
    Severity.ERROR,
    fields=("expert_backend", *FLAGS),
    says=("conflicts with use_scattermoe=true", "conflicts with use_sonicmoe=true", "Cannot use both ScatterMoE and"),
    bad=f"{KERNELS}use_scattermoe: true\nuse_sonicmoe: true\n",
    good=f"{KERNELS}use_scattermoe: true\n",
)
def expert_backend_twice(config: Config) -> Iterator[Problem]:
    """Two backends for the experts.

    `expert_backend` and the two switches choose the same thing.
    """
    if not kernels_on(config):
        return
    chosen = config.raw("expert_backend")
    if chosen is None:
        now = config.at("check_mutually_exclusive")
        if now("use_scattermoe") and now("use_sonicmoe"):
            yield problem("Only one backend can be used: keep one of the two.", *FLAGS)
        return
    for name in FLAGS:
        if config.raw(name) is True and name != f"use_{str(chosen).lower()}":
            yield problem("This chooses the same thing as `expert_backend`: remove it.", name, "expert_backend")


@rule(
    Severity.ERROR,
    fields=("experts_implementation",),
    says="has no backward pass in transformers",
    bad=f"{KERNELS}experts_implementation: deepgemm\n",
    good=f"{KERNELS}experts_implementation: grouped_mm\n",
)
def experts_without_backward(config: Config) -> Iterator[Problem]:
    """`experts_implementation: deepgemm`.

    It has no backward pass, so the experts would not be trained.
    """
    if kernels_on(config) and config.raw("experts_implementation") == "deepgemm":
        yield problem("The experts would not be trained: use `grouped_mm`.", "experts_implementation")


@rule(
    Severity.WARNING,
    fields=("experts_implementation", "expert_parallel_size", "expert_backend", *FLAGS),
    says=("`experts_implementation='scattermoe'` requires", "`experts_implementation='sonicmoe'` requires"),
    bad=f"{KERNELS}experts_implementation: scattermoe\n",
    good=f"{KERNELS}use_scattermoe: true\n",
)
def experts_fall_back_to_eager(config: Config) -> Iterator[Problem]:
    """An `experts_implementation` that Axolotl replaces with eager.

    It is unknown, or the switch of its kernels is off. Eager is the slowest option.
    """
    now = config.at("check_experts_implementation")
    chosen = now("experts_implementation")
    if kernels_on(config) and chosen is not None and experts_fall_back(now):
        known = chosen in ("scattermoe", "sonicmoe")
        cure = f"add `use_{chosen}: true`" if known else "use `grouped_mm` or a backend"
        yield problem(f"Becomes `eager`, the slowest option: {cure}.", "experts_implementation")


@rule(
    Severity.WARNING,
    fields=("plugins", "use_kernels"),
    says="`use_kernels` must be set to True to use this",
    bad=KERNELS,
    good=f"{KERNELS}use_kernels: true\n",
)
def hub_kernels_switched_on(config: Config) -> Iterator[Problem]:
    """The kernels plugin switches `use_kernels` on.

    This also brings in kernels from the Hub for other layers. Write true or false to decide it yourself.
    """
    if kernels_on(config) and config.raw("use_kernels") is None:
        yield problem("This sets `use_kernels: true` unless you write it: write it out.", "plugins", "use_kernels")


@rule(
    Severity.ADVICE,
    fields=("lora_mlp_kernel", "use_dsv4_kernels", "expert_backend", "adapter", *FLAGS),
    needs=("use_dsv4_kernels",),
    says="Translated lora_mlp_kernel -> dsv4_shared_mlp_lora_kernel",
    bad=f"{LORA}use_dsv4_kernels: true\nuse_scattermoe: true\nlora_mlp_kernel: true\n",
    good=f"{LORA}use_dsv4_kernels: true\nuse_scattermoe: true\nlora_mlp_kernel: false\n",
)
def shared_expert_kernel(config: Config) -> Iterator[Problem]:
    """`lora_mlp_kernel` with the DeepSeek-V4 kernels.

    It becomes `dsv4_shared_mlp_lora_kernel`, also where Axolotl had switched it on by itself.
    """
    if kernels_on(config) and config.at("disable_mlp_kernel")("lora_mlp_kernel") is True:
        if config.final("lora_mlp_kernel") is False:
            named = "lora_mlp_kernel" if config.written("lora_mlp_kernel") else "use_dsv4_kernels"
            yield problem("Becomes `dsv4_shared_mlp_lora_kernel` for the shared experts.", named)


@rule(
    Severity.WARNING,
    fields=("moe_grouped_backend", "dsv4_fp4_grouped_mode"),
    says="has no effect unless the grouped NVFP4 MoE path is enabled",
    bad=f"{KERNELS}moe_grouped_backend: marlin\n",
    good=f"{KERNELS}moe_grouped_backend: marlin\ndsv4_fp4_grouped_mode: nvfp4\n",
)
def grouped_backend_idle(config: Config) -> Iterator[Problem]:
    """`moe_grouped_backend` without the grouped NVFP4 experts.

    It only chooses how those are computed.
    """
    if kernels_on(config) and config.raw("moe_grouped_backend") is not None and not config.raw("dsv4_fp4_grouped_mode"):
        yield problem("This has no effect without `dsv4_fp4_grouped_mode: nvfp4`.", "moe_grouped_backend")


@rule(
    Severity.WARNING,
    fields=("gemma4_fp8_nonexpert", "gemma4_nf4_nonexpert"),
    says="gemma4_fp8_nonexpert / gemma4_nf4_nonexpert are deprecated",
    bad=f"{KERNELS}gemma4_fp8_nonexpert: true\n",
    good=f"{KERNELS}nonexpert_quantization: fp8_blockwise\n",
)
def gemma_quantization_renamed(config: Config) -> Iterator[Problem]:
    """Gemma 4's own switches for quantizing what is not an expert.

    `nonexpert_quantization` replaces them; they still work.
    """
    for name, value in (("gemma4_fp8_nonexpert", "fp8_blockwise"), ("gemma4_nf4_nonexpert", "nf4")):
        if kernels_on(config) and config.raw(name):
            yield problem(f"This still works, but `nonexpert_quantization: {value}` replaces it.", name)


@rule(
    Severity.ERROR,
    fields=("moe_dequant_chunk_size",),
    says="moe_dequant_chunk_size must be a positive integer",
    bad=f"{KERNELS}moe_dequant_chunk_size: 0\n",
    good=f"{KERNELS}moe_dequant_chunk_size: 8\n",
)
def dequant_chunk_size(config: Config) -> Iterator[Problem]:
    """`moe_dequant_chunk_size` is not positive.

    It is how many experts are expanded at once.
    """
    size = config.raw("moe_dequant_chunk_size")
    if (
        kernels_on(config)
        and size is not None
        and (isinstance(size, bool) or config.typed("moe_dequant_chunk_size") <= 0)
    ):
        yield problem("Write a whole number above 0, or leave it out.", "moe_dequant_chunk_size")


@rule(
    Severity.ERROR,
    fields=("use_dsv4_kernels", "lora_target_modules", "lora_target_linear", "lora_exclude_modules"),
    needs=("use_dsv4_kernels",),
    says="attention/module-level LoRA is not supported with use_dsv4_kernels",
    bad=f"{LORA}use_dsv4_kernels: true\nlora_target_linear: true\n",
    good=f"{LORA}use_dsv4_kernels: true\nlora_target_parameters: [mlp.experts.down_proj]\n",
)
def dsv4_attention_lora(config: Config) -> Iterator[Problem]:
    """LoRA on modules with the DeepSeek-V4 kernels.

    The fused indexer passes no gradient on. Train only the experts with `lora_target_parameters`.
    """
    now = config.at("check_dsv4_attention_lora_unsupported")
    if kernels_on(config) and now("use_dsv4_kernels") and not now("lora_exclude_modules"):
        for name in ("lora_target_modules", "lora_target_linear"):
            if now(name):
                message = "Only experts can be trained: use `lora_target_parameters` instead."
                yield problem(message, name, "use_dsv4_kernels")


@rule(
    Severity.WARNING,
    fields=("use_dsv4_kernels", "lora_target_modules", "lora_target_linear", "lora_exclude_modules"),
    needs=("lora_exclude_modules",),
    says="ensure lora_exclude_modules excludes the indexer scorer",
    bad=f"{LORA}use_dsv4_kernels: true\nlora_target_linear: true\nlora_exclude_modules: [indexer]\n",
    good=f"{LORA}use_dsv4_kernels: true\nlora_target_parameters: [mlp.experts.down_proj]\n",
)
def dsv4_excluded_modules(config: Config) -> Iterator[Problem]:
    """LoRA on modules with the DeepSeek-V4 kernels, with exceptions that are not read.

    `lora_exclude_modules` satisfies Axolotl's check, but Axolotl's schema has no such field and drops it before the
    adapter is built. The indexer's scorer is then adapted as well, and gets no gradient. Train the experts only, with
    `lora_target_parameters`.
    """
    now = config.at("check_dsv4_attention_lora_unsupported")
    if kernels_on(config) and now("use_dsv4_kernels") and now("lora_exclude_modules"):
        targets = [name for name in ("lora_target_modules", "lora_target_linear") if now(name)]
        if targets:
            message = f"Excludes nothing: replace `{targets[0]}` by `lora_target_parameters`."
            yield problem(message, "lora_exclude_modules", *targets)
