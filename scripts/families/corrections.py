"""What samples cannot show of a family: keys that older config files have, and choices outside the class's fields."""

from __future__ import annotations

import re
from typing import Any

_FULL = "'full_attention' if full_attn_idxs == None or i in full_attn_idxs else 'conv'"
_PATTERN = (
    "'linear_attention' if hybrid_override_pattern[i] == 'M' "
    "else 'full_attention' if hybrid_override_pattern[i] == '*' "
    "else 'moe' if hybrid_override_pattern[i] == 'E' else 'mlp'"
)
_INDICES = "'full_attention' if attn_layer_indices != None and i in attn_layer_indices else 'linear_attention'"
_ALIGNED = "alignment_intermediate_size if alignment_intermediate_size != None else text_config.hidden_size"
_KIMI = (
    "('full_attention' if i > 0 and i % 4 == 0 else 'linear_attention') if linear_attn_config.full_attn_layers == None "
    "else 'full_attention' if i + 1 in linear_attn_config.full_attn_layers else 'linear_attention'"
)
# Families whose projector joins several layers of the tower where the config lists them.
_SEVERAL_LAYERS = ("llava+", "llava_next+", "llava_next_video+", "mistral3+")
# Layers of towers, whose first sample was not the class's default.
_DEPTHS = {
    "@blip_2_qformer": ("num_hidden_layers", 12),
    "@clip_vision_model": ("num_hidden_layers", 12),
    "@exaone4_5_vision": ("depth", 32),
    "@fun_asr_nano_encoder": ("num_hidden_layers", 70),
    "@gemma4_vision": ("num_hidden_layers", 16),
    "@glm4v_text": ("num_hidden_layers", 40),
    "@glm4v_vision": ("depth", 24),
    "@glmasr_encoder": ("num_hidden_layers", 32),
    "@idefics3_vision": ("num_hidden_layers", 12),
    "@internvl_vision": ("num_hidden_layers", 24),
    "@pixtral": ("num_hidden_layers", 24),
    "@qwen2_5_vl_vision": ("depth", 32),
    "@qwen2_audio_encoder": ("encoder_layers", 32),
    "@qwen3_asr_encoder": ("encoder_layers", 24),
    "@qwen3_vl_text": ("num_hidden_layers", 32),
    "@qwen3_vl_vision": ("depth", 27),
    "@radio": ("num_hidden_layers", 32),
    "@sam_vision_model": ("num_hidden_layers", 12),
    "@siglip2_vision_model": ("num_hidden_layers", 12),
    "@siglip_vision_model": ("num_hidden_layers", 12),
    "@voxtral_encoder": ("num_hidden_layers", 32),
    "@voxtral_realtime_encoder": ("num_hidden_layers", 32),
}
# Families whose class looks for a width of heads that its config class does not have.
_WIDE_HEADS = ("exaone_moe", "granite", "jamba", "mixtral", "smollm3", "starcoder2")
_JOINED_BYTES = (
    "encoder_config.hidden_size * cross_attn_k "
    "if encoder_config.hidden_size * cross_attn_k != global_config.hidden_size else None"
)
_CROSSING = "cross_attn_all_layers"
_LISTS = {
    "blt": {
        f"model.local_{part}.cross_attn_layers": f"{part}_config.num_hidden_layers if {part}_config.{_CROSSING} else 1"
        for part in ("decoder", "encoder")
    }
}
"""How long a list of layers is where the samples did not show it."""
_STEP_VISION = "int(vision_config.hidden_size * vision_config.mlp_ratio)"
_RANK = ["=", "ceil(hidden_size / 16)"]
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
    "falcon": {"num_ln_in_parallel_attn": ["=", "2 if new_decoder_architecture else 1"]},
    "falcon_mamba": {"time_step_rank": _RANK},
    "mamba": {"time_step_rank": _RANK},
    "jamba": {"mamba_dt_rank": _RANK},
    "olmo_hybrid": {"linear_key_head_dim": ["=", "int(0.75 * hidden_size / linear_num_key_heads)"]},
    "step3p7+": {"vision_config.mlp_ratio": 8960 / 1536},
    "@glmasr_encoder": {"head_dim": None},
    "emu3+": {"text_config.head_dim": None, "text_config.num_hidden_layers": 32},
    "laguna": {"num_attention_heads_per_layer": ["each", "num_attention_heads", "num_hidden_layers"]},
    "zaya": {"lm_head_bias": False},
    "blt": {
        "cross_attn_k": 2,
        f"decoder_config.{_CROSSING}": True,
        f"encoder_config.{_CROSSING}": False,
        "global_config.encoder_cross_output_size": ["=", _JOINED_BYTES],
    },
    "deepseek_v4": {"num_key_value_heads": 1},
    "qwen3_moe": {"attention_bias": False},
    **{family: {"head_dim": None} for family in _WIDE_HEADS},
    **{family: {"n_inner": None} for family in ("gpt2", "gpt_bigcode", "gptj", "codegen")},
    "glm_ocr+": {"text_config.head_dim": None},
    **{
        family: {f"{vision}.deepstack_visual_indexes": [8, 16, 24]}
        for family, vision in (
            ("qwen3_omni_moe+", "thinker_config.vision_config"),
            ("qwen3_omni_moe_thinker+", "vision_config"),
        )
    },
    "paddleocr_vl+": {"text_config.use_bias": False},
    "qwen3_5+": {"text_config.attention_bias": False},
    "hrm_text": {"num_hidden_layers": 16, "num_layers_per_stack": ["=", "num_hidden_layers"]},
    "kimi_linear": {
        "first_k_dense_replace": 1,
        "layer_types": ["each", _KIMI, "num_hidden_layers"],
        "linear_attn_config.full_attn_layers": None,
        "linear_attn_config.head_dim": 128,
        "linear_attn_config.num_heads": 32,
        "linear_attn_config.short_conv_kernel_size": 4,
        "linear_conv_kernel_dim": ["=", "linear_attn_config.short_conv_kernel_size"],
        "linear_head_dim": ["=", "linear_attn_config.head_dim"],
        "linear_num_heads": ["=", "linear_attn_config.num_heads"],
        "mlp_layer_types": ["each", "'dense' if i < first_k_dense_replace else 'sparse'", "num_hidden_layers"],
    },
    **{family: {"vision_feature_layer": None} for family in _SEVERAL_LAYERS},
}
_TIE = {"tie_embedding": "tie_word_embeddings"}
_ALIASES = {
    "lfm2": {"block_ff_dim": "intermediate_size", **_TIE},
    "lfm2_moe": _TIE,
    "lfm2_vl+": _TIE,
    "nemotron_h": {"layers_block_type": "layer_types"},
    "bamba": {"layers_block_type": "layer_types"},
    "bloom": {"n_embed": "hidden_size"},
    "kimi_linear": {"num_experts_per_token": "num_experts_per_tok"},
}
# PEFT's own list of model types whose `out_proj` it refuses, and a class whose own name Axolotl takes for a linear one.
_REFUSED = {
    **dict.fromkeys(("falcon_h1", "falcon_mamba", "mamba", "mamba2", "nemotron_h"), "out_proj"),
    "kimi_linear": "KimiLinearForCausalLM",
}
# Models inside these get the defaults of the whole for what their own config lacks.
_FILLED = {"glmasr+": "text_config", "voxtral+": "text_config"}
_CONVERTS = {"longcat_flash": "qwen2_moe"}
# Families whose vision part joins patches in lists of layers, and the key of its config.
_MERGED = {"qwen3_omni_moe+": "thinker_config.vision_config", "qwen3_omni_moe_thinker+": "vision_config"}
_HEADS = ("lm_head", "embed_out", "output_projection", "decoder", "head")
# Families whose samples never had another head than the embedding, or always one.
_ALSO_TIED = frozenset({"bitnet", "muse_glimmer+", "step3p7+"})
_NEVER_TIED = frozenset({"bailing_hybrid"})
_ALSO_UNTIED = frozenset({"gemma"})
# Heads whose bias stays where the weight is the embedding's, and the condition for it.
_BIASED = {
    **dict.fromkeys(("gptj", "codegen", "phi"), "True"),
    "ernie4_5_moe": "use_bias",
    "phimoe": "lm_head_bias",
    "modernbert-decoder": "decoder_bias",
    "zaya": "lm_head_bias",
}
# Families that also tie the head where only the text part's config says so.
_TOLD_BY_TEXT = frozenset(
    f"{family}+"
    for family in (
        *("glm4v", "glm4v_moe", "glm_ocr", "hunyuan_vl", "llava", "llava_next_video", "llava_onevision"),
        *("minimax_m3_vl", "paddleocr_vl", "qwen2_5_vl", "qwen2_vl", "shieldgemma2", "video_llama_3"),
    )
)
_TOLD = "tie_word_embeddings or text_config.tie_word_embeddings"
# Biases that no sample switched on.
_SWITCHED = {
    "qwen3_moe": (r"self_attn\.[qkvo]_proj$", "attention_bias"),
    "qwen3_5+": (r"self_attn\.[qkvo]_proj$", "text_config.attention_bias"),
    "paddleocr_vl+": (r"language_model\.layers\..*_proj$", "text_config.use_bias"),
    "kimi_linear": (r"q_a_proj$", "attention_bias"),
}
_WIDTH = "(hidden_size // num_attention_heads) if head_dim == None else head_dim"
_TEXT_WIDTH = (
    "(text_config.hidden_size // text_config.num_attention_heads) if text_config.head_dim == None "
    "else text_config.head_dim"
)
_CHOSEN: dict[str, tuple[str, str]] = {
    "idefics2+": ("perceiver_config.hidden_size", "text_config.hidden_size"),
    "glm_ocr+": (
        "(text_config.hidden_size // text_config.num_attention_heads)",
        f"({_TEXT_WIDTH})",
    ),
    "@glmasr_encoder": ("(hidden_size // num_attention_heads)", f"({_WIDTH})"),
    **dict.fromkeys(_WIDE_HEADS, ("(hidden_size // num_attention_heads)", f"({_WIDTH})")),
    **dict.fromkeys(
        ("gpt2", "gpt_bigcode", "gptj", "codegen"),
        ("4 * n_embd", "(4 * n_embd if n_inner == None else n_inner)"),
    ),
}
"""A width that the class computes where the config does not give it, and no sample gave it."""
_NOT_SHARED = "i < num_hidden_layers - num_kv_shared_layers or num_kv_shared_layers >= num_hidden_layers"
_EXPERTS = "i % expert_layer_period == expert_layer_offset"
_SPARSE = f"{_EXPERTS} and num_experts > 1"
_SEVERAL = "vision_config.hidden_size * many(vision_feature_layer)"
_WORDS: dict[str, tuple[tuple[str, int, str, str], ...]] = {
    "falcon": (
        (r"\.input_layernorm$", 2, r".*", "not parallel_attn or num_ln_in_parallel_attn == 1"),
        (r"\.ln_(attn|mlp)$", 2, r".*", "parallel_attn and num_ln_in_parallel_attn == 2"),
    ),
    "jamba": (
        (r"\.feed_forward\.(router|experts)", 2, r".*", _SPARSE),
        (r"\.feed_forward\.\w+_proj$", 2, r".*", f"not ({_SPARSE})"),
    ),
    "gemma3n_text": (
        (r"\.[kv]_(proj|norm)$", 2, r".*", _NOT_SHARED),
        (r"\.[kv]_proj$", 5, r".*", "attention_bias"),
        (r"altup_(un)?(em|pro)\w+\.0$", 6, r".*", "altup_num_inputs - 1"),
    ),
    "idefics+": ((r"perceiver_resampler\.blocks", 2, r"True", "use_resampler"),),
    "blt": ((r"^model\.patcher\.", 2, r"True", "patch_in_forward"),),
    # Its first sample was not the class's default.
    "emu3+": ((r"^model\.vqmodel$", 3, r".*", "241380159"),),
    # The norms have a weight and a bias for each head.
    "chameleon+": (
        (r"\.[qk]_norm$", 4, r"\(hidden_size // num_attention_heads\)", "2 * (hidden_size // num_attention_heads)"),
        (r"\.[qk]_norm$", 5, r"True", "False"),
    ),
    "qwen2_5_omni+": ((r"^talker\.", 2, r"True", "enable_audio_output"),),
    "step3p7+": (
        (r"vision_model.*\.fc1$", 3, r".*", _STEP_VISION),
        (r"vision_model.*\.fc2$", 4, r".*", _STEP_VISION),
    ),
    "exaone_moe": ((r"\.[qk]_norm$", 3, r".*", _WIDTH),),
    "glm4_moe": ((r"\.[qk]_norm$", 3, r".*", _WIDTH),),
    "doge": ((r"\.router_gate$", 3, r".*", "2 * int(num_experts ** 0.5)"),),
    "kimi_linear": ((r"norm$", 1, r"linear", "other"),),
    "aya_vision+": (
        (r"linear_1$", 3, r".*", _ALIGNED),
        (r"linear_2$", 4, r".*", f"({_ALIGNED}) // 2"),
    ),
    **dict.fromkeys(_SEVERAL_LAYERS, ((r"projector\.linear_1$", 4, r"vision_config.hidden_size", _SEVERAL),)),
}
_POSITIONS = "(vision_config.image_size // vision_config.patch_size) ** 2 + 1"


