"""What a question in somebody's own words leads to."""

import pytest

from knowledge.search import answer

ANSWERED = {
    "why is my loss flat": "error:loss-plateau",
    "how many epochs should I use": "faq:epochs-and-steps",
    "model never stops generating": "faq:model-never-stops",
    "how to continue training from checkpoint": "faq:resume",
    "why is my loss 0": "error:loss-zero",
    "gradent_acc": "field:gradient_accumulation_steps",
    "grad_acum": "field:gradient_accumulation_steps",
    "packng": "field:sample_packing",
    "batchsize": "concept:effective batch size",
}


@pytest.mark.parametrize(("question", "target"), ANSWERED.items())
def test_among_the_first_three(question: str, target: str) -> None:
    assert target in [f"{topic.kind}:{topic.id}" for topic in answer(question).answers]


@pytest.mark.parametrize("chat", ["THIS IS SO COOL", "Thanks a lot!", "lol same here", ""])
def test_chat_is_not_answered(chat: str) -> None:
    assert answer(chat).level == "unknown"


def test_a_sure_answer_is_the_text_of_the_entry() -> None:
    found = answer("How do I resume a run that broke off?")
    assert found.level == "sure"
    assert found.answers[0].id == "resume"
    assert "resume_from_checkpoint" in found.answers[0].text


@pytest.mark.parametrize(
    "text", ["\x00" * 5000, "`" * 3000, "🦎" * 2000, "a" * 100_000, "_" * 999, "[[[]]]...///", "%s %n {x}"]
)
def test_no_text_raises(text: str) -> None:
    assert answer(text).level in ("sure", "perhaps", "unknown")


def test_a_secret_is_not_said_back() -> None:
    assert "hf_abcdefghijklmnopqrstuvwxyzABCDEFGH" not in answer("token hf_abcdefghijklmnopqrstuvwxyzABCDEFGH").question
