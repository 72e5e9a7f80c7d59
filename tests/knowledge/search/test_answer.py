"""What a question in somebody's own words leads to."""

import pytest

from knowledge.faq import starter_questions
from knowledge.search import OwnEntry, answer, complete, excerpt, first_sentence, grouped

ANSWERED = {
    "why is my loss flat": "error:loss-plateau",
    "how many epochs should I use": "faq:epochs-and-steps",
    "model never stops generating": "faq:model-never-stops",
    "what learning rate for lora": "faq:which-learning-rate",
    "difference between completion and input_output": "faq:which-dataset-type",
    "can I train on a 3090": "faq:which-gpu",
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


@pytest.mark.parametrize("chat", ["THIS IS SO COOL", "Thanks a lot!", "lol same here", "", "gm", "brb lunch"])
def test_chat_is_not_answered(chat: str) -> None:
    assert answer(chat).level == "unknown"


def test_a_question_to_a_person_is_not_answered_as_sure() -> None:
    assert answer("what's your base model?").level != "sure"


def test_a_question_for_one_name_is_answered_by_it() -> None:
    for asked in ("What does sample_packing do?", "what is lora_dropout", "how do I use eval_steps"):
        found = answer(asked)
        assert found.level == "sure"
        assert found.answers[0].kind == "field"
        assert found.answers[0].id in asked


def test_a_sure_answer_is_the_text_of_the_entry() -> None:
    found = answer("How do I resume an interrupted run?")
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


@pytest.mark.parametrize(
    ("question", "key"),
    [
        ("is 300 conversations enough for a persona?", "how-much-data"),
        ("what card should I rent for an 8B model", "which-gpu"),
        ("lora changes nothing in the answers", "like-the-base-model"),
        ("turn my finetune into a gguf for ollama", "gguf"),
        ("does axolotl run on my macbook", "cpu-mac-amd"),
        ("can I give one dataset more weight than another", "mix-datasets"),
    ],
)
def test_what_people_ask_most_has_an_entry(question: str, key: str) -> None:
    assert f"faq:{key}" in [f"{topic.kind}:{topic.id}" for topic in answer(question).answers]


def test_entries_of_a_server_stand_in_for_the_starter_ones() -> None:
    own = OwnEntry(key="resume", title="How do I resume an interrupted run?", text="Ask **Mia** first.")
    first = answer("How do I resume an interrupted run?", [own]).answers[0]
    assert (first.id, first.text) == ("resume", "Ask **Mia** first.")


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ("prepared dataset", "dataset_prepared_path"),
        ("save total", "save_total_limit"),
        ("accumulation gradient", "gradient_accumulation_steps"),
        ("batch micro", "micro_batch_size"),
    ],
)
def test_words_of_a_name_find_it_in_any_order(words: str, field: str) -> None:
    found = answer(words)
    assert field in [each.id for each in found.answers]
    assert found.level != "unknown"


def test_a_misspelt_name_comes_first() -> None:
    for written in ("sequence_lenn", "micro_batch_siz", "gradient_acumulation_step", "lora_dropuot"):
        assert complete(written)[0].value in (
            "sequence_len",
            "micro_batch_size",
            "gradient_accumulation_steps",
            "lora_dropout",
        )


def test_a_long_entry_is_shortened_to_what_was_asked() -> None:
    text = "\n\n".join(
        ["It depends.", *(f"Paragraph {number} about nothing." * 9 for number in range(9)), "Set `save_steps`."]
    )
    taken, shortened = excerpt("how often are checkpoints saved: save steps", text, 600)
    assert shortened
    assert len(taken) <= 600
    assert taken.startswith("It depends.")
    assert "Set `save_steps`." in taken


def test_questions_for_the_same_are_brought_together() -> None:
    asked = ["how to train whisper", "lunar eclipse", "training a whisper model?", "eclipse of the moon"]
    assert grouped(asked)[0] == [0, 2]


def test_an_entry_that_a_server_has_taken_over_is_found_as_before():
    taken = [
        OwnEntry(key=entry.key, title=entry.title, text="Ours.", names=tuple(entry.aliases))
        for entry in starter_questions()
    ]
    for question in ("why does my run make only 12 steps?", "my model never shuts up", "can i go on after it crashed"):
        alone, here = answer(question), answer(question, taken)
        assert here.level == alone.level
        assert [(topic.kind, topic.id) for topic in here.answers] == [(each.kind, each.id) for each in alone.answers]
        if here.level == "sure" and here.answers[0].kind == "faq":
            assert here.answers[0].text == "Ours."


@pytest.mark.parametrize(
    ("question", "field"), [("how to set max steps", "max_steps"), ("change the save steps", "save_steps")]
)
def test_a_field_that_is_asked_for_in_plain_words_comes_first(question: str, field: str) -> None:
    found = answer(question)
    assert found.level == "sure"
    assert found.answers[0].id == field


def test_a_name_of_another_trainer_in_a_question_is_told() -> None:
    said = answer("max_seq_length doesnt do anything??").figures
    assert said.startswith("**Axolotl never reads `max_seq_length`**")
    assert said.endswith("Axolotl calls it `sequence_len`.")
    assert answer("does sample_packing work with lora_r 8").figures == ""


def test_a_summary_has_no_hole_where_a_block_of_code_stood() -> None:
    text = "It was not trained. Name it:\n```yaml\neot_tokens: [x]\n```\n(this one is Gemma's), or set it. Then look."
    assert first_sentence(text) == "It was not trained. Name it. Then look."
    text = "Rows are segments:\n```json\n{}\n```\nOnly those with `label` are trained."
    assert first_sentence(text) == "Rows are segments. Only those with `label` are trained."
