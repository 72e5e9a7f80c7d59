"""What one decoder layer keeps for its backward pass, and what it needs while that pass runs: bytes per token.

Counted operation by operation for bf16 autocast: a norm keeps its input in fp32 (4 bytes an element), a trained
matrix its input (2), attention its queries, keys, values and output (2 each), the activation function its input.
Whole numbers of bytes per element, confirmed against traces of the real model classes; what no counting explains is
fitted to them and marked so.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from knowledge.parameters import layout, targets_of

if TYPE_CHECKING:
    from knowledge.memory.run import Run, Shape

# Norms are nn.LayerNorm, whose output is fp32 under autocast, so that each linear behind it casts for itself.
LAYER_NORM = frozenset({"phi", "gpt_neox", "stablelm", "falcon", "starcoder2"})
# A norm behind attention and MLP too, and norms that multiply in fp32.
_SANDWICH = frozenset({"gemma2", "gemma3_text", "glm4"})
_WIDE_NORM = frozenset({"gemma", "gemma2", "gemma3_text", "gemma4_text", "olmo2", "olmo3"})
_AFTER = frozenset({"olmo2", "olmo3"})
_DELTA_RULE = frozenset({"qwen3_next", "qwen3_5_text", "qwen3_5_moe_text"})
_HEAD_NORM = frozenset({"qwen3", "qwen3_moe", "gemma3_text", "olmo2", "olmo3", "apertus"}) | _DELTA_RULE
_ONE_NORM = frozenset({"phi", "falcon"})
# Values are a view into the fused projection, which stays alive with them.
_FUSED_VIEW = frozenset({"phi3", "gpt_neox"})
_NO_GATE = (LAYER_NORM - {"stablelm"}) | {"apertus", "arcee"}

# Working set of a norm's backward pass at the very end of a layer, fitted: 22 bytes per hidden element.
_NORM_BACKWARD = 22
# Experts: bytes per (expert seen x hidden) and per (expert seen x expert width), kept by a layer, then what their
# moment in the backward pass adds, under LoRA and under QLoRA. The first pair is counted, the others fitted.
_EXPERTS = ((2.0, 6.0), (5.7, 4.0), (5.8, 2.8))
_EXPERTS_OF = {"gpt_oss": ((2.0, 12.0), (6.0, 5.6), (6.0, 5.4))}
_ROUTER = 9


class LayerBytes(NamedTuple):
    """Bytes per token of one layer.

    Attributes:
        kept: What the forward pass leaves for the backward pass without gradient checkpointing.
        working: The largest set alive while the layer's backward pass runs, what it kept included.
        input: What the layer before it hands over: the one tensor that checkpointing keeps.
    """

    kept: float
    working: float
    input: float


@lru_cache(maxsize=512)
def layer_bytes(shape: Shape) -> LayerBytes:
    """The bytes per token of one layer.

    Args:
        shape: The model as it is loaded and trained.

    Returns:
        Bytes per token and layer, without what grows with the square of the sequence (eager attention).
    """
    a = shape.architecture
    names = _targeted(shape)
    width = a.shared_width if a.experts else a.intermediate
    norms = _norms(shape)
    attention = _attention(shape, names)
    mlp_kept, mlp_working = _mlp(shape, names, width) if width else (0.0, 0.0)
    if a.experts:
        expert_kept, expert_working = _experts(shape)
        mlp_kept, mlp_working = mlp_kept + expert_kept, max(mlp_working, expert_working)
    dropout = _dropout(shape, names, width)
    kept = norms + attention + mlp_kept + dropout
    working = max(kept + mlp_working, _attention_moment(shape, names) + dropout)
    if a.family in _SANDWICH:
        # The last norm is through, and what it kept is gone, when the MLP's moment comes.
        last = a.hidden * (8 if shape.full else 4)
        working = max(kept + mlp_working - last, kept + _NORM_BACKWARD * a.hidden)
    elif a.family in _AFTER:
        working = max(working - 4 * a.hidden, kept + _NORM_BACKWARD * a.hidden)
    if _in_fp32(shape):
        gate = a.family not in _NO_GATE
        kept += (
            (6 * width + (1 if shape.dropout else 0) * _inputs(shape, names, width))
            if gate
            else 2 * width + 6 * a.hidden
        )
        working = kept + (24 if a.family == "gpt_neox" else 34) * a.hidden
    if shape.wide:
        # The residual stream is fp32, and every linear casts its input for itself.
        kept += 0 if a.family in _WIDE_NORM else 4 * a.hidden
        working += 12 * a.hidden
    return LayerBytes(kept + 4 * a.heads, working + 4 * a.head_dim, _input(shape))


def eager_attention(run: Run) -> tuple[float, float]:
    """Bytes that eager attention adds: kept by one layer without checkpointing, and while one layer is worked on.

    Args:
        run: The run.
    """
    if not run.eager:
        return (0.0, 0.0)
    scores = run.shape.architecture.heads * run.sequence * run.tokens
    return (6.5 * scores, 12.0 * scores)


def _input(shape: Shape) -> float:
    a = shape.architecture
    return (4 if shape.wide or _in_fp32(shape) else 2) * a.hidden


def _targeted(shape: Shape) -> dict[str, int]:
    """Short name of each module that carries an adapter in the layers, with its rank."""
    if shape.adapter is None:
        return {}
    carried = targets_of(shape.architecture, shape.adapter)
    return {target.module.name.rpartition(".")[2]: target.rank for target in carried if "." in target.module.name}


def _norms(shape: Shape) -> float:
    a, full = shape.architecture, shape.full
    count = 4 if a.family in _SANDWICH else 1 if a.family in _ONE_NORM else 2
    each = 4
    if full and a.family not in LAYER_NORM:
        each += 4 if a.family in _WIDE_NORM else 2
    kept = count * each * a.hidden
    if a.family in _HEAD_NORM:
        kept += each * (a.query + a.key_value)
    return kept


def _copies(shape: Shape, names: dict[str, int], group: tuple[str, ...], *, kernel: bool) -> int:
    """How many copies of their common input a group of linears keeps."""
    a = shape.architecture
    members = tuple(name for name in group if name in _linears(shape))
    if shape.full:
        return len(members) if a.family in LAYER_NORM or shape.wide else min(1, len(members))
    hit = sum(1 for name in members if name in names)
    shared = kernel or (shape.method != "lora" and not _in_fp32(shape))
    return min(1, hit) if shared else hit


def _linears(shape: Shape) -> frozenset[str]:
    model = layout(shape.architecture)
    return frozenset(m.name.rpartition(".")[2] for b in model.blocks for m in b.modules if m.kind == "linear")


_QKV = ("q_proj", "k_proj", "v_proj", "qkv_proj", "query_key_value")
_OUTPUT = frozenset({"o_proj", "dense", "out_proj"})
_UP = ("gate_proj", "up_proj", "gate_up_proj", "fc1", "dense_h_to_4h", "c_fc")
_DOWN = frozenset({"down_proj", "fc2", "dense_4h_to_h", "c_proj"})


def _attention(shape: Shape, names: dict[str, int]) -> float:
    a = shape.architecture
    kernel = shape.kernels[1] and {"q_proj", "k_proj", "v_proj"} <= names.keys()
    kept = 2.0 * a.hidden * _copies(shape, names, _QKV, kernel=kernel) + 4 * a.query + 4 * a.key_value
    if a.full_every > 1:
        # Linear attention: projections and convolution in bf16, the rule's chunks in fp32; not traced.
        key_heads, value_heads, key_dim, value_dim, _ = a.linear_dims
        mixed = 2 * key_heads * key_dim + value_heads * value_dim
        kept += (12 * mixed + 8 * value_heads * value_dim - kept) * (a.full_every - 1) / a.full_every
    if a.family in _FUSED_VIEW:
        kept += 2 * a.query + 2 * a.key_value
    if shape.method == "lora" and _OUTPUT & names.keys() and not shape.kernels[2]:
        kept += 2 * a.query
    return kept + (0 if kernel else _ranks(names, (*_QKV, *_OUTPUT)))


def _mlp(shape: Shape, names: dict[str, int], width: int) -> tuple[float, float]:
    """What the MLP keeps, and what its moment in the backward pass adds to what the layer kept."""
    a, full = shape.architecture, shape.full
    ups, down = any(name in names for name in _UP), bool(_DOWN & names.keys())
    kernel = shape.kernels[0] and ups and down
    kept = 2.0 * a.hidden * _copies(shape, names, _UP, kernel=kernel)
    if kernel:
        return kept + 4 * width, 6 * a.hidden + 2 * width
    if a.family == "phi":
        # Its activation is written out in Python: eight bytes an element.
        kept += 8 * width + (2 * width if full or down else 0)
    elif a.family in _NO_GATE:
        kept += 2 * width + (2 * width if full or down else 0)
    else:
        kept += 6 * width + (2 * width if full or down else 0)
    kept += _ranks(names, (*_UP, *_DOWN))
    return kept, _mlp_backward(shape, width, ups=ups, down=down)


def _mlp_backward(shape: Shape, width: int, *, ups: bool, down: bool) -> float:
    a = shape.architecture
    if shape.full:
        return 2 * a.hidden + (2 if a.family in _NO_GATE else 4) * width
    if shape.method == "lora" and ups and down:
        fused = a.family == "phi3"
        return (7 if fused else 12 if a.family in _NO_GATE else 10) * a.hidden + 6 * width
    if down:
        return 2 * a.hidden + 4 * width
    return 2 * a.hidden + 6 * width


def _attention_moment(shape: Shape, names: dict[str, int]) -> float:
    """The working set at the second norm's backward pass, when the MLP is through."""
    a = shape.architecture
    output = shape.method == "lora" and _OUTPUT & names.keys() and not shape.kernels[2]
    hidden = 34 if shape.full or (shape.method == "lora" and not any(shape.kernels)) else 32
    return (hidden + (2 if output else 0)) * a.hidden + (6 if output else 4) * a.query + 4 * a.key_value


