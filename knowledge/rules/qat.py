"""Number formats of quantization-aware training (`qat`) and of `axolotl quantize` (`quantization`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from knowledge.conditions import block
from knowledge.finding import Severity
from knowledge.rule import Problem, problem, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.config import Config

_FP8 = "float8_e4m3fn"
_SAME = {"fp8": _FP8, "float8": _FP8}
_ACTIVATIONS: dict[str, tuple[str | None, ...]] = {
    "int4": (None, "int8", _FP8),
    _FP8: (_FP8,),
    "nvfp4": ("nvfp4",),
}
"""Weights -> the activations that training can imitate; microscaled and ternary weights are not asked about theirs."""
_GROUPS = {"nvfp4": 16, "mxfp4": 32}
"""Weights -> the only size of a group."""
_NO_EMBEDDING = frozenset({_FP8, "nvfp4", "mxfp4"})
_INT4 = "write `weight_dtype: int4`"


@rule(
    Severity.CRASH,
    fields=("qat",),
    says=(
        *("is not supported by torchao QAT", "Invalid activation/weight dtype combination"),
        *("NVFP4 quantization must use a group_size", "MXFP4 quantization must use a block_size"),
        *("NVFP4 weights support only", "Activation fake quantization is not supported for embedding"),
    ),
    bad="qat:\n  weight_dtype: int8\n  activation_dtype: int8\n",
    good="qat:\n  weight_dtype: int4\n  activation_dtype: int8\n",
)
def qat_formats(config: Config) -> Iterator[Problem]:
    """`qat` with a pair of number formats that training cannot imitate.

    Axolotl accepts each format by itself and builds the pair when the model is loaded, which then ends in a ValueError.
    It can train for int4 weights (with activations left alone, in int8, or in fp8), for fp8 or NVFP4 weights with
    activations of the same format, for MXFP4 weights, and for ternary weights. int8 weights are not among them, and
    they are the default.
    """
    yield from _refused(config, "qat", "Loading the model fails", {**_ACTIVATIONS, "int8": ()})


@rule(
    Severity.WARNING,
    fields=("quantization",),
    bad="quantization:\n  weight_dtype: int8\n",
    good="quantization:\n  weight_dtype: int4\n",
)
def quantize_formats(config: Config) -> Iterator[Problem]:
    """`quantization` with a pair of number formats that `axolotl quantize` refuses.

    Training does not read the block. The command, which quantizes the trained model, ends in a ValueError: it knows
    int4 weights (with activations left alone, in int8, or in fp8), fp8 weights with fp8 activations, NVFP4 weights, and
    MXFP4 weights. int8 weights are not among them, and they are the default.
    """
    known = {**_ACTIVATIONS, "nvfp4": (None, "nvfp4"), "int8": (), "ternary": ()}
    yield from _refused(config, "quantization", "Quantizing the trained model fails", known)


def _refused(
    config: Config, name: str, fails: str, activations: dict[str, tuple[str | None, ...]]
) -> Iterator[Problem]:
    given = block(config, name)
    if not given:
        return
    weights, other = _format(given["weight_dtype"]), _format(given.get("activation_dtype"))
    known = activations.get(str(weights))
    size, group = _GROUPS.get(str(weights)), given.get("group_size")
    place = f"{name}.weight_dtype", f"{name}.activation_dtype"
    if known == ():
        yield problem(f"{fails} with {weights} weights: {_INT4}.", *place)
    elif known is not None and other not in known:
        cure = "remove `activation_dtype`" if None in known else f"write `activation_dtype: {known[-1]}`"
        yield problem(f"{fails} with these activations: {cure}.", *reversed(place))
    elif size is not None and group not in (None, size):
        yield problem(f"{fails}: {weights} needs `group_size: {size}`.", f"{name}.group_size", place[0])
    elif name == "qat" and weights in _NO_EMBEDDING and given.get("quantize_embedding"):
        message = f"{fails}: embeddings cannot be trained for {weights}. Remove it."
        yield problem(message, f"{name}.quantize_embedding", place[0])


def _format(value: Any) -> str | None:
    return None if value is None else _SAME.get(str(value), str(value))
