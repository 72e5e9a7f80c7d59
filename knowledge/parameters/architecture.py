"""What a base model is made of: every parameter's name and shape, from a dozen dimensions and its family."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple


@dataclass(frozen=True, slots=True, eq=False)
class Architecture:
    """The dimensions of one base model, as its `config.json` gives them.

    Compared by identity: there is one for each model, and it is the key of what is computed once.

    Attributes:
        family: Transformers' `model_type`.
        hidden: Width of the residual stream.
        layers: Number of decoder layers.
        heads: Query heads.
        kv_heads: Key and value heads.
        head_dim: Width of a head.
        intermediate: Width of the dense MLP.
        vocabulary: Rows of the embedding matrix, padding included.
        tied: Whether the output head is the embedding matrix.
        experts: Experts a layer; 0 for a dense model.
        experts_per_token: Experts that see each token.
        expert_width: MLP width of one expert.
        shared_width: MLP width of the expert that sees every token; 0 without one.
        dense_layers: Leading layers with a dense MLP although the model has experts.
        full_every: One layer in so many has full attention, the others linear attention; 1 for all.
        linear_dims: Key heads, value heads, key width, value width and convolution length of linear attention.
        qkv_bias: Query, key and value have a bias although their family has none.
    """

    family: str
    hidden: int
    layers: int
    heads: int
    kv_heads: int
    head_dim: int
    intermediate: int
    vocabulary: int
    tied: bool
    experts: int = 0
    experts_per_token: int = 0
    expert_width: int = 0
    shared_width: int = 0
    dense_layers: int = 0
    full_every: int = 1
    linear_dims: tuple[int, int, int, int, int] = (0, 0, 0, 0, 0)
    qkv_bias: bool = False

    @property
    def query(self) -> int:
        """Width of all query heads together."""
        return self.heads * self.head_dim

    @property
    def key_value(self) -> int:
        """Width of all key heads together, which is that of the value heads."""
        return self.kv_heads * self.head_dim


class Module(NamedTuple):
    """One module with weights: `rows` x `columns`, `copies` times where experts share a tensor.

    `kind` is "linear" (LoRA targets it, 4-bit loading packs it), "embedding", "experts" (a tensor of stacked
    matrices, neither) or "other" (norms, routers, convolutions).
    """

    name: str
    rows: int
    columns: int = 1
    bias: bool = False
    kind: str = "other"
    copies: int = 1

    @property
    def parameters(self) -> int:
        """Elements of weight and bias."""
        return self.copies * (self.rows * self.columns + (self.rows if self.bias else 0))


class Block(NamedTuple):
    """A kind of decoder layer: at which indices it stands, and its modules with names inside the layer."""

    indices: tuple[int, ...]
    modules: tuple[Module, ...]


class Layout(NamedTuple):
    """All modules of a model.

    `layers` is the dotted name of the layer list, `root` what stands outside it, `head` the output head, which is also
    in `root` unless its weight is the embedding's, `parameters` the count of the whole model.
    """

    layers: str
    blocks: tuple[Block, ...]
    root: tuple[Module, ...]
    head: Module
    parameters: int

    @property
    def outside(self) -> tuple[Module, ...]:
        """The modules outside the layers, the head among them even where it owns no weight."""
        return self.root if self.head in self.root else (*self.root, self.head)


@dataclass(frozen=True, slots=True)
class _Family:
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


_FOUR_NORMS = ("input_layernorm", "post_attention_layernorm", "pre_feedforward_layernorm", "post_feedforward_layernorm")
_AFTER = ("post_attention_layernorm", "post_feedforward_layernorm")
_LLAMA = _Family()
_FAMILIES: dict[str, _Family] = {
    "qwen2": _Family(qkv_bias=True),
    "qwen3": _Family(head_norms="head"),
    "qwen3_moe": _Family(head_norms="head"),
    "qwen3_next": _Family(head_norms="head"),
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
    "phi3": _Family(fused="phi3"),
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
    a = architecture
    family = _FAMILIES.get(a.family, _LLAMA)
    norms = tuple(_norm(name, a.hidden, family) for name in _layer_norms(a, family)) if family.norm_weight else ()
    dense = (*_attention(a, family), *_mlp(a, family, a.intermediate), *norms)
    blocks = [Block(tuple(range(a.layers)), dense)]
    if a.experts:
        sparse = (*_attention(a, family), *_experts(a, family), *norms)
        blocks = [Block(tuple(range(a.dense_layers, a.layers)), sparse)]
        if a.dense_layers:
            blocks.insert(0, Block(tuple(range(a.dense_layers)), dense))
    root = [Module(family.embedding, a.vocabulary, a.hidden, kind="embedding")]
    if family.norm_weight:
        root.append(_norm(family.final_norm, a.hidden, family))
    head = Module("lm_head", a.vocabulary, a.hidden, family.head_bias, "linear")
    if not a.tied:
        root.append(head)
    inside = sum(len(block.indices) * sum(m.parameters for m in block.modules) for block in blocks)
    total = inside + sum(module.parameters for module in root)
    return Layout(family.layers, tuple(blocks), tuple(root), head, total)


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
    if family.fused == "phi3":
        return (Module("self_attn.qkv_proj", width, a.hidden, kind="linear"), output)
    if family.fused:
        return (Module(family.fused, width, a.hidden, bias, "linear"), output)
    modules = [
        Module("self_attn.q_proj", a.query, a.hidden, bias, "linear"),
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
    if family.fused == "phi3":
        return (Module("mlp.gate_up_proj", 2 * width, a.hidden, kind="linear"), last)
    first = Module(up, width, a.hidden, family.mlp_bias, "linear")
    if family.gate:
        return (Module(gate, width, a.hidden, family.mlp_bias, "linear"), first, last)
    return (first, last)


def _experts(a: Architecture, family: _Family) -> tuple[Module, ...]:
    return (
        Module(family.router, a.experts, a.hidden, family.router_bias),
        Module("mlp.experts.gate_up_proj", 2 * a.expert_width, a.hidden, family.expert_bias, "experts", a.experts),
        Module("mlp.experts.down_proj", a.hidden, a.expert_width, family.expert_bias, "experts", a.experts),
    )
