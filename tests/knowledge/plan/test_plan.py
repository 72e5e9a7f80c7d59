"""Worked cases of our own: what a config and its rows make of a run."""

from __future__ import annotations

from typing import Any

import pytest

from knowledge.config import read
from knowledge.json_values import to_plain
from knowledge.plan import (
    TrainingPlan,
    batch_advice,
    completion_chunks,
    make_plan,
    plan_of,
    remember_plan,
    sketch_of,
    step_advice,
)
from knowledge.plan.words import summary_of

BASE = """\
base_model: NousResearch/Llama-3.2-1B
datasets:
  - path: org/rows
    type: alpaca
sequence_len: 512
learning_rate: 0.0002
attn_implementation: sdpa
"""


def plan(text: str = "", *, gpus: int = 1, base: str = BASE, **data: Any) -> TrainingPlan:
    return make_plan(read(base + text, gpus), **data)


BATCH = "micro_batch_size: 2\ngradient_accumulation_steps: 4\n"


# -- batch ---------------------------------------------------------------------------------------------------------


def test_the_batch_is_a_product_of_three_with_its_formula() -> None:
    made = plan("micro_batch_size: 2\ngradient_accumulation_steps: 75\n", gpus=4)
    assert made.real_global_batch == made.global_batch_size == 600
    assert made.formula == "75 × 2 × 4 = 600"


def test_gpus_that_share_a_row_do_not_multiply_the_batch() -> None:
    made = plan(BATCH + "context_parallel_size: 2\ntensor_parallel_size: 2\n", gpus=8)
    assert made.data_parallel == 2
    assert made.real_global_batch == 16


def test_batch_size_beside_micro_batch_size_is_counted_but_not_trained() -> None:
    made = plan("micro_batch_size: 2\nbatch_size: 16\n", lengths=[100] * 160)
    assert (made.global_batch_size, made.real_global_batch) == (16, 2)
    assert made.total_num_steps == 10
    assert made.epochs_seen == pytest.approx(10 / 80)


def test_without_ddp_every_gpu_trains_but_one_is_counted() -> None:
    made = plan(BATCH + "ddp: false\n", gpus=2, lengths=[100] * 160)
    assert (made.global_batch_size, made.real_global_batch) == (8, 16)
    assert (made.total_num_steps, made.epochs_seen) == (20, 2.0)


def test_a_config_alone_has_its_batch_and_says_what_would_make_the_rest_known() -> None:
    made = plan(BATCH)
    assert made.real_global_batch == 8
    assert made.total_num_steps is None
    assert made.save_points is None
    assert any("rows" in sentence for sentence in made.assumptions)


@pytest.mark.parametrize(("gpus", "accumulation", "batch"), [(1, 75, 150), (2, 38, 152), (4, 19, 152), (8, 9, 144)])
def test_the_guide_s_batch_on_other_gpus(gpus: int, accumulation: int, batch: int) -> None:
    advice = batch_advice(2, 75, gpus)
    assert advice.nearest.gradient_accumulation_steps == accumulation
    assert advice.nearest.effective_batch_size == batch
    assert [choice.gpus for choice in advice.by_gpus] == [1, 2, 4, 8]


def test_an_exact_batch_is_both_below_and_above() -> None:
    advice = batch_advice(2, 1, 1, 64)
    assert advice.below is not None
    assert advice.below.gradient_accumulation_steps == advice.above.gradient_accumulation_steps == 32


def test_a_target_below_one_micro_batch_has_nothing_below_it() -> None:
    advice = batch_advice(8, 1, 4, 16)
    assert advice.below is None
    assert advice.nearest.gradient_accumulation_steps == 1


def test_more_steps_by_epochs_or_by_a_smaller_batch() -> None:
    advice = step_advice(steps=100, now=20, epochs=2, accumulation=16)
    assert advice is not None
    assert (advice.num_epochs, advice.gradient_accumulation_steps) == (10, 3)
    assert step_advice(steps=100, now=0, epochs=2, accumulation=16) is None


# -- steps ---------------------------------------------------------------------------------------------------------


def test_the_trainer_stops_short_of_the_epochs_it_was_asked_for() -> None:
    made = plan(BATCH + "num_epochs: 3\nsaves_per_epoch: 1\n", lengths=[100] * 101)
    assert made.total_num_steps == made.optimizer_steps_done == 38
    assert made.trainer_steps_per_epoch == 13
    assert made.epochs_seen == pytest.approx(2 + 12 * 4 / 51)
    assert made.save_points == (13, 26, 38)


def test_few_rows_and_a_large_batch_see_far_fewer_epochs() -> None:
    made = plan(BATCH + "num_epochs: 10\n", lengths=[100] * 9)
    assert made.optimizer_steps_done == 12
    assert made.epochs_seen == 6.0


