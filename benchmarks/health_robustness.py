"""Whether the verdict on a run holds when the same run is told in another way: the faults and healthy runs, altered.

Run: python benchmarks/health_robustness.py [--show]. Needs the reference runs beside the checkout. The alterations came
after the rules: other rates, levels, noise and logging steps, other forms of the same numbers. At the end stand the
learning rates that Axolotl's own schedules gave for other configs, with a loss that falls: nothing is wrong with them
but a warm-up as long as the run.
"""

import csv
import io
import json
import math
import re
import sys
from pathlib import Path
from random import Random

import yaml

from knowledge.health import health_of

SHARED = Path(__file__).resolve().parents[1].parent / "shared"
RUNS = SHARED / "health" / "runs.jsonl"
SCHEDULES = SHARED / "math" / "runs.jsonl"
_METRIC = re.compile(r"^\{'(?:loss|eval_loss)'", re.MULTILINE)
_COLUMNS = ("step", "epoch", "loss", "grad_norm", "learning_rate", "eval_loss")


def of_lines(alter):
    """A form of the console log."""
    return lambda run, _chance: (alter(run["log"]), run["config"], True)


def windows(log):
    return re.sub(r"\r?\n", "\r\n", log)


def bars(log):
    """Bars that stand on the line of the metrics, as a console that is not flushed leaves them."""
    return _METRIC.sub(lambda found: f" 12%|█▏        | 6/50 [00:03<00:21,  2.05it/s]\r{found[0]}", log)


def docker(log):
    return "\n".join(
        f"2026-03-01T09:15:0{number % 10}.123456789Z {line}" for number, line in enumerate(log.split("\n"))
    )


def prefixed(log):
    return "\n".join(f"[default0]:{line}" for line in log.split("\n"))


def two_ranks(log):
    """Every line of both processes, one after the other."""
    return "\n".join(f"[rank{rank}]: {line}" for line in log.split("\n") for rank in (0, 1))


def plain_numbers(log):
    """Numbers without quotes, as Transformers before release 5 prints them, in other formats."""
    return re.sub(r"'(-?\d+\.?\d*(?:e[-+]?\d+)?)'", lambda found: repr(float(found[1])), log)


def summary(log):
    """What Weights & Biases prints below a run."""
    said = "wandb: Run summary:\nwandb:   train/epoch 1\nwandb:   train/grad_norm 0.5\nwandb:    train/loss 0.75\n"
    return f"{log}\nwandb: \nwandb: Run history:\nwandb:    train/loss █▇▅▃▂▁▁▁\n{said}wandb: Synced 5 W&B file(s)\n"


def colored(log):
    return re.sub(r"\[(INFO|WARNING)\]", "\x1b[32m[\\1]\x1b[0m", log)


def of_history(alter):
    """A form of trainer_state.json; its step and epoch are kept."""

    def made(run, chance):
        rows, config = alter([dict(row) for row in run["log_history"]], yaml.safe_load(run["config"]), run, chance)
        return json.dumps({"global_step": run["steps_done"], "log_history": rows}), yaml.safe_dump(config), False

    return made


def scaled(key, factor):
    def alter(rows, config, _run, _chance):
        for row in rows:
            for name in (key, f"eval_{key}"):
                if isinstance(row.get(name), int | float):
                    row[name] *= factor
        if key in config:
            config[key] = float(config[key]) * factor
        return rows, config

    return alter


def noisy(factor):
    """Noise as of rows in another order, or of a smaller batch."""

    def alter(rows, config, _run, chance):
        for row in rows:
            for key, spread in (("loss", 0.04), ("grad_norm", 0.1), ("eval_loss", 0.01)):
                if isinstance(row.get(key), int | float) and math.isfinite(row[key]):
                    row[key] *= math.exp(chance.gauss(0, factor * spread))
        return rows, config

    return alter


def smoothed(rows, config, _run, _chance):
    """A loss that was averaged over the steps before it, as a chart shows it."""
    level = None
    for row in rows:
        if isinstance(row.get("loss"), int | float) and math.isfinite(row["loss"]):
            level = row["loss"] if level is None or not row["loss"] else 0.5 * level + 0.5 * row["loss"]
            row["loss"] = level
    return rows, config


def every(count):
    """Fewer lines: the mean loss of as many steps, everything else of the last of them."""

    def alter(rows, config, _run, _chance):
        kept, waiting = [], []
        for row in rows:
            if "loss" not in row:
                kept.append(row)
                continue
            waiting.append(row["loss"])
            if row.get("step", 0) % count == 0:
                numbers = [number for number in waiting if isinstance(number, int | float)]
                kept.append({**row, "loss": sum(numbers) / max(len(numbers), 1)})
                waiting = []
        return kept, {**config, "logging_steps": count}

    return alter


