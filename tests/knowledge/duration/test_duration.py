"""How long a run takes on a card: what makes it longer and shorter, its range, and what is not known."""

from __future__ import annotations

import pytest

from knowledge.config import read
from knowledge.duration import Duration, cost_of, duration_of, pace_of, price_of, time_of
from knowledge.gpus import gpu_named
from knowledge.plan import make_plan, remember_plan

BASE = """\
base_model: meta-llama/Llama-3.1-8B
datasets: [{path: org/rows, type: alpaca}]
sequence_len: 2048
sample_packing: true
micro_batch_size: 2
gradient_accumulation_steps: 4
num_epochs: 3
learning_rate: 0.0002
bf16: true
attn_implementation: flash_attention_2
gradient_checkpointing: true
adapter: lora
lora_r: 16
lora_alpha: 32
lora_target_linear: true
"""


def duration(more: str = "", gpu: str = "A100 SXM 80GB", gpus: int = 1, **data: float) -> Duration:
    keys = {line.partition(":")[0] for line in more.splitlines()}
    kept = "".join(f"{line}\n" for line in BASE.splitlines() if line.partition(":")[0] not in keys)
    config = read(kept + more, gpus)
    if data:
        remember_plan(config, make_plan(config, **data))
    found = duration_of(config, gpu_named(gpu))
    assert found is not None
    return found


def test_a_known_card_reaches_the_speed_that_is_published_for_it() -> None:
    # LoRA of an 8-billion model with full rows of 2,048 tokens on one A100: 3,000 to 4,500 tokens a second.
    assert 2500 < duration().tokens_per_s_per_gpu < 5000


def test_the_range_encloses_the_estimate_and_is_not_wide() -> None:
    found = duration(rows=10_000, mean_tokens=500)
    assert found.low_s < found.estimate_s < found.high_s <= 2.25 * found.low_s
    assert found.per_step_low_s < found.per_step_s < found.per_step_high_s


def test_the_whole_run_is_its_steps_and_what_stands_around_them() -> None:
    found = duration(rows=10_000, mean_tokens=500)
    around = found.evaluation_s + found.saving_s + found.loading_s
    assert found.estimate_s == pytest.approx(found.steps * found.per_step_s + around, rel=0.01)


def test_evaluation_takes_time_of_its_own() -> None:
    more = "sample_packing: false\nval_set_size: 0.2\nevals_per_epoch: 4\n"
    assert duration(more, rows=10_000, mean_tokens=500).evaluation_s > 60


def test_without_rows_only_a_step_is_timed() -> None:
    found = duration()
    assert found.estimate_s is found.low_s is found.high_s is found.steps is None
    assert found.per_step_s > 0
    assert any("only one step" in sentence for sentence in found.assumptions)


def test_what_is_more_work_takes_longer() -> None:
    base = duration().per_step_s
    assert duration("gradient_checkpointing: false\n").per_step_s < 0.85 * base
    assert duration("adapter: qlora\nload_in_4bit: true\n").per_step_s > base
    assert duration("gradient_accumulation_steps: 8\n").per_step_s == pytest.approx(2 * base, rel=0.02)
    assert duration("base_model: meta-llama/Llama-3.2-3B\n").per_step_s < 0.6 * base
    assert duration(gpu="H100 SXM").per_step_s < 0.6 * base
    assert duration(gpu="RTX 3090").per_step_s > 2 * base


def test_experts_count_only_as_far_as_a_token_sees_them() -> None:
    sparse = duration("base_model: Qwen/Qwen3-30B-A3B\nlora_target_linear: false\nlora_target_modules: [q_proj]\n")
    dense = duration("base_model: Qwen/Qwen3-32B\n")
    assert sparse.per_step_s < 0.5 * dense.per_step_s


def test_a_small_micro_batch_waits_for_its_kernels() -> None:
    small = duration("sequence_len: 256\nmicro_batch_size: 1\ngradient_accumulation_steps: 8\n")
    assert "micro batch is small" in small.limit
    assert any("micro_batch_size" in way.keys for way in small.faster)
    assert small.tokens_per_s_per_gpu < 0.7 * duration().tokens_per_s_per_gpu


def test_what_would_be_faster_fits_the_card() -> None:
    for way in duration(gpu="H200").faster:
        assert way.high_gib < 140
        assert 0 < way.saves < 1
    assert not any("gradient_checkpointing" in way.keys for way in duration(gpu="RTX 4090").faster)


def test_cards_without_a_fast_link_lose_time_to_sharding() -> None:
    fsdp = "fsdp_config:\n  reshard_after_forward: true\n"
    slow, alone = duration(fsdp, "RTX 3090", 2), duration("", "RTX 3090", 2)
    assert slow.per_step_s > 1.2 * alone.per_step_s
    assert duration(fsdp, "H100 SXM", 2).per_step_s < 1.2 * duration("", "H100 SXM", 2).per_step_s


