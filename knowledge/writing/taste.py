"""The values that are taste: read once from taste.yaml, each with its reason and its source."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

import yaml


@dataclass(frozen=True, slots=True)
class Choice:
    """A value with its reason and its source."""

    value: Any
    why: str
    source: str

    @property
    def words(self) -> str:
        """Reason and source in a sentence."""
        return f"{self.why[:1].upper()}{self.why[1:]} ({self.source})."


@dataclass(frozen=True, slots=True)
class Aim:
    """What a run is for; the fields are explained in taste.yaml."""

    name: str
    summary: str
    unit: str
    batch: Choice
    epochs: Choice
    most_epochs: int
    steps: int
    length: int
    methods: tuple[str, ...]
    rates: dict[str, Choice]


@lru_cache(maxsize=1)
def aims() -> dict[str, Aim]:
    """Every aim, by name."""
    return {name: _aim(name, entry) for name, entry in _read()["aims"].items()}


@lru_cache(maxsize=1)
def general() -> dict[str, Choice]:
    """Values that no aim changes."""
    return {name: Choice(**entry) for name, entry in _read()["general"].items()}


def _aim(name: str, entry: dict[str, Any]) -> Aim:
    rates = {method: Choice(**rate) for method, rate in entry["rates"].items()}
    return Aim(
        name=name,
        summary=entry["summary"],
        unit=entry["unit"],
        batch=Choice(**entry["batch"]),
        epochs=Choice(**entry["epochs"]),
        most_epochs=entry["most_epochs"],
        steps=entry["steps"],
        length=entry["length"],
        methods=tuple(entry["methods"]),
        rates=rates,
    )


@lru_cache(maxsize=1)
def _read() -> dict[str, Any]:
    text = (resources.files("knowledge.writing") / "taste.yaml").read_text("utf-8")
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(text, loader)  # type: ignore[no-any-return]  # noqa: S506
