"""Findings about rows against what Axolotl really did with them, where the reference data are with the checkout."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from knowledge.config import read
from knowledge.samples import check_rows

if TYPE_CHECKING:
    from types import ModuleType


@pytest.fixture(scope="module")
def agreement() -> ModuleType:
    module = importlib.import_module("benchmarks.rows_agreement")
    if not module.REFERENCE.is_file():
        pytest.skip("the reference data are not with this checkout")
    return module


@pytest.fixture(scope="module")
def pairs(agreement: ModuleType) -> list[dict[str, Any]]:
    return agreement.pairs_of(agreement.REFERENCE)  # type: ignore[no-any-return]


def test_rows_stop_where_axolotl_stops(agreement: ModuleType, pairs: list[dict[str, Any]]) -> None:
    wrong, unnamed, losing, alarms, _ = agreement.compare(pairs)
    assert len(wrong) <= 0.02 * len(pairs), wrong
    assert len(unnamed) <= 0.05 * losing, unnamed
    about_rows = [each.message for _, _, found in alarms for each in found if each.source == "dataset"]
    assert about_rows == []


def test_every_cure_mends_the_pair_it_is_given_for(agreement: ModuleType, pairs: list[dict[str, Any]]) -> None:
    tried, failed = 0, []
    for pair in pairs:
        data = agreement.sample_of(pair)
        for found in check_rows(read(pair["config"]), data, name=pair["file_name"]).findings:
            if found.mended:
                tried += 1
                values = {**yaml.safe_load(pair["config"]), **yaml.safe_load(found.mended)}
                mended = yaml.safe_dump({key: value for key, value in values.items() if value is not None})
                after = check_rows(read(mended), data, name=pair["file_name"]).findings
                if (found.rule, found.message) in [(each.rule, each.message) for each in after]:
                    failed.append((pair["id"], found.message))
    assert tried > 50
    assert failed == []
