"""How many parameters the base model has, how many the config trains, and what they weigh in a checkpoint."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from knowledge.parameters.adapter import Adapter, Names, Target, targets_of
from knowledge.parameters.architecture import Architecture, Module, layout
from knowledge.parameters.names import Parameters, parameters_of, size
from knowledge.parameters.optimizer import Tensor, is_measured, is_paged, state_bytes
from knowledge.parameters.tensors import adapter_tensors, full_tensors, is_widened

if TYPE_CHECKING:
    from knowledge.config import Config

__all__ = [
    "Adapter",
    "Architecture",
    "Module",
    "Parameters",
    "Target",
    "Tensor",
    "Trainable",
    "adapter_of",
    "adapter_tensors",
    "base_parameters",
    "full_tensors",
    "is_measured",
    "is_paged",
    "is_widened",
    "keeps_wide_embeddings",
    "layout",
    "parameters_of",
    "size",
    "state_bytes",
    "targets_of",
    "trainable_parameters",
    "weight_size",
]

_LORA = frozenset({"lora", "qlora"})
_DEFAULT_OPTIMIZER = "adamw_torch_fused"


@dataclass(frozen=True, slots=True)
class Trainable:
    """What the optimizer changes.

    Attributes:
        total: Trainable parameters, as PEFT prints them.
        tensors: Their shapes and widths.
        weight_bytes: Bytes of the weights in one checkpoint (W), in the dtype that they are saved in.
        optimizer_bytes: Bytes of the optimizer's state in one checkpoint (O), on one GPU or under DDP.
        exact: False where the base model is only guessed at.
    """

    total: int
    tensors: tuple[Tensor, ...]
    weight_bytes: int
    optimizer_bytes: int
    exact: bool


def base_parameters(config: Config) -> Parameters | None:
    """The parameters of the model that `base_model` names; kept in the config's memo.

    Args:
        config: The config.

    Returns:
        What is known of the model, or None where its name says neither what it is nor how large.
    """
    if "parameters" not in config.memo:
        name = config.get("base_model")
        config.memo["parameters"] = parameters_of(name) if isinstance(name, str) and name else None
    found: Parameters | None = config.memo["parameters"]
    return found


def trainable_parameters(config: Config) -> Trainable | None:
    """What the config trains; kept in the config's memo.

    Args:
        config: The config.

    Returns:
        The trainable parameters, or None where the base model is not known, where the adapter is none of LoRA and
        QLoRA, or where a pattern in the config is no regular expression.
    """
    if "trainable" not in config.memo:
        config.memo["trainable"] = _trainable(config)
    found: Trainable | None = config.memo["trainable"]
    return found


def weight_size(config: Config) -> int:
    """Bytes per element of the weights as Axolotl loads them: 2 for bf16 and fp16, else 4."""
    half = ("bf16", "bfloat16", "fp16", "float16", "load_in_8bit")
    return 2 if config.get("bf16", "auto") or any(config.get(key) for key in half) else 4


def keeps_wide_embeddings(config: Config) -> bool:
    """Whether embeddings, head and norms stay in fp32: without an adapter, flash attention, FSDP and cut cross entropy.

    Args:
        config: The config.
    """
    if config.get("adapter") or config.get("fsdp_config") or config.get("fsdp") or config.get("cut_cross_entropy"):
        return False
    return config.get("attn_implementation") in {None, "sdpa", "eager"}


def adapter_of(config: Config) -> Adapter | None:
    """The LoRA settings of the config, or None where it trains without one or its rank is not given."""
    rank = config.get("lora_r")
    if config.get("adapter") not in _LORA or not isinstance(rank, int) or rank < 1:
        return None
    tokens = config.get("peft_trainable_token_indices") or ()
    if isinstance(tokens, dict):
        tokens = [index for rows in tokens.values() for index in rows]
    widened = config.get("peft_autocast_adapter_dtype") is not False or bool(config.get("lora_fp32_gradients"))
    half = weight_size(config)
    return Adapter(
        rank=rank,
        targets=_names(config.get("lora_target_modules")),
        linear=bool(config.get("lora_target_linear")),
        expert_targets=_tuple(config.get("lora_target_parameters")),
        saved=_tuple(config.get("lora_modules_to_save")),
        excluded=_names(config.get("lora_exclude_modules")),
        indices=tuple(config.get("peft_layers_to_transform") or ()),
        patterns=_tuple(config.get("peft_layers_pattern")),
        ranks=tuple((config.get("lora_rank_pattern") or {}).items()),
        tokens=len(tokens),
        dora=bool(config.get("peft_use_dora")),
        tie=bool(config.get("peft_ensure_weight_tying")),
        bytes=4 if widened else half,
        saved_bytes=half,
    )


def _trainable(config: Config) -> Trainable | None:
    base = base_parameters(config)
    if base is None:
        return None
    adapter = adapter_of(config)
    if config.get("adapter") and adapter is None:
        return None
    optimizer = str(config.get("optimizer", _DEFAULT_OPTIMIZER))
    try:
        if adapter is not None:
            tensors = adapter_tensors(base.architecture, adapter)
        else:
            unfrozen = _tuple(config.get("unfrozen_parameters"))
            tensors = full_tensors(base.architecture, weight_size(config), unfrozen, wide=keeps_wide_embeddings(config))
    except re.error:
        return None
    total = sum(tensor.elements for tensor in tensors)
    weights = sum(tensor.elements * tensor.bytes for tensor in tensors)
    state = state_bytes(optimizer, tensors)
    if adapter is None and base.known == "guessed" and not config.get("unfrozen_parameters"):
        # The stand-in is of like size, not of the same.
        share = base.total / layout(base.architecture).parameters
        total, weights, state = base.total, round(weights * share), round(state * share)
    if adapter is None:
        # A checkpoint holds the frozen weights too.
        weights = max(weights, base.total * weight_size(config))
    return Trainable(total, tensors, weights, state, base.known != "guessed")


def _names(value: Any) -> Names:
    return value if isinstance(value, str) else _tuple(value)


def _tuple(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    return tuple(item for item in value or () if isinstance(item, str))
