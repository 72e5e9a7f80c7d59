"""Where a key that stands at the top level belongs, among the blocks that the config has or asks for."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from knowledge.config import load_types

if TYPE_CHECKING:
    from collections.abc import Callable

    from knowledge.config import Config

_ASKED: dict[str, Callable[[Config], bool]] = {
    "trl": lambda config: config.raw("rl") in ("grpo", "gdpo"),
    "vllm": lambda config: bool(config.raw("trl.use_vllm")),
    "ebft": lambda config: config.raw("rl") == "ebft",
    "peft": lambda config: bool(config.raw("adapter")),
    "fsdp_config": lambda config: bool(config.raw("fsdp_version")),
    "bnb_config_kwargs": lambda config: bool(config.raw("load_in_4bit") or config.raw("load_in_8bit")),
}
"""Blocks that another key asks for."""


def bare(kind: Any) -> Any:
    """A type without the words that it may be null or is checked."""
    while isinstance(kind, dict) and ("null" in kind or "check" in kind):
        kind = kind["null"] if "null" in kind else kind["of"]
    return kind


def is_home(config: Config, root: str) -> bool:
    """Whether the config has a block, or asks for it by `rl`, `adapter` or another key."""
    return root in config.values or (root in _ASKED and _ASKED[root](config))


def homes(config: Config, key: str) -> list[str]:
    """The paths inside blocks that end in a key: one, or several in entries of datasets."""
    paths = [path for path in _index().get(key, ()) if is_home(config, path.partition(".")[0].removesuffix("[]"))]
    return paths if len(paths) == 1 or (paths and paths[0].startswith("datasets[]")) else []


@lru_cache(maxsize=1)
def _index() -> dict[str, list[str]]:
    """Last part of a nested path -> the paths that end in it."""
    types = load_types()
    index: dict[str, list[str]] = {}
    for root, field in types.root.items():
        kind = bare(field["type"])
        prefix = root
        if isinstance(kind, dict) and "list" in kind:
            prefix, kind = f"{root}[]", bare(kind["list"])
        members = kind.get("union", [kind]) if isinstance(kind, dict) else []
        for member in members:
            if isinstance(member, dict) and "model" in member:
                for name in types.models[member["model"]]["fields"]:
                    paths = index.setdefault(name, [])
                    if f"{prefix}.{name}" not in paths:
                        paths.append(f"{prefix}.{name}")
    return index
