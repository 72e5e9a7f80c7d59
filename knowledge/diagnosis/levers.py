"""Out of memory with a config at hand: what to change in it, the cheapest change first, and what each one saves."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from knowledge.config import Config, read
from knowledge.memory import memory_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.diagnosis.model import GpuMemory, Match

_ENOUGH = 0.92
_TORCH_ADAM = ("adamw_torch", "adamw_torch_fused", "adamw_hf", "adamw_apex_fused")
_PEAKS = (
    ("forward", "in the forward pass"),
    ("backward_loss", "at the loss"),
    ("backward", "in the backward pass"),
    ("optimizer", "in the optimizer step"),
    ("evaluation", "while evaluating"),
)
_ASK = "With the config I estimate what each of these saves: give it beside the log, or to `/checkconfig`."


def with_levers(match: Match, text: str | None, gpus: int, gpu: GpuMemory | None, phase: str | None) -> Match:
    """The out-of-memory explanation for one config.

    Args:
        match: What is said of any out-of-memory error.
        text: The YAML of the run, or None.
        gpus: How many GPUs share the work.
        gpu: The numbers of the message, if it has any.
        phase: What the run was doing.

    Returns:
        The same with the changes for this config in order, each with the estimated peak of one GPU in GiB; with a
        request for the config where there is none, and unchanged where its memory cannot be estimated.
    """
    said = [gpu.explanation] if gpu and gpu.explanation else []
    if phase and phase != "training":
        said.append(f"It happened while {phase}.")
    config = read(text, gpus) if text else None
    estimate = memory_of(config) if config is not None and config.document.values else None
    if config is None or text is None or estimate is None:
        said += [match.cure, *([_ASK] if text is None else [])]
        return replace(match, cure=_joined(said))
    total = gpu.total if gpu else None
    peak = next((words for phase, words in _PEAKS if estimate.peak_phase.startswith(phase)), "in a step")
    said.append(f"This config needs about {estimate.estimate_gib:.0f} GiB a GPU by my estimate, most {peak}.")
    steps: list[str] = []
    lines: dict[str, Any] = {}
    fields: list[str] = []
    reached = estimate.estimate_gib
    for words, change in _changes(config, phase):
        text = _changed(text, change)
        config = read(text, gpus)
        now = memory_of(config)
        if now is None or now.estimate_gib > reached - 0.05:
            continue
        reached = now.estimate_gib
        steps.append(f"{len(steps) + 1}. {words}: about {reached:.0f} GiB.")
        lines.update(change)
        fields += change
        if total and reached < _ENOUGH * total:
            break
    if not steps:
        return replace(match, cure=_joined([*said, match.cure]))
    said.append("Cheapest first, one after the other:\n" + "\n".join(steps))
    if total and reached >= _ENOUGH * total:
        said.append(f"Even so it does not fit {total:.0f} GiB: take a smaller model, or more GPUs with `fsdp_config`.")
    written = "\n".join(f"{key}: {_yaml(value)}" for key, value in lines.items())
    said.append(f"```yaml\n{written}\n```")
    return replace(match, cure=_joined(said), fields=tuple(dict.fromkeys([*fields, *match.fields])))


def _changes(config: Config, phase: str | None) -> Iterator[tuple[str, dict[str, Any]]]:
    """Changes that save memory, those first that cost least of the result."""
    micro = config.get("micro_batch_size") or 1
    if micro > 1 and phase != "loading the model":
        accumulation = (config.get("gradient_accumulation_steps") or 1) * micro
        change = {"micro_batch_size": 1, "gradient_accumulation_steps": accumulation}
        yield f"`micro_batch_size: 1` with `gradient_accumulation_steps: {accumulation}`, the same training", change
    if not config.get("gradient_checkpointing"):
        yield "`gradient_checkpointing: true`, slower by about a third", {"gradient_checkpointing": True}
    plain = str(config.get("optimizer") or "") in _TORCH_ADAM
    if plain and not config.get("deepspeed") and not config.get("fsdp_config"):
        yield "`optimizer: adamw_8bit`, nearly the same training", {"optimizer": "adamw_8bit"}
    length = config.get("sequence_len") or 0
    if length > 1024 and phase != "loading the model":
        yield f"`sequence_len: {length // 2}`, if your rows are that short", {"sequence_len": length // 2}
    if config.get("adapter") == "lora" and not config.get("load_in_8bit") and not config.get("load_in_4bit"):
        yield "`adapter: qlora` with `load_in_4bit: true`", {"adapter": "qlora", "load_in_4bit": True}
    elif not config.get("adapter"):
        change = {"adapter": "qlora", "load_in_4bit": True, "lora_r": 16, "lora_alpha": 32, "lora_target_linear": True}
        yield "`adapter: qlora` instead of a full fine-tune, which trains less", change


def _changed(text: str, change: dict[str, Any]) -> str:
    """The YAML with root keys set to other values."""
    for key, value in change.items():
        line = f"{key}: {_yaml(value)}"
        text, count = re.subn(rf"(?m)^{key}[ \t]*:.*$", line, text, count=1)
        if not count:
            text = f"{text.rstrip()}\n{line}\n"
    return text


def _yaml(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _joined(said: list[str]) -> str:
    return "\n".join(each for each in said if each)
