"""Usual values of real configs by method, which knowledge/writing/taste.yaml cites.

python -m benchmarks.config_medians FOLDER ...
"""

from __future__ import annotations

import statistics
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import yaml

KEYS = "learning_rate lora_r lora_alpha val_set_size evals_per_epoch warmup_ratio weight_decay".split()  # noqa: SIM905


def configs(folders: list[str]) -> list[dict[str, Any]]:
    found = []
    for path in sorted(path for folder in folders for path in Path(folder).rglob("*.y*ml")):
        try:
            keys = yaml.safe_load(path.read_text("utf-8"))
        except (yaml.YAMLError, UnicodeDecodeError):
            continue
        if isinstance(keys, dict):
            found.append(keys)
    return found


def number(value: object) -> float | None:
    try:
        return float(str(value))
    except ValueError:
        return None


def main() -> None:
    found = configs(sys.argv[1:])
    print(f"{len(found)} configs")
    for method in (None, "lora", "qlora"):
        for key in KEYS:
            some = [keys for keys in found if (keys.get("adapter") or None) == method and not keys.get("rl")]
            values = [value for keys in some if (value := number(keys.get(key))) is not None]
            if values:
                print(f"{method or 'full':6} {key:16} {statistics.median(values):<8g} of {len(values)}")
    schedules = Counter(keys["lr_scheduler"] for keys in found if keys.get("lr_scheduler"))
    print(f"lr_scheduler {dict(schedules)}")


if __name__ == "__main__":
    main()
