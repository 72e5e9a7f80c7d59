"""`helpbot health`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from bot.cli import main

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def state(path: Path, *, loss: float) -> Path:
    history = [{"step": step, "loss": loss, "grad_norm": loss, "epoch": step / 20} for step in range(1, 21)]
    path.write_text(json.dumps({"global_step": 20, "max_steps": 40, "log_history": history}))
    return path


def test_json_holds_what_scripts_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = state(tmp_path / "trainer_state.json", loss=0.0)
    assert main(["health", str(path), "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert list(found) == ["file", "steps", "findings", "healthy"]
    assert found["steps"] == {"done": 20, "planned": 40}
    assert found["healthy"] is False
    assert list(found["findings"][0]) == ["id", "severity", "message", "why", "steps"]
    assert (found["findings"][0]["id"], found["findings"][0]["steps"]) == ("masked", [1, 20])


def test_text_says_what_is_wrong_and_what_was_not_judged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["health", str(state(tmp_path / "trainer_state.json", loss=0.0))])
    said = capsys.readouterr().out
    assert "Every token is masked" in said
    assert "axolotl preprocess CONFIG --debug" in said
    assert "Not judged: Without the config" in said


def test_a_file_without_metrics_is_refused_with_the_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("hello")
    assert main(["health", str(path)]) == 2
    assert "shows no metrics" in capsys.readouterr().err
