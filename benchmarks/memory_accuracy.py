"""How close the memory estimate comes: to traced training steps, and to published readings.

Run: python -m benchmarks.memory_accuracy
"""

from __future__ import annotations

import json
import re
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import yaml

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from knowledge.config import read
from knowledge.memory import memory_of
from knowledge.parameters import parameters_of, stored_as

REFERENCE = Path(__file__).resolve().parents[1].parent / "shared" / "math"
UNCONFIRMED = (
    "01-ai/Yi-6B",
    "allenai/OLMo-7B-hf",
    "ibm-granite/granite-3.1-8b-base",
    "mistralai/Mistral-Small-24B-Base-2501",
)
OTHER_SOFTWARE = ("torchtune", "litgpt")
CUT = "axolotl.integrations.cut_cross_entropy.CutCrossEntropyPlugin"
GIB = 1 << 30


def rows(name: str) -> list[dict[str, Any]]:
    path = REFERENCE / name
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line]


def traced() -> dict[str, list[float]]:
    """Relative error of the tensors at the peak, by method; "counts" holds 1 for every row with exact counts."""
    errors: dict[str, list[float]] = {"counts": []}
    for row in rows("memory_points.jsonl"):
        config = read(row["config"])
        estimate = memory_of(config)
        if estimate is None:
            errors.setdefault("none", []).append(1.0)
            continue
        method = str(config.get("adapter") or "full")
        errors.setdefault(method, []).append(abs(estimate.allocated_gib * GIB / row["peak_bytes"] - 1))
        if row["model"] not in UNCONFIRMED:
            exact = (estimate.base_params, estimate.trainable_params) == (row["params"], row["trainable_params"])
            errors["counts"].append(float(exact))
    return errors


def config_of(row: dict[str, Any]) -> str:
    """A reading's settings as a config."""
    checkpointing, optimizer = row.get("grad_ckpt"), row.get("optimizer") or ""
    config: dict[str, Any] = {
        "base_model": row["model"],
        "datasets": [{"path": "org/rows", "type": "alpaca"}],
        "sequence_len": row["seq_len"],
        "micro_batch_size": row["mbs"],
        "gradient_accumulation_steps": row.get("ga") or 1,
        "learning_rate": 0.0002,
        "bf16": True,
        "sample_packing": row.get("sample_packing") is not False,
        "pad_to_sequence_len": True,
        "gradient_checkpointing": checkpointing is not False,
        "activation_offloading": checkpointing in {"offload", "unsloth"} or bool(row.get("activation_offloading")),
        "attn_implementation": row.get("flash_attn") if row.get("flash_attn") not in {None, "none"} else "sdpa",
        "optimizer": optimizer if re.fullmatch(r"[a-z0-9_]+", optimizer) else "adamw_torch_fused",
    }
    if row["method"] in {"lora", "qlora"}:
        target = row.get("lora_target") or ""
        config |= {"adapter": row["method"], "lora_r": row.get("lora_r") or 8, "lora_alpha": 16}
        config |= {"load_in_4bit": row["method"] == "qlora", "load_in_8bit": row.get("quant") == "int8"}
        # Experts were packed in all of these readings: by default before Transformers 5, by this key since.
        packed = config["load_in_4bit"] or config["load_in_8bit"]
        config["quantize_moe_experts"] = packed and stored_as(row["model"]) is None
        if target.startswith("["):
            config["lora_target_modules"] = re.findall(r"'([^']+)'", target)
        elif target and "all" not in target:
            config["lora_target_modules"] = target
        else:
            config["lora_target_linear"] = True
    if "cut" in (row.get("cross_entropy") or "") or checkpointing == "unsloth":
        config |= {"plugins": [CUT], "cut_cross_entropy": True}
    return yaml.safe_dump(config)


def readings() -> list[tuple[dict[str, Any], Any]]:
    """Published readings that say enough to be compared, with their estimates."""
    usable = [
        row
        for row in rows("vram_points.jsonl")
        if row["kind"] == "measured"
        and row["gpus"] == 1
        and row.get("seq_len")
        and row.get("mbs")
        and row.get("model")
        and "torchtune" not in row["source"]
        # A sharded reading whose source does not say over how many GPUs.
        and row["sharding"] not in {"fsdp", "fsdp2", "deepspeed"}
    ]
    return [(row, memory_of(read(config_of(row)))) for row in usable]


def comparable(row: dict[str, Any], estimate: Any) -> bool:
    """Whether a reading is of a known dense model that an adapter was trained on as Axolotl does it."""
    if estimate is None or estimate.known == "guessed" or row["method"] not in {"lora", "qlora"}:
        return False
    base = parameters_of(row["model"])
    if base is None or base.architecture.experts or row.get("quant") == "int8":
        return False
    return row.get("grad_ckpt") != "unsloth" and not any(other in row["source"] for other in OTHER_SOFTWARE)


def seconds() -> float:
    """Median time of one estimate, the model already seen."""
    texts = [row["config"] for row in rows("memory_points.jsonl")[:60]]
    best: list[float] = []
    for text in texts:
        memory_of(read(text))
        tries = []
        for _ in range(15):
            config = read(text)
            for key in config.roots:
                config.wrong(key)
            start = time.perf_counter()
            memory_of(config)
            tries.append(time.perf_counter() - start)
        best.append(min(tries))
    return statistics.median(best)


def main() -> int:
    errors = traced()
    if len(errors) == 1:
        print("The reference data are not here: nothing to compare with.")
        return 0
    counts = errors.pop("counts")
    print(f"exact total and trainable counts: {sum(counts):.0f} of {len(counts)}")
    for method, each in sorted(errors.items()):
        each.sort()
        tenth = each[int(0.9 * len(each))]
        middle = statistics.median(each)
        print(f"{method:<6} {len(each):>4} steps: median {middle:.2%}, 90 % below {tenth:.2%}, worst {each[-1]:.1%}")
    compared = readings()
    for label, chosen in (
        ("published readings of dense models under LoRA and QLoRA", [(r, e) for r, e in compared if comparable(r, e)]),
        ("all published readings", compared),
    ):
        known = [(row, e) for row, e in chosen if e is not None]
        inside = sum(e.low_gib <= row["measured_gib"] <= e.high_gib for row, e in known)
        widest = max(e.high_gib / e.low_gib for _, e in known)
        unknown = len(chosen) - len(known)
        print(f"{label}: {inside} of {len(known)} inside the range, widest {widest:.2f} x; {unknown} of unknown models")
    for row, e in compared:
        if e is not None and "-v" in sys.argv:
            mark = " " if e.low_gib <= row["measured_gib"] <= e.high_gib else "*"
            print(f"{mark} {row['id']:<5} {row['model'][:44]:<44} {row['measured_gib']:>7.2f}", e.low_gib, e.high_gib)
    print(f"one estimate: {1e6 * seconds():.0f} microseconds")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
