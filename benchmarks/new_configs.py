"""Configs that are written, over models, cards, aims and rows: are they accepted, clean, within memory, on their batch?

    python -m benchmarks.new_configs [--validator PYTHON SCRIPT] [--loader PYTHON] [--many N] [--seed S]

The validator is Axolotl's own, which reads configs as JSON lines; the loader is an interpreter that has Axolotl, whose
own code then reads the rows. Where neither is named, only this program's own check judges.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from benchmarks.new_config_cases import Case, cases
from knowledge.finding import Severity
from knowledge.writing import Unusable, Unwritable, aims, write_config
from knowledge.writing.taste import general

if TYPE_CHECKING:
    from knowledge.writing import Written


def write(case: Case) -> None:
    # A busy machine takes longer, but not more of the processor.
    begun = time.process_time()
    try:
        case.written = write_config(case.wishes)
    except (Unwritable, Unusable) as reason:
        case.refused = str(reason)
    case.seconds = time.process_time() - begun


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
        rows = (case.wishes.count or len(case.rows)) * share
        # Of fewer rows than a batch holds, the batch is what it would hold of more.
        made = rows / steps if rows >= aim.batch.value else made
    return abs(made - aim.batch.value) / aim.batch.value


def validator(command: list[str], found: list[Case]) -> list[tuple[Case, str]]:
    """The cases that Axolotl's own validator refuses: one process reads all of them, each with its own cards."""
    environment = {"env_capabilities": {"torch_version": "2.13.0"}}
    lines = [json.dumps(record(number, case) | environment) for number, case in enumerate(found)]
    done = subprocess.run(command, input="\n".join(lines), capture_output=True, text=True, check=False)
    verdicts = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    if len(verdicts) != len(found):
        print(f"  the validator answered {len(verdicts)} of {len(found)}: {done.stderr[-300:]}")
    return [(found[int(each["id"])], json.dumps(each["errors"])[:400]) for each in verdicts if each["verdict"] != "ok"]


def record(number: int, case: Case) -> dict[str, Any]:
    """What Axolotl is asked about a case: the config, and the cards on which it runs."""
    gpu, written = case.wishes.gpu, case.written
    old = gpu is not None and not gpu.bf16 and "bf16: true" not in (written.config if written else "")
    cards = {"bf16": not old, "fp8": False, "tf32": True, "n_node": 1, "n_gpu": written.gpus if written else 1}
    cards["compute_capability"] = "sm_75" if old else "sm_90"
    return {"id": str(number), "yaml": written.config if written else "", "capabilities": cards}


FAMILIES = """\
Qwen2\\.5-0\\.5B$ qwen, Qwen2\\.5-72B$ qwen, Base$ qwen, Qwen qwen-instruct, Llama-3.*Instruct llama3-instruct,
Distill-Llama llama3-instruct, Llama-3 llama3, gemma.*-it$ gemma-instruct, gemma gemma,
istral.*Instruct mistral-instruct, Mixtral.*Instruct mistral-instruct, istral mistral, Mixtral mistral, Phi-3.5 phi,
phi-4 qwen-instruct, SmolLM2-1.7B$ plain, Smol instruct, gpt-oss gpt-oss, Chat zephyr, nstruct instruct
""".replace("\n", " ").split(", ")
"""Which tokenizer of axolotl_rows.py stands for a model's; the first pattern that a name matches counts."""


def loader(python: str, done: list[Case], most: int) -> None:
    """Reads the rows of some cases with Axolotl's own code, and prints whether each row is trained to its end."""
    known = [each.strip().rsplit(" ", 1) for each in FAMILIES]
    # Of a file that is only a part of the dataset, the loading would not be the one that the config is for.
    whole = [case for case in done if case.wishes.whole and 0 < len(case.rows) <= LOADED]
    some = [case for case in whole if "image" not in case.name][:most]
    lines = []
    for number, case in enumerate(some):
        family = next((family for part, family in known if re.search(part, case.wishes.model)), "plain")
        data = {"rows": case.rows, "file": case.wishes.dataset, "files": case.written.files if case.written else {}}
        lines.append(json.dumps(record(number, case) | data | {"family": family}))
    script = str(Path(__file__).parent / "axolotl_rows.py")
    ran = subprocess.run([python, script], input="\n".join(lines), capture_output=True, text=True, check=False)
    answers = [json.loads(line) for line in ran.stdout.splitlines() if line.startswith("{")]
    bad = []
    for answer in answers:
        case = some[int(answer["id"])]
        if min(answer.get("trained", 10**9), answer.get("ended", 0), answer.get("rows", 0)) < len(case.rows):
            said = case.written is not None and (case.written.unmet or lost_said(case.written))
            bad.append((bool(said), f"{case.name}: {answer} {case.written.unmet if case.written else ''}"))
    silent = [words for said, words in bad if not said]
    print(f"every row trained to its end by Axolotl's own loading: {len(answers) - len(bad)} of {len(some)}")
    print(f"  said not to be: {len(bad) - len(silent)}, without a word: {len(silent)}")
    for words in (*silent, *(words for said, words in bad if said)):
        print(f"    {words[:500]}")


LOADED = 300
"""Rows of the largest cases that Axolotl loads."""


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--validator", nargs=2)
    parser.add_argument("--loader")
    parser.add_argument("--many", type=int, default=350)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--loaded", type=int, default=60, help="cases whose rows Axolotl loads")
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
    late = times[int(len(times) * 0.95)]
    print(f"processor time: {statistics.median(times):.0f} ms at the median, {late:.0f} ms at 95%")
    if options.validator:
        refused = validator(options.validator, done)
        print(f"accepted by Axolotl's own validator: {len(done) - len(refused)} of {len(done)}")
        for case, verdict in refused[: options.shown]:
            print(f"    {case.name}: {verdict}")
    else:
        print("Axolotl's own validator: not asked (--validator PYTHON SCRIPT)")
    if options.loader:
        loader(options.loader, done, options.loaded)
    else:
        print("Axolotl's own loading: not asked (--loader PYTHON)")
    return 0


def judged(done: list[Case]) -> dict[str, list[str]]:
    """What this program itself finds wrong with the written configs, by kind."""
    wrong: dict[str, list[str]] = {kind: [] for kind in (_ABOVE, _MEMORY, _BATCH, _STEPS, _LOST)}
    for case in done:
        written = case.written
        if written is None or written.report is None:
            continue
        bad = [each for each in written.report.findings if each.severity.rank < Severity.ADVICE.rank]
        bad = [each for each in bad if f"[{each.rule}]" not in " ".join(written.unmet)]
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


_ABOVE, _MEMORY, _BATCH = (
    "findings above advice, without a word",
    "memory beyond the card",
    "batch off by more than a tenth",
)
_STEPS, _LOST = "too few steps, without a word", "rows lost, without a word"


def lost_said(written: Written) -> bool:
    return "left out" in written.config or any("rows" in sentence for sentence in written.unmet)


if __name__ == "__main__":
    sys.exit(main())
