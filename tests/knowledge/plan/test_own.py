"""What a field comes to in the run that was checked."""

import pytest

from knowledge import check
from knowledge.plan.own import own_words

CONFIG = """
base_model: NousResearch/Meta-Llama-3-8B
datasets:
  - path: rows.jsonl
    type: completion
micro_batch_size: 2
gradient_accumulation_steps: 75
sequence_len: 4096
learning_rate: 0.00002
max_steps: 200
warmup_steps: 20
save_steps: 20
"""


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("gradient_accumulation_steps", "75 × 2 × 4 = 600 rows per optimizer step"),
        ("micro_batch_size", "75 × 2 × 4 = 600 rows per optimizer step"),
        ("sequence_len", "2 × 4,096 = 8,192 tokens"),
        ("warmup_steps", "20 of 200 optimizer steps"),
        ("save_total_limit", "saves 10 times, and 4 checkpoints are left"),
    ],
)
def test_a_field_is_told_with_the_numbers_of_the_run(path: str, told: str) -> None:
    assert told in own_words(path, check(CONFIG, gpus=4).plan)


def test_nothing_is_told_of_what_the_plan_does_not_know() -> None:
    plan = check(CONFIG).plan
    assert [own_words(path, plan) for path in ("num_epochs", "lora_r", None)] == ["", "", ""]