def test_a_larger_max_steps_trains_longer_and_keeps_the_smaller_warm_up() -> None:
    made = plan(BATCH + "num_epochs: 1\nmax_steps: 60\nwarmup_ratio: 0.2\n", lengths=[100] * 200)
    assert (made.total_num_steps, made.trainer_max_steps) == (25, 60)
    assert made.warmup_steps == 5
    assert made.epochs_seen == pytest.approx(2.4)


def test_a_smaller_max_steps_ends_the_run_early() -> None:
    made = plan(BATCH + "num_epochs: 3\nmax_steps: 20\n", lengths=[100] * 200)
    assert made.optimizer_steps_done == 20
    assert made.save_points == (20,)


@pytest.mark.parametrize(
    ("keys", "steps"), [("warmup_steps: 1\n", 2), ("warmup_steps: 0\n", 0), ("warmup_ratio: 0.01\n", 0)]
)
def test_warm_up_of_one_step_becomes_two(keys: str, steps: int) -> None:
    assert plan(BATCH + keys, lengths=[100] * 400).warmup_steps == steps


def test_the_default_warm_up_and_log_follow_the_steps() -> None:
    made = plan("micro_batch_size: 1\n", lengths=[100] * 900)
    assert made.optimizer_steps_done == 900
    assert (made.warmup_steps, made.logging_steps) == (27, 4)


def test_two_processes_take_every_second_batch() -> None:
    made = plan("micro_batch_size: 2\ngradient_accumulation_steps: 3\nnum_epochs: 2\n", gpus=2, lengths=[100] * 103)
    assert (made.global_batch_size, made.total_num_steps, made.batches_per_epoch) == (12, 18, 26)


def test_no_epoch_makes_no_step() -> None:
    made = plan(BATCH + "num_epochs: 0\n", lengths=[100] * 40)
    assert (made.total_num_steps, made.trainer_max_steps, made.optimizer_steps_done) == (0, -1, 0)


def test_a_negative_max_steps_goes_by_epochs_without_warm_up() -> None:
    made = plan(BATCH + "num_epochs: 2\nmax_steps: -1\nwarmup_ratio: 0.1\n", lengths=[100] * 100)
    assert (made.trainer_max_steps, made.optimizer_steps_done, made.warmup_steps) == (-1, 26, 0)


# -- rows ----------------------------------------------------------------------------------------------------------


def test_rows_outside_the_lengths_are_dropped_or_cut() -> None:
    lengths = [1, 2, 512, 513]
    assert plan(BATCH, lengths=lengths).rows_after_length_filter == 2
    cut = plan(BATCH + "excess_length_strategy: truncate\n", lengths=lengths)
    assert (cut.rows_after_length_filter, cut.tokens_in_kept_rows) == (3, 2 + 512 + 512)
    assert plan(BATCH + "min_sample_len: 100\n", lengths=lengths).rows_after_length_filter == 1


def test_raise_ends_the_run_at_a_long_row() -> None:
    made = plan(BATCH + "excess_length_strategy: raise\n", lengths=[100, 600])
    assert made.total_num_steps is None
    assert [trouble.kind for trouble in made.troubles] == ["too-long-row"]


def test_documents_are_cut_instead_of_dropped() -> None:
    base = BASE.replace("alpaca", "completion")
    assert plan(BATCH, base=base, lengths=[1200]).rows_after_length_filter == 3
    assert plan(BATCH, base=base, lengths=[1_000_000]).rows_after_length_filter == 64


@pytest.mark.parametrize(
    ("tokens", "bos", "chunks"),
    [(510, True, [512]), (511, True, [512, 1]), (1023, False, [512, 512]), (64 * 512 + 5, True, [512] * 64)],
)
def test_completion_chunks(tokens: int, bos: bool, chunks: list[int]) -> None:
    assert completion_chunks(tokens, 512, adds_bos=bos) == chunks


def test_the_held_out_share_is_rounded_up_and_a_count_taken_as_it_is() -> None:
    assert plan(BATCH + "val_set_size: 0.04\n", lengths=[100] * 999).eval_rows == 40
    assert plan(BATCH + "val_set_size: 100\n", lengths=[100] * 999).train_rows == 899


@pytest.mark.parametrize("size", ["1", "1.0", "40", "-0.1"])
def test_a_split_that_cannot_be_made_ends_the_run(size: str) -> None:
    made = plan(BATCH + f"val_set_size: {size}\n", lengths=[100] * 40)
    assert made.train_rows is None
    assert [trouble.kind for trouble in made.troubles] == ["split"]


def test_shards_of_the_whole_data_come_after_the_length_rule() -> None:
    made = plan(BATCH + "dataset_shard_num: 4\ndataset_shard_idx: 1\n", lengths=[100] * 10)
    assert (made.rows_after_length_filter, made.train_rows) == (10, 3)


