"""`helpbot model`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from bot.cli import main

if TYPE_CHECKING:
    import pytest


def test_text_names_class_features_and_cards(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["model", "meta-llama/Llama-3.1-8B"]) == 0
    said = capsys.readouterr().out
    assert "class LlamaForCausalLM" in said
    assert "Sample packing: listed." in said
    assert "QLoRA: a card of" in said


def test_an_unknown_type_is_an_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["model", "nothing_like_it", "--format", "json"]) == 1
    assert json.loads(capsys.readouterr().out)["model_type"] is None
