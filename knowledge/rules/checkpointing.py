"""Gradient checkpointing and offloading."""

from __future__ import annotations

import fnmatch
from typing import TYPE_CHECKING

from knowledge.conditions import block, raw_block
from knowledge.config import lora_kernels_switch_on
from knowledge.examples import LINEAR, QLORA
from knowledge.finding import Severity
from knowledge.rule import Problem, problem, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.config import Config

GC = "gradient_checkpointing: true\n"


@rule(
    Severity.WARNING,
    fields=("gradient_checkpointing",),
    says=("`offload` is deprecated for gradient_checkpointing", "`offload_disk` is deprecated"),
    bad="gradient_checkpointing: offload\n",
    good=f"{GC}activation_offloading: true\n",
)
def checkpointing_offload_old(config: Config) -> Iterator[Problem]:
    """Offloading requested through `gradient_checkpointing`.

    Offloading now has its own field, `activation_offloading`; Axolotl still translates the old values.
    """
    value = config.raw("gradient_checkpointing")
    if value in ("offload", "offload_disk"):
        new = "true" if value == "offload" else "disk"
        yield problem(
            f"Use `gradient_checkpointing: true` with `activation_offloading: {new}` instead.",
            "gradient_checkpointing",
        )


@rule(
    Severity.ERROR,
    fields=("activation_offloading", "gradient_checkpointing"),
    needs=("activation_offloading",),
    says="activation_offloading requires gradient_checkpointing",
    bad="activation_offloading: true\n",
    good=f"{GC}activation_offloading: true\n",
)
def offloading_without_checkpointing(config: Config) -> Iterator[Problem]:
    """`activation_offloading` without `gradient_checkpointing`.

    Axolotl offloads the checkpoints, so there must be some.
    """
    if config.typed("activation_offloading") and not config.typed("gradient_checkpointing"):
        yield problem("Needs `gradient_checkpointing: true`.", "activation_offloading")


@rule(
    Severity.ERROR,
    fields=("activation_offloading", "gradient_checkpointing_kwargs", "unfrozen_parameters"),
    needs=("unfrozen_parameters",),
    says=(
        "activation_offloading: hidden_states with reentrant checkpointing",
        "`use_reentrant` must be false when used with partially frozen model",
    ),
    bad=f"{GC}activation_offloading: hidden_states\nunfrozen_parameters: [lm_head.weight]\n"
    "gradient_checkpointing_kwargs:\n  use_reentrant: true\n",
    good=f"{GC}activation_offloading: hidden_states\nunfrozen_parameters: [lm_head.weight]\n"
    "gradient_checkpointing_kwargs:\n  use_reentrant: false\n",
)
def reentrant_with_frozen_parts(config: Config) -> Iterator[Problem]:
    """Reentrant checkpointing with a model that is trained in parts.

    Frozen layers do not pass a gradient through a reentrant checkpoint. Set `use_reentrant: false`.
    """
    options = raw_block(config.at("check_use_reentrant_mismatch")("gradient_checkpointing_kwargs"))
    hidden = config.raw("activation_offloading") == "hidden_states"
    reentrant = options.get("use_reentrant")
    if config.raw("unfrozen_parameters") and (reentrant is True or (hidden and reentrant)):
        message = "Must be false while only parts of the model are trained."
        yield problem(message, "gradient_checkpointing_kwargs.use_reentrant", "unfrozen_parameters")


@rule(
    Severity.WARNING,
    fields=("activation_offloading", "adapter"),
    needs=("activation_offloading",),
    says="activation_offloading: hidden_states uses gradient checkpointing",
    bad=f"{QLORA}{GC}activation_offloading: hidden_states\n",
    good=f"{QLORA}{GC}activation_offloading: true\n",
)
def hidden_states_with_adapter(config: Config) -> Iterator[Problem]:
    """`activation_offloading: hidden_states` with an adapter.

    With LoRA, plain offloading can be faster, because less data has to be moved.
    """
    if config.typed("activation_offloading") == "hidden_states" and config.typed("adapter"):
        yield problem("With an adapter, `true` can be faster.", "activation_offloading", "adapter")


