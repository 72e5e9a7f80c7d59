"""Out of memory with a config at hand: what to change in it, the cheapest change first, and what each one saves."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import yaml

from knowledge.diagnosis.phase import FIRST, TRAINING
from knowledge.memory import change_line, fitting_card, memory_of

if TYPE_CHECKING:
    from knowledge.config import Config
    from knowledge.diagnosis.model import GpuMemory, Match
    from knowledge.memory import Change

# The run did not fit, whatever was estimated: a peak that is lower by this share; without the card's size, by more.
_LESS, _HALF = 0.85, 0.5
# In other phases the changes that make a step smaller are beside the point.
_BY_CONFIG = (None, FIRST, TRAINING)
_PEAKS = (
    ("forward", "in the forward pass"),
    ("backward_loss", "at the loss"),
    ("backward", "in the backward pass"),
    ("optimizer", "in the optimizer step"),
    ("evaluation", "while evaluating"),
)
_ASK = "With the config, I can estimate what each change saves: give it together with the log, or to `/checkconfig`."


def with_changes(match: Match, config: Config | None, gpu: GpuMemory | None, phase: str | None) -> Match:
    """The out-of-memory explanation for one config.

    Args:
        match: What is said of any out-of-memory error in that phase.
        config: The config of the run, or None.
        gpu: The numbers of the message, if it has any.
        phase: What the run was doing.

    Returns:
        The same with the changes for this config in order, each with the estimated peak per GPU in GiB; with a
        request for the config where there is none, and unchanged where its memory cannot be estimated.
    """
    said = [gpu.explanation] if gpu and gpu.explanation else []
    estimate = memory_of(config) if config is not None else None
    if config is None or estimate is None or phase not in _BY_CONFIG:
        ask = [_ASK] if config is None and phase in _BY_CONFIG else []
        return replace(match, cure=_joined([*said, match.cure, *ask]))
    peak = next((words for start, words in _PEAKS if estimate.peak_phase.startswith(start)), "in a step")
    need = f"this config needs about {estimate.estimate_gib:.0f} GiB per GPU"
    need = need if config.get("sample_packing") else f"with rows as long as `sequence_len`, {need}"
    said.append(f"By my estimate, {need}, most of it {peak}.")
    total = gpu.total if gpu else None
    way = fitting_card(config, min(total, estimate.high_gib * _LESS) if total else estimate.high_gib * _HALF)
    if way is None or not way.changes:
        return replace(match, cure=_joined([*said, match.cure]))
    steps = "\n".join(f"{number}. {change_line(change)}" for number, change in enumerate(way.changes, 1))
    said.append(f"Cheapest first, one at a time:\n{steps}" if len(way.changes) > 1 else change_line(way.changes[0]))
    if total and not way.fits:
        said.append(f"Even so it may not fit {total:.0f} GiB: use a smaller model, or more GPUs with `fsdp_config`.")
    said.append(f"```yaml\n{_lines(way.changes)}\n```")
    fields = dict.fromkeys([*(key for change in way.changes for key in change.keys), *match.fields])
    return replace(match, cure=_joined(said), fields=tuple(fields))


def _lines(changes: tuple[Change, ...]) -> str:
    """The keys of all changes, the later value of a key over the earlier one."""
    keys: dict[str, Any] = {}
    for change in changes:
        keys.update(change.keys)
    if keys.get("plugins"):
        keys["plugins"] = [keys["plugins"]]
    for key in [key for key in keys if "." in key]:
        block, _, name = key.partition(".")
        keys.setdefault(block, {})[name] = keys.pop(key)
    return yaml.safe_dump({key: value for key, value in keys.items() if value is not None}, sort_keys=False).strip()


def _joined(said: list[str]) -> str:
    return "\n".join(each for each in said if each)