def _dropout(shape: Shape, names: dict[str, int], width: int) -> float:
    """What `lora_dropout` above 0 keeps: a mask and the thinned input of every adapter."""
    if not shape.dropout or not names:
        return 0.0
    a = shape.architecture
    if shape.kernels[0] and any(name in names for name in _UP):
        return 12 * a.hidden
    if shape.kernels[1] and "k_proj" in names:
        return 8 * a.hidden
    return (4 if shape.method == "lora" else 3) * _inputs(shape, names, width)


def _inputs(shape: Shape, names: dict[str, int], width: int) -> int:
    """Elements per token of the inputs of all modules that carry an adapter."""
    a, linears = shape.architecture, _linears(shape)
    return sum(a.query if n in _OUTPUT else width if n in _DOWN else a.hidden for n in names if n in linears)


def _ranks(names: dict[str, int], group: tuple[str, ...]) -> float:
    """The adapters' inner products, `lora_r` wide."""
    return 2.0 * sum(rank for name, rank in names.items() if name in group)


def _experts(shape: Shape) -> tuple[float, float]:
    """What the experts keep, and what their moment in the backward pass adds."""
    a = shape.architecture
    kept, lora, qlora = _EXPERTS_OF.get(a.family, _EXPERTS)
    more = qlora if shape.quantized else lora
    trained = 2 * a.experts_per_token * a.expert_width if shape.full else 0
    return (
        a.experts_per_token * (kept[0] * a.hidden + kept[1] * a.expert_width) + _ROUTER * a.experts + trained,
        a.experts_per_token * (more[0] * a.hidden + more[1] * a.expert_width),
    )


def _in_fp32(shape: Shape) -> bool:
    """Whether 4-bit linears compute in fp32: they answer in the dtype of their input, which LayerNorm makes fp32."""
    return shape.architecture.family in LAYER_NORM and shape.quantized
