"""Configs that were written for another trainer as a whole: whose they are, and what that trainer takes unsaid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from knowledge.foreign import Origin, meaning, origin_of

if TYPE_CHECKING:
    from knowledge.config import Config

_RANK = {"LLaMA-Factory": 8, "ms-swift": 8}
"""The rank of LoRA where a config of the trainer gives none."""


def origin(config: Config) -> Origin | None:
    """The other trainer that a config as a whole was written for."""
    return config.once(_origin)


def _origin(config: Config) -> Origin | None:
    return None if config.launcher is not None else origin_of(config.values, config.types.names)


def foreign_name_of(config: Config, field: str) -> tuple[str, int] | None:
    """The root key under which a config of another trainer has a field, with its line."""
    for key in config.values if origin(config) is not None else ():
        place = config.document.place(key) if isinstance(key, str) else None
        if place is not None and _field(config, key) == field:
            return key, place[0]
    return None


def with_unsaid(config: Config, lines: dict[str, Any]) -> dict[str, Any]:
    """Axolotl's lines for a key, with those that its trainer takes unsaid and Axolotl has to be told.

    LLaMA-Factory and ms-swift have a rank, an alpha and targets for LoRA where the config gives none; in Unsloth a
    rank alone makes an adapter.
    """
    whose = origin(config)
    told = {_field(config, each) for each in config.values if isinstance(each, str)}
    if lines.get("adapter") == "lora" and _in_4_bits(config):
        lines = {**lines, "adapter": "qlora"}
    if whose is None:
        return lines
    if whose.trainer == "LLaMA-Factory" and lines == {"rl": "dpo"}:
        loss = meaning("pref_loss", whose.trainer)
        return (loss.carried(config.values.get("pref_loss")) if loss is not None else None) or lines
    if whose.trainer == "Unsloth" and lines.keys() == {"lora_r"} and "adapter" not in told:
        lines = {"adapter": "qlora" if config.raw("load_in_4bit") else "lora", **lines}
        return lines if "lora_alpha" in told else {**lines, "lora_alpha": 16}
    if "adapter" in lines and whose.trainer in _RANK:
        rank = next((config.values[each] for each in config.values if _field(config, each) == "lora_r"), None)
        unsaid: dict[str, Any] = {} if rank is not None else {"lora_r": _RANK[whose.trainer]}
        if "lora_alpha" not in told and (rank is None or isinstance(rank, int)):
            unsaid["lora_alpha"] = 32 if whose.trainer == "ms-swift" else 2 * (rank or _RANK[whose.trainer])
        if told.isdisjoint(("lora_target_linear", "lora_target_modules")):
            unsaid["lora_target_linear"] = True
        return {**lines, **unsaid}
    return lines


def _in_4_bits(config: Config) -> bool:
    """Whether the config asks for a base in 4 bits, under whatever name: an adapter on it is `qlora` in Axolotl."""
    whose = origin(config)
    for key, value in config.values.items():
        known = meaning(key, None if whose is None else whose.trainer) if isinstance(key, str) else None
        lines = {key: value} if known is None else known.carried(value) or {}
        if lines.get("load_in_4bit") is True:
            return True
    return False


def _field(config: Config, key: Any) -> str | None:
    """The field that a root key is for, under whatever name."""
    if not isinstance(key, str) or key in config.types.names:
        return key if isinstance(key, str) else None
    whose = origin(config)
    known = meaning(key, None if whose is None else whose.trainer)
    return known.field if known is not None else None
