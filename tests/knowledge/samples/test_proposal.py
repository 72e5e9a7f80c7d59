"""The block that is proposed for rows: it is tried on them, and what it does not read is said."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from knowledge.config import read
from knowledge.finding import Severity
from knowledge.samples import Sample, check_rows, propose_block


def talk(*contents: str) -> list[dict[str, str]]:
    return [{"role": ("user", "assistant")[place % 2], "content": text} for place, text in enumerate(contents)]


SAID = [{"role": "assistant", "content": "Two miles."}]
OTHER = [{"role": "assistant", "content": "No idea."}]


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        pytest.param(
            {"prompt": "Far?", "chosen": talk("Far?", "Two."), "rejected": talk("Far?", "Nine."),
             "messages": talk("Far?", "Two.")},
            "chat_template.argilla_chat", id="binarized feedback",
        ),
        pytest.param({"prompt": talk("Far?"), "chosen": SAID, "rejected": OTHER}, "chat_template.default", id="lists"),
        pytest.param({"completion": talk("Far?", "Two miles."), "label": True}, "chatml.argilla_chat", id="judged"),
        pytest.param({"messages": talk("Far?", "Two miles.")}, "chat_template", id="conversation"),
    ],
)  # fmt: skip
def test_pairs_and_conversations_get_the_type_that_reads_them(row: dict[str, Any], kind: str) -> None:
    proposal = propose_block([row] * 4, name="rows.jsonl")
    assert proposal.block is not None
    assert yaml.safe_load(proposal.block)["datasets"][0]["type"] == kind
    assert proposal.lost == ()
    examples = check_rows(read(proposal.block), Sample([row] * 4, "rows.jsonl", examples=4)).examples
    answers = [example for example in examples if example.part != "prompt"]
    assert answers
    assert all(any(part.trained for part in example.parts) for example in answers)


def test_a_context_is_read_by_the_mapping_that_is_proposed() -> None:
    proposal = propose_block([{"instruction": "Is it far?", "context": "The map.", "response": "Two miles."}] * 4)
    assert proposal.block is not None
    kind = yaml.safe_load(proposal.block)["datasets"][0]["type"]
    assert (kind["field_instruction"], kind["field_input"], kind["field_output"]) == (
        "instruction",
        "context",
        "response",
    )


def test_judged_rows_of_lists_are_shown_converted() -> None:
    proposal = propose_block([{"prompt": talk("Far?"), "completion": SAID, "label": True}] * 4)
    assert proposal.block is None
    assert proposal.after == '{"prompt": "Far?", "completion": "Two miles.", "label": true}'
    assert "rl: kto" in proposal.after_block


def test_what_a_block_does_not_read_is_said() -> None:
    proposal = propose_block([{"question": "Far?", "reasoning": "The map shows it.", "answer": "Two."}] * 4)
    assert proposal.lost == ("reasoning",)
    assert "`reasoning`" in proposal.words


def test_a_block_under_which_nothing_is_trained_is_not_proposed() -> None:
    assert propose_block([{"messages": talk("Is it far?")}] * 4).block is None


def test_rows_with_images_get_the_keys_of_a_vision_run() -> None:
    row = {"messages": talk("What is it?", "A mill."), "images": ["mill.jpg"]}
    block = yaml.safe_load(propose_block([row] * 4, name="rows.jsonl").block or "")
    assert block["processor_type"] == "AutoProcessor"
    assert block["remove_unused_columns"] is False
    report = check_rows(read(yaml.safe_dump({**block, "base_model": "org/model"})), [{**row, "images": "mill.jpg"}] * 4)
    assert any(each.rule == "rows-image-text" and each.severity is Severity.CRASH for each in report.findings)
    assert any("images" in note for note in report.notes)


def test_a_prompt_that_ends_with_its_answer_is_named() -> None:
    row = {"messages": talk("Far?", "Two miles."), "chosen": SAID, "rejected": OTHER}
    config = "base_model: org/model\nrl: dpo\nchat_template: chatml\n"
    config += "datasets:\n  - path: rows.jsonl\n    type: chat_template.default\n"
    rules = {each.rule for each in check_rows(read(config), [row] * 4, name="rows.jsonl").findings}
    assert "rows-answer-in-prompt" in rules
