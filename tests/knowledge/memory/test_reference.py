"""The estimate against traced training steps and published readings, where the reference data are present."""

from __future__ import annotations

import statistics

import pytest

from benchmarks.memory_accuracy import REFERENCE, comparable, readings, traced

pytestmark = pytest.mark.skipif(not REFERENCE.exists(), reason="the reference data are not here")


@pytest.fixture(scope="module")
def errors() -> dict[str, list[float]]:
    return traced()


@pytest.mark.parametrize("method", ["full", "lora", "qlora"])
def test_the_tensors_at_the_peak_are_met(errors: dict[str, list[float]], method: str) -> None:
    each = sorted(errors[method])
    assert statistics.median(each) < 0.01
    assert each[int(0.9 * len(each))] < 0.03


def test_every_count_is_exact(errors: dict[str, list[float]]) -> None:
    assert min(errors["counts"]) == 1.0
    assert "none" not in errors


def test_most_readings_lie_inside_a_narrow_range() -> None:
    compared = [(row, found) for row, found in readings() if comparable(row, found)]
    inside = sum(found.low_gib <= row["measured_gib"] <= found.high_gib for row, found in compared)
    assert inside >= 0.8 * len(compared)
    assert max(found.high_gib / found.low_gib for _, found in readings() if found is not None) < 1.6
