"""`helpbot plan`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from bot.cli import main

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = """\
base_model: NousResearch/Llama-3.2-1B
datasets:
  - path: org/rows
    type: alpaca
micro_batch_size: 2
gradient_accumulation_steps: 4
num_epochs: 3
learning_rate: 2e-4
saves_per_epoch: 1
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG)
    return path


def as_json(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    assert main(["plan", *words, "--format", "json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_lengths_give_every_number(config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lengths = tmp_path / "lengths.json"
    lengths.write_text(json.dumps([100] * 101))
    found = as_json(capsys, str(config), "--lengths", str(lengths), "--curve")
    assert found["total_num_steps"] == 38
    assert found["save_points"] == [13, 26, 38]
    assert found["curve"][2] == pytest.approx(2e-4)
    assert len(found["curve"]) == 39
    assert found["memory"]["trainable_params"] > 1e9
    assert found["checkpoint_GB"] > 0


def test_without_data_numbers_are_null_and_sentences_say_why(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = as_json(capsys, str(config), "--gpus", "4")
    assert found["global_batch_size"] == 32
    assert found["total_num_steps"] is None
    assert found["curve"] is None
    assert found["assumptions"]


def test_rows_are_enough_where_nothing_is_packed(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert as_json(capsys, str(config), "--rows", "101")["total_num_steps"] == 38


def test_findings_of_the_run_come_with_it(config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lengths = tmp_path / "lengths.json"
    lengths.write_text("[600, 700]")
    found = as_json(capsys, str(config), "--lengths", str(lengths))
    assert "no-row-is-left" in {finding["rule"] for finding in found["findings"]}


def test_the_text_has_the_formula_and_what_to_change(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", str(config), "--rows", "200", "--curve"]) == 0
    text = capsys.readouterr().out
    assert "4 × 2 × 1 = 8" in text
    assert "For more steps: `gradient_accumulation_steps: 3` makes about 102." in text
    assert "For about 150 a step" not in text, "a larger batch would make fewer steps still"
    assert "Learning rate after n steps" in text


@pytest.mark.parametrize("content", ["", "{}", "[1, -2]", "[true]", '[{"prompt": "long"}]'])
def test_lengths_that_are_none_are_refused(
    config: Path, tmp_path: Path, content: str, capsys: pytest.CaptureFixture[str]
) -> None:
    lengths = tmp_path / "lengths.json"
    lengths.write_text(content)
    assert main(["plan", str(config), "--lengths", str(lengths)]) == 2
    assert "lengths.json" in capsys.readouterr().err


def test_a_missing_file_is_said_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", str(tmp_path / "none.yaml")]) == 2
    assert "none.yaml" in capsys.readouterr().err


def test_rows_of_a_file_are_measured_and_sampled(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config.write_text(CONFIG.replace("type: alpaca", "type: alpaca\n    weight: 0.5"))
    rows = [{"instruction": f"Count to {index}", "input": "", "output": "one two " * 20} for index in range(200)]
    dataset = tmp_path / "rows.jsonl"
    dataset.write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = as_json(capsys, str(config), "--dataset", str(dataset))
    assert found["train_rows"] == 100
    assert any("estimated" in sentence for sentence in found["assumptions"])
    assert main(["plan", str(config), "--dataset", str(tmp_path / "none.jsonl")]) == 2
