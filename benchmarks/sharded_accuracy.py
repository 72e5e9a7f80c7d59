"""How close the estimate comes to traced memory per GPU: sharded runs, vision-language models, experts.

Run: python -m benchmarks.sharded_accuracy [-v]
"""

from __future__ import annotations

import json
import statistics
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from knowledge.config import read
from knowledge.memory import MemoryEstimate, memory_of

REFERENCE = Path(__file__).resolve().parents[1].parent / "shared" / "math"
GIB = 1 << 30


def rows(name: str) -> list[dict[str, Any]]:
    path = REFERENCE / name
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line] if path.exists() else []


def states(estimate: MemoryEstimate) -> float:
    """Bytes of weights, gradients, and optimizer state."""
    parts = estimate.parts
    return (parts.weights + parts.gradients + parts.optimizer) * GIB


def errors(name: str, group: str) -> dict[str, list[tuple[float, str]]]:
    """Relative error of each row, by a key of the row that names its group."""
    found: dict[str, list[tuple[float, str]]] = {}
    for row in rows(name):
        if "config" not in row:
            continue
        estimate = memory_of(read(row["config"], row.get("gpus", 1)))
        label = f"{row.get('strategy', '')} {row[group]}".strip()
        if estimate is None:
            found.setdefault(label, []).append((1.0, f"{row['id']} {row['model']}: nothing known"))
            continue
        if "peak_bytes" in row:
            error = estimate.allocated_gib * GIB / row["peak_bytes"] - 1
        else:
            error = states(estimate) / row["model_states_bytes"] - 1
        told = f"{row['id']} {row['model']}: {error:+.2%}, {estimate.peak_phase} for {row.get('peak_phase')}"
        found.setdefault(label, []).append((error, told))
    return found


def show(found: dict[str, list[tuple[float, str]]], *, each: bool) -> None:
    found = found | {"all": [one for all_of in found.values() for one in all_of]}
    for label, all_of in sorted(found.items()):
        sizes = sorted(abs(error) for error, _ in all_of)
        tenth = sizes[min(len(sizes) - 1, int(0.9 * len(sizes)))]
        middle = statistics.median(sizes)
        print(f"{label:<36} {len(sizes):>3}: median {middle:7.2%}, 90 % below {tenth:7.2%}, worst {sizes[-1]:7.2%}")
        for error, told in sorted(all_of, key=lambda one: -abs(one[0])):
            if each and abs(error) > 0.01:
                print(f"    {told}")


def main() -> int:
    if not rows("sharded.jsonl"):
        print("The reference data are not here: nothing to compare with.")
        return 0
    for name in ("sharded.jsonl", "vision.jsonl", "moe.jsonl"):
        print(name)
        show(errors(name, "adapter"), each="-v" in sys.argv)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
