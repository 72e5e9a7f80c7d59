"""`helpbot next`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from bot.cli import main

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = "base_model: org/model\nadapter: lora\nlora_r: 8\ndatasets:\n  - path: org/rows\n    type: alpaca\n"


@pytest.fixture
def config(tmp_path: Path) -> str:
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG)
    return str(path)


def test_text_names_commands_serving_and_what_to_look_at(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["next", config]) == 0
    said = capsys.readouterr().out
    assert f"axolotl merge-lora {config}" in said
    assert "vllm serve ./model-out/merged" in said
    assert "If it answers like the base model:" in said


def test_json_holds_the_commands(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["next", config, "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [each["id"] for each in found["commands"]][:2] == ["preprocess", "train"]


def test_the_modelfile_alone_can_be_written_to_a_file(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["next", config, "--format", "modelfile"]) == 0
    assert "### Instruction:\n{{ .Prompt }}" in capsys.readouterr().out


def test_what_is_no_training_config_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "other.yaml"
    path.write_text("a: b\n")
    assert main(["next", str(path)]) == 2
    assert "has no `base_model`" in capsys.readouterr().err