def test_padding_takes_time_and_is_no_token() -> None:
    loose = "sample_packing: false\n"
    short = duration(loose, lengths=[100] * 900 + [2000] * 100)
    packed = duration(lengths=[100] * 900 + [2000] * 100)
    assert short.tokens_per_s_per_gpu < packed.tokens_per_s_per_gpu


def test_a_name_that_leaves_the_form_open_lies_between_the_two() -> None:
    low, high = (duration(gpu=f"H100 {form} 80GB").per_step_s for form in ("SXM", "PCIe"))
    both = duration(gpu="H100 80GB")
    assert low < both.per_step_s < high
    assert both.per_step_low_s < low
    assert high < both.per_step_high_s


def test_a_card_without_bf16_is_told_of() -> None:
    assert any("bf16" in sentence for sentence in duration(gpu="T4").assumptions)


def test_what_cannot_be_known_is_none() -> None:
    gpu = gpu_named("RTX 4090")
    assert duration_of(read("base_model: ./mine\nmicro_batch_size: 1\n"), gpu) is None
    assert duration_of(read(f"{BASE}rl: grpo\n"), gpu) is None
    assert duration_of(read(""), gpu) is None


def test_a_log_gives_the_speed() -> None:
    bars = [
        f" {step}%|#  | {step}/400 [{step * 3 // 60:02}:{step * 3 % 60:02}<19:00,  3.00s/it]" for step in range(1, 21)
    ]
    pace = pace_of("\r".join(bars), 400)
    assert pace is not None
    assert pace.seconds == pytest.approx(3.0, rel=0.02)
    config = read(f"{BASE}max_steps: 400\n")
    found = duration_of(config, gpu_named("RTX 4090"), pace)
    assert found is not None
    assert found.measured
    assert found.per_step_s == pytest.approx(3.0, rel=0.02)
    assert found.estimate_s == pytest.approx(1200, rel=0.15)
    assert found.high_s < 1.25 * found.low_s


def test_evaluations_in_a_log_count_as_evaluations_and_not_as_steps() -> None:
    """A run whose real course is known: 400 steps of 3 s, and after every 10 of them an evaluation of 25 s."""
    lines, clock = [], 0
    for step in range(1, 21):
        clock += 3
        lines.append(f" {step}%|#  | {step}/400 [{clock // 60:02}:{clock % 60:02}<19:00,  {clock / step:.2f}s/it]")
        if step % 10 == 0:
            lines.append("{'eval_loss': '1.71', 'eval_runtime': '25.01', 'eval_samples_per_second': '4', 'epoch': '1'}")
            clock += 25
    pace = pace_of("\n".join(lines), 400)
    assert pace is not None
    assert pace.seconds == pytest.approx(3.0, rel=0.02)
    config = read(f"{BASE}max_steps: 400\neval_steps: 10\nval_set_size: 100\nsave_steps: 400\n")
    remember_plan(config, make_plan(config, rows=20_000, mean_tokens=500))
    found = duration_of(config, gpu_named("RTX 4090"), pace)
    assert found is not None
    assert found.estimate_s == pytest.approx(400 * 3 + 40 * 25, rel=0.1)


@pytest.mark.parametrize("log", ["", "no bar at all", "0/50 [00:00<?, ?it/s]", "1/0 [00:00<00:00, 0.0it/s]"])
def test_a_log_without_a_bar_gives_none(log: str) -> None:
    assert pace_of(log) is None


def test_the_cost_is_hours_times_price_times_cards() -> None:
    found = duration(rows=10_000, mean_tokens=500)
    cost = cost_of(found, 2.0, 4)
    assert cost.estimate == pytest.approx(found.estimate_s / 3600 * 8, abs=0.01)
    assert cost.low < cost.estimate < cost.high
    assert cost_of(duration(), 2.0, 1) is None


@pytest.mark.parametrize(("text", "price"), [("2.49", 2.49), ("$0.40", 0.4), ("1,5", 1.5), ("0", 0.0)])
def test_a_price_is_read_as_people_write_it(text: str, price: float) -> None:
    assert price_of(text) == price


@pytest.mark.parametrize("text", ["", "free", "-1", "nan", "inf", "1e9"])
def test_what_is_not_a_price_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"price|could not"):
        price_of(text)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.123, "0.12 s"), (59, "59 s"), (600, "10 min"), (13_200, "3 h 40 min"), (300_000, "3.5 days")],
)
def test_times_are_told_as_people_say_them(seconds: float, words: str) -> None:
    assert time_of(seconds) == words


def test_preparing_takes_disk_by_tokens_and_memory_by_processes() -> None:
    config = read(f"{BASE}dataset_num_proc: 8\n")
    made = make_plan(config, rows=10_000, mean_tokens=500).preparation
    assert made.disk_low_bytes == 21 * 5_000_000
    assert made.disk_low_bytes < made.disk_high_bytes
    assert 3e9 < made.memory_low_bytes < made.memory_high_bytes
    assert make_plan(config).preparation is None
