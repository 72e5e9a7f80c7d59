"""FSDP, DeepSpeed and the ways to divide a model among GPUs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.conditions import ATTENTION, block, more_than_one, raw_block
from knowledge.finding import Severity
from knowledge.rule import Problem, problem, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.config import Config

FSDP = "fsdp_config:\n  reshard_after_forward: true\n"
QUANTIZED = "adapter: lora\nlora_r: 8\nlora_alpha: 16\nload_in_8bit: true\n"
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
            yield problem("Only FSDP 2 is left: write 2, or leave it out.", path)


@rule(
    Severity.ERROR,
    fields=("fsdp_config",),
    says=("Use `reshard_after_forward` instead", "It has no FSDP2 equivalent"),
    bad="fsdp_config:\n  sharding_strategy: FULL_SHARD\n",
    good=FSDP,
)
def fsdp_key_rejected(config: Config) -> Iterator[Problem]:
    """A key of FSDP 1 that FSDP 2 rejects.

    Refused whatever its value: `sharding_strategy` became `reshard_after_forward`, `forward_prefetch` has no successor.
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
    says="are ignored under FSDP2",
    bad="fsdp_config:\n  use_orig_params: true\n",
    good=FSDP,
)
def fsdp_key_dropped(config: Config) -> Iterator[Problem]:
    """A key of FSDP 1 that FSDP 2 drops.

    It has no effect any more. Remove it.
    """
    for key in raw_block(config.raw("fsdp_config")):
        name = key[5:] if isinstance(key, str) and key.startswith("fsdp_") else key
        if name in DROPPED:
            yield problem("Dropped: it belongs to FSDP 1. Remove it.", ("fsdp_config", key))


