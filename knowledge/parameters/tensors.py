"""The tensors that a config trains: an adapter's, the modules trained whole with it, or the whole model's."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from knowledge.parameters.adapter import Adapter, targets_of
from knowledge.parameters.families import layout
from knowledge.parameters.optimizer import Tensor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.parameters.architecture import Architecture, Module


@lru_cache(maxsize=512)
def adapter_tensors(architecture: Architecture, adapter: Adapter) -> tuple[Tensor, ...]:
    """The trainable tensors of a LoRA adapter, modules trained whole included.

    Args:
        architecture: The base model.
        adapter: What the config says of the adapter.

    Returns:
        The tensors, exactly as PEFT makes them.

    Raises:
        re.error: A pattern is not a regular expression.
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
    # PEFT compares plain endings here: "norm" also saves every "input_layernorm".
    copied = [module for module in model.outside if module.name.endswith(adapter.saved)]
    if adapter.tie and architecture.tied and len(copied) > 1:
        copied = [module for module in copied if module.name != "lm_head"]
    for module in copied:
        yield from _whole(module, 1, adapter.saved_bytes)
    for block in model.blocks:
        for module in block.modules:
            if module.kind != "experts" and f"{model.layers}.0.{module.name}".endswith(adapter.saved):
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
        re.error: A pattern is not a regular expression.
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
            if module.kind == "tied":
                continue
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


def _unfrozen_pattern(pattern: str) -> str:
    ranged = re.match(r"^(.+)\[([0-9]*)(?::([0-9]*))?\]$", pattern)
    return re.sub(r"\.(?!\+)", r"\\.", ranged[1] if ranged else pattern)
