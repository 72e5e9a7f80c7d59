"""How often a plan is right: against worked cases and against real training runs.

`make accuracy`. Reads the reference data beside the checkout; without them it says so and measures nothing.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections import Counter, defaultdict
from dataclasses import asdict
from pathlib import Path
from typing import Any

import yaml

from knowledge.config import read
from knowledge.finding import Severity
from knowledge.plan import (
    checkpoint_storage,
    completion_chunks,
    make_plan,
    remember_plan,
    storage_in_gigabytes,
)
from knowledge.rules import run as run_rules
from knowledge.schedule import Schedule, learning_rates
from knowledge.schema import schema_findings

REFERENCE = Path(__file__).resolve().parents[1].parent / "shared" / "math"

NUMBERS = (
    *("rows_after_length_filter", "rows_after_zero_label_filter", "tokens_in_kept_rows", "train_rows", "eval_rows"),
    *("global_batch_size", "gradient_accumulation_steps", "eval_batch_size", "micro_batch_size_given_to_trainer"),
    *("total_num_steps", "sample_packing_eff_est", "trainer_max_steps", "warmup_steps", "logging_steps"),
    *("save_strategy", "save_total_limit", "eval_strategy", "load_best_model_at_end", "save_every_steps"),
    *("eval_every_steps", "batches_per_epoch", "trainer_steps_per_epoch", "trainer_num_epochs"),
    *("optimizer_steps_done", "epochs_seen", "save_points", "checkpoints_left", "eval_points", "epoch_end_points"),
    *("micro_batches_done", "rows_seen"),
)
CORE = frozenset(
    {
        *("total_num_steps", "trainer_max_steps", "warmup_steps", "logging_steps", "save_every_steps", "save_points"),
        *("checkpoints_left", "eval_points", "eval_every_steps", "epochs_seen", "optimizer_steps_done", "curve"),
    }
)
"""What the config and the lengths are said to decide; the others are a picture of how it comes about."""

AFTER_A_CRASH = frozenset(
    {
        *("optimizer_steps_done", "epochs_seen", "save_points", "checkpoints_left", "eval_points"),
        *("epoch_end_points", "micro_batches_done", "rows_seen"),
    }
)
MACHINE = ("FlashAttention2 has been", "triton", "bf16/gpu", "on CPU", "Half")
"""Errors of the machine on which the runs were made, which has no GPU; not of their configs."""


class Score:
    """Right, wrong and unknown, by number."""

    def __init__(self) -> None:
        self.right: Counter[str] = Counter()
        self.wrong: dict[str, list[str]] = defaultdict(list)
        self.unknown: dict[str, list[str]] = defaultdict(list)

    def note(self, name: str, case: str, expected: Any, got: Any, *, same: bool) -> None:
        if got is None:
            self.unknown[name].append(f"{case}: {_short(expected)}")
        elif same:
            self.right[name] += 1
        else:
            self.wrong[name].append(f"{case}: {_short(expected)}, here {_short(got)}")

    def share(self, names: frozenset[str] | None = None) -> tuple[int, int]:
        kept = {*self.right, *self.wrong} if names is None else names
        right = sum(self.right[name] for name in kept)
        return right, right + sum(len(self.wrong[name]) for name in kept)

    def print(self, *, details: bool) -> None:
        for name in sorted({*self.right, *self.wrong, *self.unknown}):
            right, wrong, unknown = self.right[name], self.wrong[name], self.unknown[name]
            print(f"  {name:<34} {right:>5} right {len(wrong):>3} wrong {len(unknown):>3} not known")
            if details:
                for line in wrong:
                    print(f"      wrong      {line}")
                for line in unknown:
                    print(f"      not known  {line}")


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 60 else text[:60] + "…"


def _same(expected: Any, got: Any) -> bool:
    if isinstance(expected, float) and isinstance(got, int | float):
        return math.isclose(expected, got, rel_tol=1e-9)
    if isinstance(expected, list):
        return got is not None and expected == list(got)
    return bool(expected == got)


def _rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (REFERENCE / name).read_text("utf-8").splitlines() if line.strip()]


# -- worked cases --------------------------------------------------------------------------------------------------


def lengths_of(described: dict[str, Any]) -> list[int]:
    """The lengths that a worked case describes."""
    if "list" in described:
        return list(described["list"])
    if "const" in described:
        return [described["const"]] * described["n"]
    low, high = described["lo"], described["hi"]
    return [low + (k * 7919 + 104729) % (high - low + 1) for k in range(described["n"])]


def plan_case(case: dict[str, Any]) -> dict[str, Any]:
    """The numbers of a worked case of steps."""
    given = case["input"]
    config = {
        key: value for key, value in given.items() if key not in {"world_size", "lengths", "attn_supports_packing"}
    }
    config |= {"base_model": "org/model", "datasets": [{"path": "rows", "type": "alpaca"}], "learning_rate": 1e-4}
    packs = given.get("attn_supports_packing", True)
    config["attn_implementation"] = "flash_attention_2" if packs else "sdpa"
    if "normalize_config ALONE" in case.get("note", ""):
        config["gradient_accumulation_steps"] = None  # the one way in which a config leaves it absent
    plan = make_plan(read(yaml.safe_dump(config), gpus=given["world_size"]), lengths=lengths_of(given["lengths"]))
    return asdict(plan)


def storage_case(given: dict[str, Any]) -> dict[str, float]:
    """The numbers of a worked case of disk space."""
    trained = given.get("trainable", given["params"])
    return storage_in_gigabytes(
        checkpoint_storage(
            weights_bytes=trained * given["weight_bytes"],
            optimizer_bytes=round(trained * given["opt_bytes_per_trainable"]),
            saves=given["n_saves"],
            save_total_limit=given.get("save_total_limit", 4),
            save_only_model=given.get("save_only_model", False),
        )
    )


def chunk_case(given: dict[str, Any]) -> dict[str, Any]:
    """The numbers of a worked case of documents that are cut."""
    bos = given["tokenizer_adds_bos"]
    chunks = [
        part
        for tokens in given["doc_text_tokens"]
        for part in completion_chunks(tokens, given["sequence_len"], adds_bos=bos)
    ]
    return {
        "chunk_lengths": chunks,
        "rows": len(chunks),
        "rows_kept_after_min_len_2": sum(part >= 2 for part in chunks),
        "tokens": sum(chunks),
    }


def schedule_case(given: dict[str, Any]) -> list[float]:
    """The curve of a worked case of a schedule."""
    return learning_rates(
        Schedule(
            name=given["lr_scheduler"],
            learning_rate=given["base_lr"],
            total=given["total_steps"],
            warmup=given["warmup_steps"],
            arguments=given.get("lr_scheduler_kwargs") or {},
            minimum_ratio=given.get("cosine_min_lr_ratio"),
            constant_ratio=given.get("cosine_constant_lr_ratio"),
            quadratic=bool(given.get("lr_quadratic_warmup")),
            restart_steps=given.get("jagged_restart_steps"),
            restart_warmup=given.get("jagged_restart_warmup_steps"),
            restart_anneal=given.get("jagged_restart_anneal_steps"),
        )
    )


def _close(expected: float, got: float) -> bool:
    return abs(expected - got) <= max(1e-6 * abs(expected), 1e-10)


def worked_cases() -> Score:
    """Every number of the worked cases; parameters are measured with memory."""
    score = Score()
    for case in _rows("vectors.jsonl"):
        given, expected = case["input"], dict(case["expected"])
        expected.pop("total_num_steps_range_over_seeds", None)
        if "total_steps" in given:
            curve = schedule_case(given)
            for step, rate in expected["lr_after_n_scheduler_steps"].items():
                score.note("curve", case["id"], rate, curve[int(step)], same=_close(rate, curve[int(step)]))
            continue
        if "lengths" in given:
            got: dict[str, Any] = plan_case(case)
        elif "weight_bytes" in given:
            got = storage_case(given)
        elif "doc_text_tokens" in given:
            got = chunk_case(given)
        else:
            continue
        for name, value in expected.items():
            allowed = case.get("tolerance_steps", 0) if name in {"total_num_steps", "trainer_max_steps"} else 0
            found = got.get(name)
            near = bool(allowed) and found is not None and abs(found - value) <= allowed
            score.note(name, case["id"], value, found, same=near or _same(value, found))
    return score


# -- real runs -----------------------------------------------------------------------------------------------------


def real_runs() -> tuple[Score, list[str], list[str]]:
    """The numbers of the real runs; runs that ended for a reason that no finding names; false alarms."""
    score = Score()
    unnamed: list[str] = []
    false: list[str] = []
    for run in _rows("runs.jsonl"):
        expected, lengths = run["expected"], run["lengths"]
        config = read(run["config"], gpus=run["world_size"])
        plan = make_plan(config, lengths=lengths, rows=None if lengths is not None else run["rows"], curve=True)
        remember_plan(config, plan)
        crashed = expected.get("error") is not None
        for name in NUMBERS:
            value = expected.get(name)
            if value is None or (crashed and name in AFTER_A_CRASH):
                continue
            got = getattr(plan, name)
            score.note(name, run["id"], value, got, same=_same(value, got))
        curve = expected.get("lr_after_n_scheduler_steps")
        if curve:
            rates = plan.curve
            same = rates is not None and all(
                int(step) < len(rates) and _close(rate, rates[int(step)]) for step, rate in curve.items()
            )
            score.note("curve", run["id"], f"{len(curve)} rates", rates, same=same)
        levels = {finding.severity for finding in (*schema_findings(config), *run_rules(config))}
        own = crashed and not any(words in expected["error"] for words in MACHINE)
        nothing = not crashed and expected.get("optimizer_steps_done") == 0
        if (own or nothing) and not levels & {Severity.ERROR, Severity.CRASH, Severity.WARNING}:
            unnamed.append(f"{run['id']}: {_short((expected['error'] or 'trains nothing').splitlines()[0])}")
        if not own and not nothing and levels & {Severity.ERROR, Severity.CRASH}:
            false.append(run["id"])
    return score, unnamed, false


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--details", action="store_true", help="list every number that is wrong or not known")
    options = parser.parse_args()
    if not REFERENCE.is_dir():
        print("The reference data are not beside this checkout, so there is nothing to measure against.")
        return 0
    begin = time.perf_counter()
    cases = worked_cases()
    right, all_of = cases.share()
    print(f"Worked cases: {right} of {all_of} numbers exact")
    cases.print(details=options.details)
    runs, unnamed, false = real_runs()
    right, all_of = runs.share(CORE)
    print(f"\nReal runs: {right} of {all_of} numbers exact that a config and lengths decide ({right / all_of:.2%})")
    right, all_of = runs.share()
    print(f"           {right} of {all_of} numbers in all ({right / all_of:.2%})")
    runs.print(details=options.details)
    print(f"\nRuns that ended for a reason of their own which no finding names: {len(unnamed)}")
    for line in unnamed:
        print(f"  {line}")
    print(f"Runs that went well with an error or a crash found: {len(false)} {false or ''}")
    print(f"\n{time.perf_counter() - begin:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
