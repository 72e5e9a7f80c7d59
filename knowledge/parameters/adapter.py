"""Which modules a LoRA adapter is laid on, as PEFT chooses them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from knowledge.parameters.families import layout

if TYPE_CHECKING:
    from knowledge.parameters.architecture import Architecture, Layout, Module

Names = tuple[str, ...] | str
Match = Callable[[str], bool]

# Models that are loaded with their image or audio part name the text model's layers one of these ways.
_OTHER_STEMS = (
    "model.text_model.layers",
    "model.language_model.layers",
    "language_model.model.layers",
    "language_model.layers",
)
_LAYER_NUMBER = re.compile(r"\d\.")
_FIRST_INDEX = re.compile(r".*?\.[^.]*\.(\d+)\.")
_ALL_LINEAR = "all-linear"
# Experts are one stacked tensor in Transformers 5. PEFT turns the names they had before into that tensor, and doubles
# the rank where two of them were fused: the old names of gate and up, then of down, by the kind of conversion that
# PEFT 0.21.2 knows for a family. It knows none for qwen2_moe itself.
_OLD_NAMES = {"mixtral": (("w1", "w3"), "w2"), "qwen2_moe": (("gate_proj", "up_proj"), "down_proj")}
_CONVERSIONS = {
    "mixtral": "mixtral",
    "minimax": "mixtral",
    **dict.fromkeys(
        ("qwen3_moe", "qwen3_next", "deepseek_v2", "deepseek_v3", "glm4_moe", "glm4_moe_lite", "olmoe"), "qwen2_moe"
    ),
}
_GATE_UP, _DOWN = "gate_up_proj", "down_proj"
# What a module must be for an adapter to be laid on it by its name.
_BY_NAME = frozenset({"linear", "tied", "embedding", "convolution"})


class Adapter(NamedTuple):
    """The settings of a LoRA adapter that decide its size.

    Attributes:
        rank: `lora_r`.
        targets: `lora_target_modules`: names, or one string, which is a regular expression or "all-linear".
        linear: `lora_target_linear`.
        expert_targets: `lora_target_parameters`.
        saved: `lora_modules_to_save`, trained whole.
        excluded: `lora_exclude_modules`.
        indices: `peft_layers_to_transform`; empty for all.
        patterns: `peft_layers_pattern`.
        ranks: `lora_rank_pattern`, in order.
        tokens: Rows of `peft_trainable_token_indices`.
        dora: `peft_use_dora`.
        tie: `peft_ensure_weight_tying`.
        bytes: Bytes per adapter element: 4 by default, since PEFT keeps adapters in fp32.
        saved_bytes: Bytes per element of what is trained whole.
    """

    rank: int
    targets: Names = ()
    linear: bool = False
    expert_targets: tuple[str, ...] = ()
    saved: tuple[str, ...] = ()
    excluded: Names = ()
    indices: tuple[int, ...] = ()
    patterns: tuple[str, ...] = ()
    ranks: tuple[tuple[str, int], ...] = ()
    tokens: int = 0
    dora: bool = False
    tie: bool = False
    bytes: int = 4
    saved_bytes: int = 2


class Target(NamedTuple):
    """A module that carries an adapter, in so many layers."""

    module: Module
    rank: int
    layers: int


@lru_cache(maxsize=512)
def targets_of(architecture: Architecture, adapter: Adapter) -> tuple[Target, ...]:
    """The modules that carry the adapter.

    Raises:
        re.error: A pattern is not a regular expression.
    """
    model = layout(architecture)
    adapter = _for_stacked_experts(architecture, model, adapter)
    found = tuple(_targets(model, adapter, model.layers))
    if found or not isinstance(adapter.targets, str):
        return found
    for stem in _OTHER_STEMS:
        if found := tuple(_targets(model, adapter, stem)):
            return found
    return ()


def _for_stacked_experts(architecture: Architecture, model: Layout, adapter: Adapter) -> Adapter:
    """The adapter with the old names of experts replaced, as PEFT does before it looks for modules."""
    known = architecture.converts if architecture.read else _CONVERSIONS.get(architecture.family, "")
    if not known or not (architecture.experts or architecture.read):
        return adapter
    old = _OLD_NAMES[known]
    (gate, up), down = old
    if isinstance(adapter.targets, str) and not adapter.linear:
        listed = _leaf_names(model, adapter.targets, old)
        if not listed:
            return adapter
    else:
        listed = (adapter.targets,) if isinstance(adapter.targets, str) else adapter.targets
        listed = (*listed, *(_linear_names(model) if adapter.linear else ()))
    left = tuple(name for name in listed if not ends_with(name, (gate, up, down)))
    if len(left) == len(listed):
        return adapter._replace(targets=listed, linear=False)
    experts, ranks = list(adapter.expert_targets), list(adapter.ranks)
    if any(ends_with(name, (gate, up)) for name in listed):
        experts.append(_GATE_UP)
        ranks.append((r".*\.gate_up_proj", 2 * adapter.rank))
    if any(ends_with(name, (down,)) for name in listed):
        experts.append(_DOWN)
    return adapter._replace(
        targets=left, linear=False, expert_targets=tuple(dict.fromkeys(experts)), ranks=tuple(ranks)
    )


def _leaf_names(model: Layout, pattern: str, old: tuple[tuple[str, str], str]) -> tuple[str, ...]:
    """The last parts of all names that the pattern matches, experts by their old names included."""
    (gate, up), down = old
    if pattern.lower() == _ALL_LINEAR:
        return (*_linear_names(model), gate, up, down)
    whole = re.compile(pattern)
    names = [f"{model.layers}.{i}.{m.name}" for b in model.blocks for i in b.indices for m in b.modules]
    experts = [
        f"{name.rpartition('.')[0]}.{part}" for name in names if ".experts." in name for part in (gate, up, down)
    ]
    found = {name.rpartition(".")[2] for name in (*names, *experts) if whole.fullmatch(name)}
    return tuple(sorted(down if name == "down_proj" else name for name in found))


def _targets(model: Layout, adapter: Adapter, stem: str) -> Iterator[Target]:
    linears = _linear_names(model) if adapter.linear else ()
    match = _matcher(adapter, linears)
    for module in model.outside:
        if module.kind in _BY_NAME and match(module.name):
            yield Target(module, _rank(module.name, adapter), 1)
    for block in model.blocks:
        place = block.stem or stem
        for module in block.modules:
            if module.kind in _BY_NAME:
                yield from _in_layers(module, block.indices, place, adapter, match)
            elif module.kind == "experts":
                names = [f"{place}.{index}.{module.name}" for index in block.indices]
                if carrying := [name for name in names if ends_with(name, adapter.expert_targets)]:
                    yield Target(module, _rank(carrying[0], adapter), len(carrying))


def _in_layers(module: Module, indices: tuple[int, ...], stem: str, adapter: Adapter, match: Match) -> Iterator[Target]:
    if _alike_in_all_layers(adapter):
        name = f"{stem}.{indices[0]}.{module.name}"
        if match(name):
            yield Target(module, _rank(name, adapter), len(indices))
        return
    counts: dict[int, int] = {}
    for index in indices:
        name = f"{stem}.{index}.{module.name}"
        if match(name):
            rank = _rank(name, adapter)
            counts[rank] = counts.get(rank, 0) + 1
    for rank, count in counts.items():
        yield Target(module, rank, count)


def _alike_in_all_layers(adapter: Adapter) -> bool:
    """Whether no setting can tell one layer from another."""
    if adapter.indices or adapter.ranks or isinstance(adapter.excluded, str):
        return False
    if isinstance(adapter.targets, str):
        return adapter.targets.lower() == _ALL_LINEAR or not re.search(r"\d", adapter.targets.replace(r"[\d]", ""))
    return not any(_LAYER_NUMBER.search(name) for name in (*adapter.targets, *adapter.excluded))


def _matcher(adapter: Adapter, linears: tuple[str, ...]) -> Match:
    saved = [re.compile(rf"(^|.*\.){name}($|\..*)") for name in adapter.saved]
    excluded = adapter.excluded
    wanted: Match
    if adapter.linear:
        listed = (adapter.targets,) if isinstance(adapter.targets, str) else adapter.targets
        wanted = _named((*listed, *linears), adapter)
    elif isinstance(adapter.targets, str):
        wanted = _is_not_head if adapter.targets.lower() == _ALL_LINEAR else _fully(re.compile(adapter.targets))
    else:
        wanted = _named(adapter.targets, adapter)

    def match(name: str) -> bool:
        if isinstance(excluded, str):
            if re.fullmatch(excluded, name):
                return False
        elif ends_with(name, excluded):
            return False
        return wanted(name) and not any(pattern.match(name) for pattern in saved)

    return match


def _is_not_head(name: str) -> bool:
    return name != "lm_head" and not name.endswith(("embed_tokens", "embed_in", "word_embeddings"))


def _fully(pattern: re.Pattern[str]) -> Match:
    return lambda name: pattern.fullmatch(name) is not None


def _named(names: Iterable[str], adapter: Adapter) -> Match:
    listed = tuple(names)
    exact = frozenset(listed)

    def match(name: str) -> bool:
        if name in exact:
            return True
        if not ends_with(name, listed):
            return False
        return not adapter.indices or _layer_index(name, adapter.patterns) in adapter.indices

    return match


def _layer_index(name: str, patterns: tuple[str, ...]) -> int | None:
    if not patterns:
        found = _FIRST_INDEX.match(name)
        return int(found[1]) if found else None
    for pattern in patterns:
        if found := re.match(rf"(?:^|.*?\.){pattern}\.(?P<idx>\d+)\.", name):
            return int(found["idx"])
    return None


def ends_with(name: str, endings: Iterable[str]) -> bool:
    """Whether a dotted name is one of the endings or ends with one, whole parts only."""
    return any(name == ending or name.endswith(f".{ending}") for ending in endings)


def _rank(name: str, adapter: Adapter) -> int:
    for pattern, rank in adapter.ranks:
        if re.match(rf"(.*\.)?({pattern})$", name):
            return rank
    return adapter.rank


def _linear_names(model: Layout) -> tuple[str, ...]:
    """The last parts of the names of all linear modules but the head, as Axolotl gathers them."""
    modules = (*model.root, *(module for block in model.blocks for module in block.modules))
    names = {module.name.rpartition(".")[2] for module in modules if module.kind in {"linear", "tied"}}
    return tuple(sorted(names - {"lm_head"}))
