"""What a config that exists asks for: the wishes behind it, so that another can be written which fits."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from knowledge.config import read
from knowledge.writing.preference import LOSSES
from knowledge.writing.wishes import TRACKERS, Wishes

if TYPE_CHECKING:
    from knowledge.config import Config

_ONLINE = frozenset({"grpo"})


def wishes_of(text: str) -> Wishes:
    """Model, dataset, aim, upload and tracking of a config; what decides its memory is left free.

    Args:
        text: The YAML of the config.
    """
    config = read(text)
    wishes = Wishes(model=str(config.raw("base_model") or ""), aim=_aim(config))
    entries = config.raw("datasets") or config.raw("pretraining_dataset")
    first = entries[0] if isinstance(entries, list) and entries else entries
    if isinstance(first, dict):
        kind, path = first.get("type"), first.get("path")
        wishes = replace(
            wishes,
            dataset=path if isinstance(path, str) and path else None,
            type=kind if isinstance(kind, str) and kind else None,
            split=first.get("split") if isinstance(first.get("split"), str) else None,
        )
    if wishes.aim == "preference" and config.raw("rl") in LOSSES:
        wishes = replace(wishes, loss=config.raw("rl"))
    repository = config.raw("hub_model_id")
    track = next((name for name in TRACKERS if config.raw(f"use_{name}") is True), None)
    if track is None and config.raw("wandb_project"):
        track = "wandb"
    return replace(wishes, hub_repository=repository if isinstance(repository, str) else None, track=track)


def _aim(config: Config) -> str | None:
    """The aim that the keys tell; None where the rows have to tell it."""
    method = config.raw("rl")
    if method in LOSSES:
        return "preference"
    if isinstance(method, str) and method in _ONLINE:
        return "rewards"
    if config.raw("processor_type"):
        return "images"
    return "pretraining" if config.raw("pretraining_dataset") else None
