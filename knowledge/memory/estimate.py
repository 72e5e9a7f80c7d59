"""From the moments of a step to an estimate with a range, its parts and what it assumes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from knowledge.gpus import sizes
from knowledge.memory.assumptions import assumptions
from knowledge.memory.fsdp import fsdp_moments, fsdp_static
from knowledge.memory.moments import Moment, evaluation_bytes, moments
from knowledge.memory.run import read_run
from knowledge.memory.weights import Static, static_bytes
from knowledge.parameters import GUESSED
from knowledge.plan import plan_of
from knowledge.value import field, replace, value

if TYPE_CHECKING:
    from knowledge.config import Config
    from knowledge.gpus import Gpu
    from knowledge.memory.run import Run

CARDS = tuple(sizes())
"""Memory of the usual cards in GB, as their names say."""

_GIB = 1 << 30
# GiB beside the tensors: CUDA context, libraries' workspaces, allocator. Low, expected, high.
_CONTEXT = (0.45, 1.1, 1.5)
# Communication buffers of several GPUs.
_BUFFERS = 1.0
# The allocator's loss at worst, from published readings: a share of everything, and once more what comes and goes.
_LOST, _FRAGMENTED = 0.05, 1.0
# Readings of runs whose logits are built show about four bytes a logit more than their tensors add up to.
_LOGITS = 4.0
# Rows that are not filled up are mostly shorter: this share of the moving part may stay unused.
_SHORTER = 0.65
# How much further the range of a model reaches that is only guessed at.
_GUESS = 1.1
# Batches are padded to their longest row, and that to a multiple of this.
_MULTIPLE = 64
# The range is never wider than this, from low to high.
_WIDEST = 1.59


@value
class Parts:
    """What the memory per GPU is made of at the peak, in GiB; together they are the estimate."""

    weights: float
    gradients: float
    optimizer: float
    activations: float
    loss: float
    overhead: float


@value
class MemoryEstimate:
    """The memory that one GPU needs, in GiB.

    Attributes:
        base_params: Parameters of the base model.
        trainable_params: Parameters that the optimizer changes.
        known: How the base model is known: "exact", "derived" (from the model that its name says it was made of) or
            "guessed" (from the size in its name).
        allocated_gib: Tensors at the peak.
        estimate_gib: With the CUDA context and the allocator's loss.
        low_gib: The least to expect.
        high_gib: The most to expect.
        parts: What the estimate is made of.
        peak_phase: When the peak arises: forward, backward_loss, backward_last, backward_first, backward_embedding,
            optimizer or evaluation.
        fits: Cards, in GB as their names say, whose usable memory holds the upper end of the range.
        tight: Cards that hold the estimate but not the upper end.
        assumptions: What was assumed or left out, in sentences.
        host_gib: Main memory that all processes together need for what is offloaded to it; 0 where nothing is.
    """

    base_params: int
    trainable_params: int
    known: str
    allocated_gib: float
    estimate_gib: float
    low_gib: float
    high_gib: float
    parts: Parts
    peak_phase: str
    fits: tuple[int, ...]
    tight: tuple[int, ...]
    assumptions: tuple[str, ...]
    host_gib: float = 0.0
    # Whether expert tensors stay unquantized and are raised to fp32: what a rule asks, and no part of the JSON.
    widened_experts: bool = field(default=False, metadata={"exclude": True})


def memory_of(config: Config) -> MemoryEstimate | None:
    """The memory that one GPU needs for a config; computed once a check.

    Args:
        config: The config; its `gpus` say how many share the work.

    Returns:
        The estimate, or None where the base model, the batch or the adapter cannot be read.
    """
    return config.once(_memory_of)


def _memory_of(config: Config) -> MemoryEstimate | None:
    # What the estimate reads is not what the rule reads that asks for it.
    reads, config.reads = config.reads, None
    run = read_run(config)
    found = None if run is None or run.absurd else _with_rows(config, run)
    config.reads = reads
    return found


class _Bounds(NamedTuple):
    """The range of an estimate in GiB, and what lies still on the GPU and comes on top at the peak, in bytes."""

    static: Static
    peak: Moment
    allocated: float
    overhead: float
    low: float
    high: float


def estimate(run: Run) -> MemoryEstimate:
    """The memory per GPU for a run.

    Args:
        run: The run.

    Returns:
        The estimate.
    """
    static, peak, allocated, overhead, low, high = _bounds(run)
    middle = allocated + overhead
    return MemoryEstimate(
        base_params=run.base.total,
        trainable_params=run.trained,
        known=run.base.known,
        allocated_gib=round(allocated, 3),
        estimate_gib=round(middle, 2),
        low_gib=round(low, 2),
        high_gib=round(high, 2),
        parts=_parts(static, peak, overhead),
        peak_phase=peak.phase,
        fits=tuple(size for size, usable in sizes().items() if high <= usable),
        tight=tuple(size for size, usable in sizes().items() if middle <= usable < high),
        assumptions=assumptions(run, peak),
        host_gib=round(_offloaded(run, static) / _GIB, 1),
        widened_experts=run.shape.widened_experts,
    )


def most_gib(run: Run) -> float:
    """The upper end of the estimate of a run, in GiB, without the rest of it."""
    return round(_bounds(run).high, 2)


def _bounds(run: Run) -> _Bounds:
    static, peak = _peak(run)
    fixed = (static.weights + static.optimizer) / _GIB
    allocated = fixed + peak.bytes / _GIB
    moving = (peak.activations + peak.loss) / _GIB
    beside = _BUFFERS if run.sharding != "none" else 0.0
    overhead = _CONTEXT[1] + beside + _LOGITS * _logits(run, peak) / _GIB
    low = allocated + _CONTEXT[0] + beside - (0.0 if run.padded else _SHORTER * moving)
    high = (1 + _LOST) * allocated + _FRAGMENTED * moving + _CONTEXT[2] + beside
    if run.evaluation and run.loss == "fused":
        # Evaluation may build the logits that the fused loss spares in training.
        high = max(high, (1 + _LOST) * fixed + 2 * evaluation_bytes(run, "plain") / _GIB + _CONTEXT[2] + beside)
    if run.base.known in GUESSED:
        low, high = low / _GUESS, high * _GUESS
    return _Bounds(static, peak, allocated, overhead, low, max(min(high, _WIDEST * low), allocated + overhead))


def run_of(config: Config) -> Run | None:
    """The run of a config with rows as long as they are, where their lengths are known and batches are padded to them.

    Args:
        config: The config; its plan may have been remembered with the dataset's lengths.
    """
    run = read_run(config)
    longest = None if run is None or run.padded or run.absurd else plan_of(config).longest_row
    if run is None or longest is None:
        return run
    return run._replace(sequence=min(run.sequence, -(-longest // _MULTIPLE) * _MULTIPLE), padded=True)


def _with_rows(config: Config, run: Run) -> MemoryEstimate:
    """The estimate as the rows are, with what it would be if one were as long as it may be."""
    filled = run_of(config) or run
    found = estimate(filled)
    if filled.sequence == run.sequence:
        return found
    said = (
        f"With the rows that were read, the longest having {plan_of(config).longest_row or 0:,} tokens; about "
        f"{estimate(run).estimate_gib:.0f} GiB if one is as long as `sequence_len`."
    )
    return replace(found, assumptions=(said, *found.assumptions))


def fits(memory: MemoryEstimate | None, gpu: Gpu) -> bool | None:
    """Whether a card holds a run; None where that is not known, or differs among the cards that its name covers.

    Args:
        memory: What the run needs of one GPU.
        gpu: The card.
    """
    if memory is None:
        return None
    least, most = gpu.usable_gib
    if memory.estimate_gib <= least:
        return True
    return None if memory.estimate_gib <= most else False


def _peak(run: Run) -> tuple[Static, Moment]:
    """What lies still on the GPU, and the moment at which most comes on top."""
    static = _static(run)
    candidates = fsdp_moments(run, static) if run.sharding == "fsdp" else moments(run, static)
    return static, max(candidates, key=lambda moment: moment.bytes)


def _static(run: Run) -> Static:
    return fsdp_static(run) if run.sharding == "fsdp" else static_bytes(run)


def _offloaded(run: Run, static: Static) -> float:
    """Bytes of weights, gradients, and optimizer state that lie in main memory instead of on any of the GPUs."""
    if not (run.weight_offload or run.optimizer_offload):
        return 0.0
    whole = _static(run._replace(weight_offload=False, optimizer_offload=False))
    return (sum(whole) - sum(static)) * run.ranks * run.tensor


def _logits(run: Run, peak: Moment) -> float:
    """Logits that are built at the peak, on this GPU."""
    if run.loss != "plain" or not peak.loss:
        return 0.0
    return run.shape.architecture.vocabulary / run.tensor * run.tokens


def _parts(static: Static, peak: Moment, overhead: float) -> Parts:
    return Parts(
        weights=round((static.weights + peak.gathered) / _GIB, 3),
        gradients=round(peak.gradients / _GIB, 3),
        optimizer=round(static.optimizer / _GIB, 3),
        activations=round(peak.activations / _GIB, 3),
        loss=round(peak.loss / _GIB, 3),
        overhead=round(overhead, 3),
    )
