"""The fused kernels of LoRA."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.examples import LORA
from knowledge.finding import Severity
from knowledge.hub import World, facts_of, found_model, kernels_rewrite
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
        yield problem("Incompatible with an adapter: remove this.", "flash_attn_fuse_mlp", "adapter")


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
        yield problem("Incompatible with 8-bit weights: remove the kernels.", *on, "load_in_8bit")


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

    The kernels patch the layers of known models, and code from a repository may contain other layers.
    """
    now = config.at("check_lora_kernels_trust_remote_code")
    on = [name for name in KERNELS if now(name)]
    if on and now("trust_remote_code"):
        yield problem("Incompatible with `trust_remote_code`: remove one of the two.", *on, "trust_remote_code")


UNPATCHED = (
    *("phi-1", "phi-2", "phi-3", "phi3", "phi-4", "microsoft/phi", "olmo-2", "olmo2", "stablelm", "neox", "pythia"),
    *("falcon-7b", "falcon-11b", "falcon-40b", "falcon-180b", "falcon-rw", "olmo-1b", "olmo-7b", "gpt-j-6b", "mpt-7b"),
    *("command-r-v01", "command-r-08", "command-r-plus", "aya-23", "aya-expanse"),
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

    Axolotl switches its LoRA kernels on by itself; for phi, phi-3, OLMo, StableLM, GPT-NeoX, GPT-J, MPT, Falcon, and
    Command R, loading the model then ends in a ValueError unless `lora_qkv_kernel: false` and `lora_o_kernel: false`
    are written.
    """
    name = str(config.raw("base_model")).lower()
    if _type_on_the_hub(config) is None and any(part in name for part in UNPATCHED) and "phi-3.5-moe" not in name:
        yield from _fails_to_load(config)


@rule(
    Severity.CRASH,
    fields=("adapter", "base_model", "lora_qkv_kernel", "lora_o_kernel"),
    bad=f"base_model: org/opt\n{LORA}",
    good=f"base_model: org/opt\n{LORA}lora_qkv_kernel: false\nlora_o_kernel: false\n",
    hub=World(models=(found_model("org/opt", config={"model_type": "opt", "architectures": ["OPTForCausalLM"]}),)),
    says="does not use a supported q/k/v/o projection layout",
)
def kernels_cannot_rewrite_attention(config: Config) -> Iterator[Problem]:
    """LoRA kernels on a model type whose attention they can't rewrite.

    Axolotl switches its LoRA kernels on by itself. They replace the lines of the attention that compute queries,
    keys, values, and the output; if a model type writes those lines differently, loading ends in a ValueError.
    """
    model_type = _type_on_the_hub(config)
    if model_type is not None and kernels_rewrite(model_type) is False:
        yield from _fails_to_load(config)


def _type_on_the_hub(config: Config) -> str | None:
    """The type that the base model's own config names, where the Hub told it."""
    facts = facts_of(config)
    found = facts.model if facts is not None else None
    model_type = found.dimensions.get("model_type") if found is not None else None
    return model_type if isinstance(model_type, str) else None


def _fails_to_load(config: Config) -> Iterator[Problem]:
    final = config.final
    if config.raw("adapter") in ("lora", "qlora") and (final("lora_qkv_kernel") or final("lora_o_kernel")):
        named = [key for key in ("lora_qkv_kernel", "lora_o_kernel") if config.written(key)]
        message = "Loading fails on this model: write `lora_qkv_kernel: false` and `lora_o_kernel: false`."
        yield problem(message, *named, "adapter", "base_model")
