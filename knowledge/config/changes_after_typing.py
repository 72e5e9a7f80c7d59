"""What Axolotl changes in the typed values, each under the name of the check that does it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

SEPARATES_ROWS = frozenset(
    {
        "flash_attention_2",
        "flash_attention_3",
        "flash_attention_4",
        "flash_attention_torch",
        "flex_attention",
        "kernels-community/flash-attn2",
        "kernels-community/flash-attn3",
        "kernels-community/sage-attention",
        "sage",
        "xformers",
    }
)
"""Attention backends that keep packed rows apart by themselves (facts/values.json, attn_supporting_packing)."""


class Typed(Protocol):
    """The typed root values as they stand at one step."""

    def get(self, key: str) -> Any:
        """The typed value, None when absent or unreadable."""

    def set(self, key: str, value: Any) -> None:
        """Change a value at this step."""


Later = Callable[[Typed], None]
LATER: dict[str, tuple[str, tuple[str, ...], Later]] = {}
"""Root key that changes -> step, the keys that may cause it, and the change."""


def _later(step: str, key: str, *causes: str) -> Callable[[Later], Later]:
    def register(change: Later) -> Later:
        LATER[key] = (step, causes, change)
        return change

    return register


@_later("check_rl_beta", "rl_beta", "dpo_beta")
def _beta(now: Typed) -> None:
    if now.get("dpo_beta") and not now.get("rl_beta"):
        now.set("rl_beta", now.get("dpo_beta"))


@_later("check_tensor_parallel_size", "tensor_parallel_size")
def _tensor_parallel(now: Typed) -> None:
    if not now.get("tensor_parallel_size"):
        now.set("tensor_parallel_size", 1)


@_later("check_context_parallel_size", "context_parallel_size")
def _context_parallel(now: Typed) -> None:
    if not now.get("context_parallel_size"):
        now.set("context_parallel_size", now.get("sequence_parallel_degree") or 1)


@_later("check_gradient_checkpointing_w_offload", "gradient_checkpointing", "gradient_checkpointing")
def _checkpointing(now: Typed) -> None:
    if now.get("gradient_checkpointing") in ("offload", "offload_disk"):
        now.set("gradient_checkpointing", True)


@_later("check_gradient_checkpointing_w_offload", "activation_offloading", "gradient_checkpointing")
def _offloading(now: Typed) -> None:
    written = now.get("gradient_checkpointing")
    if written in ("offload", "offload_disk"):
        now.set("activation_offloading", True if written == "offload" else "disk")


@_later("check_batch_flattening_fa", "batch_flattening", "batch_flattening")
def _flattening(now: Typed) -> None:
    if now.get("batch_flattening") == "auto":
        several = (now.get("micro_batch_size") or 0) > 1
        fits = now.get("attn_implementation") in SEPARATES_ROWS and not now.get("sample_packing") and several
        now.set("batch_flattening", fits)


@_later("check_selective_checkpointing", "selective_checkpointing", "selective_checkpointing")
def _selective(now: Typed) -> None:
    written = now.get("selective_checkpointing")
    if not written:
        now.set("selective_checkpointing", None)
    elif written is True:
        now.set("selective_checkpointing", {"save": ["attention"], "save_sliding_window": False, "offload": False})


@_later("check_vllm_mode_set", "trl", "trl")
def _vllm_mode(now: Typed) -> None:
    block = now.get("trl")
    if isinstance(block, dict) and block.get("use_vllm") and not block.get("vllm_mode"):
        now.set("trl", {**block, "vllm_mode": "server"})
