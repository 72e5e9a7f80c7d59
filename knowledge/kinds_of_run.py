"""Which kinds of run a config is: what each `Mode` of the notes means for it."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from knowledge.modes import Mode

if TYPE_CHECKING:
    from collections.abc import Callable

    from knowledge.config import Config

LORA_FIELDS = ("lora_r", "lora_alpha", "lora_target_modules", "lora_target_linear", "lora_modules_to_save")
"""The fields that show that LoRA was wanted; without an adapter they are told together, by one rule."""

PREFERENCE = frozenset({"dpo", "ipo", "simpo", "kto"})
"""The values of `rl` under which answers are compared or judged; ORPO has rules of its own."""
_GRPO = frozenset({"grpo", "gdpo"})
_ONLINE = _GRPO | {"ebft"}


def is_kind(config: Config, mode: Mode) -> bool:
    """Whether a config's run is of a kind. Raises Unreadable where a field that decides has no typed value."""
    return _TESTS[mode](config)


@lru_cache(maxsize=1)
def _modes() -> dict[str, dict[str, tuple[Mode, ...]]]:
    """Path -> effect -> kinds of run; none that is told of with a missing adapter."""
    text = (Path(__file__).parent / "fields" / "modes.json").read_text("utf-8")
    return {
        path: {effect: tuple(map(Mode, names)) for effect, names in effects.items()}
        for path, effects in json.loads(text).items()
        if path not in LORA_FIELDS
    }


@lru_cache(maxsize=1)
def fields_of_some_kinds() -> tuple[str, ...]:
    """The top-level fields that are not read in every kind of run."""
    return tuple(path for path in _modes() if path.isidentifier())


def ignoring(config: Config, path: str) -> Mode | None:
    """The kind of run that a config is, and in which nothing reads a field. Raises Unreadable."""
    return next((mode for mode in _modes().get(path, {}).get("ignored", ()) if is_kind(config, mode)), None)


def working_elsewhere(config: Config, path: str) -> tuple[Mode, ...]:
    """The kinds of run that alone read a field, where a config is none of them; else empty. Raises Unreadable."""
    only = _modes().get(path, {}).get("only", ())
    return () if any(is_kind(config, mode) for mode in only) else only


def _packed(config: Config) -> bool:
    return bool(config.typed("sample_packing"))


def _streams(config: Config) -> bool:
    return bool(config.typed("streaming") or config.typed("pretraining_dataset"))


def _rl(config: Config) -> str | None:
    value = config.typed("rl")
    return None if value is None else str(getattr(value, "value", value))


def _ebft_mode(config: Config) -> str | None:
    """The mode of an `rl: ebft` run; None for other runs."""
    return (config.typed("ebft.mode") or "structured") if _rl(config) == "ebft" else None


def _rewards(config: Config) -> bool:
    return bool(config.typed("reward_model") or config.typed("process_reward_model"))


_TESTS: dict[Mode, Callable[[Config], bool]] = {
    Mode.PACKED: _packed,
    Mode.UNPACKED: lambda config: not _packed(config),
    Mode.STREAMING: _streams,
    Mode.PACKED_STREAMING: lambda config: _streams(config) and _packed(config),
    Mode.UNPACKED_STREAMING: lambda config: _streams(config) and not _packed(config),
    Mode.SUPERVISED: lambda config: _rl(config) is None and not _rewards(config),
    Mode.PREFERENCE: lambda config: _rl(config) in PREFERENCE,
    Mode.DPO: lambda config: _rl(config) == "dpo",
    Mode.IPO: lambda config: _rl(config) == "ipo",
    Mode.SIMPO: lambda config: _rl(config) == "simpo",
    Mode.KTO: lambda config: _rl(config) == "kto",
    Mode.ORPO: lambda config: _rl(config) == "orpo",
    Mode.ONLINE: lambda config: _rl(config) in _ONLINE,
    Mode.GRPO: lambda config: _rl(config) in _GRPO,
    Mode.EBFT: lambda config: _rl(config) == "ebft",
    Mode.STRUCTURED_EBFT: lambda config: _ebft_mode(config) == "structured",
    Mode.STRIDED_EBFT: lambda config: _ebft_mode(config) == "strided",
    Mode.REWARD_MODEL: _rewards,
    Mode.ADAPTER: lambda config: bool(config.typed("adapter")),
    Mode.FULL: lambda config: not config.typed("adapter"),
    Mode.QUANTIZED: lambda config: bool(config.typed("load_in_4bit") or config.typed("load_in_8bit")),
    Mode.ONE_GPU: lambda config: config.gpus == 1,
    Mode.SEVERAL_GPUS: lambda config: config.gpus > 1,
    Mode.FSDP: lambda config: bool(config.typed("fsdp_config") or config.typed("fsdp")),
    Mode.DEEPSPEED: lambda config: bool(config.typed("deepspeed")),
    Mode.TEXT: lambda config: not config.typed("processor_type"),
    Mode.MULTIMODAL: lambda config: bool(config.typed("processor_type")),
}
