"""Quantized weights, quantization-aware training, staged 4-bit loading."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.examples import LINEAR, LORA, QLORA
from knowledge.finding import Severity
from knowledge.rule import Problem, problem, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.config import Config

MOE = f"{QLORA}lora_target_modules: [q_proj, v_proj]\nquantize_moe_experts: true\n"
_TORCH_NAMES = {
    name: whole
    for whole, shorts in {"bfloat16": ("bf16",), "float16": ("fp16",), "float32": ("fp32",), "uint8": ()}.items()
    for name in (*shorts, f"torch.{whole}")
}
"""Names that people write -> PyTorch's own."""
BITS = ("load_in_8bit", "load_in_4bit")


@rule(
    Severity.ERROR,
    fields=("quantize_moe_experts", "lora_target_linear", "use_ray"),
    needs=("quantize_moe_experts",),
    says="lora_target_linear is not compatible with quantize_moe_experts",
    bad=f"{QLORA}{LINEAR}quantize_moe_experts: true\n",
    good=MOE,
)
def experts_target_linear(config: Config) -> Iterator[Problem]:
    """`quantize_moe_experts` with `lora_target_linear`.

    Quantized experts are no longer linear layers: name the modules.
    """
    now = config.at("check_quantize_moe_experts")
    if now("quantize_moe_experts") and now("lora_target_linear") and not now("use_ray"):
        yield problem(
            "Incompatible with quantized experts: name `lora_target_modules`.",
            "lora_target_linear",
            "quantize_moe_experts",
        )


@rule(
    Severity.ERROR,
    fields=("quantize_moe_experts", "adapter", "load_in_8bit", "load_in_4bit", "use_ray"),
    needs=("quantize_moe_experts",),
    says=("quantize_moe_experts requires adapter", "quantize_moe_experts requires load_in"),
    bad="quantize_moe_experts: true\nlora_target_modules: [q_proj, v_proj]\n",
    good=MOE,
)
def experts_need_quantized_adapter(config: Config) -> Iterator[Problem]:
    """`quantize_moe_experts` without an adapter on quantized weights.

    It quantizes the experts along with the rest: set the adapter and 4-bit or 8-bit loading.
    """
    now = config.at("check_quantize_moe_experts")
    if now("quantize_moe_experts") and not now("use_ray"):
        if now("adapter") not in ("lora", "qlora"):
            yield problem(
                "Needs an adapter: add `adapter: lora` with `lora_r: 16` and `lora_alpha: 32`.", "quantize_moe_experts"
            )
        if not any(now(name) for name in BITS):
            yield problem("Needs `load_in_4bit` or `load_in_8bit`.", "quantize_moe_experts")


@rule(
    Severity.ERROR,
    fields=("model_quantization_config", "load_in_8bit", "load_in_4bit"),
    needs=("model_quantization_config",),
    says="model_quantization_config",
    bad=f"{QLORA}model_quantization_config: Mxfp4Config\n",
    good=QLORA,
)
def quantization_config_and_bits(config: Config) -> Iterator[Problem]:
    """`model_quantization_config` with 4-bit or 8-bit loading.

    The model has its own quantization; a second one cannot be added.
    """
    now = config.at("check_model_quantization_config_vs_bnb")
    bits = [name for name in BITS if now(name)]
    if now("model_quantization_config") and bits:
        yield problem("This is a second quantization: remove one of the two.", *bits, "model_quantization_config")


@rule(
    Severity.ERROR,
    fields=("model_quantization_config", "fsdp_config"),
    says="cpu_ram_efficient_loading is not supported for Mxfp4Config",
    bad="model_quantization_config: Mxfp4Config\nfsdp_config:\n  cpu_ram_efficient_loading: true\n",
    good="model_quantization_config: Mxfp4Config\nfsdp_config:\n  cpu_ram_efficient_loading: false\n",
)
def mxfp4_ram_loading(config: Config) -> Iterator[Problem]:
    """MXFP4 weights with `cpu_ram_efficient_loading`.

    The packed weights cannot be distributed from one rank.
    """
    now = config.at("check_gpt_oss_fsdp_loading")
    block = now("fsdp_config")
    if now("model_quantization_config") == "Mxfp4Config" and isinstance(block, dict):
        if block.get("cpu_ram_efficient_loading") is True:
            yield problem("Incompatible with MXFP4 weights: set it to false.", "fsdp_config.cpu_ram_efficient_loading")


