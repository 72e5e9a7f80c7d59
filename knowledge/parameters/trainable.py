"""How many parameters the base model has, how many the config trains, and what they weigh in a checkpoint."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from knowledge.parameters.adapter import Adapter, Names
from knowledge.parameters.families import layout
from knowledge.parameters.looked_up import looked_up_parameters
from knowledge.parameters.optimizer import Tensor, state_bytes
from knowledge.parameters.tensors import adapter_tensors, full_tensors
from knowledge.parameters.towers import with_tower

if TYPE_CHECKING:
    from knowledge.config import Config
    from knowledge.parameters.names import Parameters

GUESSED = frozenset({"guessed", "counted"})
"""How much is known of a model whose dimensions are another one's."""
_HALF = ("bfloat16", "fp16", "float16", "load_in_8bit")
_LORA = frozenset({"lora", "qlora"})
_DEFAULT_OPTIMIZER = "adamw_torch_fused"


class Trainable(NamedTuple):
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
    """The parameters of the model that `base_model` names; computed once a check.

    Args:
        config: The config.

    Returns:
        What is known of the model, or None where its name says neither what it is nor how large.
    """
    return config.once(_base_parameters)


def trainable_parameters(config: Config) -> Trainable | None:
    """What the config trains; computed once a check.

    Args:
        config: The config.

    Returns:
        The trainable parameters, or None where the base model is not known, where the adapter is none of LoRA and
        QLoRA, or where a pattern in the config is not a regular expression.
    """
    return config.once(_trainable)


def given(config: Config, key: str) -> Any:
    """The typed value of a root key that the config holds, else None, without a look at the default.

    For keys whose default is None or off this is `config.get`, at a fraction of its cost.

    Args:
        config: The config.
        key: The key.
    """
    if config.reads is not None:
        config.reads.add(key)
    return config.get(key) if key in config.once(_roots) else None


def weight_size(config: Config) -> int:
    """Bytes per element of the weights as Axolotl loads them, 2 for bf16 and fp16, else 4; computed once a check."""
    return config.once(_weight_size)


def keeps_wide_embeddings(config: Config) -> bool:
    """Whether embeddings, head, and norms stay in fp32: no adapter, flash attention, FSDP, or cut cross entropy.

    Args:
        config: The config.
    """
    if any(given(config, key) for key in ("adapter", "fsdp_config", "fsdp")):
        return False
    if "CutCrossEntropyPlugin" in config.plugins and config.get("cut_cross_entropy"):
        return False
    return given(config, "attn_implementation") in {None, "sdpa", "eager"}


def adapter_of(config: Config) -> Adapter | None:
    """The LoRA settings, or None where the config trains without them or gives no rank; computed once a check."""
    return config.once(_adapter)


def _base_parameters(config: Config) -> Parameters | None:
    name = config.get("base_model")
    if not isinstance(name, str) or not name:
        return None
    return with_tower(name, images=bool(given(config, "processor_type"))) or looked_up_parameters(config, name)


def _roots(config: Config) -> frozenset[str]:
    return frozenset(config.roots)


def _weight_size(config: Config) -> int:
    half = config.get("bf16", "auto") or any(given(config, key) for key in _HALF)
    return 2 if half else 4


def _adapter(config: Config) -> Adapter | None:
    rank = given(config, "lora_r")
    if given(config, "adapter") not in _LORA or not isinstance(rank, int) or rank < 1:
        return None
    tokens = given(config, "peft_trainable_token_indices") or ()
    if isinstance(tokens, dict):
        tokens = [index for rows in tokens.values() for index in rows]
    widened = given(config, "peft_autocast_adapter_dtype") is not False or bool(given(config, "lora_fp32_gradients"))
    half = weight_size(config)
    return Adapter(
        rank=rank,
        targets=_names(given(config, "lora_target_modules")),
        linear=bool(given(config, "lora_target_linear")),
        expert_targets=_tuple(given(config, "lora_target_parameters")),
        saved=_tuple(given(config, "lora_modules_to_save")),
        excluded=_names(given(config, "lora_exclude_modules")),
        indices=tuple(given(config, "peft_layers_to_transform") or ()),
        patterns=_tuple(given(config, "peft_layers_pattern")),
        ranks=tuple((given(config, "lora_rank_pattern") or {}).items()),
        tokens=len(tokens),
        dora=bool(given(config, "peft_use_dora")),
        tie=bool(given(config, "peft_ensure_weight_tying")),
        bytes=4 if widened else half,
        saved_bytes=half,
    )


def _trainable(config: Config) -> Trainable | None:
    base = base_parameters(config)
    if base is None:
        return None
    adapter = adapter_of(config)
    if given(config, "adapter") and adapter is None:
        return None
    optimizer = str(config.get("optimizer", _DEFAULT_OPTIMIZER))
    try:
        if adapter is not None:
            tensors = adapter_tensors(base.architecture, adapter) + _tower_adapters(base, adapter)
        else:
            unfrozen = _tuple(given(config, "unfrozen_parameters"))
            tensors = full_tensors(base.architecture, weight_size(config), unfrozen, wide=keeps_wide_embeddings(config))
            if base.tower is not None and not unfrozen:
                tensors += (Tensor(1, base.tower.parameters, 1, weight_size(config), "weight"),)
    except re.error:
        return None
    total, weights, state = _weigh(optimizer, tensors)
    if adapter is None and base.known in GUESSED and not given(config, "unfrozen_parameters"):
        # The stand-in is of like size, not of the same.
        share = base.total / layout(base.architecture).parameters
        total, weights, state = base.total, round(weights * share), round(state * share)
    if adapter is None:
        # A checkpoint holds the frozen weights too.
        weights = max(weights, base.total * weight_size(config))
    return Trainable(total, tensors, weights, state, base.known not in GUESSED)


def _tower_adapters(base: Parameters, adapter: Adapter) -> tuple[Tensor, ...]:
    """The adapters that `lora_target_linear` puts on a vision tower and its projector."""
    if base.tower is None or not adapter.linear:
        return ()
    return tuple(
        Tensor(adapter.rank, inside + outside, count, adapter.bytes, "adapter")
        for inside, outside, count in base.tower.linears
    )


@lru_cache(maxsize=512)
def _weigh(optimizer: str, tensors: tuple[Tensor, ...]) -> tuple[int, int, int]:
    """Elements, bytes of the weights and bytes of the optimizer's state."""
    elements = sum(tensor.elements for tensor in tensors)
    return elements, sum(tensor.elements * tensor.bytes for tensor in tensors), state_bytes(optimizer, tensors)


def _names(value: Any) -> Names:
    return value if isinstance(value, str) else _tuple(value)


def _tuple(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    return tuple(item for item in value or () if isinstance(item, str))
