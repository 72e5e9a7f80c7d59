"""What one micro batch asks of one GPU: operations, bytes through its memory and its links, kernels to start."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from knowledge.parameters import layout

if TYPE_CHECKING:
    from knowledge.memory import Run
    from knowledge.parameters import Architecture

# Passes through a layer: forward and the gradient of what comes in; that of the weights; forward again.
_ALWAYS, _WEIGHTS, _AGAIN = 2, 1, 1
# The same for the products between tokens, whose backward pass has five of them to the forward pass's two.
_ATTENTION = 3.5
# Bytes that norms, activation functions, residuals and attention move per token and layer in one pass, per element of
# the hidden width and of the MLP's.
_MOVED_HIDDEN, _MOVED_WIDTH = 20.0, 8.0
# Bytes per logit that the loss moves in all.
_LOGIT_BYTES = {"plain": 30.0, "chunked": 16.0, "liger": 12.0, "fused": 8.0}
_HALF = 2.0


class Work(NamedTuple):
    """The work of one micro batch on one GPU, and of one optimizer step with its micro batches.

    Attributes:
        matrices: Floating-point operations of matrix products.
        attention: Floating-point operations between tokens.
        moved: Bytes through the card's memory with those products.
        unpacked: Elements of packed weights that are unpacked.
        layers: Layers passed, forward and backward, each of which starts its kernels.
        adapted: Whether an adapter is trained, which starts more kernels and moves more bytes.
        passes: Passes through the layers, in forward passes.
        exchanged: Bytes over the link to the other GPUs.
        hosted: Bytes over the link to the host.
        step_moved: Bytes through the card's memory of one optimizer step.
        step_exchanged: Bytes over the link to the other GPUs, once a step.
        step_hosted: Bytes that the host works through, once a step.
    """

    matrices: float
    attention: float
    moved: float
    unpacked: float
    layers: float
    adapted: bool
    passes: float
    exchanged: float
    hosted: float
    step_moved: float
    step_exchanged: float
    step_hosted: float


class _Size(NamedTuple):
    """Elements of a model by what is done with them: passed for every token, in the layers, packable."""

    used: float
    stored: float
    linear: float


def work_of(run: Run, tokens: float | None = None, length: float | None = None) -> Work:
    """The work of one micro batch and one step.

    Args:
        run: The run.
        tokens: Tokens of a micro batch on this GPU; those of full rows where nothing is given.
        length: Tokens that attend to one another; the full row where nothing is given.
    """
    shape, a = run.shape, run.shape.architecture
    size, t = _sizes(a), float(run.tokens if tokens is None else tokens)
    share = run.base.language / layout(a).parameters
    again = _AGAIN if run.checkpointing != "no" else 0
    trained = _WEIGHTS if shape.full else 0
    passes = _ALWAYS + trained + again
    head = float(a.hidden * a.vocabulary)
    adapters = 0.0 if shape.full else float(run.trained)
    # The head is never computed again; an adapter needs the gradients of its own weights too.
    matrices = 2 * t * (size.used * share * passes + head * (passes - again) + adapters * (passes + 1 - trained))
    reach = run.sequence / run.context if length is None else length
    attention = 2 * t * reach * a.query * a.layers * share * (_ATTENTION + again)
    width = a.experts_per_token * a.expert_width + a.shared_width if a.experts else a.intermediate
    moved = t * a.layers * share * (_MOVED_HIDDEN * a.hidden + _MOVED_WIDTH * width) * (_ALWAYS + again)
    moved += t * a.vocabulary * _LOGIT_BYTES[run.loss] + _HALF * size.stored * share * passes
    exchanged, once = _exchanged(run, size, share, again)
    state = 16.0 if shape.full else 24.0
    stepped = state * run.trained * (share if shape.full else 1.0) / (run.ranks if run.stage else 1)
    return Work(
        matrices=matrices / run.tensor,
        attention=attention / run.tensor,
        moved=moved / run.tensor,
        unpacked=(size.linear * share * (_ALWAYS + again) if shape.quantized else 0.0) / run.tensor,
        layers=a.layers * (_ALWAYS + again),
        adapted=not shape.full,
        passes=float(passes),
        exchanged=exchanged,
        hosted=(_stored(run, size) * share * (_ALWAYS + again) if run.weight_offload else 0.0),
        step_moved=0.0 if run.optimizer_offload else stepped,
        step_exchanged=once,
        step_hosted=stepped if run.optimizer_offload else 0.0,
    )


@lru_cache(maxsize=512)
def _sizes(architecture: Architecture) -> _Size:
    model = layout(architecture)
    layers = linear = experts = 0
    for block in model.blocks:
        for module in block.modules:
            count = len(block.indices) * module.parameters
            layers += count
            linear += count if module.kind == "linear" else 0
            experts += count if module.kind == "experts" else 0
    share = architecture.experts_per_token / architecture.experts if architecture.experts else 1.0
    return _Size(used=layers - experts * (1 - share), stored=float(layers), linear=float(linear))


def _stored(run: Run, size: _Size) -> float:
    """Bytes of all layers as they travel: 16 bits an element, packed ones as they are."""
    packed = size.linear if run.shape.quantized else 0.0
    return _HALF * (size.stored - packed) + run.shape.packed * packed


def _exchanged(run: Run, size: _Size, share: float, again: int) -> tuple[float, float]:
    """Bytes over the link for each micro batch, and once a step."""
    if run.sharding == "none":
        return 0.0, 0.0
    part = (run.ranks - 1) / run.ranks
    gradients = _HALF * run.trained * (share if run.shape.full else 1.0) * part
    if run.stage < 2 or run.sharding == "ddp":
        return 0.0, 2 * gradients
    # Put together for the forward and again for the backward pass, unless they stay.
    gathers = 2 if run.stage > 2 else 1
    whole = _stored(run, size) * share * part * gathers
    if run.sharding == "fsdp":
        return whole, gradients
    return (whole if run.stage > 2 else 0.0) + gradients, 0.0
