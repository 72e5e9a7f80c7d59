"""The facts about base models: their dimensions, parameter counts and other names."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from knowledge.parameters.architecture import Architecture
from knowledge.parameters.families import layout

if TYPE_CHECKING:
    from scripts.facts.source import Source

NAME = "models.json"

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
_DELTA = {"full_every": 4}
_MORE: dict[str, tuple[tuple[Any, ...], dict[str, Any]]] = {
    "01-ai/Yi-6B": (("llama", 4096, 32, 32, 4, 128, 11008, 64000, False), {}),
    "01-ai/Yi-9B": (("llama", 4096, 48, 32, 4, 128, 11008, 64000, False), {}),
    "allenai/OLMo-7B-hf": (("olmo", 4096, 32, 32, 32, 128, 11008, 50304, False), {}),
    "allenai/OLMo-2-0425-1B": (("olmo2", 2048, 16, 16, 16, 128, 8192, 100352, False), {}),
    "allenai/OLMo-2-0325-32B": (("olmo2", 5120, 64, 40, 8, 128, 27648, 100352, False), {}),
    "allenai/Olmo-3-1025-7B": (("olmo3", 4096, 32, 32, 32, 128, 11008, 100278, False), {}),
    "allenai/Olmo-3-1125-32B": (("olmo3", 5120, 64, 40, 8, 128, 27648, 100278, False), {}),
    "arcee-ai/AFM-4.5B": (("arcee", 2560, 36, 20, 4, 128, 18432, 128004, False), {}),
    "baidu/ERNIE-4.5-0.3B-PT": (("ernie4_5", 1024, 18, 16, 2, 128, 3072, 103424, True), {}),
    "bigcode/starcoder2-3b": (("starcoder2", 3072, 30, 24, 2, 128, 12288, 49152, True), {}),
    "bigcode/starcoder2-7b": (("starcoder2", 4608, 32, 36, 4, 128, 18432, 49152, True), {}),
    "bigcode/starcoder2-15b": (("starcoder2", 6144, 40, 48, 4, 128, 24576, 49152, False), {}),
    "ByteDance-Seed/Seed-OSS-36B-Base": (("seed_oss", 5120, 64, 80, 8, 128, 27648, 155136, False), {}),
    "codellama/CodeLlama-70b-hf": (("llama", 8192, 80, 64, 8, 128, 28672, 32016, False), {}),
    "deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5B": (("qwen2", 1536, 28, 12, 2, 128, 8960, 151936, False), {}),
    "deepseek-ai/DeepSeek-R1-Distill-Qwen-7B": (("qwen2", 3584, 28, 28, 4, 128, 18944, 152064, False), {}),
    "deepseek-ai/DeepSeek-R1-Distill-Qwen-14B": (("qwen2", 5120, 48, 40, 8, 128, 13824, 152064, False), {}),
    "deepseek-ai/DeepSeek-R1-Distill-Qwen-32B": (("qwen2", 5120, 64, 40, 8, 128, 27648, 152064, False), {}),
    "google/gemma-3-270m": (("gemma3_text", 640, 18, 4, 1, 256, 2048, 262144, True), {}),
    "google/gemma-4-31B": (("gemma3_text", 5376, 60, 32, 16, 256, 21504, 262144, True), {}),
    "HuggingFaceTB/SmolLM3-3B": (("smollm3", 2048, 36, 16, 4, 128, 11008, 128256, True), {}),
    "huggyllama/llama-7b": (("llama", 4096, 32, 32, 32, 128, 11008, 32000, False), {}),
    "huggyllama/llama-13b": (("llama", 5120, 40, 40, 40, 128, 13824, 32000, False), {}),
    "huggyllama/llama-30b": (("llama", 6656, 60, 52, 52, 128, 17920, 32000, False), {}),
    "huggyllama/llama-65b": (("llama", 8192, 80, 64, 64, 128, 22016, 32000, False), {}),
    "ibm-granite/granite-3.1-2b-base": (("granite", 2048, 40, 32, 8, 64, 8192, 49155, True), {}),
    "ibm-granite/granite-3.1-8b-base": (("granite", 4096, 40, 32, 8, 128, 12800, 49155, True), {}),
    "meta-llama/Llama-4-Scout-17B-16E": (
        ("llama4_text", 5120, 48, 40, 8, 128, 16384, 202048, False),
        {"experts": 16, "experts_per_token": 1, "expert_width": 8192, "shared_width": 8192},
    ),
    "microsoft/Phi-3-medium-4k-instruct": (("phi3", 5120, 40, 40, 10, 128, 17920, 32064, False), {}),
    "mistralai/Ministral-3-3B-Base-2512": (("ministral3", 3072, 26, 32, 8, 128, 9216, 131072, True), {}),
    "mistralai/Ministral-3-8B-Base-2512": (("ministral3", 4096, 34, 32, 8, 128, 14336, 131072, False), {}),
    "mistralai/Ministral-3-14B-Base-2512": (("ministral3", 5120, 40, 32, 8, 128, 16384, 131072, False), {}),
    "mistralai/Ministral-8B-Instruct-2410": (("mistral", 4096, 36, 32, 8, 128, 12288, 131072, False), {}),
    "mistralai/Mistral-Small-24B-Base-2501": (("mistral", 5120, 40, 32, 8, 128, 32768, 131072, False), {}),
    "mistralai/Mistral-Small-Instruct-2409": (("mistral", 6144, 56, 48, 8, 128, 16384, 32768, False), {}),
    "mistralai/Codestral-22B-v0.1": (("mistral", 6144, 56, 48, 8, 128, 16384, 32768, False), {}),
    "mistralai/Voxtral-Mini-3B-2507": (("llama", 3072, 30, 32, 8, 128, 8192, 131072, False), {}),
    "Qwen/Qwen1.5-MoE-A2.7B": (
        ("qwen2_moe", 2048, 24, 16, 16, 128, 5632, 151936, False),
        {"experts": 60, "experts_per_token": 4, "expert_width": 1408, "shared_width": 5632},
    ),
    "Qwen/Qwen3-Next-80B-A3B-Instruct": (
        ("qwen3_next", 2048, 48, 16, 2, 256, 5120, 151936, False),
        {"experts": 512, "experts_per_token": 10, "expert_width": 512, "shared_width": 512}
        | _DELTA
        | {"linear_dims": [16, 32, 128, 128, 4]},
    ),
    "Qwen/Qwen3.5-0.8B": (
        ("qwen3_5_text", 1024, 24, 8, 2, 256, 3584, 248320, True),
        _DELTA | {"linear_dims": [16, 16, 128, 128, 4]},
    ),
    "Qwen/Qwen3.5-4B": (
        ("qwen3_5_text", 2560, 32, 16, 4, 256, 9216, 248320, True),
        _DELTA | {"linear_dims": [16, 32, 128, 128, 4]},
    ),
    "Qwen/Qwen3.5-9B": (
        ("qwen3_5_text", 4096, 32, 16, 4, 256, 12288, 248320, False),
        _DELTA | {"linear_dims": [16, 32, 128, 128, 4]},
    ),
    "Qwen/Qwen3.5-27B": (
        ("qwen3_5_text", 5120, 64, 24, 4, 256, 17408, 248320, False),
        _DELTA | {"linear_dims": [16, 48, 128, 128, 4]},
    ),
    "Qwen/Qwen3.5-35B-A3B": (
        ("qwen3_5_moe_text", 2048, 40, 16, 2, 256, 6144, 248320, False),
        {"experts": 256, "experts_per_token": 8, "expert_width": 512, "shared_width": 512}
        | _DELTA
        | {"linear_dims": [16, 32, 128, 128, 4]},
    ),
    "swiss-ai/Apertus-8B-2509": (("apertus", 4096, 32, 32, 8, 128, 21504, 131072, False), {}),
    "swiss-ai/Apertus-70B-2509": (("apertus", 8192, 80, 64, 8, 128, 43008, 131072, False), {}),
    "THUDM/glm-4-9b": (("glm4", 4096, 40, 32, 2, 128, 13696, 151552, False), {}),
    "XiaomiMiMo/MiMo-7B-Base": (("qwen2", 4096, 36, 32, 8, 128, 11008, 151680, False), {}),
    "zai-org/GLM-4.5-Air": (
        ("glm4_moe", 4096, 46, 96, 8, 128, 10944, 151552, False),
        {"experts": 128, "experts_per_token": 8, "expert_width": 1408, "shared_width": 1408, "dense_layers": 1},
    ),
}
# Models whose layers are of several kinds: their parameters, and the config.json that describes them.
_CONVOLUTIONS = (*("conv", "conv", "full_attention", "conv") * 5, "conv", "full_attention", "conv", "conv")
_READ: dict[str, tuple[int, dict[str, Any]]] = {
    "LiquidAI/LFM2-8B-A1B": (
        8339929856,
        {"model_type": "lfm2_moe", "num_hidden_layers": 24, "layer_types": [*_CONVOLUTIONS]},
    ),
}
# Further names under which the same dimensions are published.
_ALSO = {
    "mistralai/Mistral-Small-24B-Base-2501": (
        "mistralai/Magistral-Small-2506",
        "mistralai/Devstral-Small-2507",
        "mistralai/Mistral-Small-3.1-24B-Base-2503",
        "mistralai/Mistral-Small-3.2-24B-Instruct-2506",
    ),
    "ByteDance-Seed/Seed-OSS-36B-Base": ("ByteDance-Seed/Seed-OSS-36B-Instruct",),
    "meta-llama/Llama-4-Scout-17B-16E": ("axolotl-quants/Llama-4-Scout-17B-16E-Linearized-bnb-nf4-bf16",),
    "Qwen/Qwen3.5-27B": ("Qwen/Qwen3.6-27B",),
    "Qwen/Qwen3.5-35B-A3B": ("Qwen/Qwen3.6-35B-A3B",),
}


def generate(source: Source) -> dict[str, Any]:
    """Read the reference table of architectures into the form the product uses.

    Args:
        source: `math/models.json` in its reference folder is read; without it the models stay as they are.

    Returns:
        `axolotl`, `source`, `models` (id to dimensions) and `aliases` (other id to id).
    """
    if source.reference is None:
        return {**source.before(NAME), "axolotl": source.version}
    table = json.loads((source.reference / "math" / "models.json").read_text(encoding="utf-8"))
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
        entry["parameters"] = layout(Architecture(**_hashable(entry))).parameters
        models.setdefault(name, entry | {"confirmed": False})
        aliases.update(dict.fromkeys(_ALSO.get(name, ()), name))
    for name, (parameters, config) in _READ.items():
        models[name] = {"config": config, "confirmed": False, "parameters": parameters}
    return {
        "axolotl": source.version,
        "source": "Dimensions of published checkpoints, counted with Transformers' model classes",
        "models": models,
        "aliases": aliases,
    }


def _hashable(entry: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()}
