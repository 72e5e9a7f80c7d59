"""What samples cannot show of a family: keys that older config files have, and choices outside the class's fields."""

from __future__ import annotations

from typing import Any

_FULL = "'full_attention' if full_attn_idxs == None or i in full_attn_idxs else 'conv'"
_PATTERN = (
    "'linear_attention' if hybrid_override_pattern[i] == 'M' "
    "else 'full_attention' if hybrid_override_pattern[i] == '*' "
    "else 'moe' if hybrid_override_pattern[i] == 'E' else 'mlp'"
)
_INDICES = "'full_attention' if attn_layer_indices != None and i in attn_layer_indices else 'linear_attention'"
_ALIGNED = "alignment_intermediate_size if alignment_intermediate_size != None else text_config.hidden_size"
_KEYS: dict[str, dict[str, Any]] = {
    "lfm2": {"layer_types": ["each", _FULL, "num_hidden_layers"], "full_attn_idxs": None},
    "lfm2_moe": {"layer_types": ["each", _FULL, "num_hidden_layers"], "full_attn_idxs": None},
    "nemotron_h": {
        "layer_types": ["each", _PATTERN, "len(hybrid_override_pattern)"],
        "hybrid_override_pattern": "ME*-",
    },
    "bamba": {"layer_types": ["each", _INDICES, "num_hidden_layers"], "attn_layer_indices": None},
    "aya_vision+": {"alignment_intermediate_size": None},
    "@siglip_vision_model": {"vision_use_head": True},
    "@siglip2_vision_model": {"vision_use_head": True},
}
_ALIASES = {
    "lfm2": {"block_ff_dim": "intermediate_size"},
    "nemotron_h": {"layers_block_type": "layer_types"},
    "bamba": {"layers_block_type": "layer_types"},
    "bloom": {"n_embed": "hidden_size"},
}
# PEFT's own list of model types whose `out_proj` it refuses.
_REFUSED = dict.fromkeys(("falcon_h1", "falcon_mamba", "mamba", "mamba2", "nemotron_h"), "out_proj")


def correct(family: str, facts: dict[str, Any]) -> None:
    """Amend the facts of a family."""
    facts["keys"].update(_KEYS.get(family, {}))
    facts["also"].update(_ALIASES.get(family, {}))
    if family in _REFUSED:
        facts["refused"] = _REFUSED[family]
    if "vision_use_head" in facts["keys"]:
        for module in facts["modules"]:
            if module[0].startswith("head."):
                module[2] = "vision_use_head"
    for module in facts["modules"]:
        if module[0].endswith("gated_positional_embedding.embedding"):
            module[3] = "(vision_config.image_size // vision_config.patch_size) ** 2 + 1"
        if family == "aya_vision+" and module[0].endswith("linear_1"):
            module[3] = _ALIGNED
        if family == "aya_vision+" and module[0].endswith("linear_2"):
            module[4] = f"({_ALIGNED}) // 2"
