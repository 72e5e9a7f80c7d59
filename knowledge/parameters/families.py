"""Every parameter's name and shape, from a model's dimensions and its family."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from knowledge.parameters.architecture import Architecture, Block, Layout, Module

if TYPE_CHECKING:
    from collections.abc import Iterator


class _Family(NamedTuple):
    """How one `model_type` departs from Llama."""

    qkv_bias: bool = False
    output_bias: bool = False
    mlp_bias: bool = False
    layer_norms: tuple[str, ...] = ("input_layernorm", "post_attention_layernorm")
    norm_bias: bool = False
    norm_weight: bool = True
    head_norms: str = ""
    final_norm: str = "model.norm"
    head_bias: bool = False
    gate: bool = True
    sinks: bool = False
    router: str = "mlp.gate"
    router_bias: bool = False
    expert_bias: bool = False
    mlp_names: tuple[str, str, str] = ("mlp.gate_proj", "mlp.up_proj", "mlp.down_proj")
    output_name: str = "self_attn.o_proj"
    embedding: str = "model.embed_tokens"
    layers: str = "model.layers"
    fused: str = ""
    fused_mlp: bool = False
    gated_query: bool = False
    mlp: str = "mlp"
    shared: str = "shared_expert"
    shared_gate: bool = False
    extra: int = 0


_FOUR_NORMS = ("input_layernorm", "post_attention_layernorm", "pre_feedforward_layernorm", "post_feedforward_layernorm")
_AFTER = ("post_attention_layernorm", "post_feedforward_layernorm")
_GLM_NORMS = ("input_layernorm", "post_attention_layernorm", "post_self_attn_layernorm", "post_mlp_layernorm")
_APERTUS_NORMS = ("attention_layernorm", "feedforward_layernorm")
_LLAMA = _Family()
_FAMILIES: dict[str, _Family] = {
    "qwen2": _Family(qkv_bias=True),
    "qwen3": _Family(head_norms="head"),
    "qwen3_moe": _Family(head_norms="head"),
    "qwen2_moe": _Family(qkv_bias=True, shared_gate=True),
    "qwen3_next": _Family(head_norms="head", gated_query=True, shared_gate=True),
    "qwen3_5_text": _Family(head_norms="head", gated_query=True),
    "qwen3_5_moe_text": _Family(head_norms="head", gated_query=True, shared_gate=True),
    "llama4_text": _Family(mlp="feed_forward", router="feed_forward.router"),
    "glm4_moe": _Family(shared="shared_experts"),
    "glm4": _Family(qkv_bias=True, fused_mlp=True, layer_norms=_GLM_NORMS),
    "arcee": _Family(gate=False),
    "apertus": _Family(gate=False, head_norms="head", layer_norms=_APERTUS_NORMS, extra=2),
    "gemma2": _Family(layer_norms=_FOUR_NORMS),
    "gemma3_text": _Family(layer_norms=_FOUR_NORMS, head_norms="head"),
    "olmo": _Family(norm_weight=False),
    "olmo2": _Family(layer_norms=_AFTER, head_norms="all"),
    "olmo3": _Family(layer_norms=_AFTER, head_norms="all"),
    "seed_oss": _Family(qkv_bias=True),
    "stablelm": _Family(norm_bias=True),
    "gpt_oss": _Family(
        qkv_bias=True, output_bias=True, sinks=True, router="mlp.router", router_bias=True, expert_bias=True
    ),
    "phi3": _Family(fused="self_attn.qkv_proj", fused_mlp=True),
    "phi": _Family(
        qkv_bias=True,
        output_bias=True,
        mlp_bias=True,
        layer_norms=("input_layernorm",),
        norm_bias=True,
        final_norm="model.final_layernorm",
        head_bias=True,
        gate=False,
        mlp_names=("", "mlp.fc1", "mlp.fc2"),
        output_name="self_attn.dense",
    ),
    "starcoder2": _Family(
        qkv_bias=True,
        output_bias=True,
        mlp_bias=True,
        norm_bias=True,
        gate=False,
        mlp_names=("", "mlp.c_fc", "mlp.c_proj"),
    ),
    "gpt_neox": _Family(
        qkv_bias=True,
        output_bias=True,
        mlp_bias=True,
        norm_bias=True,
        final_norm="gpt_neox.final_layer_norm",
        gate=False,
        mlp_names=("", "mlp.dense_h_to_4h", "mlp.dense_4h_to_h"),
        output_name="attention.dense",
        embedding="gpt_neox.embed_in",
        layers="gpt_neox.layers",
        fused="attention.query_key_value",
    ),
    "falcon": _Family(
        layer_norms=("input_layernorm",),
        norm_bias=True,
        final_norm="transformer.ln_f",
        gate=False,
        mlp_names=("", "mlp.dense_h_to_4h", "mlp.dense_4h_to_h"),
        output_name="self_attention.dense",
        embedding="transformer.word_embeddings",
        layers="transformer.h",
        fused="self_attention.query_key_value",
    ),
}


@lru_cache(maxsize=256)
def layout(architecture: Architecture) -> Layout:
    """Every module of the model, named as Transformers names it.

    Args:
        architecture: The model's dimensions. A family that is not known is laid out as a Llama.

    Returns:
        The layout, whose `parameters` is the exact count for the families that are known.
    """
    if architecture.read is not None:
        return architecture.read
    a = architecture
    family = _FAMILIES.get(a.family, _LLAMA)
    norms = tuple(_norm(name, a.hidden, family) for name in _layer_norms(a, family)) if family.norm_weight else ()
    blocks = []
    for indices, attention, sparse in _kinds(a, family):
        mlp = _experts(a, family) if sparse else _mlp(a, family, a.intermediate)
        blocks.append(Block(indices, (*attention, *mlp, *norms)))
    root = [Module(family.embedding, a.vocabulary, a.hidden, kind="embedding")]
    if family.norm_weight:
        root.append(_norm(family.final_norm, a.hidden, family))
    head = Module("lm_head", a.vocabulary, a.hidden, family.head_bias, "linear")
    if not a.tied:
        root.append(head)
    inside = sum(len(block.indices) * sum(m.parameters for m in block.modules) for block in blocks)
    total = inside + sum(module.parameters for module in root)
    return Layout(family.layers, tuple(blocks), tuple(root), head, total)


def _kinds(a: Architecture, family: _Family) -> Iterator[tuple[tuple[int, ...], tuple[Module, ...], bool]]:
    """The kinds of layers: where they stand, their attention, and whether their MLP is made of experts."""
    full = _attention(a, family)
    linear = _linear_attention(a) if a.full_every > 1 else full
    for attention, last in ((full, True), (linear, False)):
        # The last of every `full_every` layers has full attention.
        stand = [i for i in range(a.layers) if a.full_every == 1 or ((i + 1) % a.full_every == 0) is last]
        if a.full_every == 1 and not last:
            return
        for sparse in (False, True):
            indices = tuple(i for i in stand if (a.experts > 0 and i >= a.dense_layers) is sparse)
            if indices:
                yield indices, attention, sparse


def _norm(name: str, width: int, family: _Family) -> Module:
    return Module(name, width, 1, family.norm_bias)


def _layer_norms(a: Architecture, family: _Family) -> tuple[str, ...]:
    # Falcon's newer decoder (more than one key head) norms attention and MLP apart.
    if a.family == "falcon" and a.kv_heads > 1:
        return ("ln_attn", "ln_mlp")
    return family.layer_norms


def _attention(a: Architecture, family: _Family) -> tuple[Module, ...]:
    width = a.query + 2 * a.key_value
    output = Module(family.output_name, a.hidden, a.query, family.output_bias, "linear")
    bias = family.qkv_bias or a.qkv_bias
    if family.fused:
        return (Module(family.fused, width, a.hidden, bias, "linear"), output)
    modules = [
        Module("self_attn.q_proj", a.query * (2 if family.gated_query else 1), a.hidden, bias, "linear"),
        Module("self_attn.k_proj", a.key_value, a.hidden, bias, "linear"),
        Module("self_attn.v_proj", a.key_value, a.hidden, bias, "linear"),
        output,
    ]
    if family.head_norms:
        whole = family.head_norms == "all"
        modules.append(_norm("self_attn.q_norm", a.query if whole else a.head_dim, family))
        modules.append(_norm("self_attn.k_norm", a.key_value if whole else a.head_dim, family))
    if family.sinks:
        modules.append(Module("self_attn.sinks", a.heads))
    return tuple(modules)


def _mlp(a: Architecture, family: _Family, width: int) -> tuple[Module, ...]:
    gate, up, down = family.mlp_names
    last = Module(down, a.hidden, width, family.mlp_bias, "linear")
    more = (Module("mlp.act_fn", family.extra),) if family.extra else ()
    if family.fused_mlp:
        return (Module("mlp.gate_up_proj", 2 * width, a.hidden, kind="linear"), last)
    first = Module(up, width, a.hidden, family.mlp_bias, "linear")
    if family.gate:
        return (Module(gate, width, a.hidden, family.mlp_bias, "linear"), first, last)
    return (first, last, *more)


def _experts(a: Architecture, family: _Family) -> tuple[Module, ...]:
    stem = f"{family.mlp}.experts"
    modules = [
        Module(family.router, a.experts, a.hidden, family.router_bias),
        Module(f"{stem}.gate_up_proj", 2 * a.expert_width, a.hidden, family.expert_bias, "experts", a.experts),
        Module(f"{stem}.down_proj", a.hidden, a.expert_width, family.expert_bias, "experts", a.experts),
    ]
    if a.shared_width:
        shared = f"{family.mlp}.{family.shared}"
        modules += [
            Module(f"{shared}.gate_proj", a.shared_width, a.hidden, kind="linear"),
            Module(f"{shared}.up_proj", a.shared_width, a.hidden, kind="linear"),
            Module(f"{shared}.down_proj", a.hidden, a.shared_width, kind="linear"),
        ]
        if family.shared_gate:
            modules.append(Module(f"{shared}_gate", 1, a.hidden, kind="linear"))
    return tuple(modules)


def _linear_attention(a: Architecture) -> tuple[Module, ...]:
    """The gated delta rule of Qwen3-Next and Qwen3.5, whose projections are fused in the one and apart in the other."""
    key_heads, value_heads, key_dim, value_dim, kernel = a.linear_dims
    keys, values = key_heads * key_dim, value_heads * value_dim
    stem = "linear_attn"
    if a.family == "qwen3_next":
        inputs = {"in_proj_qkvz": 2 * (keys + values), "in_proj_ba": 2 * value_heads}
    else:
        inputs = {
            "in_proj_qkv": 2 * keys + values,
            "in_proj_z": values,
            "in_proj_b": value_heads,
            "in_proj_a": value_heads,
        }
    return (
        *(Module(f"{stem}.{name}", rows, a.hidden, kind="linear") for name, rows in inputs.items()),
        Module(f"{stem}.out_proj", a.hidden, values, kind="linear"),
        Module(f"{stem}.conv1d", 2 * keys + values, kernel),
        Module(f"{stem}.norm", value_dim),
        Module(f"{stem}.dt_bias", value_heads),
        Module(f"{stem}.A_log", value_heads),
    )
