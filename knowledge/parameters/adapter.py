"""Which tensors a config trains: the whole model, parts of it, or an adapter."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from knowledge.parameters.architecture import Architecture, Layout, Module, layout
from knowledge.parameters.optimizer import Tensor

Names = tuple[str, ...] | str
Match = Callable[[str], bool]

# Models that are loaded with their image or audio part name the text model's layers one of these ways.
_OTHER_STEMS = ("model.language_model.layers", "language_model.model.layers", "language_model.layers")
_FIRST_INDEX = re.compile(r".*?\.[^.]*\.(\d+)\.")
_ALL_LINEAR = "all-linear"


@dataclass(frozen=True, slots=True)
class Adapter:
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


@dataclass(frozen=True, slots=True)
class Target:
    """A module that carries an adapter, in so many layers."""

    module: Module
    rank: int
    layers: int


@lru_cache(maxsize=512)
def targets_of(architecture: Architecture, adapter: Adapter) -> tuple[Target, ...]:
    """The modules that carry the adapter.

    Raises:
        re.error: A pattern is no regular expression.
    """
    model = layout(architecture)
    found = tuple(_targets(model, adapter, model.layers))
    if found or not isinstance(adapter.targets, str):
        return found
    for stem in _OTHER_STEMS:
        if found := tuple(_targets(model, adapter, stem)):
            return found
    return ()


@lru_cache(maxsize=512)
def adapter_tensors(architecture: Architecture, adapter: Adapter) -> tuple[Tensor, ...]:
    """The trainable tensors of a LoRA adapter, modules trained whole included.

    Args:
        architecture: The base model.
        adapter: What the config says of the adapter.

    Returns:
        The tensors, exactly as PEFT makes them.

    Raises:
        re.error: A pattern is no regular expression.
    """
    tensors: list[Tensor] = []
    for module, rank, layers in ((t.module, t.rank, t.layers) for t in targets_of(architecture, adapter)):
        tall = rank * module.copies
        tensors.append(Tensor(tall, module.columns, layers, adapter.bytes, "adapter"))
        tensors.append(Tensor(module.rows, tall, layers, adapter.bytes, "adapter"))
        if adapter.dora:
            width = module.columns if module.kind == "embedding" else module.rows
            tensors.append(Tensor(width, 1, layers, adapter.bytes, "adapter"))
    tensors.extend(saved_tensors(architecture, adapter))
    if adapter.tokens:
        tensors.append(Tensor(adapter.tokens, architecture.hidden, 1, adapter.saved_bytes, "adapter"))
    return tuple(tensors)


def saved_tensors(architecture: Architecture, adapter: Adapter) -> Iterator[Tensor]:
    """The copies that `lora_modules_to_save` trains whole.

    Embedding and head of a tied model are copied apart, unless the config asks to keep them tied.
    """
    if not adapter.saved:
        return
    model = layout(architecture)
    root = [*model.root]
    if architecture.tied:
        root.append(Module("lm_head", architecture.vocabulary, architecture.hidden, kind="linear"))
    copied = [module for module in root if _ends_with(module.name, adapter.saved)]
    if adapter.tie and architecture.tied and len(copied) > 1:
        copied = [module for module in copied if module.name != "lm_head"]
    for module in copied:
        yield from _whole(module, 1, adapter.saved_bytes)
    for block in model.blocks:
        for module in block.modules:
            if _ends_with(f"{model.layers}.0.{module.name}", adapter.saved):
                yield from _whole(module, len(block.indices), adapter.saved_bytes)


@lru_cache(maxsize=128)
def full_tensors(
    architecture: Architecture, size: int, unfrozen: tuple[str, ...] = (), *, wide: bool = False
) -> tuple[Tensor, ...]:
    """The tensors that training without an adapter changes.

    Args:
        architecture: The base model.
        size: Bytes per element.
        unfrozen: `unfrozen_parameters`; empty trains all. A range of rows in a pattern only masks gradients: the
            whole tensor is trained.
        wide: Embeddings, head, norms and routers are kept in fp32.

    Returns:
        The tensors.

    Raises:
        re.error: A pattern is no regular expression.
    """
    model = layout(architecture)
    patterns = [re.compile(_unfrozen_pattern(pattern)) for pattern in unfrozen]

    def width(module: Module) -> int:
        return 4 if wide and is_widened(module) else size

    def kept(name: str, module: Module) -> tuple[bool, bool]:
        if not patterns:
            return (True, module.bias)
        weight = (
            name if module.name.endswith(("sinks", "experts.gate_up_proj", "experts.down_proj")) else f"{name}.weight"
        )
        return (
            any(p.match(weight) for p in patterns),
            module.bias and any(p.match(f"{name}.bias") or p.match(f"{name}_bias") for p in patterns),
        )

    tensors: list[Tensor] = []
    for module in model.root:
        weight, bias = kept(module.name, module)
        tensors.extend(_whole(module, 1, width(module), weight=weight, bias=bias))
    for block in model.blocks:
        for module in block.modules:
            if not patterns:
                tensors.extend(_whole(module, len(block.indices), width(module)))
                continue
            each = [kept(f"{model.layers}.{index}.{module.name}", module) for index in block.indices]
            weights, biases = sum(w for w, _ in each), sum(b for _, b in each)
            tensors.extend(_whole(module, weights, width(module), bias=False))
            tensors.extend(_whole(module, biases, width(module), weight=False))
    return tuple(tensors)


def is_widened(module: Module) -> bool:
    """Whether Axolotl keeps the module in fp32 when nothing asks for one dtype throughout."""
    return (
        module.kind == "embedding" or module.name == "lm_head" or "norm" in module.name or module.name.endswith(".gate")
    )


def _whole(module: Module, count: int, size: int, *, weight: bool = True, bias: bool = True) -> Iterator[Tensor]:
    kind = "embedding" if module.kind == "embedding" else "weight"
    if weight and count:
        yield Tensor(module.rows, module.columns, count * module.copies, size, kind)
    if bias and module.bias and count:
        yield Tensor(module.rows, 1, count * module.copies, size, "weight")


def _targets(model: Layout, adapter: Adapter, stem: str) -> Iterator[Target]:
    linears = _linear_names(model) if adapter.linear else ()
    match = _matcher(adapter, linears)
    for module in model.root:
        if module.kind in {"linear", "embedding"} and match(module.name):
            yield Target(module, _rank(module.name, adapter), 1)
    for block in model.blocks:
        for module in block.modules:
            if module.kind == "linear":
                yield from _in_layers(module, block.indices, stem, adapter, match)
            elif module.kind == "experts" and _ends_with(f"{stem}.0.{module.name}", adapter.expert_targets):
                yield Target(module, _rank(f"{stem}.0.{module.name}", adapter), len(block.indices))


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
    return not any(re.search(r"\.?\d+\.", name) for name in (*adapter.targets, *adapter.excluded))


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
        elif _ends_with(name, excluded):
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
        if not _ends_with(name, listed):
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


def _ends_with(name: str, endings: Iterable[str]) -> bool:
    return any(name == ending or name.endswith(f".{ending}") for ending in endings)


def _rank(name: str, adapter: Adapter) -> int:
    for pattern, rank in adapter.ranks:
        if re.match(rf"(.*\.)?({pattern})$", name):
            return rank
    return adapter.rank


def _linear_names(model: Layout) -> tuple[str, ...]:
    names = {m.name.rsplit(".", 1)[-1] for block in model.blocks for m in block.modules if m.kind == "linear"}
    return tuple(sorted(names))


def _unfrozen_pattern(pattern: str) -> str:
    ranged = re.match(r"^(.+)\[([0-9]*)(?::([0-9]*))?\]$", pattern)
    return re.sub(r"\.(?!\+)", r"\\.", ranged[1] if ranged else pattern)
