"""Rules of runs and schedules: their examples, with the rows that some of them need."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from knowledge.config import read
from knowledge.plan import make_plan, remember_plan
from knowledge.rule import Rule, whole
from knowledge.rules import all_rules
from knowledge.rules import run as run_rules

if TYPE_CHECKING:
    from knowledge.finding import Finding

OWN = [
    rule for rule in all_rules() if rule.area in {"steps", "rows_lost", "best_model", "schedule_build", "schedule_keys"}
]


def findings(rule: Rule, text: str) -> list[Finding]:
    config = read(whole(text), rule.gpus)
    if rule.lengths:
        remember_plan(config, make_plan(config, lengths=rule.lengths))
    return rule.findings(config)


@pytest.mark.parametrize("rule", OWN, ids=lambda rule: rule.id)
def test_the_bad_example_is_found_and_the_good_one_is_not(rule: Rule) -> None:
    bad = findings(rule, rule.bad)
    assert bad
    assert not findings(rule, rule.good)
    assert all(len(finding.message) <= 95 for finding in bad)
    assert all(finding.line and finding.line > 0 for finding in bad)


def found(text: str, **data: object) -> set[str]:
    config = read(whole(text))
    if data:
        remember_plan(config, make_plan(config, **data))  # type: ignore[arg-type]
    return {finding.rule for finding in run_rules(config)}


def test_an_ordinary_run_has_no_finding_of_these() -> None:
    text = "num_epochs: 2\nval_set_size: 0.05\nevals_per_epoch: 4\nsaves_per_epoch: 2\nwarmup_ratio: 0.1\n"
    assert not found(text, lengths=[100] * 4000) & {rule.id for rule in OWN}


def test_a_named_schedule_is_suggested() -> None:
    config = read(whole("lr_scheduler: cosine_annealing\n"))
    (finding,) = [finding for finding in run_rules(config) if finding.rule == "unknown-schedule"]
    assert finding.suggestion in {"cosine", "cosine_with_restarts", "cosine_with_min_lr"}


def test_an_estimate_of_packing_is_harmless_beside_max_steps() -> None:
    text = "sample_packing: true\nsample_packing_eff_est: 0.95\nmax_steps: 100\n"
    assert "packing-estimate-crashes" not in found(text)
    assert "packing-estimate-crashes" in found(text + "val_set_size: 0.1\n")


def test_counts_of_preference_rows_cannot_be_held_out() -> None:
    assert "split-cannot-be-made" in found("rl: dpo\nval_set_size: 20\n")
    assert "split-cannot-be-made" not in found("val_set_size: 20\n")


def test_a_held_out_count_beyond_the_rows_is_found_with_the_rows() -> None:
    assert "split-cannot-be-made" in found("val_set_size: 50\n", lengths=[100] * 40)


def test_equal_counts_keep_the_best() -> None:
    text = "val_set_size: 0.1\nload_best_model_at_end: true\nsaves_per_epoch: 2\nevals_per_epoch: {}\n"
    assert "best-model-may-have-no-checkpoint" in found(text.format(4))
    assert "best-model-may-have-no-checkpoint" not in found(text.format(2))
