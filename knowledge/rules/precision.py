"""Precision, compilation and losses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.conditions import ATTENTION, attention, more_than_one, raw_block
from knowledge.examples import FSDP
from knowledge.finding import Severity
from knowledge.rule import Problem, problem, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.config import Config

CROSS_ENTROPY = (
    "cut_cross_entropy",
    "chunked_cross_entropy",
    "liger_cross_entropy",
    "liger_fused_linear_cross_entropy",
)
COMPILE_OPTIONS = frozenset(
    {
        *("coordinate_descent_tuning", "coordinate_descent_check_all_directions", "shape_padding", "epilogue_fusion"),
        *("max_autotune_gemm", "fx_graph_cache", "assume_aligned_inputs", "comprehensive_padding"),
        *("decompose_mem_bound_mm", "triton.cudagraphs"),
    }
)


@rule(
    Severity.ERROR,
    fields=("fp8_config", "fp8"),
    says="`fp8_config` requires `fp8: true`",
    bad="fp8_config:\n  recipe: rowwise\n",
    good="fp8: true\nfp8_config:\n  recipe: rowwise\ntorch_compile: true\n",
)
def fp8_config_alone(config: Config) -> Iterator[Problem]:
    """`fp8_config` without `fp8: true`.

    The block only says how; the switch turns it on.
    """
    now = config.at("check_fp8_config")
    if now("fp8_config") is not None and not now("fp8"):
        yield problem("Needs `fp8: true`, and `torch_compile: true` to be fast.", "fp8_config")


@rule(
    Severity.ERROR,
    fields=("fp8_enable_fsdp_float8_all_gather", "fp8_config", "fsdp_config"),
    says=("only supports the tensorwise", "fp8_enable_fsdp_float8_all_gather requires FSDP2"),
    bad="fp8: true\ntorch_compile: true\nfp8_enable_fsdp_float8_all_gather: true\n",
    good=f"fp8: true\ntorch_compile: true\nfp8_enable_fsdp_float8_all_gather: true\n{FSDP}",
)
def fp8_all_gather(config: Config) -> Iterator[Problem]:
    """`fp8_enable_fsdp_float8_all_gather` without FSDP, or with a recipe other than tensorwise.

    It sends FP8 weights between the GPUs of FSDP, scaled by one number per tensor.
    """
    now = config.at("check_fp8_config")
    if now("fp8_enable_fsdp_float8_all_gather"):
        if raw_block(now("fp8_config")).get("recipe", "tensorwise") != "tensorwise":
            message = "This works only with the tensorwise recipe."
            yield problem(message, "fp8_enable_fsdp_float8_all_gather", "fp8_config.recipe")
        if not now("fsdp_config"):
            yield problem("Needs FSDP: add `fsdp_config`.", "fp8_enable_fsdp_float8_all_gather")


@rule(
    Severity.WARNING,
    fields=("fp8", "torch_compile", "fsdp_config"),
    says=("torch_compile is strongly recommended for FP8", "FP8 + FSDP2 + activation checkpointing"),
    bad="fp8: true\n",
    good="fp8: true\ntorch_compile: true\n",
)
def fp8_slow(config: Config) -> Iterator[Problem]:
    """FP8 in a setup that gains no speed.

    Without `torch_compile`, or with FSDP's activation checkpointing, it may be slower than bf16. It also needs a GPU
    that has FP8 (Ada, Hopper, or newer) and torchao; without them Axolotl refuses it.
    """
    now = config.at("check_fp8_config")
    if now("fp8") and not now("torch_compile"):
        yield problem("This is slow without compilation: add `torch_compile: true`.", "fp8")
    sharding = raw_block(now("fsdp_config"))
    for name in ("activation_checkpointing", "fsdp_activation_checkpointing"):
        if now("fp8") and sharding.get(name) is True:
            yield problem("With FP8, this may be slower than bf16: set it to false.", ("fsdp_config", name), "fp8")


@rule(
    Severity.WARNING,
    fields=("fp16", "float16", "bf16", "bfloat16", "adapter", "sample_packing", *ATTENTION),
    needs=("fp16", "float16"),
    says="Full fine tune w/o FA2 w/ sample packing and fp16/float16",
    bad="fp16: true\nbf16: false\nsample_packing: true\nattn_implementation: sdpa\n",
    good="bf16: true\nsample_packing: true\nattn_implementation: sdpa\n",
)
def full_fp16_packed(config: Config) -> Iterator[Problem]:
    """Full training in fp16 with packing and without flash attention.

    Gradients in fp16 can't be unscaled there, or types do not match. Use bf16 or an adapter.
    """
    half = config.typed("fp16") or config.typed("float16")
    flash = attention(config) in {
        *("flash_attention_2", "flash_attention_3"),
        *("kernels-community/flash-attn2", "kernels-community/flash-attn3"),
    }
    if half and not (config.typed("bf16") or config.typed("bfloat16")):
        if not config.typed("adapter") and not flash and config.typed("sample_packing"):
            yield problem(
                "Likely to fail: full training in fp16 with packing. Use `bf16: true`, or LoRA.",
                "fp16",
                "sample_packing",
            )


@rule(
    Severity.ERROR,
    fields=("torch_compile_options",),
    says="torch_compile_options contains disallowed inductor flags",
    bad="torch_compile: true\ntorch_compile_options:\n  max_autotune: true\n",
    good="torch_compile: true\ntorch_compile_options:\n  shape_padding: true\n",
)
def compile_option_unknown(config: Config) -> Iterator[Problem]:
    """A key of `torch_compile_options` that Axolotl does not allow.

    It accepts a short list of compiler options that are known to work.
    """
    options = config.typed("torch_compile_options")
    for key in options if isinstance(options, dict) else ():
        if key not in COMPILE_OPTIONS:
            allowed = "shape_padding, epilogue_fusion, and eight more"
            yield problem(f"Axolotl refuses this option. It accepts {allowed}.", ("torch_compile_options", key))


@rule(
    Severity.ERROR,
    fields=("torch_compile_options", "torch_compile"),
    says="torch_compile_options is set but torch_compile is not enabled",
    bad="torch_compile_options:\n  shape_padding: true\n",
    good="torch_compile: true\ntorch_compile_options:\n  shape_padding: true\n",
)
def compile_options_alone(config: Config) -> Iterator[Problem]:
    """`torch_compile_options` without `torch_compile`.

    The options do nothing while nothing is compiled.
    """
    if config.typed("torch_compile_options") is not None and not config.typed("torch_compile"):
        yield problem("Needs `torch_compile: true`.", "torch_compile_options")


@rule(
    Severity.WARNING,
    fields=("torch_compile_options", "sample_packing"),
    needs=("torch_compile_options",),
    says="CUDA graphs require static shapes",
    bad="torch_compile: true\ntorch_compile_options:\n  triton.cudagraphs: true\nsample_packing: true\n"
    "attn_implementation: flash_attention_2\n",
    good="torch_compile: true\ntorch_compile_options:\n  triton.cudagraphs: true\n"
    "attn_implementation: flash_attention_2\n",
)
def cudagraphs_packed(config: Config) -> Iterator[Problem]:
    """CUDA graphs with packing.

    Graphs need fixed shapes, and packed rows change shape, so the graphs are captured again and again.
    """
    options = config.typed("torch_compile_options") or {}
    if options.get("triton.cudagraphs") and config.typed("sample_packing"):
        message = "With packing, graphs are captured again and again: remove one of the two."
        yield problem(message, ("torch_compile_options", "triton.cudagraphs"), "sample_packing")


@rule(
    Severity.ERROR,
    fields=("torch_compile", "torch_compile_regional", "gradient_checkpointing"),
    needs=("torch_compile_regional",),
    says="torch_compile_regional cannot be combined with gradient_checkpointing",
    bad="torch_compile: true\ntorch_compile_regional: true\ngradient_checkpointing: true\n",
    good="torch_compile: true\ngradient_checkpointing: true\n",
)
def regional_compile_checkpointing(config: Config) -> Iterator[Problem]:
    """Regional compilation with gradient checkpointing.

    The recomputation can use a different compiled version than the forward pass.
    """
    compiled = config.typed("torch_compile") and config.typed("torch_compile_regional")
    if compiled and config.typed("gradient_checkpointing"):
        message = "Incompatible with checkpointing: remove `torch_compile_regional`."
        yield problem(message, "torch_compile_regional", "gradient_checkpointing")


@rule(
    Severity.ERROR,
    fields=("fp32_norms", "fsdp_config"),
    says="fp32_norms requires FSDP to be enabled",
    bad="fp32_norms: true\n",
    good=f"fp32_norms: true\n{FSDP}",
)
def fp32_norms_without_fsdp(config: Config) -> Iterator[Problem]:
    """`fp32_norms` without FSDP.

    It is a setting of FSDP's mixed precision.
    """
    if config.typed("fp32_norms") and config.typed("fsdp_config") is None:
        yield problem("Needs FSDP: add `fsdp_config`, or remove this.", "fp32_norms")


@rule(
    Severity.WARNING,
    fields=("fp32_norms", "fp32_norm_classes"),
    says="fp32_norm_classes is set but fp32_norms is not enabled",
    bad="fp32_norm_classes: [RMSNorm]\n",
    good=f"fp32_norms: true\nfp32_norm_classes: [RMSNorm]\n{FSDP}",
)
def fp32_norm_classes_alone(config: Config) -> Iterator[Problem]:
    """`fp32_norm_classes` without `fp32_norms`.

    The list does nothing while the switch is off.
    """
    if config.typed("fp32_norm_classes") and not config.typed("fp32_norms"):
        yield problem(
            "Ignored: add `fp32_norms: true`, which needs `fsdp_config`, or remove this.", "fp32_norm_classes"
        )


@rule(
    Severity.ERROR,
    fields=CROSS_ENTROPY,
    says="Only one cross entropy optimization can be enabled at a time",
    bad="plugins: [axolotl.integrations.liger.LigerPlugin]\nliger_cross_entropy: true\n"
    "liger_fused_linear_cross_entropy: true\n",
    good="plugins: [axolotl.integrations.liger.LigerPlugin]\nliger_fused_linear_cross_entropy: true\n",
)
def cross_entropy_twice(config: Config) -> Iterator[Problem]:
    """More than one replacement for the cross-entropy loss.

    Each takes the place of the model's loss, so there can be only one.
    """
    now = config.at("check_cross_entropy_conflicts")
    on = [name for name in CROSS_ENTROPY if now(name)]
    if len(on) > 1:
        yield problem("Each replaces the loss: keep one.", *on)


EXCLUDED_BY_LOSS = ("rl", "reward_model", "process_reward_model", *CROSS_ENTROPY[:2], CROSS_ENTROPY[3])


@rule(
    Severity.ERROR,
    fields=("use_dft", "use_eaft", "context_parallel_size", "sequence_parallel_degree", *EXCLUDED_BY_LOSS),
    says=("`use_dft` and `use_eaft` cannot be enabled together", "is an SFT-only loss and cannot be combined"),
    bad="use_dft: true\nuse_eaft: true\n",
    good="use_dft: true\n",
)
def custom_loss_conflicts(config: Config) -> Iterator[Problem]:
    """`use_dft` or `use_eaft` with another way of computing the loss.

    They weight the loss of each token in plain supervised training.
    """
    now = config.at("check_custom_loss_conflicts")
    on = [name for name in ("use_dft", "use_eaft") if now(name)]
    if len(on) > 1:
        yield problem("Both replace the loss: keep one.", *on)
    if on:
        for name in EXCLUDED_BY_LOSS:
            if now(name):
                yield problem(f"Incompatible with `{on[0]}`: remove one of the two.", name, on[0])
        size = now("context_parallel_size") or now("sequence_parallel_degree")
        if more_than_one(size):
            yield problem(f"Must be 1 with `{on[0]}`.", "context_parallel_size", on[0])


@rule(
    Severity.WARNING,
    fields=("fp16", "bf16"),
    needs=("fp16",),
    bad="fp16: true\nbf16: true\n",
    good="bf16: true\n",
)
def both_precisions(config: Config) -> Iterator[Problem]:
    """`fp16` and `bf16` are both on.

    A run has one precision; the trainer refuses two when it is built.
    """
    if config.typed("fp16") is True and config.typed("bf16") is True:
        yield problem("Only one precision can be used: keep `bf16: true` on newer GPUs.", "fp16", "bf16")