@rule(
    Severity.ERROR,
    fields=("gptq", "revision_of_model"),
    says="revision_of_model is not supported for GPTQ models",
    bad="gptq: true\nrevision_of_model: main\n",
    good="gptq: true\n",
)
def gptq_revision(config: Config) -> Iterator[Problem]:
    """A model revision with `gptq`.

    GPTQ models are loaded without one: download the revision and name its folder.
    """
    now = config.at("check_gptq_w_revision")
    if now("gptq") and now("revision_of_model"):
        yield problem("Incompatible with GPTQ: name a folder that contains the revision.", "revision_of_model", "gptq")


@rule(
    Severity.ERROR,
    fields=("load_in_4bit", "bnb_config_kwargs", "nf4_backend"),
    needs=("bnb_config_kwargs",),
    says="blocksize",
    bad=f"{QLORA}bnb_config_kwargs:\n  blocksize: 128\n",
    good=f"{QLORA}bnb_config_kwargs:\n  blocksize: 64\n",
)
def block_size(config: Config) -> Iterator[Problem]:
    """4-bit weights with a block size other than 64.

    bitsandbytes loading in Transformers works with blocks of 64 only.
    """
    options = config.typed("bnb_config_kwargs") or {}
    if config.typed("load_in_4bit") and config.typed("nf4_backend") != "torchao":
        if options.get("blocksize", 64) != 64:
            yield problem("Only blocks of 64 work: remove it.", "bnb_config_kwargs.blocksize")


@rule(
    Severity.ERROR,
    fields=("fsdp_config", "load_in_4bit", "qlora_sharded_model_loading", "adapter"),
    needs=("fsdp_config",),
    says="FSDP2 does not support `cpu_ram_efficient_loading` with load_in_4bit",
    bad=f"{QLORA}fsdp_config:\n  cpu_ram_efficient_loading: true\nqlora_sharded_model_loading: false\n",
    good=f"{QLORA}fsdp_config:\n  cpu_ram_efficient_loading: true\nqlora_sharded_model_loading: true\n",
)
def ram_loading_unsharded(config: Config) -> Iterator[Problem]:
    """FSDP with `cpu_ram_efficient_loading` and 4 bits, without sharded loading.

    Only one rank quantizes then, and handing the weights out hangs.
    """
    block = config.typed("fsdp_config")
    if not (isinstance(block, dict) and block and config.typed("load_in_4bit")):
        return
    if block.get("cpu_ram_efficient_loading") and not sharded_loading(config):
        message = "Hangs with 4 bits: set `qlora_sharded_model_loading: true`, or this to false."
        yield problem(message, "fsdp_config.cpu_ram_efficient_loading", "load_in_4bit")


def sharded_loading(config: Config) -> bool:
    """`qlora_sharded_model_loading` as Axolotl resolves it, before it turns inert ones off."""
    written = config.typed("qlora_sharded_model_loading")
    block = config.typed("fsdp_config") or {}
    if written is None:
        quantized = config.typed("adapter") == "qlora" and config.typed("load_in_4bit")
        return bool(block and quantized and block.get("cpu_ram_efficient_loading"))
    return bool(written)


