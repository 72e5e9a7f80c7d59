"""Questions that name numbers of their own."""

import re

import pytest

from knowledge.search import answer


def test_steps_follow_from_rows_and_batch() -> None:
    told = answer("how many steps with 5,000 rows and batch 8?").figures
    assert told.startswith("**625 optimizer steps**: 5,000 rows ÷ 8 = 625 steps per epoch")
    assert answer("20k samples, batch size 32, 3 epochs: how many steps").figures.startswith(
        "**1,875 optimizer steps**"
    )


@pytest.mark.parametrize(
    ("question", "verdict"),
    [
        ("can I train a 7B on my 3090?", "QLoRA: about"),
        ("does a 70b fit on a 24 GB card", "which does not fit"),
        ("How much GPU mem needed for 7B model?", "which fits a"),
    ],
)
def test_memory_follows_from_model_and_card(question: str, verdict: str) -> None:
    found = answer(question)
    assert verdict in found.figures
    assert "Assumed: rows of 2,048 tokens" in found.figures
    assert found.level != "unknown"


@pytest.mark.parametrize(
    "question",
    ["is 7b better than 13b", "batch 0 and 10 rows", "0B model memory", "train with 1 epoch", "999b on a 4090"],
)
def test_nothing_is_computed_where_nothing_is_asked(question: str) -> None:
    assert answer(question).figures == ""


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("can I train a 70B on two 3090s?", "on 2 GPUs (RTX 3090 each)"),
        ("llama 3.1 8b full finetune on 8xH100", "**Llama-3.1-8B on 8 GPUs (H100 each)**"),
        ("got 4090 x2 for gemma 3 27b", "on 2 GPUs (RTX 4090 each)"),
        ("2x24gb for a 13b", "on 2 GPUs (24 GB each)"),
        ("32b with 4 gpus of 24gb?", "on 4 GPUs (24 GB each)"),
    ],
)
def test_several_cards_share_the_weights(question: str, said: str) -> None:
    told = answer(question).figures
    assert said in told
    assert "GiB on each GPU" in told
    assert "by FSDP2" in told


def test_a_model_is_known_by_its_name() -> None:
    told = answer("qwen3 8b on a 3060").figures
    assert told.startswith("**Qwen3-8B on one GPU (RTX 3060)**")
    assert "a typical architecture" not in told


def test_time_follows_from_rows_model_and_card() -> None:
    told = answer("how long do 5000 rows of 7B take on a 4090?").figures
    assert re.match(r"\*\*About \d+ min to .*\*\* for 1 epoch of 5,000 rows, QLoRA of a 7B model on one GPU", told)
    assert "which fits. Assumed: 512 tokens per row" in told
    assert "3 epochs" in answer("how long would 3 epochs of 20k rows take for an 8b lora on an a100").figures


def test_the_batch_follows_from_its_parts() -> None:
    told = answer("micro batch 2, grad accum 8, 4 gpus. whats my real batch size").figures
    assert told.startswith("**The effective batch is 64**")
    assert "makes an effective batch of 32" in answer("what batch size for 8 GPUs").figures


@pytest.mark.parametrize(
    ("question", "steps"),
    [
        ("5k rows batch size 4 grad accum 8 3 epochs how many steps", "471"),
        ("20000 samples, micro batch 2, grad acc 16, 2 gpus, 3 epochs how many steps", "939"),
        ("how many steps with 1,000 rows, micro_batch_size 4", "250"),
    ],
)
def test_steps_follow_from_the_parts_of_the_batch(question: str, steps: str) -> None:
    assert answer(question).figures.startswith(f"**{steps} optimizer steps**")


def test_a_batch_beside_an_accumulation_is_the_micro_batch() -> None:
    assert "**The effective batch is 32**" in answer("batch 2 accum 4 on 4 gpus whats my effective batch").figures


def test_a_card_sold_with_two_sizes_is_told_apart() -> None:
    assert "which fits the one with 80 GB" in answer("full training of an 8b on an a100").figures


def test_two_cards_of_different_kinds_count_together_and_the_smaller_decides() -> None:
    told = answer("does 13B fit on a 3090 and a 4090 together").figures
    assert "2 GPUs (RTX 3090 and RTX 4090; the smaller one decides)" in told


def test_cards_that_are_compared_are_not_counted_together() -> None:
    assert "2 GPUs" not in answer("is a 3090 or a 4090 better for 7b").figures


def test_the_largest_open_models_have_figures_too() -> None:
    assert "405B model on 8 GPUs" in answer("can I finetune 405B on 8xH100").figures
    assert "405B model on one GPU" in answer("can i finetune 405B").figures


def test_the_memory_of_a_mac_is_not_a_card() -> None:
    assert answer("m2 max 96gb finetune 7b").figures == ""


def test_few_steps_come_with_what_makes_more_and_why_a_run_shows_fewer() -> None:
    said = answer("why only 9 steps? 1200 rows, micro batch 4, grad accum 32, 1 epoch").figures
    assert said.startswith("**10 optimizer steps**")
    assert "If the run shows 9, `val_set_size` holds rows out" in said
    assert "That is too few: `gradient_accumulation_steps: 3` makes about 100." in said
    assert "That is" not in answer("20,000 rows, micro batch 4, grad accum 4, 3 epochs: how many steps?").figures
    assert (
        "a smaller effective batch or more epochs"
        in answer("500 rows, batch size 64, 3 epochs, how many steps?").figures
    )


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("is a 5090 supported", "**RTX 5090: 32 GB of memory; it computes in bf16.**"),
        ("can i use a 3060 12gb", "**RTX 3060 12GB: 12 GB of memory"),
        ("is a T4 enough?", "it has no bf16: set `bf16: false` and `fp16: true`"),
    ],
)
def test_a_question_for_a_card_alone_says_what_trains_on_it(question: str, said: str) -> None:
    found = answer(question)
    assert said in found.figures
    assert re.search(r"QLoRA: models up to about \d", found.figures)
    assert found.level != "unknown"


def test_an_error_on_a_card_is_not_answered_with_what_trains_on_it() -> None:
    assert answer("oom on my 3090").figures == ""


def test_the_memory_beside_a_card_tells_which_one_it_is() -> None:
    assert "one GPU (RTX 3060 12GB)" in answer("can i train mistral 7b w/ qlora on a 3060 12gb").figures
    assert "one GPU (RTX 3060)" in answer("train a 7b on a 3060 64gb ram machine, fits?").figures
