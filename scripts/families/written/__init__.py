"""Families that samples do not explain, written from their classes: blocks that share weights, widths by kind of layer.

Each table beside this file has a line for each module: its name, kind, rows and columns, then `if` with the layers that
have it, `bias` with the condition for a bias, and `times` with the number of copies.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent
_PART = re.compile(r"\s\|\s")
_PLACES = {"if": 2, "bias": 5, "times": 6}
_WORD = re.compile(r"'\w*'|\b(?!(?:i|if|else|and|or|not|in|True|False|None|before)\b)[a-z_]\w*")
_HYBRID = "layers_block_type[i] == 'hybrid'"


def written() -> dict[str, dict[str, Any]]:
    """The facts by family, as knowledge/parameters/blueprint.py reads them."""
    return {
        "llama4_text": {
            "class": "Llama4ForCausalLM",
            "keys": _LLAMA4,
            "also": {"num_experts": "num_local_experts"},
            "lists": {"model.layers": ["num_hidden_layers", "Llama4TextDecoderLayer"]},
            "modules": _rows("llama4"),
        },
        "llama4+": {
            "class": "Llama4ForConditionalGeneration",
            "keys": {f"vision_config.{key}": value for key, value in _LLAMA4_VISION.items()}
            | {f"text_config.{key}": _LLAMA4[key] for key in ("hidden_size", "tie_word_embeddings", "vocab_size")},
            "lists": {
                "vision_model.model.layers": ["vision_config.num_hidden_layers", "Llama4VisionEncoderLayer"],
            },
            "modules": [*_rows("llama4_vision", keys="vision_config."), *_rows("llama4_joined")],
            "nested": [["language_model", "llama4_text", "text_config"]],
        },
        "zamba": {
            "class": "ZambaForCausalLM",
            "prefix": "model",
            "keys": _ZAMBA,
            "also": _KINDS,
            "lists": {"model.layers": ["num_hidden_layers", "ZambaMambaDecoderLayer"]},
            "modules": _shared("zamba_mixer", "zamba_shared", "shared_transf", "1"),
        },
        "zamba2": {
            "class": "Zamba2ForCausalLM",
            "prefix": "model",
            "keys": _ZAMBA2,
            "also": _KINDS,
            "lists": {"model.layers": ["num_hidden_layers", "Zamba2MambaDecoderLayer"]},
            "modules": _shared("zamba2_mixer", "zamba2_shared", "shared_transformer", "num_mem_blocks"),
            "refused": "0",
        },
        "dbrx": {
            "class": "DbrxForCausalLM",
            "prefix": "transformer",
            "keys": _DBRX,
            "also": {"hidden_size": "d_model", "num_attention_heads": "n_heads", "num_hidden_layers": "n_layers"},
            "lists": {"transformer.blocks": ["n_layers", "DbrxBlock"]},
            "modules": _rows("dbrx"),
        },
        "gpt_neo": {
            "class": "GPTNeoForCausalLM",
            "prefix": "transformer",
            "keys": _GPT_NEO,
            "also": {"num_attention_heads": "num_heads", "num_hidden_layers": "num_layers"},
            "lists": {"transformer.h": ["num_layers", "GPTNeoBlock"]},
            "modules": _rows("gpt_neo"),
        },
        "gemma4_text": {
            "class": "Gemma4ForCausalLM",
            "prefix": "model",
            "keys": _GEMMA4,
            "lists": {"model.layers": ["num_hidden_layers", "Gemma4TextDecoderLayer"]},
            "modules": _rows("gemma4_text"),
        },
        "gemma4": {
            "class": "Gemma4ForConditionalGeneration",
            "prefix": "model",
            "keys": {f"text_config.{key}": _GEMMA4[key] for key in ("hidden_size", "vocab_size")}
            | {"tie_word_embeddings": True, "vision_config.hidden_size": None, "audio_config.output_proj_dims": None},
            "modules": _rows("gemma4_joined"),
            "nested": [
                ["model.language_model", "gemma4_text", "text_config"],
                ["model.vision_tower", "gemma4_vision", "vision_config", True],
                ["model.audio_tower", "gemma4_audio", "audio_config", True],
            ],
        },
        "gemma4_unified_text": {
            "class": "Gemma4UnifiedForCausalLM",
            "prefix": "model",
            "keys": _GEMMA4_UNIFIED,
            "lists": {"model.layers": ["num_hidden_layers", "Gemma4UnifiedTextDecoderLayer"]},
            "modules": [row for row in _rows("gemma4_text") if not _OF_GEMMA4.search(row[0])],
        },
        "gemma4_unified": {
            "class": "Gemma4UnifiedForConditionalGeneration",
            "prefix": "model",
            "keys": {f"text_config.{key}": _GEMMA4_UNIFIED[key] for key in ("hidden_size", "vocab_size")}
            | {"tie_word_embeddings": True, **_GEMMA4_UNIFIED_PARTS},
            "modules": _rows("gemma4_unified_joined"),
            "nested": [["model.language_model", "gemma4_unified_text", "text_config"]],
        },
        "fast_vlm+": {
            "class": "FastVlmForConditionalGeneration",
            "prefix": "model",
            "keys": _FAST_VLM,
            "modules": _rows("fast_vlm"),
            "nested": [["model.language_model", "qwen2", "text_config"]],
            "refused": "0",
        },
        "gemma3n": {
            "class": "Gemma3nForConditionalGeneration",
            "prefix": "model",
            "keys": _GEMMA3N,
            "lists": {"model.audio_tower.conformer": ["audio_config.conf_num_hidden_layers", _GEMMA3N_AUDIO_LAYER]},
            "modules": _rows("gemma3n"),
            "nested": [["model.language_model", "gemma3n_text", "text_config"]],
            "refused": "0",
        },
        "@gemma4_audio": {
            "class": "Gemma4AudioModel",
            "keys": _GEMMA4_AUDIO,
            "lists": {"layers": ["num_hidden_layers", "Gemma4AudioLayer"]},
            "modules": _rows("gemma4_audio"),
        },
        "bailing_hybrid": {
            "class": "BailingHybridForCausalLM",
            "prefix": "model",
            "keys": _BAILING,
            "also": _BAILING_NAMES,
            "lists": {"model.layers": ["num_hidden_layers", "BailingHybridDecoderLayer"]},
            "modules": _rows("bailing_hybrid"),
        },
    }


def _rows(table: str, stem: str = "", keys: str = "") -> list[list[str]]:
    """The rows of a table.

    Args:
        table: Its name.
        stem: What the names begin with.
        keys: What stands before every key of the config: "vision_config.".
    """
    found = []
    for line in (_FOLDER / f"{table}.txt").read_text("utf-8").splitlines():
        name, kind, rows, columns, *options = _PART.split(line)
        row = [stem + name, kind, "True", rows, columns, "False", "1"]
        for option in options:
            word, _, expression = option.partition(" ")
            row[_PLACES[word]] = expression
        found.append(row[:2] + [_WORD.sub(lambda word: _keyed(word[0], keys), each) for each in row[2:]])
    return found


def _keyed(word: str, keys: str) -> str:
    return word if word.startswith("'") else keys + word


def _shared(mixer: str, block: str, name: str, unique: str) -> list[list[str]]:
    """Mixers in every layer, and in the hybrid ones a block of attention whose weights the later ones repeat."""
    place = "model.layers.#."
    rows = _rows("zamba_root")
    for stem, when in ((f"{place}mamba_decoder.", _HYBRID), (place, f"not {_HYBRID}")):
        inner = [*_rows(mixer, f"{stem}mamba."), [f"{stem}input_layernorm", "other", "", "hidden_size", "1"]]
        rows += [[*row[:2], when, *row[3:]] for row in inner]
    rows.append([f"{place}linear", "linear", _HYBRID, "hidden_size", "hidden_size"])
    first = f"(not tie_word_embeddings or before(layers_block_type, 'hybrid', i) < {unique})"
    for row in _rows(block, f"{place}{name}."):
        rows.append([*row[:2], f"{_HYBRID} and {first}", *row[3:]])
        if row[1] == "linear":
            rows.append([row[0], "tied", f"{_HYBRID} and not {first}", *row[3:]])
    return rows


_KINDS = {"layer_types": "layers_block_type"}
_LLAMA4: dict[str, Any] = {
    "attention_bias": False,
    "head_dim": ["null", 128, "hidden_size // num_attention_heads"],
    "hidden_size": 5120,
    "interleave_moe_layer_step": 1,
    "intermediate_size": 8192,
    "intermediate_size_mlp": 16384,
    "max_position_embeddings": 131072,
    "moe_layers": None,
    "num_attention_heads": 40,
    "num_experts_per_tok": 1,
    "num_hidden_layers": 48,
    "num_key_value_heads": ["null", 8, "num_attention_heads"],
    "num_local_experts": 16,
    "tie_word_embeddings": False,
    "vocab_size": 202048,
}
_LLAMA4_VISION: dict[str, Any] = {
    "hidden_size": 768,
    "image_size": 448,
    "intermediate_size": 5632,
    "num_attention_heads": 16,
    "num_channels": 3,
    "num_hidden_layers": 34,
    "patch_size": 14,
    "projector_input_dim": 4096,
    "projector_output_dim": 4096,
    "vision_output_dim": 7680,
}
_ZAMBA: dict[str, Any] = {
    "attention_head_dim": ["=", "2 * hidden_size // num_attention_heads"],
    "attention_hidden_size": ["=", "2 * hidden_size"],
    "attn_layer_offset": 4,
    "attn_layer_period": 6,
    "hidden_size": 3712,
    "intermediate_size": 14848,
    "layers_block_type": [
        "each",
        "'hybrid' if i == 2 or (i > 2 and (i - 3) % attn_layer_period == attn_layer_offset) else 'linear_attention'",
        "num_hidden_layers",
    ],
    "mamba_conv_bias": True,
    "mamba_d_conv": 4,
    "mamba_d_state": 16,
    "mamba_dt_rank": ["=", "ceil(hidden_size / 16)"],
    "mamba_expand": 2,
    "mamba_proj_bias": False,
    "max_position_embeddings": 4096,
    "num_attention_heads": 16,
    "num_hidden_layers": 76,
    "num_key_value_heads": 16,
    "tie_word_embeddings": True,
    "vocab_size": 32000,
}
_ZAMBA2: dict[str, Any] = {
    "adapter_rank": 128,
    "add_bias_linear": False,
    "attention_head_dim": ["=", "2 * hidden_size // num_attention_heads"],
    "attention_hidden_size": ["=", "2 * hidden_size"],
    "hidden_size": 2560,
    "intermediate_size": ["=", "4 * hidden_size"],
    "layers_block_type": [
        "each",
        "'hybrid' if (0 < i and i < 43 and i % 6 == 0) or i == 47 or i == 51 else 'linear_attention'",
        "num_hidden_layers",
    ],
    "mamba_d_conv": 4,
    "mamba_d_state": 64,
    "mamba_expand": 2,
    "mamba_ngroups": 1,
    "max_position_embeddings": 4096,
    "n_mamba_heads": 8,
    "num_attention_heads": 32,
    "num_hidden_layers": 54,
    "num_key_value_heads": ["=", "num_attention_heads"],
    "num_mem_blocks": 1,
    "tie_word_embeddings": True,
    "use_shared_attention_adapter": False,
    "vocab_size": 32000,
}
_DBRX: dict[str, Any] = {
    "attn_config.kv_n_heads": 1,
    "d_model": 2048,
    "ffn_config.ffn_hidden_size": 3584,
    "ffn_config.moe_num_experts": 4,
    "ffn_config.moe_top_k": 1,
    "max_seq_len": 2048,
    "n_heads": 16,
    "n_layers": 24,
    "tie_word_embeddings": False,
    "vocab_size": 32000,
}
_GPT_NEO: dict[str, Any] = {
    "hidden_size": 2048,
    "intermediate_size": ["=", "4 * hidden_size"],
    "max_position_embeddings": 2048,
    "num_heads": 16,
    "num_layers": 24,
    "tie_word_embeddings": True,
    "vocab_size": 50257,
}
_GEMMA4: dict[str, Any] = {
    "attention_bias": False,
    "attention_k_eq_v": False,
    "enable_moe_block": False,
    "global_head_dim": 512,
    "head_dim": 256,
    "hidden_size": 2304,
    "hidden_size_per_layer_input": ["null", 256, "0"],
    "intermediate_size": 9216,
    "layer_types": [
        "each",
        "'sliding_attention' if (i + 1) % 6 != 0 and i + 1 < num_hidden_layers else 'full_attention'",
        "num_hidden_layers",
    ],
    "max_position_embeddings": 131072,
    "moe_intermediate_size": None,
    "num_attention_heads": 8,
    "num_experts": None,
    "num_global_key_value_heads": None,
    "num_hidden_layers": 30,
    "num_key_value_heads": 4,
    "num_kv_shared_layers": 0,
    "tie_word_embeddings": True,
    "top_k_experts": None,
    "use_double_wide_mlp": False,
    "vocab_size": 262144,
    "vocab_size_per_layer_input": 262144,
}
_FAST_VLM: dict[str, Any] = {
    "multimodal_projector_bias": True,
    "text_config.hidden_size": 4096,
    "text_config.tie_word_embeddings": False,
    "text_config.vocab_size": 151936,
    "tie_word_embeddings": False,
    "vision_config.architecture": "fastvit_mci3",
    "vision_config.hidden_size": 3072,
}
_GEMMA3N: dict[str, Any] = {
    "audio_config.conf_conv_kernel_size": 5,
    "audio_config.conf_num_attention_heads": 8,
    "audio_config.conf_num_hidden_layers": 12,
    "audio_config.hidden_size": 1536,
    "audio_config.input_feat_size": 128,
    "audio_config.vocab_size": 128,
    "text_config.hidden_size": 2048,
    "text_config.vocab_size": 262400,
    "tie_word_embeddings": True,
    "vision_config.architecture": "mobilenetv5_300m_enc",
    "vision_config.hidden_size": 2048,
    "vision_config.vocab_size": 128,
}
_GEMMA3N_AUDIO_LAYER = "Gemma3nAudioConformerBlock"
_OF_GEMMA4 = re.compile(r"per_layer|experts|router|layernorm_[12]$")
"""What the unified models do not have of it."""
_GEMMA4_UNIFIED = {
    **{key: value for key, value in _GEMMA4.items() if not re.search(r"per_layer|expert|moe", key)},
    "max_position_embeddings": 262144,
    "layer_types": [
        "each",
        "'sliding_attention' if (i + 1) % 6 != 0 and i + 1 < num_hidden_layers else 'full_attention'",
        "num_hidden_layers",
    ],
}
_GEMMA4_UNIFIED_PARTS = {
    "audio_config.audio_embed_dim": 640,
    "audio_config.model_type": None,
    "vision_config.mm_embed_dim": 3840,
    "vision_config.mm_posemb_size": 1120,
    "vision_config.model_type": None,
    "vision_config.output_proj_dims": 3840,
    "vision_config.patch_size": 16,
    "vision_config.pooling_kernel_size": 3,
}
_GEMMA4_AUDIO: dict[str, Any] = {
    "conv_kernel_size": 5,
    "hidden_size": 1024,
    "num_attention_heads": 8,
    "num_hidden_layers": 12,
    "output_proj_dims": 1536,
    "subsampling_conv_channels": [128, 32],
}
_BAILING: dict[str, Any] = {
    "attention_bias": False,
    "first_k_dense_replace": 2,
    "head_dim": 128,
    "hidden_size": 2560,
    "intermediate_size": 6144,
    "kv_lora_rank": 512,
    "layer_group_size": 6,
    "layer_types": [
        "each",
        "'full_attention' if (i + 1) % layer_group_size == 0 else 'linear_attention'",
        "num_hidden_layers",
    ],
    "linear_head_dim": ["=", "head_dim"],
    "linear_num_heads": ["=", "num_attention_heads"],
    "max_position_embeddings": 262144,
    "mlp_layer_types": ["each", "'dense' if i < first_k_dense_replace else 'sparse'", "num_hidden_layers"],
    "moe_intermediate_size": 768,
    "num_attention_heads": 32,
    "num_experts": 512,
    "num_experts_per_tok": 8,
    "num_hidden_layers": 42,
    "num_shared_experts": 1,
    "qk_nope_head_dim": 128,
    "qk_rope_head_dim": 64,
    "short_conv_kernel_size": 4,
    "tie_word_embeddings": False,
    "v_head_dim": 128,
    "vocab_size": 157184,
}
_BAILING_NAMES = {
    "model_max_length": "max_position_embeddings",
    "n_shared_experts": "num_shared_experts",
    "num_experts_per_token": "num_experts_per_tok",
    "num_local_experts": "num_experts",
}