def correct(family: str, facts: dict[str, Any]) -> None:
    """Amend the facts of a family. What is amended already stays as it is."""
    facts.setdefault("keys", {}).update(_KEYS.get(family, {}))
    if family in _ALIASES:
        facts.setdefault("also", {}).update(_ALIASES[family])
    if family in _REFUSED:
        facts["refused"] = _REFUSED[family]
    if family in _CONVERTS:
        facts["converts"] = _CONVERTS[family]
    for nested in facts.get("nested", ()):
        if nested[2] == _FILLED.get(family):
            nested[3:] = [False, True]
    for stem, count in _LISTS.get(family, {}).items():
        facts["lists"][stem][0] = count
    if family in _DEPTHS:
        facts["keys"].update([_DEPTHS[family]])
    _merge_biases(facts)
    _count_steps(facts)
    if family in _MERGED:
        _correct_mergers(_MERGED[family], facts)
    _number_leaves(facts)
    _correct_head(family, facts)
    _correct_rows(family, facts)


def _correct_rows(family: str, facts: dict[str, Any]) -> None:
    """Single modules: when they exist, and their shapes."""
    for module in facts["modules"]:
        if "vision_use_head" in facts["keys"] and module[0].startswith("head."):
            module[2] = "vision_use_head"
        if module[0].endswith("gated_positional_embedding.embedding"):
            module[3] = _POSITIONS
        if family in _SWITCHED and re.search(_SWITCHED[family][0], module[0]):
            module[5:6] = [_SWITCHED[family][1]]
        if family in _CHOSEN:
            old, new = _CHOSEN[family]
            module[3:5] = [each if new in each else each.replace(old, new) for each in module[3:5]]
        for name, place, old, new in _WORDS.get(family, ()):
            if re.search(name, module[0]) and re.fullmatch(old, module[place]):
                module[place] = new


