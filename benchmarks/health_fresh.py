"""How often a fault is named in runs that are trained for the purpose, told in the forms in which people paste them.

    python benchmarks/health_fresh.py PYTHON [--seed N] [--rounds N] [--runs FILE] [--show]

PYTHON has torch, Transformers and PEFT: it trains small models on a CPU by `health_training.py`, some minutes for each
round of 41 runs, at other seeds, lengths, rates, schedules and logging intervals than any rule was written for. With
--runs, runs that were kept are read. A fault counts as visible where its curve shows what its name says: that is
decided by plain arithmetic here, on every step that was logged. Half of the runs, by their names, are held back while
rules are changed: look at the others with --show.
"""

import argparse
import csv
import hashlib
import io
import json
import math
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from random import Random
from statistics import median

import yaml

from knowledge.health import health_of

TRAINING = Path(__file__).with_name("health_training.py")
ACCEPTED = {
    "nan": {"nan", "diverging", "exploding-gradients"},
    "exploding-gradients": {"exploding-gradients", "diverging", "nan"},
    "diverging": {"diverging", "exploding-gradients", "nan"},
    "leaked-evaluation": {"leaked-evaluation", "overfitting"},
}
# Of these only a console tells: the process before, and how little the optimizer holds.
ONLY_ON_CONSOLES = ("restart-scratch", "restart-older", "flat-norm")
_COLUMNS = ("step", "epoch", "loss", "grad_norm", "learning_rate", "eval_loss")


def losses(run):
    return [row["loss"] for row in run["processes"][-1] if "loss" in row]