@rule(
    Severity.WARNING,
    fields=("qlora_sharded_model_loading", "load_in_4bit", "fsdp_config", "nf4_backend"),
    needs=("qlora_sharded_model_loading",),
    says="qlora_sharded_model_loading",
    bad=f"{QLORA}qlora_sharded_model_loading: true\n",
    good=QLORA,
)
def sharded_loading_inert(config: Config) -> Iterator[Problem]:
    """`qlora_sharded_model_loading` where it can't do anything.

    It needs FSDP with `cpu_ram_efficient_loading`; Axolotl turns it off otherwise.
    """
    if not config.typed("qlora_sharded_model_loading") or not config.typed("load_in_4bit"):
        return
    block = config.typed("fsdp_config") or {}
    if not block or not block.get("cpu_ram_efficient_loading"):
        message = "This is turned off: it needs `fsdp_config` with `cpu_ram_efficient_loading: true`."
        yield problem(message, "qlora_sharded_model_loading")


STAGED = (
    "nf4_backend",
    "qlora_sharded_model_loading",
    "load_in_4bit",
    "load_in_8bit",
    "adapter",
    "fsdp_config",
    "deepspeed",
    "tensor_parallel_size",
    "context_parallel_size",
    "dp_replicate_size",
    "bnb_config_kwargs",
    "peft_use_dora",
    "lora_modules_to_save",
    "peft_init_lora_weights",
    "peft",
)


@rule(
    Severity.ERROR,
    fields=STAGED,
    needs=("nf4_backend", "qlora_sharded_model_loading", "fsdp_config"),
    says=("CPU-staged NF4", "torchao NF4 requires"),
    bad=f"{QLORA}nf4_backend: torchao\npeft_use_dora: true\n",
    good=f"{QLORA}nf4_backend: torchao\n",
)
def staged_nf4(config: Config) -> Iterator[Problem]:
    """4-bit loading through torchao or in shards, with a setting it does not support.

    It needs 4-bit QLoRA on DDP or FSDP, NF4 blocks of 64 with double quantization, and plain LoRA.
    """
    torchao = config.typed("nf4_backend") == "torchao"
    block = config.typed("fsdp_config") or {}
    sharded = sharded_loading(config)
    live = sharded and config.typed("load_in_4bit") and block and block.get("cpu_ram_efficient_loading")
    if not torchao and not live:
        return
    cause = "nf4_backend" if torchao else "qlora_sharded_model_loading"
    options = config.typed("bnb_config_kwargs") or {}
    if not config.typed("load_in_4bit") or config.typed("adapter") != "qlora" or config.typed("load_in_8bit"):
        yield problem("Needs `adapter: qlora` and `load_in_4bit: true`, and not 8-bit loading.", cause, "adapter")
    if block and (not block.get("cpu_ram_efficient_loading") or not sharded):
        message = "With FSDP, it needs `cpu_ram_efficient_loading` and `qlora_sharded_model_loading`."
        yield problem(message, cause, "fsdp_config")
    for name in ("deepspeed", "tensor_parallel_size", "context_parallel_size"):
        value = config.typed(name)
        if value and value != 1:
            yield problem("Incompatible with this 4-bit loading: remove one of the two.", name, cause)
    if (config.typed("dp_replicate_size") or 1) > 1:
        yield problem("Must be 1 with this 4-bit loading.", "dp_replicate_size", cause)
    if options.get("bnb_4bit_quant_type", "nf4") != "nf4":
        yield problem("Must be nf4 with this 4-bit loading.", "bnb_config_kwargs.bnb_4bit_quant_type", cause)
    if torchao and (options.get("blocksize", 64) != 64 or not options.get("bnb_4bit_use_double_quant", True)):
        yield problem("torchao needs blocks of 64 and double quantization.", "bnb_config_kwargs", cause)
    for name in ("peft_use_dora", "lora_modules_to_save"):
        if config.typed(name):
            yield problem("This 4-bit loading supports only plain LoRA: remove it.", name, cause)
    peft = config.typed("peft") or {}
    if config.typed("peft_init_lora_weights") not in (None, True, False, "gaussian") or peft.get("loftq_config"):
        yield problem(
            "Incompatible with this 4-bit loading: leave the init at its default.", "peft_init_lora_weights", cause
        )


