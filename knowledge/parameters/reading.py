"""From a model's `config.json` to its architecture."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from knowledge.facts import read_json
from knowledge.parameters.architecture import Architecture, Layout
from knowledge.parameters.blueprint import Made, family_of, modules_of
from knowledge.parameters.expressions import ERRORS

if TYPE_CHECKING:
    from knowledge.parameters.settings import Settings

_HEADS = ("num_attention_heads", "n_head", "n_heads", "num_heads", "attention_heads")
_CONTEXTS = ("max_position_embeddings", "n_positions", "max_seq_len", "seq_length", "max_sequence_length")
_PER_TOKEN = ("num_experts_per_tok", "num_experts_per_token", "top_k_experts", "moe_topk", "top_k", "moe_k")
_LINEAR = (
    *("linear_num_key_heads", "linear_num_value_heads", "linear_key_head_dim", "linear_value_head_dim"),
    "linear_conv_kernel_dim",
)
_LONGEST_CONTEXT = 2**34


def read_architecture(config: Mapping[str, object], name: str = "", *, multimodal: bool = True) -> Architecture | None:
    """The architecture that a model's `config.json` describes.

    Args:
        config: The parsed file. Whatever it holds, nothing is raised: dimensions that no model has count as unknown.
        name: The model's id, for families that only their name tells apart; unused where the file says enough.
        multimodal: Whether towers for images and sound are loaded too, as Axolotl does with `processor_type`. Where
            the family has no text model of its own, they are loaded anyway.

    Returns:
        The architecture with every module, or None where the family is not known.
    """
    if not isinstance(config, Mapping):
        return None
    for part, key in _candidates(config, multimodal=multimodal):
        family = family_of(key)
        if family is None:
            continue
        try:
            made = modules_of(family, part)
            return None if made is None else _architecture(key.rstrip("+"), family.model_class, made, part)
        except (*ERRORS, RecursionError):
            return None
    return None


def _candidates(config: Mapping[str, object], *, multimodal: bool) -> Iterator[tuple[Mapping[str, object], str]]:
    """What the file may be read as, the likeliest first: the whole model, or the text model inside it."""
    model_type, inner = config.get("model_type"), config.get("text_config")
    text = inner.get("model_type") if isinstance(inner, Mapping) else None
    whole = [(config, f"{model_type}+"), (config, model_type)] if isinstance(model_type, str) else []
    if multimodal:
        yield from whole
        return
    yield from whole[1:]
    # Of a class that nothing is known of, it is not known either whether only its text model is loaded.
    known = family_of(f"{model_type}+") is not None or model_type not in read_json("loaders.json")["causal"]
    if isinstance(inner, Mapping) and isinstance(text, str) and known:
        yield inner, text
    yield from whole[:1]


def _architecture(model_type: str, model_class: str, made: Made, config: Mapping[str, object]) -> Architecture:
    layout, text = made.layout, made.text
    if not layout.head.rows or not layout.head.columns:
        raise ValueError("a language model has an embedding")
    head, sparse = layout.head, _experts(layout)
    inner = config.get("text_config")
    inner = inner if isinstance(inner, Mapping) else {}
    own_type = inner.get("model_type")
    heads = _first(text, _HEADS) or 1
    layers = [index for block in layout.blocks if not block.stem for index in block.indices]
    full, linear = _attention_layers(layout)
    return Architecture(
        family=own_type if isinstance(own_type, str) else model_type,
        hidden=head.columns,
        layers=len(set(layers)),
        heads=heads,
        kv_heads=_nested(text, ("num_key_value_heads", "num_kv_heads", "n_head_kv")) or heads,
        head_dim=_nested(text, ("head_dim", "v_head_dim")) or head.columns // heads,
        intermediate=_dense_width(layout) or _nested(text, ("intermediate_size",)),
        vocabulary=head.rows,
        tied=head not in layout.root,
        experts=sparse[0],
        experts_per_token=_nested(text, _PER_TOKEN) if sparse[0] else 0,
        expert_width=sparse[1],
        shared_width=_width(layout, shared=True),
        dense_layers=sparse[2],
        full_every=max(1, (full + linear) // full) if full and linear else 1,
        linear_dims=tuple(_nested(text, (key,)) for key in _LINEAR),  # type: ignore[arg-type]
        read=layout,
        model_class=model_class,
        layer_class=made.layer_class,
        context=_context(text, config, inner),
        refused=made.refused,
        converts=made.converts,
    )


def _first(settings: Settings, keys: tuple[str, ...]) -> int:
    return next((value for key in keys if (value := _nested(settings, (key,)))), 0)


def _nested(settings: Settings, keys: tuple[str, ...]) -> int:
    """The first of the keys that holds a positive whole number, in the text part where the model has several."""
    places = ("", "text_config.", "thinker_config.text_config.", "llm_config.", "language_config.")
    for key in keys:
        for place in places:
            if place + key in settings and (value := settings.whole(place + key)):
                return value
    return 0


def _experts(layout: Layout) -> tuple[int, int, int]:
    """Experts a layer, the width of one, and the leading layers without any."""
    count = width = 0
    sparse: list[int] = []
    for block in layout.blocks:
        if block.stem:
            continue
        for module in block.modules:
            if ".experts." in module.name and module.copies > 1 and module.kind in {"experts", "linear"}:
                count = max(count, module.copies)
                sparse += block.indices
                if module.name.rpartition(".")[2] in {"down_proj", "w2", "output_linear"}:
                    width = width or min(module.rows, module.columns)
    return count, width, min(sparse, default=0)


def _dense_width(layout: Layout) -> int:
    return _width(layout, shared=False)


def _width(layout: Layout, *, shared: bool) -> int:
    """The widest MLP matrix of a dense layer, or of the expert that sees every token."""
    for block in layout.blocks:
        for module in block.modules if not block.stem else ():
            stem, _, last = module.name.rpartition(".")
            if last in {"down_proj", "fc2", "c_proj", "w2", "dense_4h_to_h"} and "experts." not in f"{stem}.".replace(
                "shared_experts.", ""
            ):
                if ("shared" in stem) is shared and "attn" not in stem:
                    return module.columns
    return 0


def _attention_layers(layout: Layout) -> tuple[int, int]:
    """Layers with full attention, and with linear attention."""
    full = linear = 0
    for block in layout.blocks:
        if block.stem:
            continue
        if any(".A_log" in f".{module.name}" for module in block.modules):
            linear += len(block.indices)
        else:
            full += len(block.indices)
    return full, linear


def _context(text: Settings, config: Mapping[str, object], inner: Mapping[str, object]) -> int:
    """Positions, rope scaling counted."""
    length = _nested(text, _CONTEXTS)
    for place in (inner, config):
        scaling: Any = place.get("rope_scaling") or place.get("rope_parameters")
        if not isinstance(scaling, Mapping):
            continue
        factor, original = scaling.get("factor"), scaling.get("original_max_position_embeddings")
        if not isinstance(factor, (int, float)) or isinstance(factor, bool) or not 1 < factor < _LONGEST_CONTEXT:
            continue
        if isinstance(original, int) and not isinstance(original, bool):
            length = max(length, int(original * factor)) if 0 < original < _LONGEST_CONTEXT else length
        elif scaling.get("rope_type", scaling.get("type")) in {"linear", "dynamic"}:
            length = int(length * factor)
    return length
