"""Configs that are written, over models, cards, aims and rows: are they accepted, clean, within memory, on their batch?

    python -m benchmarks.new_configs [--validator PYTHON SCRIPT] [--many N] [--seed S]

The validator is Axolotl's own, which reads configs as JSON lines. Where none is named, only this program's own check
judges.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import statistics
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

import yaml

from knowledge.finding import Severity
from knowledge.gpus import gpu_named
from knowledge.writing import Unwritable, Wishes, Written, aims, write_config
from knowledge.writing.taste import general

MODELS = """\
Qwen/Qwen2.5-0.5B Qwen/Qwen2.5-7B-Instruct Qwen/Qwen3-8B Qwen/Qwen3-32B Qwen/Qwen3-30B-A3B meta-llama/Llama-3.1-8B
meta-llama/Llama-3.1-8B-Instruct meta-llama/Llama-3.3-70B-Instruct meta-llama/Llama-3.2-1B mistralai/Mistral-7B-v0.3
mistralai/Mistral-7B-v0.1 mistralai/Mistral-Nemo-Base-2407 mistralai/Mixtral-8x7B-v0.1 google/gemma-2-9b
google/gemma-3-1b-it microsoft/phi-4 microsoft/Phi-3.5-mini-instruct microsoft/phi-2 TinyLlama/TinyLlama_v1.1
HuggingFaceTB/SmolLM2-1.7B allenai/OLMo-2-1124-7B EleutherAI/pythia-1.4b openai/gpt-oss-20b meta-llama/Llama-2-7b-hf
deepseek-ai/DeepSeek-R1-Distill-Qwen-7B ibm-granite/granite-3.1-8b-base tiiuae/Falcon3-7B-Base 01-ai/Yi-6B
""".split()  # noqa: SIM905
VISION = ["Qwen/Qwen2.5-VL-7B-Instruct", "google/gemma-3-4b-it"]
CARDS = [("RTX 3060 12GB", 1), ("T4", 1), ("RTX 3090", 1), ("RTX 4090", 2), ("L40S", 4), ("A100 80GB", 1)]
CARDS += [("H100 80GB", 8), ("RTX 3090", 3), ("V100 32GB", 2), ("B200", 1), ("L4", 1), ("A100 40GB", 6)]
WORDS = "harbor tide lantern rope gull anchor ferry chart signal keel mast bay fog crew deck".split()  # noqa: SIM905


def said(chance: random.Random, low: int, high: int) -> str:
    return " ".join(chance.choice(WORDS) for _ in range(chance.randint(low, high))).capitalize() + "."


def rows_of(shape: str, number: int, seed: int) -> list[dict[str, Any]]:
    chance = random.Random(seed)  # noqa: S311
    short, long = (lambda: said(chance, 4, 20)), (lambda: said(chance, 20, 200))

    def turn(role: str, text: str) -> dict[str, str]:
        return {"role": role, "content": text}

    def other(role: str, text: str) -> dict[str, str]:
        return {"from": role, "value": text}

    make = {
        "messages": lambda: {"messages": [turn("user", short()), turn("assistant", long())]},
        "turns": lambda: {"messages": [turn(r, long()) for r in ("user", "assistant", "user", "assistant")]},
        "sharegpt": lambda: {"conversations": [other("human", short()), other("gpt", long())]},
        "system": lambda: {"messages": [turn("system", short()), turn("user", short()), turn("assistant", long())]},
        "alpaca": lambda: {"instruction": short(), "input": "", "output": long()},
        "question": lambda: {"question": short(), "answer": long()},
        "context": lambda: {"instruction": short(), "context": long(), "response": long()},
        "text": lambda: {"text": long()},
        "books": lambda: {"text": said(chance, 800, 5000)},
        "pairs": lambda: {"prompt": short(), "chosen": long(), "rejected": long()},
        "pair_chats": lambda: {
            "chosen": [turn("user", "Which?"), turn("assistant", long())],
            "rejected": [turn("user", "Which?"), turn("assistant", long())],
        },
        "judged": lambda: {"prompt": short(), "completion": long(), "label": chance.random() > 0.5},
        "sums": lambda: {
            "question": f"What is {chance.randint(1, 999)} + 1?",
            "answer": f"#### {chance.randint(1, 999)}",
        },
        "images": lambda: {
            "images": [f"{chance.randint(1, 99999)}.png"],
            "messages": [turn("user", short()), turn("assistant", long())],
        },
    }[shape]
    return [make() for _ in range(number)]


SHAPES = {
    "chat": ["messages", "turns", "sharegpt", "system"],
    "instructions": ["alpaca", "question", "context", "messages"],
    "facts": ["text", "books", "messages", "alpaca"],
    "preference": ["pairs", "pair_chats", "judged"],
    "rewards": ["sums"],
    "pretraining": ["text", "books"],
    "images": ["images"],
}
SIZES = [300, 1_500, 5_000]


@dataclass
class Case:
    """One combination and what was written for it."""

    name: str
    wishes: Wishes
    rows: list[dict[str, Any]]
    written: Written | None = None
    seconds: float = 0.0
    refused: str = ""


def cases(many: int, seed: int) -> list[Case]:
    chance = random.Random(seed)  # noqa: S311
    data: dict[tuple[str, int], list[dict[str, Any]]] = {}
    made = []
    for number, aim in zip(range(many), itertools.cycle(SHAPES), strict=False):
        shape, size = chance.choice(SHAPES[aim]), chance.choice(SIZES if aim != "images" else SIZES[:2])
        if shape == "books":
            size = SIZES[0]
        model, (card, gpus) = chance.choice(VISION if aim == "images" else MODELS), chance.choice(CARDS)
        rows = data.setdefault((shape, size), rows_of(shape, size, seed + len(shape) + size))
        text = "".join(json.dumps(row) + "\n" for row in rows).encode()
        wishes = Wishes(model=model, rows=text, dataset=f"{shape}.jsonl", gpu=gpu_named(card), gpus=gpus, aim=aim)
        made.append(Case(f"{number}: {model} · {gpus} x {card} · {aim} · {size} {shape}", wishes, rows))
    return made


def write(case: Case) -> None:
    begun = time.perf_counter()
    try:
        case.written = write_config(case.wishes)
    except Unwritable as reason:
        case.refused = str(reason)
    case.seconds = time.perf_counter() - begun


def batch_off(case: Case) -> float | None:
    """By what share the batch misses the aim's; None where it is not known."""
    written = case.written
    if written is None or written.plan is None:
        return None
    aim, plan = aims()[written.aim], written.plan
    made = float(plan.real_global_batch or 0)
    if aim.unit == "rows":
        if not plan.trainer_steps_per_epoch or not plan.train_rows or not plan.batches_per_epoch:
            return None
        keys = yaml.safe_load(written.config)
        share = 1 - keys.get("val_set_size", 0)
        steps = plan.batches_per_epoch / keys["gradient_accumulation_steps"]
        made = len(case.rows) * share / steps
    return abs(made - aim.batch.value) / aim.batch.value


