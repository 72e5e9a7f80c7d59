"""Packing: bins as the sampler fills them, and what they make of the steps."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.config import read
from knowledge.plan import TrainingPlan, make_plan
from knowledge.plan.packing import Packing, bins_between, pack

BASE = """\
base_model: NousResearch/Llama-3.2-1B
datasets:
  - path: org/rows
    type: alpaca
learning_rate: 0.0002
sample_packing: true
micro_batch_size: 2
gradient_accumulation_steps: 4
"""
FLASH = "attn_implementation: flash_attention_2\n"
SDPA = "attn_implementation: sdpa\n"


def plan(text: str, *, gpus: int = 1, **data: Any) -> TrainingPlan:
    return make_plan(read(BASE + text, gpus), **data)


def filled_by_hand(lengths: list[int], capacity: int, rows: int) -> list[int]:
    """First fit, bin after bin."""
    bins: list[list[int]] = []
    for length in lengths:
        for each in bins:
            if sum(each) + length <= capacity and len(each) < rows:
                each.append(length)
                break
        else:
            bins.append([length])
    return [sum(each) for each in bins]


@given(
    st.lists(st.integers(1, 100), max_size=60),
    st.integers(100, 300),
    st.sampled_from([2, 3, 200]),
    st.sampled_from([7, 100_000]),
)
def test_bins_are_those_of_first_fit(lengths: list[int], capacity: int, rows: int, group: int) -> None:
    packed = pack(lengths, Packing(capacity, 1, rows, group, shuffled=False))
    groups = [lengths[start : start + group] for start in range(0, len(lengths), group)]
    loads = [load for each in groups for load in filled_by_hand(each, capacity, rows)]
    assert packed.batches == len(loads)
    assert packed.efficiency == pytest.approx(sum(loads) / (len(loads) * capacity) if loads else 0.0)


def test_next_fit_never_looks_back() -> None:
    packing = Packing(10, 1, 200, 100_000, sequential=True, shuffled=False)
    assert pack([6, 6, 4, 4], packing).batches == 3
    assert pack([6, 6, 4, 4], Packing(10, 1, 200, 100_000, shuffled=False)).batches == 2


def test_one_long_row_with_flash_and_several_whole_ones_without() -> None:
    lengths = [64] * 200
    flash = plan(FLASH + "sequence_len: 256\nnum_epochs: 3\n", lengths=lengths)
    assert (flash.batches_per_epoch, flash.optimizer_steps_done) == (25, 18)
    sdpa = plan(SDPA + "sequence_len: 96\nnum_epochs: 1\n", lengths=lengths)
    assert (sdpa.batches_per_epoch, sdpa.sample_packing_eff_est) == (100, 0.67)


def test_a_bin_holds_two_hundred_rows_at_most() -> None:
    made = plan(FLASH + "sequence_len: 4096\n", lengths=[10] * 10_000)
    assert made.batches_per_epoch == 50
    assert (
        plan(FLASH + "sequence_len: 4096\nsample_packing_bin_size: 100\n", lengths=[10] * 10_000).batches_per_epoch
        == 100
    )


def test_packed_totals_are_whole_steps_of_all_epochs_together() -> None:
    lengths = [1024] * 1000
    assert plan(FLASH + "sequence_len: 4096\nnum_epochs: 1.5\n", lengths=lengths).total_num_steps == 46
    dropped = plan(FLASH + "sequence_len: 4096\nnum_epochs: 3\ndataloader_drop_last: true\n", lengths=lengths)
    assert dropped.total_num_steps == 90


def test_too_few_packed_rows_train_nothing_in_silence() -> None:
    made = plan(SDPA + "sequence_len: 4096\nnum_epochs: 3\n", lengths=[32] * 6)
    assert made.total_num_steps == 3
    assert made.optimizer_steps_done == 0
    assert made.save_points == (0,)
    assert [trouble.kind for trouble in made.troubles] == ["no-batches"]
    assert plan(FLASH + "sequence_len: 4096\nnum_epochs: 3\n", lengths=[32] * 6).optimizer_steps_done == 3


def test_rows_without_a_trained_token_only_fall_away_when_packed() -> None:
    lengths = [{"length": 100, "trained": trained} for trained in (0, 50) * 50]
    packed = plan(FLASH + "sequence_len: 256\n", lengths=lengths)
    assert (packed.rows_after_length_filter, packed.rows_after_zero_label_filter, packed.train_rows) == (100, 50, 50)
    loose = plan(FLASH + "sequence_len: 256\nsample_packing: false\n", lengths=lengths)
    assert loose.train_rows == 100


def test_the_estimate_leaves_a_fraction_that_the_trainer_dies_of() -> None:
    made = plan(FLASH + "sequence_len: 256\nnum_epochs: 3\nsample_packing_eff_est: 0.95\n", lengths=[112] * 200)
    assert isinstance(made.trainer_max_steps, float)
    assert made.optimizer_steps_done is None


def test_several_processes_share_the_bins() -> None:
    made = plan(FLASH + "sequence_len: 256\nnum_epochs: 2\n", gpus=2, lengths=[64] * 400)
    assert (made.global_batch_size, made.batches_per_epoch, made.total_num_steps) == (16, 25, 12)


def test_rows_and_their_mean_give_an_estimate_with_its_range() -> None:
    made = plan(FLASH + "sequence_len: 4096\nnum_epochs: 2\n", rows=20_000, mean_tokens=700)
    assert made.total_num_steps_range is not None
    low, high = made.total_num_steps_range
    assert made.total_num_steps is not None
    assert low <= made.total_num_steps <= high
    exact = plan(FLASH + "sequence_len: 4096\nnum_epochs: 2\n", lengths=[200 + k % 1001 for k in range(20_000)])
    assert exact.total_num_steps is not None
    assert low <= exact.total_num_steps <= high


def test_rows_longer_than_half_a_bin_take_one_each() -> None:
    packing = Packing(4096, 1, 200, 100_000)
    fewest, likely, most = bins_between(1000, 1000 * 3000, packing)
    assert fewest <= likely <= most == 1000


def test_rows_without_their_mean_leave_packed_steps_open() -> None:
    made = plan(FLASH, rows=1000)
    assert made.total_num_steps is None
    assert any("mean" in sentence for sentence in made.assumptions)
