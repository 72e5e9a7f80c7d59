"""The moments of a training step at which memory may peak, in bytes.

A step's memory rises and falls with its phases. Each moment is the sum of what is certainly alive then with weights
and optimizer state: gradients so far, what the layers kept, and the moment's own working set. The largest is the peak.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from knowledge.memory.layers import eager_attention, layer_bytes
from knowledge.memory.weights import Static, model_bytes, trained_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.memory.run import Run

# Bytes per logit: of the loss's backward pass, and of a forward pass that stops at the loss.
_BACKWARD = {"plain": 12.0, "chunked": 5.5, "liger": 4.0, "fused": 0.0}
_FORWARD = {"plain": 10.0, "chunked": 4.0, "liger": 4.0, "fused": 0.0}
_SOFT_CAPPED = {"gemma2": 14.0}


class Moment(NamedTuple):
    """One candidate for the peak: its phase, and the bytes that it adds to what is there all the time.

    Attributes:
        phase: Its name.
        gradients: Gradients so far.
        activations: What the layers kept, and the working set.
        loss: Logits and loss.
        gathered: Weights put together from the shards of all GPUs.
    """

    phase: str
    gradients: float
    activations: float
    loss: float
    gathered: float = 0.0

    @property
    def bytes(self) -> float:
        """What the moment adds to weights and optimizer state."""
        return self.gradients + self.activations + self.loss + self.gathered


def moments(run: Run, static: Static) -> Iterator[Moment]:
    """All candidates for the peak.

    Args:
        run: The run.
        static: What is there all the time.

    Yields:
        The moments.
    """
    shape, a = run.shape, run.shape.architecture
    trained = trained_bytes(run.optimizer, run.tensors, a.vocabulary)
    kept, working = kept_and_working(run)
    width, head = a.hidden * run.tokens, model_bytes(shape).head / run.tensor
    everything = static.gradients
    # DDP's buckets and DeepSpeed's sums live as long as the run.
    before = everything if run.accumulation > 1 or run.sharding != "none" else 0.0
    if run.stage:
        # DeepSpeed reduces a gradient as soon as it is there.
        head = 0.0
    head_trained = shape.full or trained.head
    passing = 0.0 if run.checkpointing == "no" else 12 * width
    yield Moment("forward", before, kept + passing, forward_bytes(run))
    yield Moment("backward_loss", before, kept, loss_bytes(run, head if head_trained else 0.0))
    # After the loss the head's gradient is there; that of a tied head waits for the embedding's.
    ahead = before + (head if shape.full or (trained.head and not a.tied) else 0.0)
    yield Moment("backward_last", ahead, kept + working, 0.0)
    if shape.full:
        yield from _full_backward(run, everything, head, working)
    yield Moment("optimizer", everything, trained.step / (run.ranks if run.stage else 1), 0.0)
    if run.evaluation:
        logits = evaluation_bytes(run, run.loss_evaluation)
        yield Moment("evaluation", 0.0, 20.0 * a.hidden * run.evaluation * run.sequence / run.context, logits)


def _full_backward(run: Run, everything: float, head: float, working: float) -> Iterator[Moment]:
    """The first layer's and the embedding's backward pass where all weights are trained."""
    a = run.shape.architecture
    if run.checkpointing != "no":
        waiting = (head if a.tied else 0.0) - (head if run.accumulation == 1 else 0.0)
        handed = layer_bytes(run.shape).input * run.tokens
        yield Moment("backward_first", everything + waiting, working + handed, 0.0)
    copies = (2 if a.tied else 0) + (1 if run.accumulation > 1 else 0)
    yield Moment("backward_embedding", everything + head * copies, 2 * a.hidden * run.tokens, 0.0)


def kept_and_working(run: Run) -> tuple[float, float]:
    """What all layers keep for the backward pass, and the working set of the last one's, in bytes.

    Args:
        run: The run.
    """
    shape, t, a, model = run.shape, run.tokens, run.shape.architecture, model_bytes(run.shape)
    layer, (eager_kept, eager_working) = layer_bytes(shape), eager_attention(run)
    if run.checkpointing == "no":
        casts = trained_bytes(run.optimizer, run.tensors, a.vocabulary).casts
        kept = a.layers * (layer.kept * t + eager_kept + model.unpacked_experts) + 2 * a.hidden * t + casts
        return kept + run.image_bytes, 16 * a.hidden * t
    # What is being copied to the host takes two layers' room.
    layers = 2 if run.checkpointing == "offload" else a.layers
    return (
        layers * layer.input * t + model.unpacked_experts + run.image_bytes,
        layer.working * t + eager_working + model.unpacked / run.tensor,
    )


def forward_bytes(run: Run) -> float:
    """Bytes of the logits at the end of the forward pass.

    Args:
        run: The run.
    """
    return _FORWARD[run.loss] * run.shape.architecture.vocabulary / run.tensor * run.tokens


def evaluation_bytes(run: Run, loss: str) -> float:
    """Bytes of the logits of one evaluation batch.

    Args:
        run: The run.
        loss: How the loss is computed: "plain", "chunked", "liger" or "fused".
    """
    tokens = run.evaluation * run.sequence / run.context
    return _FORWARD[loss] * run.shape.architecture.vocabulary / run.tensor * tokens


def loss_bytes(run: Run, head: float) -> float:
    """Bytes of the loss's backward pass: logits, their log-softmax and gradient, and the head's own gradient.

    Args:
        run: The run.
        head: Bytes of the head's gradient, 0 where it is not trained.
    """
    shape, t = run.shape, run.tokens
    a = shape.architecture
    if run.loss == "fused":
        return 24.0 * a.hidden * t + head
    logits = a.vocabulary / run.tensor * t
    loss = (_SOFT_CAPPED.get(a.family, 12.0) if run.loss == "plain" else _BACKWARD[run.loss]) * logits
    if shape.full:
        # With few tokens the head's gradient outgrows the logits'. An fp32 head also has its bf16 copy.
        loss = max(loss + (head / 2 if shape.wide else 0.0), 2 * logits + head)
    return loss + (8.0 if shape.full else 4.0) * a.hidden * t
