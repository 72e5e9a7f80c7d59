"""Rows of the other types: plain text, segments, instructions, pairs, judged answers, tokens, streams."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from knowledge.config import read
from knowledge.finding import Finding, Severity
from knowledge.samples import SampleReport, check_rows

STOPS = (Severity.CRASH, Severity.ERROR)


def checked(rows: list[Any], kind: Any, keys: dict[str, Any] | None = None, **root: Any) -> SampleReport:
    """Check rows under a type; `keys` go into the entry, the rest into the config."""
    entry = {"path": "rows.jsonl", "type": kind, **(keys or {})}
    config = {
        "base_model": "org/TinyLlama-1.1B",
        "sequence_len": 512,
        "micro_batch_size": 1,
        "gradient_accumulation_steps": 1,
        "learning_rate": 0.0001,
        "datasets": [{key: value for key, value in entry.items() if value is not None}],
        **root,
    }
    data = "".join(json.dumps(row) + "\n" for row in rows).encode()
    return check_rows(read(yaml.safe_dump(config)), data, name="rows.jsonl")


def told(report: SampleReport) -> dict[str, Finding]:
    return {each.rule: each for each in report.findings if each.severity is not Severity.ADVICE}


def stopped(report: SampleReport) -> bool:
    return any(each.severity in STOPS for each in report.findings)


def trained(report: SampleReport, row: int = 1) -> list[str]:
    return [part.text for each in report.examples if each.row == row for part in each.parts if part.trained]


# -- plain text -----------------------------------------------------------------------------------------------------


def test_plain_text_is_trained_whole() -> None:
    report = checked([{"text": "A plum."}, {"text": "An apple."}], "completion")
    assert told(report) == {}
    assert trained(report) == ["<s>A plum.</s>"]


def test_column_of_plain_text_is_named_by_field() -> None:
    rows = [{"content": "A plum."}, {"content": "An apple."}]
    found = told(checked(rows, "completion"))["rows-column-missing"]
    assert found.severity in STOPS
    assert yaml.safe_load(found.mended)["datasets"] == [
        {"path": "rows.jsonl", "type": "completion", "field": "content"}
    ]
    assert told(checked(rows, "completion", {"field": "content"})) == {}


@pytest.mark.parametrize("text", ["", None])
def test_text_that_vanishes_is_named(text: str | None) -> None:
    report = checked([{"text": "A plum."}, {"text": text}, {"text": "An apple."}], "completion")
    assert told(report)["rows-text-empty"].row == 2
    assert (report.rows, report.rows_kept) == (3, 2)


def test_start_token_in_the_text_stands_there_twice() -> None:
    assert "rows-start-doubled" in told(checked([{"text": "<s>A plum."}] * 2, "completion"))


def test_number_as_text_stops() -> None:
    report = checked([{"text": 5}, {"text": 6}], "completion")
    assert told(report)["rows-answer-not-text"].severity in STOPS


# -- segments -------------------------------------------------------------------------------------------------------


def segments(*pairs: tuple[Any, Any]) -> dict[str, Any]:
    return {"segments": [{"label": label, "text": text} for label, text in pairs]}


def test_segments_are_trained_by_their_labels() -> None:
    report = checked([segments((False, "<s>Two plus two?"), (True, " Four.</s>"))] * 2, "input_output")
    assert told(report) == {}
    assert trained(report) == [" Four.</s>"]


def test_end_token_has_to_stand_in_the_segments() -> None:
    found = told(checked([segments((False, "<s>Two plus two?"), (True, " Four."))] * 2, "input_output"))
    assert found["rows-end-missing"].severity is Severity.WARNING
    assert "`</s>`" in found["rows-end-missing"].message


@pytest.mark.parametrize(
    ("row", "rule", "stops"),
    [
        pytest.param({"segments": [{"text": "Two?"}]}, "rows-key-missing", True, id="no label"),
        pytest.param({"segments": [{"label": True}]}, "rows-key-missing", True, id="no text"),
        pytest.param({"segments": {"label": True, "text": "a</s>"}}, "rows-not-list", True, id="one object"),
        pytest.param({"segments": ["<s>Two?", "Four.</s>"]}, "rows-items-not-objects", True, id="texts"),
        pytest.param({"parts": [{"label": True, "text": "a"}]}, "rows-column-missing", True, id="other column"),
        pytest.param(segments(("false", "<s>a"), ("true", "b</s>")), "rows-label-text", False, id="label as text"),
        pytest.param(segments((False, "<s>a"), (False, "b</s>")), "rows-labels-off", False, id="all false"),
        pytest.param({"segments": []}, "rows-gives-nothing", False, id="empty"),
    ],
)
def test_segments_with_a_fault_are_named(row: dict[str, Any], rule: str, stops: bool) -> None:
    report = checked([segments((False, "<s>Two?"), (True, " Four.</s>")), row], "input_output")
    if rule in ("rows-column-missing", "rows-label-text"):
        report = checked([row, row], "input_output")
    assert rule in told(report)
    assert stopped(report) is stops


# -- instructions ---------------------------------------------------------------------------------------------------

ALPACA = {"instruction": "Name a fruit.", "input": "", "output": "A plum."}


def test_instruction_trains_the_answer() -> None:
    report = checked([ALPACA] * 2, "alpaca")
    assert told(report) == {}
    assert trained(report) == ["A plum.</s>"]


def test_other_columns_are_named_by_a_mapping_with_the_same_format() -> None:
    rows = [{"Instruction": "Name a fruit.", "output": "A plum."}] * 2
    cure = yaml.safe_load(told(checked(rows, "alpaca"))["rows-column-missing"].mended)["datasets"][0]["type"]
    assert (cure["field_instruction"], cure["field_output"]) == ("Instruction", "output")
    assert told(checked(rows, cure)) == {}


def test_rows_of_another_type_are_told_which() -> None:
    row = {"messages": [{"role": "user", "content": "Far?"}, {"role": "assistant", "content": "No."}]}
    report = checked([row] * 2, "alpaca", chat_template="chatml")
    found = told(report)["rows-column-missing"]
    assert yaml.safe_load(found.mended)["datasets"][0]["type"] == "chat_template"


@pytest.mark.parametrize(
    ("change", "rule", "stops"),
    [
        pytest.param({"output": ""}, "rows-answer-empty", False, id="empty answer"),
        pytest.param({"output": None}, "rows-answer-empty", False, id="null answer"),
        pytest.param({"output": 5}, None, True, id="number"),
        pytest.param({"instruction": ""}, None, False, id="empty instruction"),
        pytest.param({"output": ["A plum."]}, "rows-list-as-text", False, id="list"),
    ],
)
def test_instruction_with_a_fault(change: dict[str, Any], rule: str | None, stops: bool) -> None:
    report = checked([{**ALPACA, **change}] * 2, "alpaca")
    assert stopped(report) is stops
    assert rule is None or rule in told(report)


def test_mapping_under_type_names_its_columns() -> None:
    kind = {"field_instruction": "q", "field_output": "a", "no_input_format": "Q: {instruction}\nA: "}
    report = checked([{"q": "Two plus two?", "a": "Four."}] * 2, kind)
    assert told(report) == {}
    assert trained(report) == ["Four.</s>"]
    wrong = checked([{"q": "Two plus two?", "a": "Four."}] * 2, {**kind, "no_input_format": "Q: {question}\nA: "})
    found = told(wrong)["rows-format"]
    assert found.severity in STOPS
    assert yaml.safe_load(found.mended)["datasets"][0]["type"]["no_input_format"] == "Q: {instruction}\nA: "


@pytest.mark.parametrize(
    ("kind", "rule"),
    [
        pytest.param(None, "rows-type-missing", id="none"),
        pytest.param("alpacca", "rows-type-unknown", id="misspelt"),
        pytest.param("sharegpt", "rows-type-removed", id="removed"),
        pytest.param("sharegpt:chat", "rows-type-removed", id="removed with a style"),
        pytest.param("alpaca:chatlm", "rows-type-style", id="style"),
        pytest.param("chatml.intel", "rows-rl-missing", id="preference type without rl"),
    ],
)
def test_type_that_means_nothing_stops(kind: str | None, rule: str) -> None:
    row: dict[str, Any] = ALPACA
    if rule == "rows-rl-missing":
        row = {"system": "", "question": "Far?", "chosen": "No.", "rejected": "Yes."}
    report = checked([row] * 2, kind)
    assert told(report)[rule].severity in STOPS


def test_nearest_type_is_suggested() -> None:
    found = told(checked([{"question": "a", "choices": ["b"]}] * 2, "explaincoice"))["rows-type-unknown"]
    assert found.suggestion == "explainchoice"


def test_module_of_ones_own_is_only_a_warning() -> None:
    report = checked([ALPACA] * 2, "mymodule.load_rows")
    assert told(report)["rows-type-own"].severity is Severity.WARNING
    assert not stopped(report)


# -- pairs and judged answers ---------------------------------------------------------------------------------------

PAIR = {
    "messages": [{"role": "user", "content": "Milk?"}],
    "chosen": {"role": "assistant", "content": "White."},
    "rejected": {"role": "assistant", "content": "Red."},
}


def test_pair_of_messages_passes() -> None:
    report = checked([PAIR] * 2, "chat_template.default", rl="dpo", chat_template="chatml")
    assert told(report) == {}
    assert {example.part for example in report.examples} == {"prompt", "chosen", "rejected"}


def test_pair_of_lists_is_cured_by_another_type() -> None:
    prompt = [{"role": "user", "content": "Milk?"}]
    row = {
        side: [*prompt, {"role": "assistant", "content": text}] for side, text in (("chosen", "a"), ("rejected", "b"))
    }
    report = checked([row] * 2, "chat_template.default", rl="dpo", chat_template="chatml")
    assert stopped(report)
    cures = [yaml.safe_load(each.mended)["datasets"][0]["type"] for each in report.findings if each.mended]
    assert cures
    assert set(cures) == {"chat_template.argilla_chat"}


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        pytest.param({"chosen": "", "rejected": "Red."}, "rows-pair-blank", id="empty answer"),
        pytest.param({"chosen": "Red.", "rejected": "Red."}, "rows-pair-same", id="the same twice"),
    ],
)
def test_pair_that_teaches_nothing_is_named(change: dict[str, Any], rule: str) -> None:
    rows = [{"system": "", "question": "Milk?", "chosen": "White.", "rejected": "Red."}]
    rows.append({**rows[0], **change})
    report = checked(rows, "chatml.intel", rl="dpo")
    assert not stopped(report)
    assert told(report)[rule].row == 2


def test_judged_answers_need_true_or_false() -> None:
    rows = [{"system": "", "question": "Milk?", "completion": "White.", "label": value} for value in (True, False)]
    assert told(checked(rows, "chatml.intel", rl="kto", remove_unused_columns=False)) == {}
    for row in rows:
        row["label"] = "yes"
    assert told(checked(rows, "chatml.intel", rl="kto"))["rows-label-not-bool"].severity in STOPS
    for row in rows:
        del row["label"]
    assert told(checked(rows, "chatml.intel", rl="kto"))["rows-label-missing"].severity in STOPS


def test_rows_for_functions_of_ones_own_are_not_judged() -> None:
    report = checked([{"prompt": "Two plus two?"}] * 2, "rewards.math", rl="grpo")
    assert told(report) == {}
    assert any("your own functions" in note for note in report.notes)


# -- tokens and streams ---------------------------------------------------------------------------------------------


def test_rows_of_tokens_need_no_type_and_are_counted() -> None:
    row = {"input_ids": [1, 5, 6, 2], "attention_mask": [1, 1, 1, 1], "labels": [-100, 5, 6, 2]}
    report = checked([row, {**row, "labels": [-100] * 4}], "completion")
    assert report.trained_tokens == 3
    assert told(report)["rows-untrained"].row == 2


def test_stream_reads_a_file_only_through_data_files() -> None:
    root: dict[str, Any] = {"max_steps": 10, "datasets": None, "pretraining_sample_concatenation": True}
    rows = [{"text": "A plum."}, {"text": "An apple."}]
    wrong = checked(rows, None, pretraining_dataset=[{"path": "rows.jsonl", "type": "pretrain"}], **root)
    found = told(wrong)["rows-streamed-file"]
    assert found.severity in STOPS
    assert yaml.safe_load(found.mended) == {
        "pretraining_dataset": [{"path": "json", "type": "pretrain", "data_files": "rows.jsonl"}]
    }
    entry = {"path": "json", "data_files": "rows.jsonl", "type": "pretrain"}
    assert told(checked(rows, None, pretraining_dataset=[entry], **root)) == {}
