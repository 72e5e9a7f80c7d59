"""FSDP, DeepSpeed and the ways to divide a model among GPUs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.conditions import block, more_than_one, raw_block
from knowledge.examples import FSDP
from knowledge.finding import Severity
from knowledge.rule import Problem, problem, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.config import Config

LORA = "adapter: lora\nlora_r: 8\nlora_alpha: 16\n"
QUANTIZED = f"{LORA}load_in_8bit: true\n"
REJECTED = {"sharding_strategy": "reshard_after_forward", "forward_prefetch": None}
DROPPED = (
    "sync_module_states",
    "backward_prefetch",
    "backward_prefetch_policy",
    "limit_all_gathers",
    "use_orig_params",
)


@rule(
    Severity.ERROR,
    fields=("fsdp",),
    says="The top-level `fsdp` list is no longer supported",
    bad="fsdp: [full_shard, auto_wrap]\n",
    good=FSDP,
)
def fsdp_list(config: Config) -> Iterator[Problem]:
    """The list `fsdp` at the top level was removed.

    It belonged to FSDP 1. Write a `fsdp_config` block.
    """
    if config.raw("fsdp"):
        yield problem("Removed with FSDP 1: write a `fsdp_config` block instead.", "fsdp", suggestion="fsdp_config")


@rule(
    Severity.ERROR,
    fields=("fsdp_version", "fsdp_config"),
    needs=("fsdp_version", "fsdp_config"),
    says="is no longer supported, FSDP1 has been removed from Axolotl",
    bad="fsdp_version: 1\nfsdp_config:\n  reshard_after_forward: true\n",
    good=FSDP,
)
def fsdp_version_one(config: Config) -> Iterator[Problem]:
    """A version of FSDP other than 2.

    FSDP 1 was removed. Leave the version out.
    """
    now = config.at("check_fsdp_version")
    inner = raw_block(now("fsdp_config"))
    for path, value in (
        ("fsdp_version", now("fsdp_version") if config.written("fsdp_version") else None),
        ("fsdp_config.fsdp_version", inner.get("fsdp_version") if config.written("fsdp_config.fsdp_version") else None),
        ("fsdp_config.version", config.raw("fsdp_config.version")),
    ):
        if value is not None and str(value) != "2":
            yield problem("Only FSDP 2 exists now: write 2, or leave it out.", path)


@rule(
    Severity.ERROR,
    fields=("fsdp_config",),
    says=("Use `reshard_after_forward` instead", "It has no FSDP2 equivalent"),
    bad="fsdp_config:\n  sharding_strategy: FULL_SHARD\n",
    good=FSDP,
)
def fsdp_key_rejected(config: Config) -> Iterator[Problem]:
    """A key of FSDP 1 that FSDP 2 rejects.

    It is refused whatever its value: `sharding_strategy` became `reshard_after_forward`; `forward_prefetch` has no
    successor.
    """
    for key in raw_block(config.raw("fsdp_config")):
        name = key[5:] if isinstance(key, str) and key.startswith("fsdp_") and key != "fsdp_version" else key
        if name in REJECTED:
            new = REJECTED[name]
            cure = f"Use `{new}: true`." if new else "Remove it."
            yield problem(f"Belongs to FSDP 1. {cure}", ("fsdp_config", key), suggestion=new)


@rule(
    Severity.WARNING,
    fields=("fsdp_config",),
    says="is an FSDP1-only option and is ignored",
    bad=f"{FSDP}  use_orig_params: true\n",
    good=FSDP,
)
def fsdp_key_dropped(config: Config) -> Iterator[Problem]:
    """A key of FSDP 1 that FSDP 2 drops.

    It no longer has an effect. Remove it.
    """
    for key in raw_block(config.raw("fsdp_config")):
        name = key[5:] if isinstance(key, str) and key.startswith("fsdp_") else key
        if name in DROPPED:
            yield problem("Axolotl drops this, because it belongs to FSDP 1. Remove it.", ("fsdp_config", key))


@rule(
    Severity.WARNING,
    fields=("fsdp_config",),
    says="Configuring FSDP fields with the `fsdp_` prefix is deprecated",
    bad="fsdp_config:\n  fsdp_offload_params: true\n",
    good="fsdp_config:\n  offload_params: true\n",
)
def fsdp_prefix(config: Config) -> Iterator[Problem]:
    """Keys of `fsdp_config` with the prefix fsdp_.

    Axolotl cuts the prefix off. Write the keys without it.
    """
    old = [
        key
        for key in raw_block(config.raw("fsdp_config"))
        if isinstance(key, str) and key.startswith("fsdp_") and key != "fsdp_version"
        if key[5:] not in REJECTED and key[5:] not in DROPPED
    ]
    if old:
        message = f"The new name has no prefix: `{old[0].removeprefix('fsdp_')}`; the old one still works."
        yield problem(message, *(("fsdp_config", key) for key in old))


@rule(
    Severity.ERROR,
    fields=("fsdp_config",),
    says="disabling cpu_offload_pin_memory requires enabling offload_params",
    bad="fsdp_config:\n  cpu_offload_pin_memory: false\n",
    good="fsdp_config:\n  offload_params: true\n  cpu_offload_pin_memory: false\n",
)
def fsdp_pin_memory(config: Config) -> Iterator[Problem]:
    """`cpu_offload_pin_memory: false` without `offload_params`.

    It applies only to offloaded parameters.
    """
    inner = raw_block(config.at("check_fsdp2_cpu_offload_pin_memory")("fsdp_config"))
    if inner.get("cpu_offload_pin_memory") is False and not inner.get("offload_params"):
        yield problem("Needs `offload_params: true`; otherwise, leave it out.", "fsdp_config.cpu_offload_pin_memory")


@rule(
    Severity.ERROR,
    fields=("fsdp_config", "rl", "load_in_8bit", "load_in_4bit"),
    needs=("rl",),
    says="FSDP2 does not support load_in_8bit or load_in_4bit with",
    bad=f"{QUANTIZED}{FSDP}rl: dpo\ndatasets:\n  - path: org/pairs\n    type: chatml.intel\n",
    good=f"{LORA}{FSDP}rl: dpo\ndatasets:\n  - path: org/pairs\n    type: chatml.intel\n",
)
def fsdp_quantized_preference(config: Config) -> Iterator[Problem]:
    """Preference training under FSDP on quantized weights.

    The reference model cannot be sharded with quantized weights. Use DeepSpeed, or 16 bits.
    """
    now = config.at("check_fsdp2_base_model_quant_rl")
    bits = [name for name in ("load_in_8bit", "load_in_4bit") if now(name)]
    if now("fsdp_config") and bits and now("rl") in ("dpo", "kto", "orpo", "ipo"):
        yield problem(
            "Incompatible with FSDP in preference training: use DeepSpeed, or 16 bits.", *bits, "rl", "fsdp_config"
        )


@rule(
    Severity.ERROR,
    fields=("fsdp_config",),
    says="min_num_params is required when auto_wrap_policy is SIZE_BASED_WRAP",
    bad="fsdp_config:\n  auto_wrap_policy: SIZE_BASED_WRAP\n",
    good="fsdp_config:\n  auto_wrap_policy: SIZE_BASED_WRAP\n  min_num_params: 1000000\n",
)
def fsdp_size_wrap(config: Config) -> Iterator[Problem]:
    """Wrapping by size without the size.

    `min_num_params` says how many parameters a module needs to be wrapped.
    """
    inner = block(config, "fsdp_config")
    if inner.get("auto_wrap_policy") == "SIZE_BASED_WRAP" and inner.get("min_num_params") is None:
        yield problem(
            "Needs `min_num_params`, the size from which a module is wrapped.", "fsdp_config.auto_wrap_policy"
        )


@rule(
    Severity.ERROR,
    fields=("deepspeed", "fsdp_config"),
    says="deepspeed and fsdp cannot be used together",
    bad=f"deepspeed: deepspeed_configs/zero2.json\n{FSDP}",
    good="deepspeed: deepspeed_configs/zero2.json\n",
)
def fsdp_and_deepspeed(config: Config) -> Iterator[Problem]:
    """`deepspeed` together with `fsdp_config`.

    Both divide the model among the GPUs.
    """
    now = config.at("check_fsdp_deepspeed")
    if now("deepspeed") and now("fsdp_config"):
        yield problem("Both divide the model: keep one.", "deepspeed", "fsdp_config")


@rule(
    Severity.ERROR,
    fields=("deepcompile", "deepspeed"),
    says="DeepCompile is only supported with DeepSpeed",
    bad="deepcompile: true\n",
    good="deepcompile: true\ndeepspeed: deepspeed_configs/zero2.json\n",
)
def deepcompile_alone(config: Config) -> Iterator[Problem]:
    """`deepcompile` without `deepspeed`.

    It is a compiler of DeepSpeed.
    """
    now = config.at("check_deepcompile")
    if now("deepcompile") and not now("deepspeed"):
        yield problem("Needs `deepspeed`.", "deepcompile")


@rule(
    Severity.ADVICE,
    fields=("deepspeed", "tensor_parallel_size", "deepcompile"),
    bad="deepspeed: deepspeed_configs/zero3.json\ntensor_parallel_size: 2\n",
    good="deepspeed: deepspeed_configs/zero3.json\n",
    gpus=2,
)
def deepspeed_file_read_early(config: Config) -> Iterator[Problem]:
    """Tensor parallelism or DeepCompile with a DeepSpeed file.

    The file is then read while the config is validated, so a missing one is an error at once. Axolotl's own files are
    there after `axolotl fetch deepspeed_configs`.
    """
    path = config.raw("deepspeed")
    if isinstance(path, str) and (more_than_one(config.raw("tensor_parallel_size")) or config.raw("deepcompile")):
        yield problem("The file must already exist: run `axolotl fetch deepspeed_configs` first.", "deepspeed")


@rule(
    Severity.ERROR,
    fields=("deepspeed", "tensor_parallel_size", "deepcompile"),
    says="expected str, bytes or os.PathLike object",
    bad="deepspeed:\n  zero_optimization:\n    stage: 2\ntensor_parallel_size: 2\n",
    good="deepspeed: deepspeed_configs/zero2.json\ntensor_parallel_size: 2\n",
)
def deepspeed_mapping_with_tensor_parallel(config: Config) -> Iterator[Problem]:
    """`deepspeed` written as a mapping with tensor parallelism or DeepCompile.

    These read the file of that name, so a path is needed.
    """
    if isinstance(config.raw("deepspeed"), dict) and config.raw("deepspeed"):
        if more_than_one(config.raw("tensor_parallel_size")) or config.raw("deepcompile"):
            yield problem("A path is needed here: write the mapping to a JSON file.", "deepspeed")


@rule(
    Severity.WARNING,
    fields=("adapter", "gradient_checkpointing_kwargs", "deepspeed"),
    needs=("deepspeed",),
    says="qlora + zero3 with use_reentrant: false",
    bad="adapter: qlora\nload_in_4bit: true\nlora_r: 8\nlora_alpha: 16\ngradient_checkpointing: true\n"
    "gradient_checkpointing_kwargs:\n  use_reentrant: false\ndeepspeed: deepspeed_configs/zero3.json\n",
    good="adapter: qlora\nload_in_4bit: true\nlora_r: 8\nlora_alpha: 16\ngradient_checkpointing: true\n"
    "gradient_checkpointing_kwargs:\n  use_reentrant: true\ndeepspeed: deepspeed_configs/zero3.json\n",
)
def qlora_zero3_reentrant(config: Config) -> Iterator[Problem]:
    """QLoRA under ZeRO 3 with `use_reentrant: false`.

    The recomputed tensors can differ in shape from the first ones, and checkpointing stops with an error.
    """
    now = config.at("warn_qlora_zero3_w_use_reentrant")
    options, path = raw_block(now("gradient_checkpointing_kwargs")), now("deepspeed")
    if now("adapter") == "qlora" and options.get("use_reentrant") is False and isinstance(path, str):
        if "zero3" in path:
            message = "Can fail under ZeRO 3: set it to true."
            yield problem(message, "gradient_checkpointing_kwargs.use_reentrant", "deepspeed")


@rule(
    Severity.ERROR,
    fields=(
        "fsdp_config",
        "qat",
        "accelerator_config",
        "pretraining_dataset",
        "gradient_checkpointing_kwargs",
        "adapter",
        "unfrozen_parameters",
        "use_ray",
    ),
    says="object has no attribute 'get'",
    bad="fsdp_config: true\n",
    good=FSDP,
)
def block_no_mapping(config: Config) -> Iterator[Problem]:
    """A block is written as a single value.

    Axolotl reads it before it checks types, and stops with a bare AttributeError that does not name a field.
    """
    blocks = ["fsdp_config"]
    if not config.raw("use_ray"):
        blocks.append("qat")
    if config.raw("pretraining_dataset"):
        blocks.append("accelerator_config")
    if config.raw("adapter") == "qlora" or config.raw("unfrozen_parameters"):
        blocks.append("gradient_checkpointing_kwargs")
    for name in blocks:
        value = config.raw(name)
        if value and not isinstance(value, dict):
            yield problem("A block of keys is expected here: `key: value` lines below it.", name)


SHIPPED = (
    *("zero1.json", "zero1_torch_compile.json", "zero2.json", "zero2_torch_compile.json", "zero3.json"),
    *("zero3_bf16.json", "zero3_bf16_cpuoffload_all.json", "zero3_bf16_cpuoffload_params.json"),
)
"""What `axolotl fetch deepspeed_configs` brings."""


@rule(
    Severity.WARNING,
    fields=("deepspeed",),
    bad="deepspeed: deepspeed_configs/zero4.json\n",
    good="deepspeed: deepspeed_configs/zero3_bf16.json\n",
)
def deepspeed_file_not_shipped(config: Config) -> Iterator[Problem]:
    """A DeepSpeed file in Axolotl's folder that Axolotl does not provide.

    `axolotl fetch deepspeed_configs` writes eight files there; any other must be your own.
    """
    path = config.raw("deepspeed")
    if isinstance(path, str) and "deepspeed_configs/" in path and path.rpartition("/")[2] not in SHIPPED:
        message = "Axolotl does not provide this file. It provides zero1, zero2, zero3_bf16, and others."
        yield problem(message, "deepspeed")


@rule(
    Severity.WARNING,
    fields=("deepspeed", "load_in_4bit", "load_in_8bit", "optimizer", "adapter"),
    needs=("deepspeed",),
    bad="deepspeed: deepspeed_configs/zero3_bf16.json\nadapter: lora\nlora_target_linear: true\nload_in_8bit: true\n",
    good="deepspeed: deepspeed_configs/zero2.json\nadapter: lora\nlora_target_linear: true\nload_in_8bit: true\n",
)
def zero3_with_bitsandbytes(config: Config) -> Iterator[Problem]:
    """ZeRO 3 with bitsandbytes: quantized weights, or an 8-bit optimizer in full training.

    ZeRO 3 splits the tensors, and bitsandbytes works on whole ones. Failures with quantized weights are often
    reported; an 8-bit optimizer works for most people, but has failed for a few on empty parts of a tensor. Axolotl
    does not check this.
    """
    path = config.raw("deepspeed")
    if not isinstance(path, str) or "zero3" not in path:
        return
    for name in ("load_in_4bit", "load_in_8bit"):
        if config.typed(name):
            yield problem("Often fails under ZeRO 3: use ZeRO 2, or FSDP with QLoRA.", name, "deepspeed")
    optimizer = config.typed("optimizer")
    if isinstance(optimizer, str) and ("bnb_8bit" in optimizer or optimizer in ("adamw_8bit", "paged_adamw_8bit")):
        if not config.typed("adapter"):
            message = "Can fail with ZeRO 3 (empty partitions): if it does, use `adamw_torch_fused`."
            yield problem(message, "optimizer", "deepspeed")
