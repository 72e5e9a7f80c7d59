"""The report on a sample: its entry, the numbers, the mask of the first rows, and what it keeps to itself."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
import yaml

from bot.views.check.rows import histogram, mask_text, rows_lines, rows_picture, tokens_of
from knowledge.check import check
from knowledge.config import read
from knowledge.finding import Severity
from knowledge.json_values import to_json
from knowledge.samples import Sample, SampleReport, check_rows, propose

CONFIG = """\
base_model: org/TinyLlama-1.1B
sequence_len: 256
micro_batch_size: 2
gradient_accumulation_steps: 1
num_epochs: 2
learning_rate: 0.0001
datasets:
  - path: data/first.jsonl
    type: alpaca
  - path: org/second
    data_files: [more/second.jsonl]
    type: completion
test_datasets:
  - path: third.jsonl
    type: input_output
"""
ONE = CONFIG.partition("  - path: org/second")[0]
ALPACA = {"instruction": "Name a fruit.", "input": "", "output": "A plum."}


def lines(*rows: Any) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


# -- the entry -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "entry", "kind", "said"),
    [
        ("first.jsonl", "datasets[0]", "alpaca", False),
        ("C:\\data\\second.jsonl", "datasets[1]", "completion", False),
        ("third.jsonl", "test_datasets[0]", "input_output", False),
        ("another.jsonl", "datasets[0]", "alpaca", True),
    ],
)
def test_sample_belongs_to_the_dataset_of_its_name_else_to_the_first(
    name: str, entry: str, kind: str, said: bool
) -> None:
    report = check_rows(read(CONFIG), lines(ALPACA, ALPACA), name=name)
    assert (report.entry, report.type) == (entry, kind)
    assert any("the first one was used" in note for note in report.notes) is said


def test_config_without_a_dataset_reads_the_rows_and_says_so() -> None:
    report = check_rows(read("base_model: org/model\n"), lines(ALPACA, ALPACA))
    assert (report.rows, report.entry, report.findings) == (2, "", ())
    assert "no dataset" in report.notes[0]


@pytest.mark.parametrize(
    "text", ["", "- a\n", "datasets: 5\n", "datasets: [5]\n", "datasets:\n  - path: 5\n    type: []\n", "a: [\n"]
)
def test_no_config_raises(text: str) -> None:
    assert check_rows(read(text), lines(ALPACA)).rows == 1


# -- together with the check of a config -----------------------------------------------------------------------------


def test_findings_about_rows_stand_beside_those_about_the_config() -> None:
    report = check(ONE + "lr: 5\n", dataset=Sample(lines(ALPACA, {**ALPACA, "output": ""}), "first.jsonl"))
    found = {each.rule: each for each in report.findings}
    assert found["rows-answer-empty"].source == "dataset"
    assert (found["rows-answer-empty"].row, found["rows-answer-empty"].rows) == (2, 1)
    assert found["rows-answer-empty"].line == 9
    assert any(each.source != "dataset" for each in report.findings)
    assert [each.severity.rank for each in report.findings] == sorted(each.severity.rank for each in report.findings)


def test_json_has_the_numbers_and_no_words_of_the_rows() -> None:
    secret = "The password of the harbour is quicksilver."
    rows = [{"instruction": secret, "input": "", "output": secret + " Yes."}, {"instruction": "a", "output": ""}]
    report = check(ONE, dataset=Sample(lines(*rows), "first.jsonl"))
    told = json.loads(to_json(report))
    assert told["dataset"]["rows"] == 2
    assert told["dataset"]["trained_tokens"] > 5
    assert {"form", "type", "low", "high", "longest", "rows_kept", "notes"} <= told["dataset"].keys()
    assert "quicksilver" not in json.dumps(told)
    assert "quicksilver" in mask_text(report.dataset)  # type: ignore[arg-type]


def test_nothing_of_the_rows_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    check(ONE, dataset=Sample(lines({"text": "quicksilver"}) + b"{quicksilver", "first.jsonl"))
    assert "quicksilver" not in caplog.text


def test_names_from_the_rows_are_shown_short_and_without_secrets() -> None:
    row = {"messages": [{"role": "hf_" + "a1B2" * 9, "content": "a"}, {"role": "x" * 400, "content": "b"}]}
    config = ONE.replace("type: alpaca", "type: chat_template\n    chat_template: chatml")
    report = check_rows(read(config), lines(row, row), name="first.jsonl")
    assert all(len(each.message) < 200 for each in report.findings)
    assert "a1B2a1B2" not in " ".join(each.message for each in report.findings)


def test_secret_among_the_rows_is_shown_nowhere() -> None:
    token = "hf_" + "a1B2" * 9
    told = "plum " * 15 + token
    turns = [{"role": "user", "content": f"My token is {token}."}, {"role": "assistant", "content": told}]
    for row in ({token: turns}, {"messages": turns, token: "x"}, {**ALPACA, "output": told}):
        for config in (ONE, ONE.replace("type: alpaca", f"type: chat_template\n    field_messages: {token}")):
            report = check(config, dataset=Sample(lines(row, row), "first.jsonl"))
            assert report.dataset is not None
            for seen in (to_json(report), mask_text(report.dataset), propose(lines(row, row)) or ""):
                assert "a1B2a1B2" not in seen


def test_rows_fix_the_number_of_steps() -> None:
    rows = [{**ALPACA, "instruction": f"Name fruit {index}."} for index in range(40)]
    report = check(ONE, dataset=Sample(lines(*rows), "first.jsonl"))
    assert report.plan is not None
    assert report.plan.optimizer_steps_done == 40


# -- the mask --------------------------------------------------------------------------------------------------------


def test_mask_shows_three_rows_shortened() -> None:
    rows = [{**ALPACA, "output": f"{index} " + "plum " * 400} for index in range(9)]
    report = check_rows(read(ONE), lines(*rows), name="first.jsonl")
    assert [example.row for example in report.examples] == [1, 2, 3]
    assert all(rows[index]["output"] in example.parts[1].text for index, example in enumerate(report.examples))
    text = mask_text(report)
    assert len(text) < 4096
    assert text.count("TRAINED │") == 3
    assert text.count("context │") == 3


def test_mask_says_why_a_row_fails_and_names_rows_without_training() -> None:
    config = ONE.replace("type: alpaca", "type: input_output")
    rows = [{"segments": None}, {"segments": [{"label": False, "text": "<s>a"}]}]
    report = check_rows(read(config), lines(*rows), name="first.jsonl")
    assert report.examples[0].error
    assert report.examples[0].error in mask_text(report)
    assert "nothing in this row is trained" in mask_text(report)


def test_a_shown_row_says_its_own_number_and_nothing_of_the_others() -> None:
    config = ONE.replace("type: alpaca", "type: chat_template")
    talk = {"messages": [{"role": "user", "content": "Is it far?"}, {"role": "assistant", "content": "Two miles."}]}
    stray = {"messages": [{"from": "human", "value": "Is it far?"}]}
    shown = mask_text(check_rows(read(config), lines(*[talk] * 6, stray, *[talk] * 3, stray), name="first.jsonl"))
    assert "Row 7, with a fault\n        │ Row 7 has messages without `role`" in shown
    assert "2 rows have" not in shown


def test_fence_in_a_row_does_not_end_the_block() -> None:
    report = check_rows(read(ONE), lines({**ALPACA, "output": "```\n@everyone ```"}, ALPACA), name="first.jsonl")
    assert mask_text(report).count("```") == 2


def test_no_mask_where_no_row_can_be_read() -> None:
    assert mask_text(check_rows(read(ONE), b"")) == ""


# -- lines and picture -----------------------------------------------------------------------------------------------


def picture_of(*rows: Any, more: str = "") -> tuple[SampleReport, Any]:
    report = check_rows(read(ONE + more), lines(*rows), name="first.jsonl")
    return report, rows_picture(report)


def test_picture_is_a_png_with_words_for_those_who_do_not_see_it() -> None:
    rows = [{**ALPACA, "output": "A plum. " * (index * 4 + 1)} for index in range(60)]
    _, picture = picture_of(*rows)
    assert picture.png.startswith(b"\x89PNG")
    assert 3_000 < len(picture.png) < 200_000
    assert picture.alt.startswith("Tokens of 60 rows: half have about")
    assert "longer than `sequence_len: 256`" in picture.alt
    assert len(picture.alt) <= 1024


def test_picture_is_drawn_at_the_edges() -> None:
    for rows in ([ALPACA], [ALPACA] * 3, [{**ALPACA, "output": "plum " * 60_000}]):
        assert picture_of(*rows)[1].png.startswith(b"\x89PNG")
    assert picture_of()[1] is None


@pytest.mark.parametrize(
    ("lengths", "limit"),
    [([5], 256), ([256, 257], 256), ([3, 9_000_000], 64), (list(range(1, 3000)), 1024), ([1] * 5, 1), ([1, 2], 3)],
)
def test_no_bar_stands_on_both_sides_of_the_limit(lengths: list[int], limit: int) -> None:
    edges, counts = histogram(lengths, limit)
    assert sum(counts) == len(lengths)
    assert len(edges) == len(counts) + 1
    assert limit in [round(edge) for edge in edges]
    longer = sum(count for left, count in zip(edges, counts, strict=False) if round(left, 6) >= limit)
    assert longer == sum(1 for length in lengths if length > limit)


def test_longer_answer_of_a_pair_counts() -> None:
    assert tokens_of({"prompt": 5, "chosen": 7, "rejected": 9}) == 14
    assert tokens_of({"length": 8, "trained": 0}) == 8
    assert tokens_of(6) == 6


def test_lines_say_rows_tokens_and_what_was_assumed() -> None:
    report = check_rows(read(ONE), lines(ALPACA, ALPACA), name="else.jsonl")
    told = rows_lines(report)
    assert told[0] == "2 rows as JSON Lines, **2** trained on."
    assert told[1].startswith("Trained tokens: about ")
    assert "estimated" in told[2]
    config = ONE.replace("type: alpaca", "type: input_output")
    failing = check_rows(read(config), lines({"segments": []}, {"segments": [{}]}), name="first.jsonl")
    assert rows_lines(failing)[0] == "2 rows as JSON Lines; 1 stops the run."


# -- rows without a config -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "entry", "root"),
    [
        pytest.param({"text": "A plum."}, {"type": "completion"}, {}, id="text"),
        pytest.param({"body": "A plum."}, {"type": "completion", "field": "body"}, {}, id="another column of text"),
        pytest.param(ALPACA, {"type": "alpaca"}, {}, id="alpaca"),
        pytest.param({"segments": [{"label": True, "text": "a"}]}, {"type": "input_output"}, {}, id="segments"),
        pytest.param({"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]},
                     {"type": "chat_template"}, {}, id="messages"),
        pytest.param({"conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}]},
                     {"type": "chat_template", "field_messages": "conversations",
                      "message_property_mappings": {"role": "from", "content": "value"}}, {}, id="sharegpt"),
        pytest.param({"prompt": "a", "chosen": "b", "rejected": "c"}, {}, {"rl": "dpo"}, id="pair"),
    ],
)  # fmt: skip
def test_block_that_fits_the_rows_is_proposed(row: Any, entry: dict[str, Any], root: dict[str, Any]) -> None:
    block = propose(lines(row, row), name="mine.jsonl")
    assert block is not None
    told = yaml.safe_load(block)
    assert told["datasets"][0]["path"] == "mine.jsonl"
    assert entry.items() <= told["datasets"][0].items()
    assert root.items() <= told.items()
    base = "base_model: org/chatml\nmicro_batch_size: 1\nlearning_rate: 1e-4\n"
    report = check_rows(read(base + block), lines(row, row), name="mine.jsonl")
    assert [each.message for each in report.findings if each.severity in (Severity.ERROR, Severity.CRASH)] == []


@pytest.mark.parametrize("data", [b"", b"{}\n", b"oops", b'{"a": 1}\n{"a": 2}\n'])
def test_nothing_is_proposed_for_rows_without_text(data: bytes) -> None:
    assert propose(data) is None
