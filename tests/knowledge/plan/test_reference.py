"""Plans against worked cases and real training runs, where the reference data are with the checkout."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from types import ModuleType


@pytest.fixture(scope="module")
def accuracy() -> ModuleType:
    module = importlib.import_module("benchmarks.plan_accuracy")
    if not module.REFERENCE.is_dir():
        pytest.skip("the reference data are not with this checkout")
    return module


def test_every_number_of_the_worked_cases_is_exact(accuracy: ModuleType) -> None:
    score = accuracy.worked_cases()
    right, counted = score.share()
    assert right == counted > 400
    assert not score.unknown


def test_real_runs_are_foretold(accuracy: ModuleType) -> None:
    score, unnamed, false = accuracy.real_runs()
    right, counted = score.share(accuracy.CORE)
    assert right / counted >= 0.99
    assert not unnamed
    assert not false
