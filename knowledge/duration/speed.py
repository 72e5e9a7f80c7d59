"""From the work of a step to seconds on a card, with coefficients fitted to published readings of training speed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from knowledge.duration.work import Work
    from knowledge.gpus import Card

# Bytes a second between a card and its host, and through the host's memory while its CPU steps the optimizer.
_HOST_LINK, _HOST_MEMORY = 2.0e10, 4.0e10
# Cards without bf16 have no recent attention kernels either; one reading.
_WITHOUT_BF16 = 0.6


class Coefficients(NamedTuple):
    """What published runs reach of what a card could do.

    Attributes:
        matrices: Share of the peak in matrix products.
        attention: Share of the peak in the products between tokens.
        memory: Share of the memory bandwidth in everything else.
        adapter: How much more of that an adapter moves, as a share.
        unpacking: Bytes of bandwidth that unpacking one 4-bit element costs.
        layer: Seconds to start the kernels of one layer, for each pass.
        adapter_layer: What an adapter adds to that.
        nvlink: Bytes a second between cards joined by NVLink.
        pcie: Bytes a second between cards joined by PCIe.
    """

    matrices: float = 0.79
    attention: float = 0.34
    memory: float = 0.365
    adapter: float = 0.55
    unpacking: float = 18.8
    layer: float = 1.54e-3
    adapter_layer: float = 0.34e-3
    nvlink: float = 1.0e11
    pcie: float = 2.76e9


FITTED = Coefficients()


class Seconds(NamedTuple):
    """Seconds of one micro batch by what they are spent on, and of the rest of a step.

    `compute`, `launch` and `link` run next to one another; `micro` is what they take together: their sum of squares
    lies between the longest alone and all of them one after the other, and fits the readings best.
    """

    compute: float
    launch: float
    link: float
    micro: float
    rest: float


def seconds_of(work: Work, card: Card, link: str, fitted: Coefficients = FITTED) -> Seconds:
    """Seconds of one micro batch, and of what an optimizer step needs with its micro batches.

    Args:
        work: The work on one GPU.
        card: The card.
        link: How it is joined to the others: "nvlink" or "pcie".
        fitted: The coefficients.
    """
    peak = card.bf16_tflops * 1e12 * (1.0 if card.bf16 else _WITHOUT_BF16)
    bandwidth = card.bandwidth_gbs * 1e9
    joined = fitted.nvlink if link == "nvlink" else fitted.pcie
    moved = work.moved * (1 + fitted.adapter if work.adapted else 1)
    compute = (
        work.matrices / (fitted.matrices * peak)
        + work.attention / (fitted.attention * peak)
        + moved / (fitted.memory * bandwidth)
        + work.unpacked * fitted.unpacking / bandwidth
    )
    launch = work.layers * (fitted.layer + (fitted.adapter_layer if work.adapted else 0.0))
    exchange = work.exchanged / joined + work.hosted / _HOST_LINK
    rest = (
        work.step_moved / (fitted.memory * bandwidth) + work.step_exchanged / joined + work.step_hosted / _HOST_MEMORY
    )
    return Seconds(compute, launch, exchange, math.hypot(compute, launch, exchange), rest)
