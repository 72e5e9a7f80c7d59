"""Tensor, context and expert parallelism."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.conditions import ATTENTION, block, raw_block
from knowledge.examples import FSDP
from knowledge.finding import Severity
from knowledge.rule import Problem, problem, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.config import Config


@rule(
    Severity.ERROR,
    fields=("tensor_parallel_size", "expert_parallel_size"),
    says="tensor_parallel_size > 1 cannot be combined with expert_parallel_size",
    bad=f"tensor_parallel_size: 2\nexpert_parallel_size: 2\n{FSDP}  state_dict_type: FULL_STATE_DICT\n",
    good=f"dp_shard_size: 2\nexpert_parallel_size: 2\n{FSDP}  state_dict_type: FULL_STATE_DICT\n",
    gpus=4,
)
def tensor_and_expert_parallel(config: Config) -> Iterator[Problem]:
    """Tensor and expert parallelism together.

    Divide the experts with `expert_parallel_size` and the rest with `dp_shard_size`.
    """
    if (config.typed("tensor_parallel_size") or 1) > 1 and (config.typed("expert_parallel_size") or 1) > 1:
        message = "These cannot be combined: use `dp_shard_size` in place of `tensor_parallel_size`."
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
            yield problem("Tensor parallelism turns this off.", "fsdp_config.cpu_ram_efficient_loading")


@rule(
    Severity.CRASH,
    fields=("tensor_parallel_size", "adapter", "base_model"),
    needs=("tensor_parallel_size",),
    bad="tensor_parallel_size: 2\nadapter: lora\nlora_r: 8\nlora_alpha: 16\n",
    good="tensor_parallel_size: 2\n",
    gpus=2,
)
def tensor_parallel_adapter(config: Config) -> Iterator[Problem]:
    """Tensor parallelism with LoRA.

    Axolotl refuses to load the adapter unless the base model is a native NVFP4 model.
    """
    if (config.typed("tensor_parallel_size") or 1) > 1 and config.typed("adapter") in ("lora", "qlora"):
        if "nvfp4" not in str(config.raw("base_model")).lower():
            yield problem("Loading the adapter refuses this: remove one of the two.", "tensor_parallel_size", "adapter")


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

    It is silently copied there.
    """
    if config.typed("sequence_parallel_degree"):
        message = "The new name is `context_parallel_size`; the old one still works."
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
        yield problem(f"{size} GPUs share each sequence: the effective batch is divided by {size}.", named)


@rule(
    Severity.ERROR,
    fields=(*CP, "use_glm_dsa_kernels", "sample_packing", "batch_flattening", *ATTENTION),
    says=("context parallelism wraps a kernel-backed attention", "GLM DSA context parallelism does not support packed"),
    bad="context_parallel_size: 2\nattn_implementation: eager\n",
    good="context_parallel_size: 2\nattn_implementation: flash_attention_2\n",
    gpus=2,
)
def context_parallel_attention(config: Config) -> Iterator[Problem]:
    """Context parallelism with attention that it cannot divide.

    It needs sdpa, flash, or flex attention; GLM's sparse kernels do not accept packed rows.
    """
    if (config.typed("context_parallel_size") or 1) <= 1:
        return
    glm = config.typed("use_glm_dsa_kernels")
    if config.typed("attn_implementation") == "eager" and not glm:
        message = "Context parallelism needs sdpa, flash, or flex attention."
        yield problem(message, "attn_implementation", "context_parallel_size")
    if glm and (config.typed("sample_packing") or config.typed("batch_flattening")):
        yield problem(
            "This is incompatible with packed rows under context parallelism.", "use_glm_dsa_kernels", "sample_packing"
        )


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
        yield problem("These are two sizes for one thing: keep one.", "context_parallel.size", named)


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
    good="context_parallel:\n  size: 4\n  ulysses_size: 2\n",
    gpus=4,
)
def context_parallel_shape(config: Config) -> Iterator[Problem]:
    """The parts of `context_parallel` do not match its size.

    ulysses_size times ring_size is the size; the backend ulysses or ring uses all of it.
    """
    inner = block(config, "context_parallel")
    if not inner:
        return
    size, ulysses, ring = inner["size"], inner["ulysses_size"], inner["ring_size"]
    for name, degree in (("ulysses_size", ulysses), ("ring_size", ring)):
        if degree is not None and size % degree:
            yield problem(f"It must divide the size {size}.", ("context_parallel", name))
    backend = inner["backend"]
    if backend == "ulysses" and (ring not in (None, 1) or ulysses not in (None, size)):
        yield problem("With ulysses, ring_size must be 1 and ulysses_size the whole size.", "context_parallel.backend")
    if backend == "ring" and (ulysses not in (None, 1) or ring not in (None, size)):
        yield problem("With ring, ulysses_size must be 1 and ring_size the whole size.", "context_parallel.backend")
    if ulysses and ring and ulysses * ring != size:
        yield problem(f"ulysses_size times ring_size must be {size}.", "context_parallel.ring_size")


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
    """Context parallelism under DeepSpeed other than plain Ulysses.

    DeepSpeed divides sequences its own way: no ring, no preference training. Use FSDP for these.
    """
    if not config.typed("deepspeed") or (config.typed("context_parallel_size") or 1) <= 1:
        return
    for name in ("use_glm_dsa_kernels", "rl"):
        if config.typed(name):
            yield problem("Incompatible with context parallelism under DeepSpeed: use FSDP.", name, "deepspeed")
    inner = block(config, "context_parallel")
    backend, ring, ulysses = inner.get("backend"), inner.get("ring_size"), inner.get("ulysses_size")
    if inner and (backend not in ("auto", "ulysses") or ring not in (None, 1) or ulysses not in (None, inner["size"])):
        yield problem("Only ulysses over the whole size works under DeepSpeed.", "context_parallel", "deepspeed")


@rule(
    Severity.WARNING,
    fields=("ring_attn_func", "heads_k_stride"),
    says="`ring_attn_func` and `heads_k_stride` are deprecated",
    bad="heads_k_stride: 1\ncontext_parallel_size: 1\n",
    good="context_parallel_size: 1\n",
)
def ring_attention_unused(config: Config) -> Iterator[Problem]:
    """`ring_attn_func` and `heads_k_stride` belong to a backend that was replaced.

    They no longer do anything. Remove them.
    """
    for name in ("ring_attn_func", "heads_k_stride"):
        if config.typed(name) is not None:
            yield problem("This no longer does anything. Remove it.", name)


@rule(
    Severity.ERROR,
    fields=("tensor_parallel_size",),
    says="'>' not supported between instances of 'str' and 'int'",
    bad='tensor_parallel_size: "2"\n',
    good="tensor_parallel_size: 2\n",
)
def tensor_parallel_quoted(config: Config) -> Iterator[Problem]:
    """`tensor_parallel_size` is text.

    Most fields accept a quoted number; Axolotl compares this one before it converts it, and stops with a TypeError.
    """
    if isinstance(config.raw("tensor_parallel_size"), (str, list, dict)):
        yield problem("Axolotl stops with a TypeError: write the number without quotes.", "tensor_parallel_size")
