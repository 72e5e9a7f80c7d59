"""The values that are taste: read once from taste.yaml, each with its reason and its source."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

from knowledge.by_hand import in_entry, read_yaml


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
    return {name: _aim(name, written) for name, written in _read()["aims"].items()}


@lru_cache(maxsize=1)
def general() -> dict[str, Choice]:
    """Values that no aim changes."""
    return {name: _choice(f"general.{name}", written) for name, written in _read()["general"].items()}


def _choice(name: str, written: dict[str, Any]) -> Choice:
    with in_entry("taste.yaml", name):
        return Choice(**written)


def _aim(name: str, written: dict[str, Any]) -> Aim:
    with in_entry("taste.yaml", f"aims.{name}"):
        return Aim(
            name=name,
            summary=written["summary"],
            unit=written["unit"],
            batch=Choice(**written["batch"]),
            epochs=Choice(**written["epochs"]),
            most_epochs=written["most_epochs"],
            steps=written["steps"],
            length=written["length"],
            methods=tuple(written["methods"]),
            rates={method: Choice(**rate) for method, rate in written["rates"].items()},
        )


@lru_cache(maxsize=1)
def _read() -> dict[str, Any]:
    found: dict[str, Any] = read_yaml(resources.files("knowledge.writing") / "taste.yaml")
    return found
