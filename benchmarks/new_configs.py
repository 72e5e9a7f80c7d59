"""Configs that are written, over models, cards, aims and rows: are they accepted, clean, within memory, on their batch?

    python -m benchmarks.new_configs [--validator PYTHON SCRIPT] [--loader PYTHON] [--many N] [--seed S]

The validator is Axolotl's own, which reads configs as JSON lines; the loader is an interpreter that has Axolotl, whose
own code then reads the rows. Where neither is named, only this program's own check judges.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import yaml

from benchmarks.new_config_cases import Case, cases
from knowledge.finding import Severity
from knowledge.writing import Unusable, Unwritable, aims, write_config
from knowledge.writing.taste import general

if TYPE_CHECKING:
    from knowledge.writing import Written


def write(case: Case) -> None:
    begun = time.perf_counter()
    try:
        case.written = write_config(case.wishes)
    except (Unwritable, Unusable) as reason:
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
    """The cases that Axolotl's own validator refuses: one process reads all of them, each with its own cards."""
    lines = []
    for number, case in enumerate(found):
        gpu = case.wishes.gpu
        cards = {"bf16": gpu is None or gpu.bf16, "fp8": False, "tf32": True, "n_node": 1, "n_gpu": gpus_of(case)}
        cards["compute_capability"] = "sm_75" if gpu is not None and not gpu.bf16 else "sm_90"
        record = {"id": str(number), "yaml": case.written.config, "capabilities": cards} if case.written else {}
        lines.append(json.dumps(record | {"env_capabilities": {"torch_version": "2.13.0"}}))
    done = subprocess.run(command, input="\n".join(lines), capture_output=True, text=True, check=False)
    verdicts = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    if len(verdicts) != len(found):
        print(f"  the validator answered {len(verdicts)} of {len(found)}: {done.stderr[-300:]}")
    return [(found[int(each["id"])], json.dumps(each["errors"])[:400]) for each in verdicts if each["verdict"] != "ok"]


def gpus_of(case: Case) -> int:
    """On how many cards the written config runs: as many as were asked for, or the nearest number that holds it."""
    return case.written.gpus if case.written is not None else case.wishes.gpus


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--validator", nargs=2)
    parser.add_argument("--loader")
    parser.add_argument("--many", type=int, default=350)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--shown", type=int, default=20, help="cases that are shown of each kind of miss")
    options = parser.parse_args()
    print(f"seed {options.seed}")
    found = list(cases(options.many, options.seed))
    for case in found[:3]:
        write(case)
    for case in found:
        write(case)
    done = [case for case in found if case.written is not None]
    print(f"{len(found)} combinations: {len(done)} written, {len(found) - len(done)} refused with a reason")
    for case in found:
        if case.refused:
            print(f"    {case.name}: {case.refused[:230]}")
    met = [case for case in done if case.written and not case.written.unmet]
    print(f"  {len(met)} meet every wish, {len(done) - len(met)} say which they do not")
    for case in done:
        if case.written and case.written.unmet:
            print(f"    {case.name}: {' '.join(case.written.unmet)[:400]}")
    for kind, misses in judged(done).items():
        print(f"{kind}: {len(misses)}")
        for miss in misses[: options.shown]:
            print(f"    {miss}")
    times = sorted(case.seconds * 1000 for case in found)
    print(f"time: {statistics.median(times):.0f} ms at the median, {times[int(len(times) * 0.95)]:.0f} ms at 95%")
    if options.validator:
        refused = validator(options.validator, done)
        print(f"accepted by Axolotl's own validator: {len(done) - len(refused)} of {len(done)}")
        for case, verdict in refused[: options.shown]:
            print(f"    {case.name}: {verdict}")
    else:
        print("Axolotl's own validator: not asked (--validator PYTHON SCRIPT)")
    return 0


def judged(done: list[Case]) -> dict[str, list[str]]:
    """What this program itself finds wrong with the written configs, by kind."""
    wrong: dict[str, list[str]] = {kind: [] for kind in (_ABOVE, _MEMORY, _BATCH, _STEPS, _LOST)}
    for case in done:
        written = case.written
        if written is None or written.report is None:
            continue
        bad = [each for each in written.report.findings if each.severity.rank < Severity.ADVICE.rank]
        wrong[_ABOVE] += [f"{case.name}: {each.rule}: {each.message}" for each in bad]
        if written.memory is None or written.memory.high_gib > written.usable_gib:
            wrong[_MEMORY].append(f"{case.name}: {written.memory and written.memory.high_gib} > {written.usable_gib}")
        share = batch_off(case)
        if share is not None and share > general()["batch_slack"].value + 1e-9 and not written.unmet:
            wrong[_BATCH].append(f"{case.name}: {share:.0%}")
        steps = written.plan.optimizer_steps_done if written.plan is not None else None
        free = case.wishes.epochs is None and case.wishes.steps is None and case.wishes.hours is None
        if free and steps is not None and steps < general()["fewest_steps"].value and not written.unmet:
            wrong[_STEPS].append(f"{case.name}: {steps}")
        sample = written.report.dataset
        if sample is not None and sample.rows_kept < sample.rows and not lost_said(written):
            wrong[_LOST].append(f"{case.name}: {sample.rows - sample.rows_kept} of {sample.rows}")
    return wrong


_ABOVE, _MEMORY, _BATCH = "findings above advice", "memory beyond the card", "batch off by more than a tenth"
_STEPS, _LOST = "too few steps, without a word", "rows lost, without a word"


def lost_said(written: Written) -> bool:
    return "left out" in written.config or any("rows" in sentence for sentence in written.unmet)


if __name__ == "__main__":
    sys.exit(main())
