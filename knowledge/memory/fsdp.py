"""Memory under FSDP2: shards lie still, units are put together when they work, and gradients go back into shards.

As Axolotl prepares it: parameters stay in bf16 without fp32 originals; embedding, head and last norm are one unit that
stays together from the forward pass to the end of the backward pass; the next layer is fetched while one works.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from knowledge.memory.moments import Moment, evaluation_bytes, forward_bytes, kept_and_working, loss_bytes
from knowledge.memory.weights import Static, model_bytes, trained_bytes
from knowledge.parameters import layout

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.memory.run import Run

# Bytes of a gathered element: the policy computes in bf16, whatever the shards are stored in.
_GATHERED = 2
# Bytes a logit, and a hidden element, that wait while the first layers are fetched for the backward pass.
_WAITING = {"plain": 4.0, "chunked": 2.0, "liger": 2.0, "fused": 0.0}
_WAITING_FUSED = 6.0


class _Units(NamedTuple):
    """Bytes on one GPU of what FSDP2 puts together and takes apart.

    Attributes:
        root: Embedding, head and last norm, put together.
        layer: One layer, put together; 4-bit weights stay packed.
        gradients: Gradients of one layer, whole.
        head: The output head's gradient, whole; 0 unless all weights are trained.
        between: Gradients that stay whole on every GPU between the micro batches of a step.
        rest: This GPU's share of the layers' gradients; 0 where they leave for the host at once.
    """

    root: float
    layer: float
    gradients: float
    head: float
    between: float
    rest: float


def fsdp_static(run: Run) -> Static:
    """Weights, optimizer state and gradients of one GPU between two steps.

    Args:
        run: A run under FSDP2.
    """
    shape = run.shape
    model, trained = model_bytes(shape), trained_bytes(run.optimizer, run.tensors, shape.architecture.vocabulary)
    share = run.base.language / layout(shape.architecture).parameters
    weights = ((model.loaded - model.scales) * share + run.tower_bytes) * (2 if run.reference else 1)
    gradients, state = float(trained.weights), float(trained.state)
    if shape.full:
        gradients, state = gradients * share, state * share
    else:
        weights += trained.weights
        if shape.quantized and run.loss != "fused":
            # Embedding and head of a quantized model are kept in fp32, unless the fused loss wants one dtype.
            weights += _GATHERED * model.root
    # The scales of packed weights are no parameters: every GPU holds all of them.
    scales = model.scales * share / run.tensor
    parts = run.ranks * run.tensor
    if run.weight_offload:
        return Static(scales, 0.0, 0.0)
    return Static(weights / parts + scales, state / parts, gradients / parts)


def fsdp_moments(run: Run, static: Static) -> Iterator[Moment]:
    """All candidates for the peak.

    Args:
        run: A run under FSDP2.
        static: What is there between two steps.

    Yields:
        The moments.
    """
    shape, a, units = run.shape, run.shape.architecture, _units(run)
    trained = trained_bytes(run.optimizer, run.tensors, a.vocabulary)
    kept, working = kept_and_working(run)
    before, root, layer = units.between, units.root, units.layer
    # Without resharding the layers stay together from the forward pass on.
    whole = a.layers * layer if run.stage < _RESHARDS else 0.0
    logits = forward_bytes(run)
    yield Moment("forward", before, 0.0, 0.0, 2 * root + 2 * layer)
    yield Moment("forward", before, kept * (a.layers - 1) / a.layers, 0.0, root + (whole or 3 * layer))
    yield Moment("forward", before, kept, logits, root + (whole + layer if whole else layer))
    if not whole:
        yield Moment("forward", before, kept, _waiting(run), 2 * root)
    yield Moment("backward_loss", before, kept, loss_bytes(run, units.head), root + (whole or layer))
    waiting = units.head if run.accumulation == 1 or a.tied else 0.0
    yield Moment("backward_last", before + waiting, kept + working, 0.0, root + (whole or 2 * layer))
    if shape.full:
        yield from _full_backward(run, units, kept, working)
    yield Moment("optimizer", static.gradients, 0.0 if run.weight_offload else trained.step / run.ranks, 0.0)
    if run.evaluation:
        held = 20.0 * a.hidden * run.evaluation * run.sequence / run.context
        yield Moment("evaluation", 0.0, held, evaluation_bytes(run, run.loss_evaluation), root + 2 * layer)


_RESHARDS = 3


def _full_backward(run: Run, units: _Units, kept: float, working: float) -> Iterator[Moment]:
    """The layers' and the embedding's backward pass where all weights are trained."""
    a, several = run.shape.architecture, run.accumulation > 1
    width, gathered = 2.0 * a.hidden * run.tokens, units.root + 2 * units.layer
    # One layer's gradients are on their way into shards while the next layer's arise.
    moving = max(working + units.gradients, 2 * units.gradients)
    waiting = 0.0 if several and not a.tied else units.head
    own = moving if not several else working + (0.0 if run.weight_offload else units.gradients)
    yield Moment("backward_last", units.between + waiting, kept + own, 0.0, gathered)
    heads = units.head * (2 if several and not a.tied else 1)
    yield Moment("backward_first", units.rest + heads, moving + width, 0.0, gathered)
    tied = units.head if a.tied else 0.0
    yield Moment("backward_embedding", units.rest + units.gradients + tied, width, 0.0, 2 * units.root)


def _units(run: Run) -> _Units:
    shape = run.shape
    model, trained = model_bytes(shape), trained_bytes(run.optimizer, run.tensors, shape.architecture.vocabulary)
    each = 0.0 if shape.full else _GATHERED * trained.elements / shape.architecture.layers
    divided = 0.0 if run.weight_offload else _GATHERED * (trained.elements - model.root - model.layer) / run.ranks
    return _Units(
        root=_GATHERED * model.root / run.tensor,
        layer=(model.together + each) / run.tensor,
        gradients=(_GATHERED * model.layer if shape.full else each) / run.tensor,
        head=model.head / run.tensor if shape.full else 0.0,
        between=(_GATHERED * trained.elements if run.accumulation > 1 else 0.0) / run.tensor,
        rest=max(0.0, divided) / run.tensor,
    )


def _waiting(run: Run) -> float:
    a = run.shape.architecture
    if run.loss == "fused":
        return _WAITING_FUSED * a.hidden * run.tokens
    return _WAITING[run.loss] * a.vocabulary / run.tensor * run.tokens