def visible(run):
    """Whether the numbers show the fault that was put in."""
    found, fault = losses(run), run["fault"]
    if fault is None:
        return True
    if fault == "restarted":
        return len(run["processes"][0]) >= 2
    if len(found) < 8:
        return False
    start, end = median(found[:3]), median(found[-max(len(found) // 4, 1) :])
    norms = [row["grad_norm"] for row in run["processes"][-1] if "grad_norm" in row]
    evaluated = [row["eval_loss"] for row in run["processes"][-1] if "eval_loss" in row]
    if fault == "diverging":
        return max(found) > 1.5 * start and end > start
    if fault == "exploding-gradients":
        finite = [norm for norm in norms if math.isfinite(norm)]
        return bool(finite) and (median(finite) > 20 or max(finite) > max(20, 10 * median(finite)))
    if fault == "overfitting":
        return end < 0.4 * found[len(found) // 5] and (not evaluated or evaluated[-1] > 1.5 * end)
    if fault == "leaked-evaluation":
        return end < 0.4 * found[len(found) // 5] and len(evaluated) >= 3 and evaluated[-1] < 1.3 * end
    if fault == "wrong-template":
        return start > 7
    return True


def state(run, _chance):
    rows = run["processes"][-1]
    if run["kind"] == "restart-bare":
        rows = [*run["processes"][0], *rows]
    return json.dumps({"global_step": run["done"], "max_steps": run["planned"], "log_history": rows})


def table(run, chance):
    rows = json.loads(state(run, chance))["log_history"]
    out = io.StringIO()
    writer = csv.DictWriter(out, _COLUMNS, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def console(run, chance, *, bars=False, prefix=""):
    """What a terminal shows: the config, one process after the other, bars if asked for, a prefix on each line."""
    lines = []
    seconds = chance.uniform(0.3, 4)
    for number, history in enumerate(run["processes"]):
        lines.append(f"[2026-05-01 10:{number:02}:01,604] [INFO] [axolotl.cli.config] config:")
        lines += json.dumps(run["config"], indent=2).split("\n")
        counted = f"Maximum number of steps set at {run['planned']}"
        lines.append(f"[2026-05-01 10:{number:02}:02,435] [INFO] [axolotl.utils.data.sft] {counted}")
        lines.append(f"[2026-05-01 10:{number:02}:03,747] [INFO] [axolotl.train] Starting trainer...")
        lines.append(
            f"optimizer param group 0: lr={run['config']['learning_rate']} numel={run.get('trainable', 10**6)}"
        )
        for row in history:
            if bars:
                lines.append(bar(row["step"], run["planned"], seconds))
            told = {key: value for key, value in row.items() if key not in ("step", "total_flos")}
            lines.append(
                str({key: f"{value:.4g}" if isinstance(value, float) else str(value) for key, value in told.items()})
            )
    return "\n".join(prefix + line for line in lines)


def bar(step, planned, seconds):
    spent, left = int(step * seconds), int((planned - step) * seconds)
    times = f"{spent // 60:02}:{spent % 60:02}<{left // 60:02}:{left % 60:02}"
    return f"{100 * step // planned:3}%|███▌      | {step}/{planned} [{times},  {seconds:.2f}s/it]\r"


FORMS = {
    "console": console,
    "console with bars": lambda run, chance: console(run, chance, bars=True),
    "console with ranks": lambda run, chance: console(run, chance, prefix="[rank0]: "),
    "trainer_state.json": state,
    "CSV": table,
}


def half(run):
    return "held back" if hashlib.sha256(run["id"].encode()).digest()[0] % 2 else "looked at"


def judged(run, form, chance):
    """The ids that are found, and whether the run is called healthy."""
    found = health_of(FORMS[form](run, chance), yaml.safe_dump(run["config"]))
    return ([], True) if found is None else ([sign.id for sign in found.findings], found.healthy)


def main(runs, *, show):
    total = Counter()
    hidden = [run["id"] for run in runs if not visible(run)]
    print(f"{len(runs)} runs; the fault of {len(hidden)} does not show in their numbers and is not judged.")
    for form in FORMS:
        for side in ("looked at", "held back"):
            counts = Counter()
            for run in runs:
                hides = run["kind"] in ONLY_ON_CONSOLES and not form.startswith("console")
                if half(run) != side or not visible(run) or hides:
                    continue
                ids, healthy = judged(run, form, Random(run["id"]))  # noqa: S311 - the same form every time
                right = ACCEPTED.get(run["fault"], {run["fault"]})
                wrong = set(ids) - right
                if run["fault"] is None:
                    counts.update(healthy=1, flagged=not healthy)
                else:
                    counts.update(faults=1, named=bool(right & set(ids)), beside=bool(wrong))
                missed = run["fault"] is not None and not right & set(ids)
                if show and side == "looked at" and (missed or wrong):
                    every, steps = run["config"]["logging_steps"], run["planned"]
                    print(f"  {run['id']} ({run['fault']}), a line every {every} of {steps}: {ids}")
            total += Counter({f"{side}: {key}": count for key, count in counts.items()})
            print(
                f"{form}, {side}: {counts['named']} of {counts['faults']} faults named, another beside it in "
                f"{counts['beside']}; {counts['flagged']} of {counts['healthy']} healthy runs flagged"
            )
    for side in ("looked at", "held back"):
        named, faults = total[f"{side}: named"], total[f"{side}: faults"]
        flagged, healthy = total[f"{side}: flagged"], total[f"{side}: healthy"]
        print(
            f"All forms, {side}: {named / max(faults, 1):.1%} of the faults named (target 90%), "
            f"{flagged / max(healthy, 1):.1%} of the healthy runs flagged (target 5% at most)"
        )


def trained(python, seed, rounds):
    with tempfile.TemporaryDirectory() as folder:
        command = [python, str(TRAINING), folder, str(seed), str(rounds)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("python", nargs="?", help="interpreter that has torch, Transformers and PEFT")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--runs", type=Path, help="runs that were kept, instead of training")
    parser.add_argument("--show", action="store_true", help="name what was missed or said beside, of one half")
    options = parser.parse_args()
    if options.runs is None and options.python is None:
        print("no interpreter with torch was named: nothing is measured")
        sys.exit(0)
    text = options.runs.read_text("utf-8") if options.runs else trained(options.python, options.seed, options.rounds)
    main([json.loads(line) for line in text.splitlines()], show=options.show)
