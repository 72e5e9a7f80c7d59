"""Bytes that an optimizer keeps with each trainable tensor."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable


class Tensor(NamedTuple):
    """Trainable tensors of one shape: `number` of them, `bytes` wide per element.

    `kind` is "adapter", "weight" (a matrix or vector of the base model) or "embedding" (an embedding matrix,
    whose state bitsandbytes keeps in 32 bits).
    """

    rows: int
    columns: int
    number: int
    bytes: int
    kind: str

    @property
    def elements(self) -> int:
        """Elements of all the tensors together."""
        return self.rows * self.columns * self.number


# State copies in the parameter's own dtype.
_COPIES = {
    "adamw_torch": 2,
    "adamw_torch_fused": 2,
    "adamw_torch_xla": 2,
    "adamw_torch_npu_fused": 2,
    "adamw_anyprecision": 2,
    "schedule_free_adamw": 2,
    "schedule_free_radam": 2,
    "stable_adamw": 2,
    "adopt_adamw": 2,
    "adamc": 2,
    "optimi_adamw": 2,
    "grokadamw": 3,
    "rmsprop": 1,
    "adagrad": 1,
    "schedule_free_sgd": 1,
    "sgd": 0,
    "lomo": 0,
    "dion": 1,
}
# bitsandbytes: bytes per element of a quantized state; tensors under 4,096 elements and embeddings keep `wide` bytes.
_QUANTISED = {
    "adamw_bnb_8bit": (2.03125, 8),
    "adamw_8bit": (2.03125, 8),
    "paged_adamw_8bit": (2.03125, 8),
    "lion_8bit": (1.015625, 4),
    "paged_lion_8bit": (1.015625, 4),
    "ademamix_8bit": (3.046875, 12),
    "paged_ademamix_8bit": (3.046875, 12),
    "rmsprop_bnb_8bit": (1.015625, 4),
    "galore_adamw_8bit": (2.03125, 8),
    "q_galore_adamw8bit": (2.03125, 8),
    "muon_8bit": (1.015625, 4),
}
# torchao: as above, but a small tensor keeps two copies in its own dtype.
_TORCHAO = {
    "adamw_torch_8bit": 2.03125,
    "ao_adamw_8bit": 2.03125,
    "ao_adamw_fp8": 2.015625,
    "adamw_torch_4bit": 1.0625,
    "ao_adamw_4bit": 1.0625,
    "flash_adamw": 2.03125,
    "flash_adam": 2.03125,
}
# Bytes per element whatever the parameter's dtype.
_FIXED = {
    "paged_adamw_32bit": 8,
    "paged_adamw": 8,
    "lion_32bit": 4,
    "paged_lion_32bit": 4,
    "ademamix": 12,
    "paged_ademamix_32bit": 12,
    "rmsprop_bnb": 4,
    "rmsprop_bnb_32bit": 4,
}
_FACTORED = frozenset({"adafactor", "came_pytorch", "adalomo"})
_MOMENTUM_FOR_MATRICES = frozenset({"muon"})
_SMALL = 4096


def state_bytes(optimizer: str, tensors: Iterable[Tensor]) -> int:
    """Bytes of optimizer state for the given tensors, without sharding or offloading.

    Args:
        optimizer: The name in `optimizer`.
        tensors: The trainable tensors.

    Returns:
        Bytes. An optimizer that is not in the table counts as AdamW in the parameters' dtype; `is_measured` tells.
    """
    return round(sum(tensor.elements * _per_element(optimizer, tensor) for tensor in tensors))


def is_measured(optimizer: str) -> bool:
    """Whether the state of this optimizer is known; otherwise AdamW's stands in."""
    tables: tuple[Iterable[str], ...] = (_COPIES, _QUANTISED, _TORCHAO, _FIXED, _FACTORED, _MOMENTUM_FOR_MATRICES)
    return any(optimizer in table for table in tables)


def is_paged(optimizer: str) -> bool:
    """Whether the state may move to the host's memory when the card is full."""
    return optimizer.startswith("paged_")


def _per_element(optimizer: str, tensor: Tensor) -> float:
    size = tensor.rows * tensor.columns
    if optimizer in _QUANTISED:
        small, wide = _QUANTISED[optimizer]
        return wide if size < _SMALL or tensor.kind == "embedding" else small
    if optimizer in _TORCHAO:
        return 2 * tensor.bytes if size < _SMALL else _TORCHAO[optimizer]
    if optimizer in _FIXED:
        return _FIXED[optimizer]
    if optimizer in _FACTORED:
        # A row and a column for a matrix, a full copy for a vector, in the gradient's dtype.
        return tensor.bytes * ((tensor.rows + tensor.columns) / size if tensor.columns > 1 else 1)
    if optimizer in _MOMENTUM_FOR_MATRICES:
        return tensor.bytes if tensor.columns > 1 and tensor.kind != "embedding" else 2 * tensor.bytes
    return _COPIES.get(optimizer, 2) * tensor.bytes
