"""Cut Cross Entropy and Liger: kernels that replace parts of the model or its loss."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.conditions import more_than_one
from knowledge.finding import Severity
from knowledge.rule import Problem, problem, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.config import Config

CUT = "plugins: [axolotl.integrations.cut_cross_entropy.CutCrossEntropyPlugin]\n"
LIGER = "plugins: [axolotl.integrations.liger.LigerPlugin]\n"


# -- Cut Cross Entropy ---------------------------------------------------------------------------------------------


@rule(
    Severity.ERROR,
    fields=("cut_cross_entropy", "bf16", "fp16"),
    needs=("cut_cross_entropy",),
    says="Cut Cross Entropy requires fp16/bf16 training",
    bad=f"{CUT}cut_cross_entropy: true\n",
    good=f"{CUT}cut_cross_entropy: true\nbf16: true\n",
)
def cut_cross_entropy_precision(config: Config) -> Iterator[Problem]:
    """`cut_cross_entropy` without a written half precision.

    The default of `bf16` does not count here. If you leave the key out, the plugin turns itself on and skips this
    check.
    """
    now = config.at("check_dtype_is_half")
    if "CutCrossEntropyPlugin" in config.plugins and now("cut_cross_entropy") and not (now("bf16") or now("fp16")):
        yield problem("Needs `bf16: true` written out; its default does not count.", "cut_cross_entropy", "bf16")


@rule(
    Severity.ERROR,
    fields=("chunked_cross_entropy", "plugins"),
    needs=("chunked_cross_entropy",),
    says="Cut Cross Entropy does not support chunked cross entropy",
    bad=f"{CUT}chunked_cross_entropy: true\n",
    good=CUT,
)
def cut_cross_entropy_chunked(config: Config) -> Iterator[Problem]:
    """`chunked_cross_entropy` with the Cut Cross Entropy plugin.

    Both replace the loss; listing the plugin is enough, whatever `cut_cross_entropy` says.
    """
    now = config.at("check_chunked_cross_entropy_not_set")
    if "CutCrossEntropyPlugin" in config.plugins and now("chunked_cross_entropy"):
        yield problem(
            "Incompatible with CutCrossEntropyPlugin: remove one of the two.", "chunked_cross_entropy", "plugins"
        )


@rule(
    Severity.ERROR,
    fields=("cut_cross_entropy_c_grad_chunk_size", "cut_cross_entropy_accum_c_fp32"),
    says="`cut_cross_entropy_c_grad_chunk_size`",
    bad=f"{CUT}cut_cross_entropy_c_grad_chunk_size: 100\ncut_cross_entropy_accum_c_fp32: true\n",
    good=f"{CUT}cut_cross_entropy_c_grad_chunk_size: 256\ncut_cross_entropy_accum_c_fp32: true\n",
)
def cut_cross_entropy_chunk_size(config: Config) -> Iterator[Problem]:
    """`cut_cross_entropy_c_grad_chunk_size` with an invalid size, or without the switch it belongs to.

    It is a number of vocabulary rows in steps of 128, of the gradient that is summed in fp32.
    """
    name, total = "cut_cross_entropy_c_grad_chunk_size", "cut_cross_entropy_accum_c_fp32"
    size = config.typed(name)
    if "CutCrossEntropyPlugin" in config.plugins and size:
        if size != "auto" and (size < 0 or size % 128):
            yield problem("Must be `auto` or a multiple of 128.", name)
        elif not config.typed(total):
            yield problem(f"Needs `{total}: true`.", name, total)


# -- Liger ---------------------------------------------------------------------------------------------------------


@rule(
    Severity.ERROR,
    fields=("liger_swiglu", "liger_glu_activation"),
    says="You cannot have both `liger_swiglu` and `liger_glu_activation` set",
    bad=f"{LIGER}liger_swiglu: true\nliger_glu_activation: true\n",
    good=f"{LIGER}liger_glu_activation: true\n",
)
def liger_activation_twice(config: Config) -> Iterator[Problem]:
    """`liger_swiglu` with `liger_glu_activation`.

    They are the old and new names of one switch.
    """
    if "LigerPlugin" in config.plugins and config.raw("liger_swiglu") is not None:
        if config.raw("liger_glu_activation") is not None:
            yield problem(
                "This is the old name of `liger_glu_activation`: remove it.", "liger_swiglu", "liger_glu_activation"
            )


@rule(
    Severity.WARNING,
    fields=("liger_swiglu", "liger_glu_activation"),
    says="The 'liger_swiglu' argument is deprecated",
    bad=f"{LIGER}liger_swiglu: true\n",
    good=f"{LIGER}liger_glu_activation: true\n",
)
def liger_swiglu_renamed(config: Config) -> Iterator[Problem]:
    """`liger_swiglu` was renamed.

    It still works, as `liger_glu_activation`.
    """
    if "LigerPlugin" in config.plugins and config.raw("liger_swiglu") is not None:
        if config.raw("liger_glu_activation") is None:
            message = "The new name is `liger_glu_activation`; the old one still works."
            yield problem(message, "liger_swiglu", suggestion="liger_glu_activation")


@rule(
    Severity.ERROR,
    fields=("liger_glu_activation", "tiled_mlp", "tiled_mlp_use_original_mlp"),
    says="You cannot have both `liger_glu_activation` and `tiled_mlp` set",
    bad=f"{LIGER}liger_glu_activation: true\ntiled_mlp: true\n",
    good=f"{LIGER}liger_glu_activation: true\ntiled_mlp: true\ntiled_mlp_use_original_mlp: true\n",
)
def liger_tiled_mlp(config: Config) -> Iterator[Problem]:
    """Liger's activation with a tiled MLP.

    Tiling replaces the MLP unless it keeps the original one.
    """
    now = config.at("check_tiled_mlp_conflict")
    both = now("liger_glu_activation") is True and now("tiled_mlp") is True
    if "LigerPlugin" in config.plugins and both and not now("tiled_mlp_use_original_mlp"):
        yield problem("Needs `tiled_mlp_use_original_mlp: true` as well.", "liger_glu_activation", "tiled_mlp")


@rule(
    Severity.ERROR,
    fields=("liger_rms_norm", "liger_fused_linear_cross_entropy", "tensor_parallel_size"),
    needs=("tensor_parallel_size",),
    says=("`liger_rms_norm` is incompatible with tensor parallelism", "not compatible with liger losses"),
    bad=f"{LIGER}liger_rms_norm: true\ntensor_parallel_size: 2\n",
    good=f"{LIGER}liger_rms_norm: true\n",
)
def liger_tensor_parallel(config: Config) -> Iterator[Problem]:
    """Liger's norm or fused loss with tensor parallelism.

    They work on whole weights, which no GPU has in that mode.
    """
    if "LigerPlugin" not in config.plugins:
        return
    now = config.at("check_liger_rms_norm_tensor_parallel")
    size = now("tensor_parallel_size")
    if now("liger_rms_norm"):
        if size is None and config.written("tensor_parallel_size"):
            yield problem(
                "Blank while `liger_rms_norm` is set: leave it out.", "tensor_parallel_size", "liger_rms_norm"
            )
        elif more_than_one(size):
            yield problem(
                "Incompatible with tensor parallelism: remove this.", "liger_rms_norm", "tensor_parallel_size"
            )
    loss = "liger_fused_linear_cross_entropy"
    if config.typed(loss) and config.typed("tensor_parallel_size") > 1:
        yield problem("Incompatible with tensor parallelism: remove this.", loss, "tensor_parallel_size")


@rule(
    Severity.ERROR,
    fields=("liger_use_token_scaling", "liger_fused_linear_cross_entropy"),
    says="`liger_use_token_scaling: true` requires `liger_fused_linear_cross_entropy`",
    bad=f"{LIGER}liger_use_token_scaling: true\n",
    good=f"{LIGER}liger_use_token_scaling: true\nliger_fused_linear_cross_entropy: true\n",
)
def liger_token_scaling(config: Config) -> Iterator[Problem]:
    """`liger_use_token_scaling` without the fused loss.

    It is a setting of that loss.
    """
    now = config.at("check_liger_use_token_scaling_flce")
    loss = "liger_fused_linear_cross_entropy"
    if "LigerPlugin" in config.plugins and now("liger_use_token_scaling") and not now(loss):
        yield problem(f"Needs `{loss}: true`.", "liger_use_token_scaling")


@rule(
    Severity.WARNING,
    fields=("liger_kernel_impl",),
    says="cannot take effect: liger_kernel.ops",
    bad=f"{LIGER}liger_kernel_impl: cutile\n",
    good=LIGER,
)
def liger_kernels_need_package(config: Config) -> Iterator[Problem]:
    """Another backend for Liger's kernels.

    cutile needs the package cuda-tile, and cutedsl needs nvidia-cutlass-dsl; both need a recent Liger that has not been
    imported before; a config alone does not show this.
    """
    package = {"cutile": "cuda-tile", "cutedsl": "nvidia-cutlass-dsl"}.get(config.typed("liger_kernel_impl"))
    if "LigerPlugin" in config.plugins and package:
        yield problem(f"Needs the package {package} and Liger 0.8.1 or newer.", "liger_kernel_impl")
