"""How often the fault of a run is named from its log, and how often a healthy run is flagged.

Run: python benchmarks/health_accuracy.py [--show]. Needs the reference runs beside the checkout, all of which were
looked at while the rules were written: the two halves show no more than that both do alike. `health_robustness.py`
measures the runs in forms that no rule was written for. Each run is judged by its console log and, where that shows
the fault, by its trainer_state.json.
"""

import hashlib
import json
import sys
from pathlib import Path

from knowledge.health import health_of

SHARED = Path(__file__).resolve().parents[1].parent / "shared"
RUNS = SHARED / "health" / "runs.jsonl"


def half(name):
    return "second" if hashlib.sha256(name.encode()).digest()[0] % 2 else "first"


def state(run):
    return json.dumps({"global_step": run["steps_done"], "log_history": run["log_history"]})


def main(*, show):
    runs = [json.loads(line) for line in RUNS.read_text("utf-8").splitlines()]
    for source in ("console log", "trainer_state.json"):
        for name in ("first", "second"):
            counts = dict.fromkeys(("faults", "named", "beside", "healthy", "flagged", "hidden", "claimed"), 0)
            for run in runs:
                if half(run["kind"]) != name or (source != "console log" and not run["state_shows"]):
                    continue
                text = run["log"] if source == "console log" else state(run)
                found = health_of(text, run["config"])
                ids = [sign.id for sign in found.findings]
                right = {run["fault"], *run["accept"]}
                wrong = [each for each in ids if each not in right]
                if run["group"] != "judged":
                    counts["hidden"] += 1
                    counts["claimed"] += bool(ids)
                elif run["fault"] is None:
                    counts["healthy"] += 1
                    counts["flagged"] += not found.healthy
                else:
                    counts["faults"] += 1
                    counts["named"] += bool(right.intersection(ids))
                    counts["beside"] += bool(wrong)
                missed = run["fault"] and run["group"] == "judged" and not right.intersection(ids)
                if show and (wrong or missed or found.steps.done != run["steps_done"]):
                    print(f"  {run['id']:26} {run['fault']}: {ids} {found.steps} of {run['steps_done']}")
            print(
                f"{source}, {name} half: {counts['named']} of {counts['faults']} faults named, another beside it in "
                f"{counts['beside']}; {counts['flagged']} of {counts['healthy']} healthy runs flagged; "
                f"{counts['claimed']} of {counts['hidden']} claimed that no number shows"
            )


if __name__ == "__main__":
    if RUNS.exists():
        main(show="--show" in sys.argv)
    else:
        print("reference runs not found: nothing is measured")
