"""Varied values for the config of a model family, as numbers that remember their key."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING, Any

from scripts.families.symbols import Real, Whole, symbol

if TYPE_CHECKING:
    import random

LAYERS = re.compile(r"^(num_hidden_layers|n_layers?|num_layers|depth|encoder_layers|decoder_layers|num_blocks)$")
_NO_SHAPE = re.compile(
    r"token|_ids?$|_idx$|index|position|version|seed|window|chunk|max_length|num_labels|sample|rate|logits|top_?k|"
    r"temporal_patch|spatial_merge|n_group$|routing|experts_per|_stride|num_frames|fps|max_image|init|time_reduction|nemo_conv"
)
_NO_SWITCH = re.compile(r"use_cache|return_|output_|is_encoder|add_cross|is_decoder|training|cross")
_OPTIONAL = re.compile(r"rank|intermediate|head_dim|_dim$|num_key|kv_heads|width|shared|hidden")
_STEPS = re.compile(r"layer|dense|period|interval|offset|step|freq|every")
_SMALL = re.compile(r"layer|dense|num_|shared|n_|expert")
KINDS: dict[str, dict[str, tuple[str, ...]]] = {
    "granitemoehybrid": {"layer_types": ("linear_attention", "full_attention")},
    "lfm2": {"layer_types": ("conv", "full_attention")},
    "lfm2_moe": {"layer_types": ("conv", "full_attention")},
    "nemotron_h": {"layers_block_type": ("linear_attention", "moe", "full_attention", "mlp")},
    "bamba": {"attn_layer_indices": ()},
}
"""Lists whose defaults show only one kind of layer: the kinds to draw from; empty for a list of indices."""
NEEDED: dict[str, dict[str, Any]] = {
    "dots1": {"n_routed_experts": 8, "n_shared_experts": 1},
    "chameleon": {"vocabulary_map": {"<image>": 8711}},
    "emu3": {"vocabulary_map": {"<image>": 151851}},
}
"""Keys that a family needs although their default is None."""


class Variation:
    """Draws keyword arguments for config classes, the same for the same generator."""

    def __init__(self, generator: random.Random, common: frozenset[str], strength: float) -> None:
        """Prepare.

        Args:
            generator: Where chance comes from.
            common: Keys that every config has, which say nothing of shapes.
            strength: Share of the keys that change; 0 keeps the defaults.
        """
        self._chance = generator
        self._common = common
        self._strength = strength

    def of(self, default: Any, prefix: str = "") -> dict[str, Any]:
        """Arguments for a config of the class of `default`; keys of parts are named with `prefix`."""
        kind, parts = type(default), getattr(type(default), "sub_configs", None) or {}
        fields = {field.name: field for field in dataclasses.fields(kind)} if dataclasses.is_dataclass(kind) else {}
        drawn: dict[str, Any] = {}
        for key, value in vars(default).items():
            if key.startswith("_") or key in self._common or key in parts or (fields and key not in fields):
                continue
            absent = bool(fields) and fields[key].default is None
            nullable = bool(fields) and "None" in str(fields[key].type)
            self._draw(drawn, key, value, prefix, (absent, nullable))
        self._lists(drawn, default, fields)
        for part in parts:
            inner = vars(default).get(part)
            if hasattr(inner, "model_type"):
                drawn[part] = {**self.of(inner, f"{prefix}{part}."), "model_type": inner.model_type}
        return drawn

    def _draw(self, drawn: dict[str, Any], key: str, value: Any, prefix: str, field: tuple[bool, bool]) -> None:
        absent, nullable = field
        if isinstance(value, bool):
            if not _NO_SWITCH.search(key):
                drawn[key] = value != (self._strength > 0 and self._chance.random() < 0.3)
        elif isinstance(value, int):
            if absent:
                if self._chance.random() < 0.4:
                    drawn[key] = Whole(
                        value * (1 if _NO_SHAPE.search(key) else self._chance.choice((1, 2))), prefix + key
                    )
            elif nullable and self._strength and not _NO_SHAPE.search(key) and self._chance.random() < 0.12:
                drawn[key] = None
            else:
                drawn[key] = Whole(self._number(key, value), prefix + key)
        elif isinstance(value, float):
            drawn[key] = Real(value, prefix + key)
        elif isinstance(value, str):
            drawn[key] = value
        elif value is None and _OPTIONAL.search(key) and self._chance.random() < 0.2 * self._strength:
            drawn[key] = Whole(self._chance.choice((128, 256)), prefix + key)

    def _number(self, key: str, value: int) -> int:
        if LAYERS.match(key):
            return self._chance.choice((3, 4, 5, 6, 7)) if value > 2 and self._strength else value
        if _NO_SHAPE.search(key):
            return value
        if value in (0, 1):
            return self._chance.randrange(4) if _SMALL.search(key) and self._chance.random() < 0.4 else value
        if self._chance.random() >= 0.5 * self._strength:
            return value
        if _STEPS.search(key):
            return self._chance.choice((1, 2, 3))
        if "vocab" in key:
            return value + 64 * self._chance.randrange(1, 50)
        return self._chance.choice((value * 2, value // 2, value) if value > 4 else (value, value * 2))

    def _lists(self, drawn: dict[str, Any], default: Any, fields: dict[str, Any]) -> None:
        """Lists with one item a layer, and lists of layers."""
        counts = [key for key in drawn if LAYERS.match(key)]
        if not counts:
            return
        layers, depth = int(drawn[counts[0]]), getattr(default, counts[0])
        for key, kinds in KINDS.get(default.model_type, {}).items():
            picked = sorted(self._chance.sample(range(layers), self._chance.randrange(1, layers)))
            drawn[key] = [self._chance.choice(kinds) for _ in range(layers)] if kinds else picked
        for key, value in vars(default).items():
            if not isinstance(value, list) or not self._strength or self._chance.random() < 0.6:
                continue
            if key in drawn or (fields and key not in fields):
                continue
            if value and all(isinstance(each, str) for each in value) and len(value) == depth:
                drawn[key] = [self._chance.choice(sorted(set(value))) for _ in range(layers - 1)] + value[-1:]
            elif all(isinstance(each, int) for each in value) and re.search(r"layer|idx|indices", key):
                drawn[key] = sorted(self._chance.sample(range(layers), self._chance.randrange(layers)))


def with_symbols(config: Any, prefix: str = "") -> None:
    """Let every number of a config, also in its parts, remember its key alone."""
    for key, value in list(vars(config).items()):
        if key.startswith("_"):
            continue
        if hasattr(value, "model_type"):
            with_symbols(value, f"{prefix}{key}.")
        elif isinstance(value, list) and value and all(type(each) in {int, Whole} for each in value):
            vars(config)[key] = [symbol(int.__int__(each), f"{prefix}{key}[{i}]") for i, each in enumerate(value)]
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            plain = int.__int__(value) if isinstance(value, int) else float.__float__(value)
            vars(config)[key] = symbol(plain, prefix + key)