def table(run, _chance):
    out = io.StringIO()
    writer = csv.DictWriter(out, _COLUMNS, extrasaction="ignore", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(run["log_history"])
    return out.getvalue(), run["config"], False


def ended(share):
    """The last part of a console log, from a metric line on: what a member pastes. Many faults show before it."""

    def alter(log):
        lines = log.split("\n")
        metrics = [number for number, line in enumerate(lines) if "'loss'" in line]
        return "\n".join(lines[metrics[int(len(metrics) * (1 - share))] :]) if metrics else log

    return alter


def begun(share):
    """The first part of a run, with all that the config asks for: what a member posts while it is still going."""

    def alter(rows, config, run, _chance):
        return [row for row in rows if row.get("step", 0) <= share * run["steps_done"]], config

    return alter


ALTERATIONS = {
    "Windows line ends": of_lines(windows),
    "bars before the metrics": of_lines(bars),
    "container time stamps": of_lines(docker),
    "a launcher's prefix": of_lines(prefixed),
    "two ranks": of_lines(two_ranks),
    "colors": of_lines(colored),
    "numbers without quotes": of_lines(plain_numbers),
    "a summary of W&B below": of_lines(summary),
    "the last 60 %": of_lines(ended(0.6)),
    "no config": lambda run, _chance: (run["log"], None, True),
    "a CSV": table,
    "rates x 0.01": of_history(scaled("learning_rate", 0.01)),
    "rates x 10": of_history(scaled("learning_rate", 10)),
    "loss x 0.9": of_history(scaled("loss", 0.9)),
    "loss x 1.15": of_history(scaled("loss", 1.15)),
    "norms x 0.7": of_history(scaled("grad_norm", 0.7)),
    "norms x 1.2": of_history(scaled("grad_norm", 1.2)),
    "noise": of_history(noisy(1)),
    "noise x 3": of_history(noisy(3)),
    "smoothed": of_history(smoothed),
    "a line every 2 steps": of_history(every(2)),
    "a line every 5 steps": of_history(every(5)),
    "a line every 10 steps": of_history(every(10)),
    "the first 60 %": of_history(begun(0.6)),
    "the first half": of_history(begun(0.5)),
}


def main(*, show):
    runs = [json.loads(line) for line in RUNS.read_text("utf-8").splitlines()]
    for name, alter in ALTERATIONS.items():
        counts = dict.fromkeys(("faults", "named", "beside", "healthy", "flagged"), 0)
        for number, run in enumerate(runs):
            chance = Random(number)  # noqa: S311 - the same noise every time
            text, config, console = alter(run, chance)
            if run["group"] != "judged" or not (console or run["state_shows"]):
                continue
            found = health_of(text, config)
            ids = [] if found is None else [sign.id for sign in found.findings]
            right = {run["fault"], *run["accept"]}
            wrong = [each for each in ids if each not in right]
            if run["fault"] is None:
                counts["healthy"] += 1
                counts["flagged"] += bool(found and not found.healthy)
            else:
                counts["faults"] += 1
                counts["named"] += bool(right.intersection(ids))
                counts["beside"] += bool(wrong)
            if show and (wrong or (run["fault"] and not right.intersection(ids))):
                print(f"  {run['id']:26} {run['fault']}: {ids}{'' if found else ', not read'}")
        print(
            f"{name}: {counts['named']} of {counts['faults']} faults named, another beside it in {counts['beside']}; "
            f"{counts['flagged']} of {counts['healthy']} healthy runs flagged"
        )


def schedules(*, show):
    for name in ("with its planned steps", "without them"):
        flagged = judged = 0
        for line in SCHEDULES.read_text("utf-8").splitlines():
            run = json.loads(line)
            expected = run["expected"]
            rates, done = expected.get("lr_after_n_scheduler_steps"), expected.get("optimizer_steps_done")
            if not rates or not done or expected["warmup_steps"] >= done:
                continue
            rows = [
                {
                    "step": int(step) + 1,
                    "epoch": (int(step) + 1) * expected["epochs_seen"] / done,
                    "loss": 0.5 + 3 * math.exp(-int(step) / done),
                    "grad_norm": 1.0,
                    "learning_rate": rate,
                }
                for step, rate in rates.items()
                if int(step) < done
            ]
            planned = {"max_steps": expected["trainer_max_steps"]} if name == "with its planned steps" else {}
            state = {"global_step": done, "log_history": rows, **planned}
            found = health_of(json.dumps(state), run["config"], gpus=run["world_size"])
            judged += 1
            flagged += not found.healthy
            if show and not found.healthy:
                print(f"  {run['id']}: {[sign.message for sign in found.findings]}")
        print(f"Axolotl's own schedules, a state {name}: {flagged} of {judged} flagged")


if __name__ == "__main__":
    if RUNS.exists():
        main(show="--show" in sys.argv)
        schedules(show="--show" in sys.argv)
    else:
        print("reference runs not found: nothing is measured")
