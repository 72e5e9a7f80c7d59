"""Learning-rate curves, step by step."""

from __future__ import annotations

import math
from typing import Any

import pytest

from knowledge.config import read
from knowledge.schedule import KINDS, Schedule, ScheduleFailure, failure_of, learning_rates, schedule_of


def curve(name: str, *, total: int = 100, warmup: int = 10, **rest: Any) -> list[float]:
    return learning_rates(Schedule(name=name, learning_rate=1.0, total=total, warmup=warmup, **rest))


def at(rates: list[float], *steps: int) -> list[float]:
    return [rates[step] for step in steps]


@pytest.mark.parametrize("name", [*KINDS])
def test_every_schedule_has_a_curve_of_one_value_more_than_steps(name: str) -> None:
    needed = {
        "cosine_with_min_lr": {"min_lr_rate": 0.1},
        "cosine_warmup_with_min_lr": {"min_lr_rate": 0.1},
        "warmup_stable_decay": {"num_decay_steps": 20},
    }
    rates = curve(name, arguments=needed.get(name, {}))
    assert len(rates) == 101
    assert all(0 <= rate <= 1.0000001 for rate in rates)


def test_linear_rises_to_the_peak_and_falls_to_nothing() -> None:
    assert at(curve("linear"), 0, 5, 10, 55, 100) == pytest.approx([0, 0.5, 1, 0.5, 0])


def test_cosine_is_at_half_in_the_middle() -> None:
    assert at(curve("cosine"), 10, 55, 100) == pytest.approx([1, 0.5, 0])


def test_the_minimum_ratio_keeps_a_floor_and_may_be_reached_early() -> None:
    assert at(curve("cosine", minimum_ratio=0.1), 55, 100) == pytest.approx([0.55, 0.1])
    early = curve("cosine", minimum_ratio=0.1, constant_ratio=0.8)
    assert at(early, 45, 80, 99) == pytest.approx([0.55, 0.1, 0.1])


def test_a_quadratic_warm_up_wins_over_the_minimum() -> None:
    assert at(curve("cosine", quadratic=True, minimum_ratio=0.1), 5, 100) == pytest.approx([0.25, 0])


def test_constant_has_no_warm_up_and_its_sister_has() -> None:
    assert set(curve("constant")) == {1.0}
    assert at(curve("constant_with_warmup"), 0, 5, 10, 100) == [0, 0.5, 1, 1]


def test_rex_runs_one_step_ahead_and_ends_at_its_minimum() -> None:
    rates = curve("rex", warmup=0)
    z = 1 - 1 / 100
    assert rates[0] == pytest.approx(z / (0.1 + 0.9 * z))
    assert rates[99] == 0
    assert curve("rex", minimum_ratio=0.2)[99] == pytest.approx(0.2)


def test_one_cycle_peaks_one_step_before_the_warm_up_ends() -> None:
    rates = curve("one_cycle")
    assert at(rates, 0, 9) == pytest.approx([1 / 25, 1])
    assert rates[99] == pytest.approx(1 / 25 / 10_000)


def test_restarts_drop_to_a_thousandth_and_ramp_up_again() -> None:
    rates = curve("linear", warmup=0, restart_steps=25, restart_warmup=5)
    assert rates[24] == pytest.approx(0.001 * 0.75)
    assert rates[29] == pytest.approx(0.7)


def test_the_stable_schedule_stands_before_it_falls() -> None:
    rates = curve("warmup_stable_decay", arguments={"num_decay_steps": 20, "decay_type": "linear"})
    assert at(rates, 50, 80, 90, 100) == pytest.approx([1, 1, 0.5, 0])


def test_inverse_square_root_takes_the_warm_up_as_its_scale() -> None:
    assert curve("inverse_sqrt")[40] == pytest.approx(math.sqrt(10 / 40))


@pytest.mark.parametrize(
    ("name", "rest"),
    [
        ("cosine_annealing", {}),
        ("warmup_stable_decay", {}),
        ("cosine_with_min_lr", {}),
        ("cosine_with_min_lr", {"arguments": {"min_lr": 0.1, "min_lr_rate": 0.1}}),
        ("cosine_with_min_lr", {"arguments": {"min_lr": "1e-5"}}),
        ("linear", {"arguments": {"power": 2}}),
        ("polynomial", {"arguments": {"lr_end": 2}}),
        ("rex", {"warmup": 200}),
        ("one_cycle", {"warmup": 200}),
        ("one_cycle", {"warmup": 100}),
        ("one_cycle", {"restart_steps": 20}),
        ("greedy", {"restart_steps": 20}),
        ("cosine", {"minimum_ratio": 1.5}),
        ("rex", {"minimum_ratio": -0.1}),
    ],
)
def test_what_the_trainer_refuses_is_refused_here(name: str, rest: dict[str, Any]) -> None:
    with pytest.raises(ScheduleFailure):
        curve(name, **rest)
    settings = {"warmup": 10, **rest}
    assert failure_of(Schedule(name=name, learning_rate=1.0, total=100, **settings))


def test_a_config_without_a_rate_has_no_schedule() -> None:
    assert schedule_of(read("lr_scheduler: cosine\n"), total=10, warmup=0) is None


def test_preference_trainers_are_not_told_of_restarts() -> None:
    text = "learning_rate: 0.001\nrl: dpo\njagged_restart_steps: 5\nlr_quadratic_warmup: true\n"
    schedule = schedule_of(read(text), total=10, warmup=0)
    assert schedule is not None
    assert schedule.restart_steps is None
    assert not schedule.quadratic
