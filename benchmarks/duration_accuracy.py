"""How close the estimated speed comes to published readings, each source predicted from the others.

Run: python -m benchmarks.duration_accuracy [-v]
"""

from __future__ import annotations

import json
import math
import statistics
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

import yaml

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from knowledge.config import read
from knowledge.duration import FITTED, SPREAD, Coefficients, Work, duration_of, speed, work_of
from knowledge.duration.speed import seconds_of
from knowledge.gpus import Gpu, gpu_named
from knowledge.memory import Run, memory_of, read_run
from knowledge.plan import plan_of

REFERENCE = Path(__file__).resolve().parents[1].parent / "shared" / "math" / "throughput.jsonl"
ROUNDS, FIRST, LAST = 40, 0.4, 0.01
HOLD, SOFT = 0.15, 0.1
"""How strongly a coefficient stays near its start, and from which error on readings weigh less."""
STARTS = Coefficients(0.7, 0.35, 0.7, 0.5, 8.0, 4e-4, 6e-4, 1.5e11, 1.0e10)
LOOSE = (0.3, 0.4, 0.4, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7)
"""How far each may go from it, in powers of e."""


class Reading(NamedTuple):
    """A published reading: the run and the card that it is of, and its seconds for a micro batch."""

    name: str
    source: str
    run: Run
    work: Work
    gpu: Gpu
    seconds: float


def config_of(row: dict[str, Any]) -> str:
    """A reading's settings as a config."""
    note = (row.get("note") or "").lower()
    config: dict[str, Any] = {
        "base_model": row["model"],
        "datasets": [{"path": "org/rows", "type": "alpaca"}],
        "sequence_len": row["seq_len"],
        "micro_batch_size": row["micro_batch"],
        "gradient_accumulation_steps": row.get("grad_accum") or 1,
        "learning_rate": 0.0002,
        "bf16": True,
        "attn_implementation": "flash_attention_2",
        "gradient_checkpointing": row.get("checkpointing") is not False,
        "sample_packing": True,
    }
    if row["method"] != "full":
        config |= {"adapter": row["method"], "lora_r": 16, "lora_alpha": 32, "lora_target_linear": True}
        config["load_in_4bit"] = row["method"] == "qlora"
    if row.get("sharding") in {"FULL_SHARD", "fsdp"} or (row["trainer"] == "torchtune" and row["gpus"] > 1):
        config["fsdp_config"] = {"offload_params": bool(row.get("cpu_offload")), "reshard_after_forward": True}
    elif "zero-3" in note or (row["trainer"].startswith("Qwen") and row["gpus"] > 1 and row["method"] == "full"):
        config["deepspeed"] = "deepspeed_configs/zero3_bf16.json"
    return yaml.safe_dump(config)


def readings() -> list[Reading]:
    """Readings of full rows whose speed is given in tokens a second, of cards in one machine."""
    found = []
    for row in map(json.loads, REFERENCE.read_text("utf-8").splitlines()) if REFERENCE.exists() else ():
        if row.get("tokens_per_s") is None or row.get("suspect") or row.get("packed") is False:
            continue
        if "two nodes" in (row.get("note") or ""):
            continue
        run, gpu = read_run(read(config_of(row), row["gpus"])), gpu_named(row["gpu"])
        if run is not None:
            each = row["tokens_per_s"] / (1 if row["per"] == "gpu" else row["gpus"])
            name = f"{row['id']} {row['model']} {row['method']} {row['gpus']}x {gpu.name} {row['seq_len']}"
            found.append(Reading(name, row["trainer"], run, work_of(run), gpu, run.tokens / each))
    return found


def off(reading: Reading, fitted: Coefficients) -> float:
    """The logarithm of predicted over measured."""
    cards = [seconds_of(reading.work, card, reading.gpu.link, fitted) for card in reading.gpu.cards]
    logs = [math.log(each.micro + each.rest / reading.run.accumulation) for each in cards]
    return sum(logs) / len(logs) - math.log(reading.seconds)


def loss(chosen: list[Reading], weights: dict[str, float], fitted: Coefficients) -> float:
    """Squared errors that large ones enter only once, and a pull towards the start."""
    total = sum(weights[one.source] * (math.sqrt(1 + (off(one, fitted) / SOFT) ** 2) - 1) for one in chosen)
    pairs = zip(fitted, STARTS, LOOSE, strict=True)
    pull = sum((math.log(now / start) / loose * HOLD / SOFT) ** 2 for now, start, loose in pairs)
    return total + pull / 2


def fit(chosen: list[Reading]) -> Coefficients:
    """Coefficients by walking along one of them at a time, with shorter and shorter steps."""
    number = {one.source: sum(other.source == one.source for other in chosen) for one in chosen}
    weights = {source: count**-0.5 for source, count in number.items()}
    best, step = STARTS, FIRST
    least = loss(chosen, weights, best)
    for _ in range(ROUNDS):
        before = least
        for name in Coefficients._fields:
            for way in (math.exp(step), math.exp(-step)):
                tried = best._replace(**{name: getattr(best, name) * way})
                if (value := loss(chosen, weights, tried)) < least:
                    best, least = tried, value
                    break
        if before - least < 1e-4 * least:
            step /= 2
        if step < LAST:
            break
    return best


def show(label: str, errors: list[float]) -> None:
    sizes = sorted(abs(error) for error in errors)
    inside = sum(size <= math.log(SPREAD) for size in sizes) / len(sizes)
    middle, lean = math.exp(statistics.median(sizes)), math.exp(statistics.median(errors))
    print(f"{label:<56} {len(sizes):>4}: off by {middle:.2f} at the median (lean {lean:.2f}), inside {inside:.0%}")


def milliseconds() -> float:
    """A plan with memory and duration from a config alone."""
    row = json.loads(REFERENCE.read_text("utf-8").splitlines()[0])
    text, gpu, tries = config_of(row), gpu_named(row["gpu"]), []
    for _ in range(30):
        start = time.perf_counter()
        config = read(text)
        plan_of(config)
        memory_of(config)
        duration_of(config, gpu)
        tries.append(time.perf_counter() - start)
    return 1e3 * statistics.median(tries)


def main() -> int:
    every = readings()
    if not every:
        print("The reference data are not here: nothing to compare with.")
        return 0
    errors: list[float] = []
    for source in sorted({one.source for one in every}):
        fitted = fit([one for one in every if one.source != source])
        left_out = [one for one in every if one.source == source]
        show(source, [off(one, fitted) for one in left_out])
        errors += [off(one, fitted) for one in left_out]
    show("each source from the others", errors)
    show("with the coefficients in use", [off(one, FITTED) for one in every])
    print(f"range: {SPREAD**2:.2f} x from low to high; a plan with memory and duration: {milliseconds():.1f} ms")
    if "-v" in sys.argv:
        print("fitted to all:", {name: float(f"{value:.3g}") for name, value in fit(every)._asdict().items()})
        for one in sorted(every, key=lambda one: -abs(off(one, FITTED))):
            print(f"  {math.exp(off(one, FITTED)):5.2f} {one.name}", speed(one.run, one.gpu).micro)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
