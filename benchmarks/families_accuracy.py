"""How close the dimensions of a `config.json` come to the models that Transformers and PEFT build from it.

Run: python -m benchmarks.families_accuracy [-v]

tests/cases/families.jsonl holds configs and what was counted on models built from them without weights: those with a
`model` have a published model's dimensions, the others varied ones; `held_back` were not used to make the facts.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from knowledge.parameters import Adapter, Architecture, adapter_tensors, layout, read_architecture

CASES = Path(__file__).resolve().parents[1] / "tests" / "cases" / "families.jsonl"
RANK = 16


def rows() -> list[dict[str, Any]]:
    return [json.loads(line) for line in CASES.read_text("utf-8").splitlines()]


def read(row: dict[str, Any]) -> Architecture | None:
    return read_architecture(row["config"], multimodal=row["family"].endswith("+"))


def error(row: dict[str, Any], found: Architecture | None) -> float:
    """Relative error of the parameters; 1 where nothing is known."""
    return abs(layout(found).parameters / row["parameters"] - 1) if found else 1.0


def adapter_is_right(row: dict[str, Any], found: Architecture | None) -> bool:
    """Whether `lora_target_linear` counts as PEFT makes it, or is refused as PEFT refuses it."""
    if found is None:
        return False
    if row["lora"] is None:
        return bool(found.refused)
    tensors = adapter_tensors(found, Adapter(rank=RANK, linear=True))
    return not found.refused and sum(tensor.elements for tensor in tensors) == row["lora"]


def tell(label: str, chosen: list[dict[str, Any]]) -> None:
    read_rows = [(row, read(row)) for row in chosen]
    errors = [error(row, found) for row, found in read_rows]
    adapters = [adapter_is_right(row, found) for row, found in read_rows if "lora" in row]
    exact, near = sum(not each for each in errors), sum(each < 0.01 for each in errors)
    print(f"{label}: {exact} of {len(errors)} exact, {near} within 1%; LoRA {sum(adapters)} of {len(adapters)}")
    for (row, found), each in zip(read_rows, errors, strict=True):
        wrong = "lora" in row and not adapter_is_right(row, found)
        if each or wrong:
            print(f"  {row.get('model', row['family'])}: {each:.2%} off{', LoRA differs' if wrong else ''}")


def main() -> int:
    every = rows()
    tell("dimensions of published models", [row for row in every if "model" in row])
    tell("varied configs, held back", [row for row in every if row["held_back"] and "model" not in row])
    tell("class defaults", [row for row in every if not row["held_back"]])
    start = time.perf_counter()
    for row in every:
        read(row)
    print(f"one config: {1000 * (time.perf_counter() - start) / len(every):.1f} ms")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