@rule(
    Severity.WARNING,
    fields=("fsdp_config",),
    says="Configuring FSDP fields with the `fsdp_` prefix is deprecated",
    bad="fsdp_config:\n  fsdp_offload_params: true\n",
    good="fsdp_config:\n  offload_params: true\n",
)
def fsdp_prefix(config: Config) -> Iterator[Problem]:
    """Keys of `fsdp_config` with the prefix fsdp_.

    The prefix is cut off by Axolotl. Write them without.
    """
    old = [
        key
        for key in raw_block(config.raw("fsdp_config"))
        if isinstance(key, str) and key.startswith("fsdp_") and key != "fsdp_version"
        if key[5:] not in REJECTED and key[5:] not in DROPPED
    ]
    if old:
        message = f"Now without the prefix: `{old[0].removeprefix('fsdp_')}`; still read."
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

    It concerns offloaded parameters only.
    """
    inner = raw_block(config.at("check_fsdp2_cpu_offload_pin_memory")("fsdp_config"))
    if inner.get("cpu_offload_pin_memory") is False and not inner.get("offload_params"):
        yield problem("Needs `offload_params: true`, or leave it out.", "fsdp_config.cpu_offload_pin_memory")


@rule(
    Severity.ERROR,
    fields=("fsdp_config", "rl", "load_in_8bit", "load_in_4bit"),
    says="FSDP2 does not support load_in_8bit or load_in_4bit with",
    bad=f"{QUANTIZED}{FSDP}rl: dpo\ndatasets:\n  - path: org/pairs\n    type: chatml.intel\n",
    good=f"{FSDP}rl: dpo\ndatasets:\n  - path: org/pairs\n    type: chatml.intel\n",
)
def fsdp_quantized_preference(config: Config) -> Iterator[Problem]:
    """Preference training under FSDP on quantized weights.

    The reference model can't be sharded with them. Use DeepSpeed, or 16 bits.
    """
    now = config.at("check_fsdp2_base_model_quant_rl")
    bits = [name for name in ("load_in_8bit", "load_in_4bit") if now(name)]
    if now("fsdp_config") and bits and now("rl") in ("dpo", "kto", "orpo", "ipo"):
        yield problem("Not under FSDP with preference training: use DeepSpeed, or 16 bits.", *bits, "rl", "fsdp_config")


@rule(
    Severity.ERROR,
    fields=("fsdp_config",),
    says="min_num_params is required when auto_wrap_policy is SIZE_BASED_WRAP",
    bad="fsdp_config:\n  auto_wrap_policy: SIZE_BASED_WRAP\n",
    good="fsdp_config:\n  auto_wrap_policy: SIZE_BASED_WRAP\n  min_num_params: 1000000\n",
)
def fsdp_size_wrap(config: Config) -> Iterator[Problem]:
    """Wrapping by size without the size.

    `min_num_params` says from how many parameters on a module is wrapped.
    """
    inner = block(config, "fsdp_config")
    if inner.get("auto_wrap_policy") == "SIZE_BASED_WRAP" and inner.get("min_num_params") is None:
        yield problem("Needs `min_num_params`: from which size a module is wrapped.", "fsdp_config.auto_wrap_policy")


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
    good="deepspeed: deepspeed_configs/zero2.json\n",
)
def deepcompile_alone(config: Config) -> Iterator[Problem]:
    """`deepcompile` without `deepspeed`.

    It is a compiler of DeepSpeed.
    """
    now = config.at("check_deepcompile")
    if now("deepcompile") and not now("deepspeed"):
        yield problem("Needs `deepspeed`.", "deepcompile")


@rule(
    Severity.WARNING,
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
        yield problem("The file has to exist already: run `axolotl fetch deepspeed_configs` first.", "deepspeed")


@rule(
    Severity.ERROR,
    fields=("deepspeed", "tensor_parallel_size", "deepcompile"),
    says="expected str, bytes or os.PathLike object",
    bad="deepspeed:\n  zero_optimization:\n    stage: 2\ntensor_parallel_size: 2\n",
    good="deepspeed:\n  zero_optimization:\n    stage: 2\n",
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
    fields=("tensor_parallel_size", "expert_parallel_size"),
    says="tensor_parallel_size > 1 cannot be combined with expert_parallel_size",
    bad=f"tensor_parallel_size: 2\nexpert_parallel_size: 2\n{FSDP}  state_dict_type: FULL_STATE_DICT\n",
    good="tensor_parallel_size: 2\n",
    gpus=4,
)
def tensor_and_expert_parallel(config: Config) -> Iterator[Problem]:
    """Tensor and expert parallelism together.

    Divide the experts with `expert_parallel_size` and the rest with `dp_shard_size`.
    """
    if (config.typed("tensor_parallel_size") or 1) > 1 and (config.typed("expert_parallel_size") or 1) > 1:
        message = "Not together: divide the rest with `dp_shard_size`."
        yield problem(message, "tensor_parallel_size", "expert_parallel_size")


@rule(
    Severity.WARNING,
    fields=("tensor_parallel_size", "fsdp_config", "nf4_backend"),
    says="fsdp_config.cpu_ram_efficient_loading is disabled with tensor_parallel_size",
    bad="tensor_parallel_size: 2\nfsdp_config:\n  cpu_ram_efficient_loading: true\n",
    good="tensor_parallel_size: 2\nfsdp_config:\n  cpu_ram_efficient_loading: false\n",
    gpus=2,
)
def tensor_parallel_ram_loading(config: Config) -> Iterator[Problem]:
    """`cpu_ram_efficient_loading` with tensor parallelism.

    Each rank loads its own shard, so Axolotl turns it off.
    """
    if (config.typed("tensor_parallel_size") or 1) > 1 and config.typed("nf4_backend") != "torchao":
        if block(config, "fsdp_config").get("cpu_ram_efficient_loading"):
            yield problem("Turned off with tensor parallelism.", "fsdp_config.cpu_ram_efficient_loading")


@rule(
    Severity.CRASH,
    fields=("tensor_parallel_size", "adapter", "base_model"),
    bad="tensor_parallel_size: 2\nadapter: lora\nlora_r: 8\nlora_alpha: 16\n",
    good="tensor_parallel_size: 2\n",
    gpus=2,
)
def tensor_parallel_adapter(config: Config) -> Iterator[Problem]:
    """Tensor parallelism with LoRA.

    Loading the adapter is refused unless the base model is a native NVFP4 one.
    """
    if (config.typed("tensor_parallel_size") or 1) > 1 and config.typed("adapter") in ("lora", "qlora"):
        if "nvfp4" not in str(config.raw("base_model")).lower():
            yield problem("Refused when the adapter is loaded: drop one of the two.", "tensor_parallel_size", "adapter")


CP = ("context_parallel_size", "sequence_parallel_degree", "context_parallel")


@rule(
    Severity.WARNING,
    fields=("sequence_parallel_degree",),
    says="`sequence_parallel_degree` is deprecated",
    bad="sequence_parallel_degree: 2\n",
    good="context_parallel_size: 2\n",
    gpus=2,
)
def sequence_parallel_old(config: Config) -> Iterator[Problem]:
    """`sequence_parallel_degree` is the old name of `context_parallel_size`.

    It is copied there without a message.
    """
    if config.typed("sequence_parallel_degree"):
        message = "Now `context_parallel_size`; the old name is still read."
        yield problem(message, "sequence_parallel_degree", suggestion="context_parallel_size")


@rule(
    Severity.ADVICE,
    fields=CP,
    says="Context parallelism (CP) is enabled",
    bad="context_parallel_size: 2\n",
    good="context_parallel_size: 1\n",
    gpus=2,
)
def context_parallel_notice(config: Config) -> Iterator[Problem]:
    """Context parallelism is on.

    Several GPUs share one sequence, so fewer see different rows, and the logged loss differs a little.
    """
    size = config.typed("context_parallel_size") or 1
    if size > 1:
        named = next((name for name in CP if config.written(name)), CP[0])
        yield problem(f"{size} GPUs share each sequence: the effective batch shrinks by {size}.", named)


@rule(
    Severity.ERROR,
    fields=(*CP, "use_glm_dsa_kernels", "sample_packing", "batch_flattening", *ATTENTION),
    says=("context parallelism wraps a kernel-backed attention", "GLM DSA context parallelism does not support packed"),
    bad="context_parallel_size: 2\nattn_implementation: eager\n",
    good="context_parallel_size: 2\nattn_implementation: flash_attention_2\n",
    gpus=2,
)
def context_parallel_attention(config: Config) -> Iterator[Problem]:
    """Context parallelism with attention it can't divide.

    It needs sdpa, flash or flex attention; GLM's sparse kernels take no packed rows.
    """
    if (config.typed("context_parallel_size") or 1) <= 1:
        return
    glm = config.typed("use_glm_dsa_kernels")
    if config.typed("attn_implementation") == "eager" and not glm:
        message = "Context parallelism needs sdpa, flash or flex attention."
        yield problem(message, "attn_implementation", "context_parallel_size")
    if glm and (config.typed("sample_packing") or config.typed("batch_flattening")):
        yield problem("Not with packed rows under context parallelism.", "use_glm_dsa_kernels", "sample_packing")


@rule(
    Severity.ERROR,
    fields=CP,
    says="conflicts with context_parallel_size",
    bad="context_parallel_size: 2\ncontext_parallel:\n  size: 4\n",
    good="context_parallel:\n  size: 2\n",
    gpus=4,
)
def context_parallel_sizes(config: Config) -> Iterator[Problem]:
    """`context_parallel.size` differs from `context_parallel_size`.

    Both are the same number; keep one.
    """
    size = raw_block(config.raw("context_parallel")).get("size")
    flat = config.raw("context_parallel_size")
    named = "context_parallel_size"
    if flat is None:
        flat, named = config.raw("sequence_parallel_degree"), "sequence_parallel_degree"
    if size is not None and flat is not None and size != flat:
        yield problem("Two sizes for one thing: keep one.", "context_parallel.size", named)


@rule(
    Severity.ERROR,
    fields=CP,
    says=(
        "must divide context_parallel.size",
        "backend=ulysses requires",
        "backend=ring requires",
        "!= context_parallel.size",
    ),
    bad="context_parallel:\n  size: 4\n  ulysses_size: 3\n",
    good="context_parallel:\n  size: 4\n  ulysses_size: 2\n  ring_size: 2\n",
    gpus=4,
)
def context_parallel_shape(config: Config) -> Iterator[Problem]:
    """The parts of `context_parallel` do not fit its size.

    ulysses_size times ring_size is the size; the backend ulysses or ring takes all of it.
    """
    inner = block(config, "context_parallel")
    if not inner:
        return
    size, ulysses, ring = inner["size"], inner["ulysses_size"], inner["ring_size"]
    for name, degree in (("ulysses_size", ulysses), ("ring_size", ring)):
        if degree is not None and size % degree:
            yield problem(f"Has to divide the size {size}.", ("context_parallel", name))
    backend = inner["backend"]
    if backend == "ulysses" and (ring not in (None, 1) or ulysses not in (None, size)):
        yield problem("Under ulysses: ring_size 1, ulysses_size the whole size.", "context_parallel.backend")
    if backend == "ring" and (ulysses not in (None, 1) or ring not in (None, size)):
        yield problem("Under ring: ulysses_size 1, ring_size the whole size.", "context_parallel.backend")
    if ulysses and ring and ulysses * ring != size:
        yield problem(f"ulysses_size times ring_size has to be {size}.", "context_parallel.ring_size")


@rule(
    Severity.ERROR,
    fields=("deepspeed", "rl", "use_glm_dsa_kernels", *CP),
    says=(
        "with context_parallel_size > 1 under DeepSpeed",
        "Under DeepSpeed, context parallelism maps to",
        "GLM DSA context",
    ),
    bad="context_parallel:\n  size: 2\n  backend: ring\ndeepspeed: deepspeed_configs/zero2.json\n",
    good="context_parallel:\n  size: 2\ndeepspeed: deepspeed_configs/zero2.json\n",
    gpus=2,
)
def context_parallel_deepspeed(config: Config) -> Iterator[Problem]:
    """Context parallelism under DeepSpeed with something else than plain Ulysses.

    DeepSpeed divides sequences its own way: no ring, no preference training. Use FSDP for these.
    """
    if not config.typed("deepspeed") or (config.typed("context_parallel_size") or 1) <= 1:
        return
    for name in ("use_glm_dsa_kernels", "rl"):
        if config.typed(name):
            yield problem("Not with context parallelism under DeepSpeed: use FSDP.", name, "deepspeed")
    inner = block(config, "context_parallel")
    backend, ring, ulysses = inner.get("backend"), inner.get("ring_size"), inner.get("ulysses_size")
    if inner and (backend not in ("auto", "ulysses") or ring not in (None, 1) or ulysses not in (None, inner["size"])):
        yield problem("Only ulysses over the whole size works under DeepSpeed.", "context_parallel", "deepspeed")


@rule(
    Severity.WARNING,
    fields=("ring_attn_func", "heads_k_stride"),
    says="`ring_attn_func` and `heads_k_stride` are deprecated",
    bad="heads_k_stride: 1\n",
    good="context_parallel_size: 1\n",
)
def ring_attention_unused(config: Config) -> Iterator[Problem]:
    """`ring_attn_func` and `heads_k_stride` belong to a back end that was replaced.

    They do nothing any more. Remove them.
    """
    for name in ("ring_attn_func", "heads_k_stride"):
        if config.typed(name) is not None:
            yield problem("Does nothing any more. Remove it.", name)


EP = "expert_parallel_size: 2\n"
FULL = "fsdp_config:\n  state_dict_type: FULL_STATE_DICT\n"


@rule(
    Severity.ERROR,
    fields=("expert_parallel_size", "expert_parallel_token_capacity"),
    says=("expert_parallel_size must be >= 1", "expert_parallel_token_capacity must be >= 1"),
    bad="expert_parallel_size: 0\n",
    good="expert_parallel_size: 1\n",
)
def expert_parallel_bounds(config: Config) -> Iterator[Problem]:
    """A size of expert parallelism below 1.

    1 turns it off.
    """
    for name in ("expert_parallel_size", "expert_parallel_token_capacity"):
        value = config.typed(name)
        if value is not None and value < 1:
            yield problem("At least 1: leave it out to turn it off.", name)


@rule(
    Severity.ERROR,
    fields=("expert_parallel_size", "fsdp_config", "fsdp_version", "optimizer"),
    says=("> 1 requires FSDP2", "requires fsdp_config", "> 1 does not support optimizer"),
    bad=EP,
    good=f"{EP}{FULL}",
    gpus=2,
)
def expert_parallel_setting(config: Config) -> Iterator[Problem]:
    """Expert parallelism without the sharding and saving it needs.

    It needs FSDP with full state dicts and no 4-bit or FP8 optimizer state: others save one group's experts only.
    """
    if (config.typed("expert_parallel_size") or 1) <= 1:
        return
    inner = block(config, "fsdp_config")
    if not inner:
        yield problem("Needs FSDP: add `fsdp_config` with `state_dict_type: FULL_STATE_DICT`.", "expert_parallel_size")
        return
    if inner.get("state_dict_type") != "FULL_STATE_DICT":
        message = "Needs `state_dict_type: FULL_STATE_DICT`, or checkpoints lack experts."
        yield problem(message, "fsdp_config.state_dict_type", "expert_parallel_size")
    if inner.get("final_state_dict_type") not in (None, "FULL_STATE_DICT"):
        yield problem("Has to be FULL_STATE_DICT.", "fsdp_config.final_state_dict_type", "expert_parallel_size")
    if config.typed("optimizer") in ("adamw_torch_4bit", "ao_adamw_4bit", "ao_adamw_fp8"):
        yield problem("Not with expert parallelism: take `adamw_torch_8bit`.", "optimizer", "expert_parallel_size")


@rule(
    Severity.ERROR,
    fields=(
        *("expert_parallel_size", "expert_parallel_backend", "gradient_checkpointing"),
        *("gradient_checkpointing_kwargs", "activation_offloading"),
    ),
    says=("expert_parallel_backend: torch requires non-reentrant", "expert_parallel_backend: torch is incompatible"),
    bad=f"{EP}{FULL}expert_parallel_backend: torch\ngradient_checkpointing: true\nactivation_offloading: true\n",
    good=f"{EP}{FULL}expert_parallel_backend: torch\ngradient_checkpointing: true\n",
    gpus=2,
)
def expert_parallel_checkpointing(config: Config) -> Iterator[Problem]:
    """Expert parallelism in torch with checkpointing that can route differently the second time.

    No reentrant checkpointing, and of the offloading modes only hidden_states.
    """
    if (config.typed("expert_parallel_size") or 1) <= 1 or config.typed("expert_parallel_backend") == "deep_ep":
        return
    if not config.typed("gradient_checkpointing"):
        return
    if block(config, "gradient_checkpointing_kwargs").get("use_reentrant"):
        message = "Has to be false with expert parallelism."
        yield problem(message, "gradient_checkpointing_kwargs.use_reentrant", "expert_parallel_size")
    if config.typed("activation_offloading") in (True, "legacy", "disk"):
        yield problem(
            "Only hidden_states goes with expert parallelism.", "activation_offloading", "expert_parallel_size"
        )


@rule(
    Severity.ERROR,
    fields=("expert_parallel_dispatch_chunks", "expert_parallel_backend"),
    says="expert_parallel_dispatch_chunks > 1 requires expert_parallel_backend",
    bad="expert_parallel_dispatch_chunks: 2\nexpert_parallel_backend: deep_ep\n",
    good="expert_parallel_dispatch_chunks: 2\nexpert_parallel_backend: torch\n",
)
def expert_parallel_chunks(config: Config) -> Iterator[Problem]:
    """`expert_parallel_dispatch_chunks` with the deep_ep back end.

    That one sends the whole batch at once; chunks need the torch back end.
    """
    chunks = config.typed("expert_parallel_dispatch_chunks") or 1
    if chunks > 1 and config.typed("expert_parallel_backend") == "deep_ep":
        yield problem("Needs `expert_parallel_backend: torch`.", "expert_parallel_dispatch_chunks")


@rule(
    Severity.WARNING,
    fields=("expert_parallel_size", "expert_parallel_num_rdma_bytes"),
    says="RDMA path requires",
    bad=f"{EP}{FULL}expert_parallel_num_rdma_bytes: 1000000\n",
    good=f"{EP}{FULL}",
    gpus=2,
)
def expert_parallel_rdma(config: Config) -> Iterator[Problem]:
    """`expert_parallel_num_rdma_bytes` is set.

    That path needs Hopper GPUs and a special InfiniBand; elsewhere it fails.
    """
    if (config.typed("expert_parallel_size") or 1) > 1 and config.typed("expert_parallel_num_rdma_bytes"):
        yield problem(
            "Needs Hopper GPUs and InfiniBand; on one machine leave it at 0.", "expert_parallel_num_rdma_bytes"
        )


@rule(
    Severity.ERROR,
    fields=("tensor_parallel_size",),
    says="'>' not supported between instances of 'str' and 'int'",
    bad='tensor_parallel_size: "2"\n',
    good="tensor_parallel_size: 2\n",
)
def tensor_parallel_quoted(config: Config) -> Iterator[Problem]:
    """`tensor_parallel_size` is text.

    Most fields take a quoted number; this one is compared before and breaks with a TypeError.
    """
    if isinstance(config.raw("tensor_parallel_size"), (str, list, dict)):
        yield problem("Breaks with a TypeError: write the number without quotes.", "tensor_parallel_size")


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

    Axolotl looks into it before typing and breaks with a bare AttributeError that names no field.
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
    """A DeepSpeed file that Axolotl does not bring, in the folder of those it does.

    `axolotl fetch deepspeed_configs` writes eight files there; any other has to be your own.
    """
    path = config.raw("deepspeed")
    if isinstance(path, str) and "deepspeed_configs/" in path and path.rpartition("/")[2] not in SHIPPED:
        message = "Not among the files that Axolotl brings: zero1, zero2, zero3_bf16 and the like."
        yield problem(message, "deepspeed")


@rule(
    Severity.WARNING,
    fields=("deepspeed", "load_in_4bit", "load_in_8bit", "optimizer", "adapter"),
    bad="deepspeed: deepspeed_configs/zero3_bf16.json\noptimizer: adamw_bnb_8bit\n",
    good="deepspeed: deepspeed_configs/zero3_bf16.json\noptimizer: adamw_torch_fused\n",
)
def zero3_with_bitsandbytes(config: Config) -> Iterator[Problem]:
    """ZeRO 3 with bitsandbytes: quantized weights, or an 8-bit optimizer in full training.

    ZeRO 3 takes the tensors apart, and bitsandbytes works on whole ones; reports of failures are many. Axolotl does not
    check it.
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
            yield problem(
                "Often fails under ZeRO 3 in full training: take `adamw_torch_fused`.", "optimizer", "deepspeed"
            )
