"""names.json: what the argument names of other trainers mean in Axolotl, and whose they are.

The meanings and the names of trainers that are not installed with Axolotl are written by hand (knowledge/foreign); the
names of the libraries below Axolotl come from these libraries.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from knowledge.by_hand import in_entry, read_yaml

if TYPE_CHECKING:
    from scripts.facts.source import Source

NAME = "names.json"
HAND_WRITTEN = Path(__file__).resolve().parents[2] / "knowledge" / "foreign"


def generate(source: Source) -> dict[str, Any]:
    """Name -> what it means, and trainer -> its names."""
    written, by_hand = (_read(HAND_WRITTEN / name) for name in ("names.yaml", "trainers.yaml"))
    trainers = {trainer: sorted(names.split()) for trainer, names in by_hand.items()}
    installed = source.snapshot.get("libraries", {}).get("arguments") or {
        library: names for library, names in source.before(NAME).get("trainers", {}).items() if library not in trainers
    }
    reasons = written["reasons"]
    names = {}
    for name, meaning in written["names"].items():
        with in_entry("names.yaml", name):
            names[str(name)] = _spelled_out(meaning, reasons)
    return {"axolotl": source.version, "names": names, "trainers": {**installed, **trainers}}


def _read(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = read_yaml(file)
    return found


def _spelled_out(meaning: Any, reasons: dict[str, str]) -> dict[str, Any]:
    """An entry in its long form: `to` for a bare field, the sentence for a reason's name."""
    if isinstance(meaning, str):
        return {"to": meaning}
    found = dict(meaning)
    for kind in ("itself", "none"):
        if kind in found:
            found[kind] = reasons.get(found[kind], found[kind])
    if "in" in found:
        found["in"] = {trainer: _spelled_out(each, reasons) for trainer, each in found["in"].items()}
    return found
