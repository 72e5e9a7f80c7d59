"""What lies on the GPU all the time: weights, optimizer state, gradients; in bytes, computed once for each model."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from knowledge.parameters import Tensor, is_widened, layout, state_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.memory.run import Run, Shape
    from knowledge.parameters import Module

# Bytes of an fp32 element.
_FP32 = 4
# Bytes of an element in 16 bits.
_HALF = 2
_BOOKKEEPING = 2.2


class ModelBytes(NamedTuple):
    """Bytes of the base model.

    Attributes:
        loaded: All weights as loaded.
        module: Elements of the largest module, the unit that ZeRO 3 puts together from its shards.
        unpacked: The largest 4-bit matrix of a layer while it is unpacked, with its scales.
        unpacked_experts: All packed experts of one layer, unpacked.
        head: The output head's gradient.
        root: Elements outside the layers: embedding, head and last norm.
        layer: Elements of the largest layer.
        together: The largest layer as FSDP2 puts it together: 16 bits an element, packed weights without their scales.
        scales: The scales of packed weights.
    """

    loaded: float
    module: int
    unpacked: float
    unpacked_experts: float
    head: float
    root: int
    layer: int
    together: float
    scales: float


class TrainedBytes(NamedTuple):
    """Bytes of what is trained, undivided.

    Attributes:
        elements: Trainable parameters.
        weights: In their own dtype; the gradients weigh the same.
        state: Optimizer state.
        wide_state: Optimizer state with fp32 copies of the weights.
        casts: The bf16 copies of fp32 adapters that autocast keeps.
        step: What the optimizer's step needs for itself.
        head: Whether the output head is among it.
    """

    elements: int
    weights: int
    state: int
    wide_state: int
    casts: int
    step: float
    head: bool


class Static(NamedTuple):
    """Bytes on one GPU: weights, optimizer state, and all gradients once they exist."""

    weights: float
    optimizer: float
    gradients: float


def static_bytes(run: Run) -> Static:
    """Weights, optimizer state and gradients on one GPU where they are whole, or divided by DeepSpeed ZeRO.

    Args:
        run: The run.
    """
    model, trained = (
        model_bytes(run.shape),
        trained_bytes(run.optimizer, run.tensors, run.shape.architecture.vocabulary),
    )
    # A model that is only guessed at has its like's shape and its own size.
    share = run.base.language / layout(run.shape.architecture).parameters
    weights = (model.loaded * share + run.tower_bytes) * (2 if run.reference else 1)
    if run.stage:
        return _zero(run, weights, share if run.shape.full else 1.0)
    gradients, state = float(trained.weights), float(trained.state)
    if run.shape.full:
        gradients, state = gradients * share, state * share
    else:
        weights += trained.weights
    if run.sharding == "ddp":
        # Gradients are copied into buckets that live as long as the run.
        gradients *= 2
    return Static(weights / run.tensor, state / run.tensor, gradients / run.tensor)


def _zero(run: Run, weights: float, share: float) -> Static:
    """Model states under DeepSpeed, as its own estimators count them.

    Every trained weight has an fp32 original, and its optimizer state stands next to that one. From stage 2 on,
    gradients are summed up in fp32, each GPU its share. Stage 3 puts together one module at a time, with its gradient.
    """
    model, trained = (
        model_bytes(run.shape),
        trained_bytes(run.optimizer, run.tensors, run.shape.architecture.vocabulary),
    )
    elements = trained.elements * share
    if not run.shape.full:
        weights += _HALF * elements
    state = (_FP32 * elements + trained.wide_state * share) / run.ranks
    gradients = _HALF * elements if run.stage == 1 else _FP32 * elements / run.ranks
    if run.stage > 2:
        weights = (0.0 if run.weight_offload else weights / run.ranks) + 2 * _HALF * model.module
    if run.optimizer_offload:
        state, gradients = 0.0, gradients if run.stage == 1 else 0.0
    return Static(weights / run.tensor, state / run.tensor, gradients / run.tensor)


@lru_cache(maxsize=512)
def model_bytes(shape: Shape) -> ModelBytes:
    """Bytes of the base model as it is loaded.

    Args:
        shape: The model as it is loaded and trained.
    """
    model = layout(shape.architecture)
    last = model.blocks[-1].modules
    scale = max(shape.packed - round(shape.packed * 2) / 2, 0.0) if shape.quantized else 0.0
    linears = [m.rows * m.columns for m in last if m.kind == "linear"]
    experts = sum(m.parameters for m in last if m.kind == "experts")
    return ModelBytes(
        loaded=sum(times * _loaded(module, shape) for times, module in _modules(shape)),
        module=max(module.parameters for _, module in _modules(shape)),
        unpacked=_BOOKKEEPING * max(linears, default=0) if shape.method == "qlora" else 0.0,
        unpacked_experts=2.0 * experts if shape.unpacks_experts and not shape.full else 0.0,
        head=(4.0 if shape.wide else 2.0) * shape.architecture.hidden * shape.architecture.vocabulary,
        root=sum(module.parameters for module in model.root),
        layer=max(sum(m.parameters for m in block.modules) for block in model.blocks),
        together=max(sum(_loaded(m, shape) - scale * _packed(m, shape) for m in b.modules) for b in model.blocks),
        scales=scale * sum(times * _packed(module, shape) for times, module in _modules(shape)),
    )


@lru_cache(maxsize=512)
def trained_bytes(optimizer: str, tensors: tuple[Tensor, ...], vocabulary: int) -> TrainedBytes:
    """Bytes of what is trained.

    Args:
        optimizer: Name of the optimizer.
        tensors: The trainable tensors.
        vocabulary: Rows of the output head, by which it is known.
    """
    return TrainedBytes(
        elements=sum(tensor.elements for tensor in tensors),
        weights=sum(tensor.elements * tensor.bytes for tensor in tensors),
        state=state_bytes(optimizer, tensors),
        wide_state=state_bytes(optimizer, [tensor._replace(bytes=_FP32) for tensor in tensors]),
        casts=sum(2 * t.elements for t in tensors if t.kind == "adapter" and t.bytes == _FP32),
        step=_step(optimizer, tensors),
        head=any(tensor.kind == "weight" and tensor.rows == vocabulary for tensor in tensors),
    )


def _modules(shape: Shape) -> Iterator[tuple[int, Module]]:
    model = layout(shape.architecture)
    yield from ((1, module) for module in model.root)
    for block in model.blocks:
        yield from ((len(block.indices), module) for module in block.modules)


def _loaded(module: Module, shape: Shape) -> float:
    """Bytes of one module's weights as loaded."""
    packed = _packed(module, shape)
    if packed:
        return packed * shape.packed + (module.parameters - packed) * shape.half
    packable = module.kind == "linear" and module.name != "lm_head"
    if shape.prepared and not shape.full and (packable or module.kind == "experts"):
        # The preparation for 4 or 8 bits raises to fp32 whatever was not quantized.
        return module.parameters * float(_FP32)
    return module.parameters * float(_FP32 if shape.wide and is_widened(module) else shape.half)


def _packed(module: Module, shape: Shape) -> int:
    """Elements of one module that lie packed in 4 or 8 bits."""
    packable = module.kind == "linear" and module.name != "lm_head"
    if not shape.quantized or not (packable or (module.kind == "experts" and shape.packed_experts)):
        return 0
    return module.parameters - (module.copies * module.rows if module.bias else 0)


def _step(optimizer: str, tensors: tuple[Tensor, ...]) -> float:
    if optimizer in {"adamw_torch", "schedule_free_adamw"}:
        # One more copy of a state, for the tensors of one dtype after those of another.
        by_dtype: dict[int, float] = {}
        for tensor in tensors:
            by_dtype[tensor.bytes] = by_dtype.get(tensor.bytes, 0.0) + tensor.elements * tensor.bytes
        return max(by_dtype.values(), default=0.0)
    if optimizer == "adafactor":
        # fp32 copies of the largest tensor: four of a bf16 one, two of an fp32 one.
        return max((t.rows * t.columns * (16 if t.bytes == 2 else 8.3) for t in tensors), default=0.0)
    return 0.0