@rule(
    Severity.ERROR,
    fields=(
        *("selective_checkpointing", "gradient_checkpointing", "gradient_checkpointing_kwargs"),
        "activation_offloading",
    ),
    needs=("selective_checkpointing",),
    says=("selective_checkpointing requires", "selective_checkpointing is only compatible with activation_offloading"),
    bad="selective_checkpointing: true\n",
    good=f"{GC}selective_checkpointing: true\n",
)
def selective_conflicts(config: Config) -> Iterator[Problem]:
    """`selective_checkpointing` without what it builds on.

    It needs gradient checkpointing that is not reentrant, and supports only the hidden_states offloading mode.
    """
    if not config.typed("selective_checkpointing"):
        return
    if not config.typed("gradient_checkpointing"):
        yield problem("Needs `gradient_checkpointing: true`.", "selective_checkpointing")
    if block(config, "gradient_checkpointing_kwargs").get("use_reentrant"):
        message = "Must be false with `selective_checkpointing`."
        yield problem(message, "gradient_checkpointing_kwargs.use_reentrant", "selective_checkpointing")
    offloading = config.typed("activation_offloading")
    if offloading and offloading != "hidden_states":
        message = "With `selective_checkpointing`, only hidden_states works."
        yield problem(message, "activation_offloading", "selective_checkpointing")


KERNELS = ("lora_mlp_kernel", "lora_qkv_kernel", "lora_o_kernel")
SELECTIVE = (
    *("selective_checkpointing", "adapter", "load_in_8bit", "rl", "trust_remote_code", "nvfp4_merge_aware"),
    *(*KERNELS, "lora_embedding_kernel", "flash_attn_fuse_mlp"),
)
MATMULS = ("aten::mm", "aten::addmm", "aten::matmul", "aten::bmm")
MODULES_OF = {
    "lora_mlp_kernel": "gate_proj up_proj down_proj mlp mixer shared_experts shared_expert feedforward experts "
    "gate_projs up_projs down_projs",
    "lora_qkv_kernel": "q_proj k_proj v_proj in_proj_qkv in_proj_z in_proj_b in_proj_a self_attn linear_attn mixer",
    "lora_o_kernel": "o_proj out_proj self_attn linear_attn mixer",
    "flash_attn_fuse_mlp": "gate_proj up_proj down_proj mlp",
}
"""Modules that a fused kernel replaces."""
CONTAINERS = "model language_model text_model decoder transformer backbone layers layer h blocks block"


def kernel_on(config: Config, name: str) -> bool:
    """Whether a LoRA kernel is on, also where Axolotl switches it on by itself."""
    value = config.typed(name)
    if value is not None:
        return bool(value) and bool(config.typed("adapter"))
    return lora_kernels_switch_on(config.typed)


def matches(entry: str, names: list[str]) -> bool:
    """Whether an entry of save_modules names one of the modules, by its last part or as a pattern."""
    last = entry.rsplit(".", 1)[-1]
    return any(fnmatch.fnmatchcase(name, last) if any(c in last for c in "*?[") else name == last for name in names)


@rule(
    Severity.ERROR,
    fields=SELECTIVE,
    needs=("selective_checkpointing",),
    says=(
        "match matmul ops",
        "selective_checkpointing.save_matmul_min_k saves",
        "selective_checkpointing.save_modules",
    ),
    bad=f"{QLORA}{GC}selective_checkpointing:\n  save: [attention]\n  save_matmul_min_k: 1024\n",
    good=f"{QLORA}{GC}selective_checkpointing:\n  save: [attention]\n",
)
def selective_with_kernels(config: Config) -> Iterator[Problem]:
    """`selective_checkpointing` saves what a fused kernel changes or replaces.

    Axolotl switches LoRA kernels on by itself; they add to the saved matrix products, and the hooks of the modules
    that they replace never fire. Set the kernels to false, or save attention only.
    """
    options = block(config, "selective_checkpointing")
    if not options:
        return
    if any(kernel_on(config, name) for name in KERNELS):
        for index, entry in enumerate(options.get("save") or ()):
            if entry != "attention" and any(entry in operation for operation in MATMULS):
                message = "Matrix products cannot be saved with LoRA kernels: set the kernels to false."
                yield problem(message, ("selective_checkpointing", "save", index))
        if options.get("save_matmul_min_k"):
            message = "Incompatible with LoRA kernels: set the three `lora_*_kernel` to false, or remove this."
            yield problem(message, "selective_checkpointing.save_matmul_min_k")
    for index, entry in enumerate(options.get("save_modules") or ()):
        for name, modules in MODULES_OF.items():
            lora = name.startswith("lora_")
            if not (kernel_on(config, name) if lora else config.typed(name)):
                continue
            containers = [*CONTAINERS.split(), *map(str, range(100))]
            last = entry.rsplit(".", 1)[-1]
            if matches(entry.strip(), modules.split()) or (lora and (last.isdigit() or matches(entry, containers))):
                message = f"Replaced by a kernel: set `{name}: false`, or remove this entry."
                yield problem(message, ("selective_checkpointing", "save_modules", index))
                break