def validator(command: list[str], found: list[Case]) -> list[tuple[Case, str]]:
    groups: dict[tuple[int, str], list[Case]] = {}
    for case in found:
        gpu = case.wishes.gpu
        groups.setdefault((case.wishes.gpus, "sm_75" if gpu is not None and not gpu.bf16 else "sm_90"), []).append(case)
    refused = []
    for (gpus, kind), members in groups.items():
        lines = [json.dumps({"id": str(n), "yaml": c.written.config}) for n, c in enumerate(members) if c.written]
        done = subprocess.run(
            [*command, "--n-gpu", str(gpus), "--sm", kind],
            input="\n".join(lines),
            capture_output=True,
            text=True,
            check=False,
        )
        verdicts = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        bad = [verdict for verdict in verdicts if verdict["verdict"] != "ok"]
        refused += [(members[int(verdict["id"])], json.dumps(verdict)[:400]) for verdict in bad]
        if len(verdicts) != len(members):
            print(f"  the validator answered {len(verdicts)} of {len(members)}: {done.stderr[-300:]}")
    return refused


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--validator", nargs=2)
    parser.add_argument("--loader")
    parser.add_argument("--many", type=int, default=210)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    print(f"seed {options.seed}")
    found = cases(options.many, options.seed)
    for case in found[:3]:
        write(case)
    for case in found:
        write(case)
    done = [case for case in found if case.written is not None]
    print(f"{len(found)} combinations: {len(done)} written, {len(found) - len(done)} refused with a reason")
    print(
        "  "
        + ", ".join(f"{n} x {w}" for w, n in Counter(case.refused for case in found if case.refused).most_common(4))
    )
    met = [case for case in done if case.written and not case.written.unmet]
    print(f"  {len(met)} meet every wish, {len(done) - len(met)} say which they do not")
    for case in done:
        if case.written and case.written.unmet:
            print(f"    {case.name}: {' '.join(case.written.unmet)[:230]}")
    judge(done)
    times = sorted(case.seconds * 1000 for case in found)
    print(f"time: {statistics.median(times):.0f} ms at the median, {times[int(len(times) * 0.95)]:.0f} ms at 95%")
    if options.validator:
        refused = validator(options.validator, done)
        print(f"accepted by Axolotl's own validator: {len(done) - len(refused)} of {len(done)}")
        for case, verdict in refused[:20]:
            print(f"    {case.name}: {verdict}")
    else:
        print("Axolotl's own validator: not asked (--validator PYTHON SCRIPT)")
    return 0


def judge(done: list[Case]) -> None:
    above, beyond, off, kept = Counter(), [], [], 0
    for case in done:
        written = case.written
        if written is None:
            continue
        bad = [f for f in written.report.findings if f.severity is not Severity.ADVICE] if written.report else []
        above.update(f.rule for f in bad)
        usable = case.wishes.gpu.usable_gib[0] if case.wishes.gpu is not None else 0.0
        same_card = not any("least that holds" in each for each in written.unmet)
        if written.memory is not None and same_card and written.memory.high_gib > usable:
            beyond.append(f"{case.name}: {written.memory.high_gib} > {usable}")
        share = batch_off(case)
        if share is not None and share > general()["batch_slack"].value + 1e-9 and not written.unmet:
            off.append(f"{case.name}: {share:.0%}")
        sample = written.report.dataset if written.report else None
        lost = 0 if sample is None else sample.rows - min(sample.rows_kept, sample.rows)
        kept += lost == 0 or "left out" in written.config
    print(f"findings above advice: {sum(above.values())} {dict(above)}")
    print(f"memory beyond the card: {len(beyond)} {beyond[:5]}")
    print(f"batch off by more than a tenth: {len(off)} of {len(done)}")
    for each in off[:12]:
        print(f"    {each}")
    print(f"rows kept or said to be lost: {kept} of {len(done)}")


if __name__ == "__main__":
    sys.exit(main())
