"""Two configs next to each other."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from bot.cli import main
from knowledge.compare import Comparison, compare
from knowledge.json_values import to_json

if TYPE_CHECKING:
    from pathlib import Path

A = """\
base_model: NousResearch/Llama-3.2-1B
datasets:
  - path: org/rows
    type: alpaca
micro_batch_size: 2
gradient_accumulation_steps: 75
num_epochs: 4
learning_rate: 2e-4
"""


def words(found: Comparison) -> str:
    return "; ".join(effect.words for effect in found.effects)


def test_the_same_config_makes_the_same_run() -> None:
    found = compare(A, A)
    assert found.same
    assert not found.changes
    assert not found.effects


def test_another_spelling_is_no_difference() -> None:
    found = compare(A, A.replace("2e-4", "0.0002") + "sequence_len: 512\n")
    assert found.same
    assert [change.path for change in found.changes] == ["learning_rate", "sequence_len"]
    assert all(change.reads_same for change in found.changes)


def test_more_gpus_multiply_the_batch_and_divide_the_steps() -> None:
    found = compare(A, A, gpus=1, gpus_after=4)
    assert not found.same
    assert "GPUs 1 → 4" in words(found)
    assert "effective batch 150 → 600 (75 × 2 × 4 = 600)" in words(found)
    assert "optimizer steps × 0.25" in words(found)


def test_a_changed_number_says_what_raising_or_lowering_does() -> None:
    found = compare(A, A.replace("num_epochs: 4", "num_epochs: 8"))
    (change,) = found.changes
    assert (change.path, change.before, change.after, change.line_before) == ("num_epochs", "4", "8", 7)
    assert change.meaning
    assert "optimizer steps × 2" in words(found)


def test_known_steps_are_compared_as_numbers() -> None:
    assert "optimizer steps 4,200 → 1,050" in words(compare(A + "max_steps: 4200\n", A + "max_steps: 1050\n"))


def test_other_rows_leave_the_steps_open() -> None:
    assert "follow from the rows" in words(compare(A, A.replace("org/rows", "org/others")))


def test_an_adapter_changes_what_is_trained_and_saved() -> None:
    found = words(compare(A, A + "adapter: lora\nlora_r: 8\nlora_alpha: 16\nlora_target_linear: true\n"))
    assert "trainable parameters" in found
    assert "one checkpoint" in found


def test_findings_of_one_side_only() -> None:
    found = compare(A, A + "lr_scheduler: warmup_stable_decay\n")
    assert "schedule-needs-an-argument" in {finding.rule for finding in found.new_findings}
    assert "schedule-needs-an-argument" in {
        finding.rule for finding in compare(A + "lr_scheduler: warmup_stable_decay\n", A).gone_findings
    }


def test_secrets_are_masked() -> None:
    token = "hf_" + "a1B2" * 9
    found = compare(A, A + f"hf_token: {token}\nwandb_name: {token}\n")
    assert token not in to_json(found)


@pytest.mark.parametrize("text", ["", "- a list", "&a [*a]", "a: &a {b: *a}", "[" * 500, "a: b: c"])
def test_any_text_can_be_compared(text: str) -> None:
    compare(A, text)
    compare(text, A)


def test_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = tmp_path / "a.yaml", tmp_path / "b.yaml"
    first.write_text(A)
    second.write_text(A.replace("num_epochs: 4", "num_epochs: 2"))
    assert main(["compare", str(first), str(second), "--gpus", "1", "--gpus-b", "2"]) == 0
    assert "num_epochs: 4 → 2" in capsys.readouterr().out
    assert main(["compare", str(first), str(second), "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["changes"][0]["path"] == "num_epochs"
    assert main(["compare", str(first), str(tmp_path / "none.yaml")]) == 2
