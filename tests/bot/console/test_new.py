"""`helpbot new`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from bot.cli import main

if TYPE_CHECKING:
    from pathlib import Path

MODEL = ("--model", "Qwen/Qwen2.5-3B-Instruct")


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps({"text": f"Boat {n} is late. " * 30}) + "\n" for n in range(900)))
    return path


def test_the_config_comes_on_standard_output_and_its_reasons_beside(
    rows: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["new", *MODEL, "--dataset", str(rows), "--gpu", "RTX 3090"]) == 0
    said = capsys.readouterr()
    config = tmp_path / "config.yaml"
    config.write_text(said.out)
    assert "learning_rate" in said.err
    assert main(["check", str(config), "--dataset", str(rows)]) == 0


def test_json_holds_what_scripts_read(rows: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new", *MODEL, "--dataset", str(rows), "--gpu", "RTX 3090", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found) == {"config", "files", "reasons", "open", "unmet", "plan", "memory", "duration"}
    assert {"field", "why"} == set(found["reasons"][0])
    assert found["duration"]["gpu"] == "RTX 3090"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--dataset", "nowhere.jsonl"], 2, "no such file"),
        (["--method", "full", "--gpu", "T4"], 1, "does not fit"),
        (["--gpu", "RTX 4095"], 2, "Did you mean RTX 4090?"),
        (["--model", "./merged"], 1, "For a model in a folder"),
    ],
)
def test_what_cannot_be(words: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new", *MODEL, *words]) == code
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--aim", "chats"], "Did you mean chat?"),
        (["--aim", "dpo"], "Did you mean preference?"),
        (["--method", "qlra"], "Did you mean qlora?"),
        (["--gpu", "RTX 9999"], "Unknown GPU"),
    ],
)
def test_an_unknown_name_names_the_nearest(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["new", *MODEL, *words])
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_an_empty_file_cannot_be_used(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    empty = tmp_path / "empty.jsonl"
    empty.write_text("")
    assert main(["new", *MODEL, "--dataset", str(empty)]) == 2
    assert "no row" in capsys.readouterr().err


def test_a_method_may_be_written_as_people_write_it(rows: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new", *MODEL, "--dataset", str(rows), "--gpu", "4090x2", "--method", "Q-LoRA"]) == 0
    said = capsys.readouterr()
    assert "load_in_4bit: true" in said.out
    assert "Time on RTX 4090: about" in said.err