def test_weight_and_shards_act_on_the_rows_of_a_file() -> None:
    weighted = BASE.replace("type: alpaca", "type: alpaca\n    weight: 0.25\n    shards: 2")
    assert plan(BATCH, base=weighted, rows=1001).train_rows == 125


def test_preference_rows_must_fit_with_both_answers() -> None:
    rows = [{"prompt": 100, "chosen": 400, "rejected": 50}, {"prompt": 100, "chosen": 50, "rejected": 413}]
    made = plan(BATCH + "rl: dpo\n", lengths=rows)
    assert (made.rows_after_length_filter, made.unit) == (1, "pairs")
    assert plan(BATCH + "rl: dpo\nexcess_length_strategy: truncate\n", lengths=rows).rows_after_length_filter == 2


def test_reward_models_drop_no_row() -> None:
    rows = [{"prompt": 600, "chosen": 400, "rejected": 50}] * 4
    assert plan(BATCH + "reward_model: true\n", lengths=rows).train_rows == 4


# -- saving and evaluating -----------------------------------------------------------------------------------------


def test_the_newest_checkpoints_are_left() -> None:
    made = plan(BATCH + "num_epochs: 4\nsaves_per_epoch: 2\nsave_total_limit: 2\n", lengths=[100] * 101)
    assert made.save_every_steps == 7
    assert made.save_points == (7, 14, 21, 28, 35, 42, 49, 51)
    assert made.checkpoints_left == (49, 51)


def test_a_limit_of_zero_is_four() -> None:
    assert plan(BATCH + "save_total_limit: 0\n").save_total_limit == 4


def test_the_first_step_can_be_saved_too() -> None:
    assert plan(BATCH + "save_first_step: true\n", lengths=[100] * 96).save_points == (1, 12)


def test_saving_off_writes_nothing() -> None:
    made = plan(BATCH + 'save_strategy: "no"\n', lengths=[100] * 96)
    assert made.save_points == made.checkpoints_left == ()


def test_saves_per_epoch_are_known_without_rows() -> None:
    made = plan(BATCH + "num_epochs: 7\nsaves_per_epoch: 1\n")
    assert (made.n_saves, made.n_saves_at_most) == (None, 7)


def test_relora_writes_folders_of_its_own() -> None:
    keys = "num_epochs: 1\nrelora: true\njagged_restart_steps: 20\nsave_steps: 25\nadapter: lora\nlora_r: 8\n"
    made = plan("micro_batch_size: 2\n" + keys, lengths=[100] * 100)
    assert made.save_points == (25, 50)
    assert made.checkpoints_left == (20, 25, 40, 50)


def test_evaluations_begin_before_the_first_step_and_end_with_the_last() -> None:
    made = plan(BATCH + "val_set_size: 0.1\nevals_per_epoch: 2\n", lengths=[100] * 100)
    assert made.eval_points == (0, 6, 12)
    later = plan(BATCH + "val_set_size: 0.1\nevals_per_epoch: 2\neval_on_start: false\n", lengths=[100] * 100)
    assert later.eval_points == (6, 12)


def test_once_in_one_epoch_is_no_evaluation() -> None:
    made = plan(BATCH + "val_set_size: 0.1\nevals_per_epoch: 1\n", lengths=[100] * 100)
    assert (made.eval_strategy, made.eval_points) == ("no", ())


def test_a_strategy_without_steps_evaluates_as_often_as_it_logs() -> None:
    made = plan(BATCH + "val_set_size: 0.1\neval_strategy: steps\nlogging_steps: 5\n", lengths=[100] * 100)
    assert made.eval_points == (0, 5, 10, 12)


def test_early_stopping_leaves_the_end_open() -> None:
    keys = "val_set_size: 0.1\neval_steps: 5\nsave_steps: 5\nearly_stopping_patience: 2\n"
    made = plan(BATCH + keys, lengths=[100] * 400)
    assert made.load_best_model_at_end
    assert made.optimizer_steps_done is made.save_points is None
    assert made.save_every_steps == 5


def test_the_best_checkpoint_is_unknown_only_where_one_has_to_go() -> None:
    keys = "val_set_size: 0.1\neval_steps: 5\nsave_steps: 5\nload_best_model_at_end: true\n"
    assert plan(BATCH + keys + "save_total_limit: 9\n", lengths=[100] * 200).checkpoints_left == (5, 10, 15, 20, 23)
    assert plan(BATCH + keys + "save_total_limit: 2\n", lengths=[100] * 200).checkpoints_left is None


def test_checkpoints_have_a_size() -> None:
    keys = "bf16: true\nnum_epochs: 5\nsave_total_limit: 1\nhub_model_id: me/model\nhub_strategy: all_checkpoints\n"
    made = plan(BATCH + keys).storage
    assert made is not None
    assert made.local_end_bytes < made.local_peak_bytes < made.hub_bytes
    assert made.at_most