def _merge_biases(facts: dict[str, Any]) -> None:
    """A bias is as long as its matrix has rows, whatever expression the samples led to."""
    rows = {module[0]: module for module in facts["modules"]}
    for name, module in rows.items():
        owner = rows.get(name.removesuffix(".bias"))
        if name.endswith(".bias") and owner is not None and owner[1] == "linear" and owner[0] not in _HEADS:
            owner[5:6] = [module[2]]
            facts["modules"].remove(module)


def _correct_mergers(vision: str, facts: dict[str, Any]) -> None:
    """Two linear layers of different widths with an activation between them, in a list that looks like three alike."""
    wide = f"{vision}.hidden_size * {vision}.spatial_merge_size ** 2"
    for norm in [module[0] for module in facts["modules"] if module[0].endswith(".ln_q")]:
        stem = norm.replace(".ln_q", ".mlp.")
        if "merger" in stem:
            facts["modules"] = [module for module in facts["modules"] if not module[0].startswith(stem)]
            facts["modules"].append([f"{stem}first", "linear", "True", wide, wide, "True"])
            facts["modules"].append([f"{stem}last", "linear", "True", f"{vision}.out_hidden_size", wide, "True"])
    for stem, count in facts["lists"].items():
        if stem.endswith("merger_list"):
            count[0] = f"len({vision}.deepstack_visual_indexes)"


