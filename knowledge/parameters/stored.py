"""Whether the parameters that a checkpoint's files hold are those that are loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from knowledge.parameters.families import layout

if TYPE_CHECKING:
    from knowledge.parameters.architecture import Architecture

_PACKED = 0.8
"""Files with fewer elements than this share of the model's hold several weights in one element."""
_MORE_LAYERS = 0.25
"""Layers for predicting several tokens at once add less than this share."""


class Stored(NamedTuple):
    """The parameters that are loaded, and how the files differ from them.

    `difference` is "" (none), "head" (the tied head is stored with the embedding), "buffers" (small tensors that are
    no parameters), "layers" (layers for predicting several tokens, which are not loaded), "packed" (quantized weights,
    several in one element) or "unknown" (the files' own total is taken).
    """

    parameters: int
    difference: str


def reconcile(architecture: Architecture, total: int) -> Stored:
    """Compare the total of a checkpoint's safetensors files with the model's dimensions.

    Args:
        architecture: The model.
        total: The elements that the files hold, as the Hub counts them.

    Returns:
        The parameters that are loaded, tied weights once.
    """
    model = layout(architecture)
    loaded = model.parameters
    more = total - loaded
    if not more:
        return Stored(loaded, "")
    # Inverse frequencies of rotary positions, half a head wide, and masks: at most a few hundred elements a layer.
    buffers = architecture.layers * max(architecture.head_dim, 64)
    if 0 < more <= buffers:
        return Stored(loaded, "buffers")
    if architecture.tied and 0 <= more - architecture.hidden * architecture.vocabulary <= buffers:
        return Stored(loaded, "head")
    if total < _PACKED * loaded:
        return Stored(loaded, "packed")
    layer = min((block.parameters // len(block.indices) for block in model.blocks if not block.stem), default=0)
    if layer and layer <= more <= _MORE_LAYERS * loaded:
        return Stored(loaded, "layers")
    return Stored(total, "unknown")
