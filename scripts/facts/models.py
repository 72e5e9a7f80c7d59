"""The facts about base models: their dimensions, parameter counts and other names."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from knowledge.parameters.architecture import Architecture, layout

if TYPE_CHECKING:
    from pathlib import Path

NAME = "models.json"
VERSION = "0.21.0"

_FIELDS = {
    "model_type": "family",
    "hidden_size": "hidden",
    "num_layers": "layers",
    "num_heads": "heads",
    "num_kv_heads": "kv_heads",
    "head_dim": "head_dim",
    "intermediate_size": "intermediate",
    "vocab_size": "vocabulary",
    "tied_embeddings": "tied",
    "num_experts": "experts",
    "experts_per_token": "experts_per_token",
    "moe_intermediate_size": "expert_width",
    "total_params": "parameters",
}
# `use_qkv_bias` of their config.json, which the table has no column for; the parameter count confirms it.
_QKV_BIAS = {"stabilityai/stablelm-2-1_6b"}

# Models that the table lacks, with their dimensions from the configuration classes and presets of public libraries.
# Columns: family, hidden, layers, heads, kv heads, head width, MLP width, vocabulary, tied; then what is special.
_COLUMNS = tuple(_FIELDS.values())[:9]
_MORE: dict[str, tuple[tuple[Any, ...], dict[str, Any]]] = {
    "mistralai/Mistral-Small-24B-Base-2501": (("mistral", 5120, 40, 32, 8, 128, 32768, 131072, False), {}),
    "01-ai/Yi-6B": (("llama", 4096, 32, 32, 4, 128, 11008, 64000, False), {}),
    "allenai/OLMo-7B-hf": (("olmo", 4096, 32, 32, 32, 128, 11008, 50304, False), {}),
    "ibm-granite/granite-3.1-8b-base": (("granite", 4096, 40, 32, 8, 128, 12800, 49155, True), {}),
}


def generate(reference: Path) -> dict[str, Any]:
    """Read the reference table of architectures into the form the product uses.

    Args:
        reference: The folder of the reference data; `math/models.json` in it is read.

    Returns:
        `version`, `source`, `models` (id to dimensions) and `aliases` (other id to id).
    """
    table = json.loads((reference / "math" / "models.json").read_text(encoding="utf-8"))
    models: dict[str, dict[str, Any]] = {}
    aliases: dict[str, str] = {}
    for section in ("confirmed", "unconfirmed"):
        for name, facts in table[section].items():
            entry = {ours: facts[theirs] for theirs, ours in _FIELDS.items() if facts.get(theirs) is not None}
            entry["confirmed"] = section == "confirmed"
            entry.setdefault("tied", False)
            if name in _QKV_BIAS:
                entry["qkv_bias"] = True
            models[name] = entry
            aliases.update(dict.fromkeys(facts["aliases"], name))
    for name, (dimensions, special) in _MORE.items():
        entry = dict(zip(_COLUMNS, dimensions, strict=True)) | special
        entry["parameters"] = layout(Architecture(**entry)).parameters
        models.setdefault(name, entry | {"confirmed": False})
    return {
        "version": VERSION,
        "source": "Dimensions of published checkpoints, counted with Transformers' model classes",
        "models": models,
        "aliases": aliases,
    }