def _count_steps(facts: dict[str, Any]) -> None:
    """Experts in every so many layers only, a step that no sample took beside the list of layers without experts."""
    for key in [key for key in facts["keys"] if key.endswith("mlp_only_layers")]:
        step = key.replace("mlp_only_layers", "decoder_sparse_step")
        facts["keys"][step] = 1
        sparse = f"(i not in {key} and (i + 1) % {step} == 0)"
        for module in facts["modules"]:
            for place in (2, 5) if len(module) > 5 else (2,):
                if step not in module[place]:
                    module[place] = module[place].replace(f"not (i in {key})", sparse)
                    module[place] = module[place].replace(f"i in {key}", f"not {sparse}")


def _number_leaves(facts: dict[str, Any]) -> None:
    """Lists of single modules are no layers: one row with as many copies."""
    for stem, (count, _) in list(facts.get("lists", {}).items()):
        leaves = [module for module in facts["modules"] if module[0] == f"{stem}.#"]
        if leaves:
            del facts["lists"][stem]
        for module in leaves:
            module[:] = [f"{stem}.0", *module[1:5], *(module[5:6] or ["False"]), count]


def _correct_head(family: str, facts: dict[str, Any]) -> None:
    """The output head: where it is the embedding, and what is left of it there."""
    rows = {module[0]: module for module in facts["modules"]}
    if family in _ALSO_UNTIED and "lm_head" not in rows:
        facts["modules"].append(["lm_head", "linear", "not (tie_word_embeddings)", "vocab_size", "hidden_size"])
    for name in _HEADS:
        head = rows.get(name)
        if head is None or head[1] != "linear":
            continue
        if family in _ALSO_TIED:
            head[2] = "not (tie_word_embeddings)"
        if family in _NEVER_TIED:
            head[2] = "True"
        if family in _TOLD_BY_TEXT:
            head[2] = f"not ({_TOLD})"
            facts["keys"].setdefault("text_config.tie_word_embeddings", False)
        tied = re.fullmatch(r"not \((\S*tie_word_embeddings)\)", head[2])
        again = [module for module in facts["modules"] if module[0] == name and module[1] == "tied"]
        if tied and name != "lm_head" and not again:
            facts["modules"].append([name, "tied", tied[1], *head[3:]])
        if tied and family in _BIASED and f"{name}.bias" not in rows:
            head[5:6] = [_BIASED[family]]
            facts["modules"].append([f"{name}.bias", "other", f"{tied[1]} and {_BIASED[family]}", head[3], "1"])
