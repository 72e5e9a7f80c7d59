"""The fused kernels of LoRA."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.examples import LORA
from knowledge.finding import Severity
from knowledge.rule import Problem, problem, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.config import Config


KERNELS = ("lora_mlp_kernel", "lora_qkv_kernel", "lora_o_kernel")


@rule(
    Severity.ERROR,
    fields=("adapter", "flash_attn_fuse_mlp"),
    needs=("flash_attn_fuse_mlp",),
    says="Fused modules are not supported with LoRA/QLoRA",
    bad=f"{LORA}flash_attn_fuse_mlp: true\n",
    good=LORA,
)
def fused_mlp_adapter(config: Config) -> Iterator[Problem]:
    """`flash_attn_fuse_mlp` with an adapter.

    The fused layers replace the modules that LoRA attaches to.
    """
    if config.typed("adapter") in ("lora", "qlora", "mixlora") and config.typed("flash_attn_fuse_mlp"):
        yield problem("Not possible with an adapter: remove this.", "flash_attn_fuse_mlp", "adapter")


@rule(
    Severity.ERROR,
    fields=("adapter", "load_in_8bit", *KERNELS),
    needs=("load_in_8bit",),
    says="compatible with 8-bit LoRA",
    bad=f"{LORA}load_in_8bit: true\nlora_mlp_kernel: true\n",
    good=f"{LORA}load_in_8bit: true\n",
)
def kernels_in_8bit(config: Config) -> Iterator[Problem]:
    """LoRA kernels with 8-bit weights.

    The kernels work on 16-bit and 4-bit weights.
    """
    now = config.at("check_lora_kernels_8bit")
    on = [name for name in KERNELS if now(name)]
    if on and now("adapter") == "lora" and now("load_in_8bit"):
        yield problem("Not on 8-bit weights: drop the kernels.", *on, "load_in_8bit")


@rule(
    Severity.ERROR,
    fields=("trust_remote_code", "model_config_type", "base_model", *KERNELS),
    needs=("trust_remote_code",),
    says="compatible with trust_remote_code",
    bad=f"{LORA}trust_remote_code: true\nlora_mlp_kernel: true\n",
    good=f"{LORA}lora_mlp_kernel: true\n",
)
def kernels_with_remote_code(config: Config) -> Iterator[Problem]:
    """LoRA kernels with `trust_remote_code`.

    The kernels patch the layers of known models, and code from a repository may bring others.
    """
    now = config.at("check_lora_kernels_trust_remote_code")
    on = [name for name in KERNELS if now(name)]
    if on and now("trust_remote_code"):
        yield problem("Not possible with `trust_remote_code`: remove one of the two.", *on, "trust_remote_code")


UNPATCHED = (
    *("phi-1", "phi-2", "phi-3", "phi3", "phi-4", "microsoft/phi", "olmo-2", "olmo2", "stablelm", "neox", "pythia"),
    *("falcon-7b", "falcon-11b", "falcon-40b", "falcon-180b", "falcon-rw"),
)
"""Parts of the names of models whose attention the kernels can't patch."""


@rule(
    Severity.CRASH,
    fields=("adapter", "base_model", "lora_qkv_kernel", "lora_o_kernel"),
    bad=f"base_model: microsoft/Phi-3-mini-4k-instruct\n{LORA}",
    good=f"base_model: microsoft/Phi-3-mini-4k-instruct\n{LORA}lora_qkv_kernel: false\nlora_o_kernel: false\n",
)
def kernels_on_unpatchable_model(config: Config) -> Iterator[Problem]:
    """LoRA kernels on a model whose attention they can't patch.

    Axolotl switches its LoRA kernels on by itself; for phi, phi-3, OLMo 2, StableLM, GPT-NeoX and Falcon loading the
    model then ends in a ValueError unless `lora_qkv_kernel: false` and `lora_o_kernel: false` are written.
    """
    name = str(config.raw("base_model")).lower()
    if any(part in name for part in UNPATCHED) and "phi-3.5-moe" not in name:
        final = config.final
        if config.raw("adapter") in ("lora", "qlora") and (final("lora_qkv_kernel") or final("lora_o_kernel")):
            named = [key for key in ("lora_qkv_kernel", "lora_o_kernel") if config.written(key)]
            message = "Loading fails on this model: write `lora_qkv_kernel: false` and `lora_o_kernel: false`."
            yield problem(message, *named, "adapter", "base_model")