@rule(
    Severity.ERROR,
    fields=("selective_checkpointing.save_modules",),
    says="selective_checkpointing.save_modules entries must be non-empty",
    bad=f"{GC}selective_checkpointing:\n  save_modules: ['']\n",
    good=f"{GC}selective_checkpointing:\n  save_modules: [o_proj]\n",
)
def selective_modules_blank(config: Config) -> Iterator[Problem]:
    """A blank entry in `selective_checkpointing.save_modules`.

    Each entry names a module.
    """
    options = raw_block(config.raw("selective_checkpointing"))
    modules = options.get("save_modules")
    for index, entry in enumerate(modules if isinstance(modules, list) else ()):
        if isinstance(entry, str) and not entry.strip():
            yield problem("Blank: name a module, or remove it.", ("selective_checkpointing", "save_modules", index))


@rule(
    Severity.WARNING,
    fields=("selective_checkpointing", "torch_compile"),
    says="selective_checkpointing with torch_compile is untested",
    bad=f"{GC}selective_checkpointing: true\ntorch_compile: true\n",
    good=f"{GC}selective_checkpointing: true\n",
)
def selective_compiled(config: Config) -> Iterator[Problem]:
    """`selective_checkpointing` with `torch_compile`.

    Axolotl calls the combination untested.
    """
    if config.typed("selective_checkpointing") and config.typed("torch_compile"):
        yield problem(
            "Untested together: remove one if something odd happens.", "selective_checkpointing", "torch_compile"
        )


PLACED = ("ple_cpu_offload", "fsdp_config", "deepspeed", "adapter", "load_in_4bit", "load_in_8bit")


@rule(
    Severity.ERROR,
    fields=PLACED,
    needs=("ple_cpu_offload",),
    says="ple_cpu_offload",
    bad="ple_cpu_offload: true\n",
    good=f"{QLORA}{LINEAR}ple_cpu_offload: true\n",
)
def embeddings_on_cpu(config: Config) -> Iterator[Problem]:
    """`ple_cpu_offload` when something else places the weights.

    It needs QLoRA in 4 bits or LoRA in 8 bits, and works with neither FSDP nor DeepSpeed.
    """
    now = config.at("check_ple_cpu_offload")
    if not now("ple_cpu_offload"):
        return
    if now("fsdp_config") is not None:
        yield problem("Incompatible with FSDP: remove one of the two.", "ple_cpu_offload", "fsdp_config")
    if now("deepspeed"):
        yield problem("Incompatible with DeepSpeed: remove one of the two.", "ple_cpu_offload", "deepspeed")
    adapter = now("adapter")
    quantized = (adapter == "qlora" and now("load_in_4bit")) or (adapter == "lora" and now("load_in_8bit"))
    if not quantized:
        yield problem(
            "Needs QLoRA in 4 bits, or LoRA in 8 bits: train such an adapter, or remove this.",
            "ple_cpu_offload",
            "adapter",
        )


@rule(
    Severity.WARNING,
    fields=("ple_cpu_offload",),
    says="ple_cpu_offload has only been validated on a single GPU",
    bad=f"{QLORA}ple_cpu_offload: true\n",
    good=QLORA,
    gpus=2,
)
def embeddings_on_cpu_of_each(config: Config) -> Iterator[Problem]:
    """`ple_cpu_offload` on more than one GPU.

    Each process then keeps its own copy of the table in host memory.
    """
    if config.typed("ple_cpu_offload") and config.gpus > 1:
        yield problem("Tested on one GPU only: each process keeps its own copy in host memory.", "ple_cpu_offload")


@rule(
    Severity.WARNING,
    fields=("gc_steps", "torch_empty_cache_steps", "gc_collect_steps"),
    says=("`gc_steps` is deprecated", "`gc_steps` ignored"),
    bad="gc_steps: 100\n",
    good="torch_empty_cache_steps: 100\ngc_collect_steps: 100\n",
)
def gc_steps_old(config: Config) -> Iterator[Problem]:
    """`gc_steps` became two fields.

    It is copied to `torch_empty_cache_steps` and `gc_collect_steps`, or ignored when one of them is set.
    """
    if config.raw("gc_steps") is not None:
        new = [name for name in ("torch_empty_cache_steps", "gc_collect_steps") if config.raw(name) is not None]
        if new:
            yield problem(f"Ignored, because `{new[0]}` is set. Remove it.", "gc_steps", *new)
        else:
            yield problem(
                "The new names are `torch_empty_cache_steps` and `gc_collect_steps`; this one still works.", "gc_steps"
            )
