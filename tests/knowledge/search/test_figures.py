"""Questions that name numbers of their own."""

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