@rule(
    Severity.ERROR,
    fields=("qat", "load_in_8bit", "load_in_4bit", "peft", "use_ray"),
    needs=("qat",),
    says=("QAT and PEFT cannot be used together", "QAT and load_in_"),
    bad="adapter: lora\nlora_r: 8\nlora_alpha: 16\nload_in_8bit: true\nqat:\n  weight_dtype: int4\n",
    good="adapter: lora\nlora_r: 8\nlora_alpha: 16\nqat:\n  weight_dtype: int4\n",
)
def qat_conflicts(config: Config) -> Iterator[Problem]:
    """Quantization-aware training with weights that are already quantized, or with `peft`.

    It simulates the quantization of full weights.
    """
    now = config.at("check_qat_config")
    if not now("qat") or now("use_ray"):
        return
    for name in ("peft", "load_in_8bit", "load_in_4bit"):
        if now(name):
            yield problem("Incompatible with `qat`: remove one of the two.", name, "qat")


@rule(
    Severity.ERROR,
    fields=("qat.weight_dtype", "qat.activation_dtype", "use_ray"),
    says="ternary",
    bad="qat:\n  weight_dtype: ternary\n  activation_dtype: fp8\n",
    good="qat:\n  weight_dtype: ternary\n  activation_dtype: int8\n",
)
def qat_ternary(config: Config) -> Iterator[Problem]:
    """Ternary weights with activations other than int8.

    Leave `activation_dtype` out, or use int8.
    """
    block = config.at("check_qat_config")("qat")
    if isinstance(block, dict) and block.get("weight_dtype") == "ternary" and not config.raw("use_ray"):
        if block.get("activation_dtype") not in (None, "int8"):
            yield problem(
                "Must be int8, or left out, with ternary weights.", "qat.activation_dtype", "qat.weight_dtype"
            )


@rule(
    Severity.WARNING,
    fields=("bnb_config_kwargs", "load_in_4bit", "load_in_8bit"),
    needs=("bnb_config_kwargs",),
    bad=f"{LORA}bnb_config_kwargs:\n  load_in_8bit: true\n",
    good=f"{LORA}load_in_8bit: true\n",
)
def bits_in_kwargs(config: Config) -> Iterator[Problem]:
    """`load_in_4bit` inside `bnb_config_kwargs`.

    The kwargs only adjust a quantization that the top-level field turns on.
    """
    options = config.raw("bnb_config_kwargs")
    if isinstance(options, dict):
        for name in BITS:
            if name in options and not config.raw(name):
                yield problem(f"This turns nothing on: write `{name}` at the top level.", ("bnb_config_kwargs", name))


@rule(
    Severity.CRASH,
    fields=("bnb_config_kwargs", "load_in_4bit", "adapter"),
    needs=("bnb_config_kwargs",),
    says="module 'torch' has no attribute",
    bad=f"{QLORA}bnb_config_kwargs:\n  bnb_4bit_compute_dtype: bf16\n",
    good=f"{QLORA}bnb_config_kwargs:\n  bnb_4bit_compute_dtype: bfloat16\n",
)
def bnb_type_unknown(config: Config) -> Iterator[Problem]:
    """A type in `bnb_config_kwargs` that PyTorch does not know by this name.

    bitsandbytes looks the name up among PyTorch's own, such as bfloat16, float16, float32, and uint8. A short form, or
    one with "torch." before it, ends in an AttributeError when the model is loaded.
    """
    options = config.raw("bnb_config_kwargs")
    if isinstance(options, dict) and config.raw("load_in_4bit"):
        for name in ("bnb_4bit_compute_dtype", "bnb_4bit_quant_storage"):
            if (right := _TORCH_NAMES.get(str(options.get(name)))) is not None:
                message = f"PyTorch has no type with this name, so loading fails: write `{name}: {right}`."
                yield problem(message, ("bnb_config_kwargs", name), suggestion=right)
