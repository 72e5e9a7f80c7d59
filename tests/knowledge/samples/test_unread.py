"""What a type does not read, and keys that name what no row has."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from knowledge.config import read
from knowledge.finding import Severity
from knowledge.samples import SampleReport, check_rows

TALK = {"messages": [{"role": "user", "content": "Is it far?"}, {"role": "assistant", "content": "Two miles."}]}
TASK = {"instruction": "Name a fruit.", "output": "A plum."}


def checked(row: dict[str, Any], kind: str, *, times: int = 4, **keys: Any) -> SampleReport:
    root = keys.pop("root", {})
    entry = {"path": "rows.jsonl", "type": kind, **keys}
    config = {"base_model": "org/tiny-llama", "chat_template": "chatml", "datasets": [entry], **root}
    return check_rows(read(yaml.safe_dump(config)), [dict(row) for _ in range(times)], name="rows.jsonl")


def named(report: SampleReport, word: str) -> set[Severity]:
    return {each.severity for each in report.findings if f"`{word}`" in each.message}


@pytest.mark.parametrize("column", ["context", "history", "system", "kto_tag", "thinking"])
def test_text_of_the_conversation_that_is_not_read_is_a_warning(column: str) -> None:
    report = checked({**TASK, column: "The market sells plums."}, "alpaca")
    assert Severity.WARNING in named(report, column)
    (found,) = [each for each in report.findings if each.rule == "rows-text-unread"]
    assert "4 of 4 rows" in found.message


def test_other_columns_are_advice_and_stand_together() -> None:
    report = checked({**TASK, "source": "a shop", "url": "example.org"}, "alpaca")
    (found,) = [each for each in report.findings if each.rule == "rows-column-unread"]
    assert "`source` and `url`" in found.message
    assert found.severity is Severity.ADVICE


def test_a_column_that_repeats_what_is_read_loses_nothing() -> None:
    report = checked({**TALK, "prompt": "Is it far?"}, "chat_template")
    assert Severity.WARNING not in named(report, "prompt")


def test_preference_columns_beside_messages_are_named() -> None:
    report = checked({**TALK, "chosen": "Two miles.", "rejected": "No idea, ask elsewhere."}, "chat_template")
    assert named(report, "rejected") == {Severity.WARNING}


@pytest.mark.parametrize(
    ("keys", "word"),
    [
        ({"roles_to_train": ["user"]}, "roles_to_train"),
        ({"message_field_training": "training"}, "message_field_training"),
    ],
)
def test_a_key_that_does_something_else_than_meant_is_a_warning(keys: dict[str, Any], word: str) -> None:
    row = {"messages": [{**message, "train": True} for message in TALK["messages"]]}
    assert Severity.WARNING in named(checked(row, "chat_template", **keys), word)


def test_tools_under_another_name_are_lost() -> None:
    assert Severity.WARNING in named(
        checked({**TALK, "functions": "[]"}, "chat_template", field_tools="functions"), "tools"
    )


def test_a_null_instruction_puts_a_word_into_the_prompt() -> None:
    report = checked({"instruction": None, "output": "A plum."}, "alpaca")
    assert Severity.WARNING in named(report, "instruction")


def test_a_special_token_inside_a_text_is_named() -> None:
    report = checked({**TASK, "output": "A plum. <s> And a fig."}, "alpaca")
    assert Severity.WARNING in named(report, "output")


@pytest.mark.parametrize(
    ("place", "text", "told"),
    [
        pytest.param(1, "Two miles.<|im_end|>", True, id="end that the template prints again"),
        pytest.param(0, "<s>Is it far?", True, id="start inside a conversation"),
        pytest.param(1, "Two miles.", False, id="none"),
    ],
)
def test_a_special_token_at_the_edge_of_a_turn_is_named(place: int, text: str, *, told: bool) -> None:
    turns = [dict(turn) for turn in TALK["messages"]]
    turns[place]["content"] = text
    tokens = {"bos_token": "<s>", "eos_token": "<|im_end|>"}
    report = checked({"messages": turns}, "chat_template", root={"special_tokens": tokens})
    assert (Severity.WARNING in named(report, "messages")) is told


def test_a_last_turn_of_the_users_is_named() -> None:
    row = {"messages": [*TALK["messages"], {"role": "user", "content": "And back?"}]}
    assert Severity.WARNING in named(checked(row, "chat_template"), "messages")


def test_rows_that_read_everything_have_nothing_to_say() -> None:
    for row, kind in ((TASK, "alpaca"), (TALK, "chat_template")):
        rules = {each.rule for each in checked(row, kind, root={"eot_tokens": ["<|im_end|>"]}).findings}
        assert not rules & {"rows-text-unread", "rows-column-unread", "rows-key-unread"}


def test_tokens_without_their_mask_name_the_column_that_is_missing() -> None:
    report = checked({"input_ids": [1, 2], "labels": [1, 2]}, "alpaca")
    assert named(report, "attention_mask") == {Severity.WARNING}


def test_json_in_a_text_file_names_the_key_that_reads_it() -> None:
    config = "base_model: org/model\ndatasets:\n  - path: rows.txt\n    type: alpaca\n"
    report = check_rows(read(config), b'{"instruction": "Name a fruit.", "output": "A plum."}\n' * 3, name="rows.txt")
    (found,) = [each for each in report.findings if each.rule == "rows-text-json"]
    assert "ds_type: json" in found.message
