"""A mistake in a file that is written by hand names the file and the entry."""

from __future__ import annotations

import importlib
import json
import re
from pathlib import Path

import pytest

from knowledge.by_hand import in_entry, read_yaml


def test_a_file_that_is_not_yaml_is_named_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "notes.yaml"
    file.write_text("a: 1\nb: [\n")
    with pytest.raises(ValueError, match=r"notes\.yaml is not YAML(.|\n)*line 3"):
        read_yaml(file)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda: {}["batch"], "`batch` is missing"),
        (lambda: re.compile("("), "unterminated subpattern"),
        (lambda: int("many"), "many"),
        (lambda: len(5), "no len"),
    ],
)
def test_whatever_is_wrong_in_an_entry_is_said_with_file_and_entry(spoil, says: str) -> None:
    with pytest.raises(ValueError, match=f"taste.yaml, entry facts: .*{says}"), in_entry("taste.yaml", "facts"):
        spoil()


def test_a_card_without_its_memory_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = importlib.import_module("knowledge.gpus.cards")
    rows = json.loads((Path(module.__file__).parent / "cards.json").read_text())["cards"]
    del rows[3]["memory_gb"]
    file = tmp_path / "cards.json"
    file.write_text(json.dumps({"cards": rows}))
    monkeypatch.setattr(module, "_DATA", file)
    with pytest.raises(ValueError, match=f"cards.json, entry {re.escape(rows[3]['name'])}: .*memory_gb"):
        module.cards.__wrapped__()