# -- streams and preference ----------------------------------------------------------------------------------------


def test_a_stream_goes_by_max_steps_and_packs_into_one_row() -> None:
    made = plan(BATCH + "streaming: true\nmax_steps: 15\nsample_packing: true\nsaves_per_epoch: 2\n")
    assert made.micro_batch_size_given_to_trainer == 1
    assert (made.optimizer_steps_done, made.trainer_num_epochs) == (15, "unbounded")
    assert made.save_points == (8, 15)
    assert made.epochs_seen is None


def test_preference_trainers_are_told_of_no_best_model() -> None:
    keys = "rl: dpo\nval_set_size: 0.1\neval_steps: 4\nsave_steps: 8\nearly_stopping_patience: 2\n"
    rows = [{"prompt": 9, "chosen": 50, "rejected": 30}] * 90
    made = plan(BATCH + keys + "num_epochs: 2\n", lengths=rows)
    assert not made.load_best_model_at_end
    assert made.save_points == (8, 16, 21)


def test_generating_methods_count_for_themselves() -> None:
    made = plan(BATCH + "rl: grpo\n", lengths=[{"prompt": 9}] * 90)
    assert (made.total_num_steps, made.logging_steps, made.warmup_steps) == (None, 500, 0.03)
    assert any("max_steps" in sentence for sentence in made.assumptions)


# -- the plan in a check -------------------------------------------------------------------------------------------


def test_a_plan_is_made_once_and_can_be_given() -> None:
    config = read(BASE + BATCH)
    assert plan_of(config) is plan_of(config)
    better = make_plan(config, lengths=[100] * 80)
    remember_plan(config, better)
    assert plan_of(config) is better


def test_the_summary_speaks_of_batch_steps_and_storage() -> None:
    batch, steps, storage = summary_of(plan(BATCH + "num_epochs: 2\n", gpus=2, lengths=[100] * 160))
    assert "4 × 2 × 2 = 16" in batch
    assert steps.startswith("20 optimizer steps, 2 epochs")
    assert storage.startswith("Checkpoints: 2 saves")


def test_the_plan_s_json_is_plain() -> None:
    made = to_plain(plan(BATCH, lengths=[100] * 80, curve=True))
    assert made["save_points"] == [10]
    assert len(made["curve"]) == 11
    assert made["batch"]["target"] == 150


def test_nonsense_makes_a_plan_without_numbers_instead_of_a_failure() -> None:
    for keys in ("micro_batch_size: 0\n", "micro_batch_size: many\n"):
        made = plan(keys, lengths=[100] * 10, curve=True)
        assert (made.batch, made.trainer_max_steps, made.curve) == (None, None, None)
        assert "The learning rate curve needs the number of steps." in made.assumptions
    made = plan("num_epochs: none\n", lengths=[100] * 10, curve=True)
    assert (made.trainer_max_steps, made.curve) == (None, None)
    assert made.batch is not None
    made = plan("learning_rate: -1\n", lengths=[100] * 10, curve=True)
    assert (made.trainer_max_steps, made.curve) == (10, None)
    assert "The learning rate curve needs a `learning_rate` above 0." in made.assumptions
    made = plan("", base="just text", lengths=[])
    assert (made.trainer_max_steps, made.optimizer_steps_done) == (-1, 0)
    assert [trouble.kind for trouble in made.troubles] == ["no-rows"]


@pytest.mark.parametrize(
    "keys",
    [
        "max_steps: 1000000000\nsave_steps: 1\n",
        "num_epochs: .inf\n",
        "num_epochs: 1000000000000\n",
        "val_set_size: .nan\n",
        "warmup_ratio: .inf\n",
        "save_steps: -.inf\n",
        "lr_scheduler: one_cycle\nlr_scheduler_kwargs:\n  div_factor: 0\n",
    ],
)
def test_absurd_numbers_make_no_long_lists_and_no_failure(keys: str) -> None:
    made = plan(BATCH + keys, lengths=[100] * 50)
    sketch_of(read(BASE + BATCH + keys))
    assert made.save_points is None or len(made.save_points) <= 10_001


def test_saves_beyond_ten_thousand_are_only_counted() -> None:
    made = plan(BATCH + "max_steps: 1000000000\nsave_steps: 10\n", lengths=[100] * 50)
    assert made.save_points is None
    assert any("10,000 saves" in sentence for sentence in made.assumptions)


def test_a_hundred_thousand_lengths_make_a_plan() -> None:
    lengths = [50 + (k * 7919) % 1451 for k in range(100_000)]
    made = plan(BATCH + "sample_packing: true\nval_set_size: 0.01\n", lengths=lengths)
    assert made.optimizer_steps_done
