"""The facts: generated, unchanged since, and comparable between two releases."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from knowledge.catalog import Catalog
from scripts import sync_axolotl
from scripts.facts import history
from scripts.facts.difference import difference
from scripts.facts.source import Source

FACTS = sync_axolotl.FACTS


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FACTS, tmp_path / "facts"))


def change(folder: Path, name: str, mend: Any) -> None:
    facts = json.loads((folder / name).read_text("utf-8"))
    mend(facts)
    (folder / name).write_text(sync_axolotl.as_text(facts), "utf-8")


def test_the_facts_are_as_generated(capsys: pytest.CaptureFixture[str]) -> None:
    assert sync_axolotl.main(["--check"]) == 0
    assert "only version and digest were compared" in capsys.readouterr().out


def test_a_change_by_hand_is_noticed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(folder, "order.json", lambda facts: facts["before_in_run_order"].pop())
    arguments = ["--check", "--facts", str(folder), "--reference", str(folder / "none")]
    assert sync_axolotl.main(arguments) == 1
    assert "order.json was changed since it was generated" in capsys.readouterr().err


def test_files_of_two_releases_are_noticed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(folder, "names.json", lambda facts: facts.update(axolotl="0.20.0"))
    assert sync_axolotl.main(["--check", "--facts", str(folder), "--reference", str(folder / "none")]) == 1
    assert "names.json was changed" in capsys.readouterr().err


def test_a_missing_file_is_noticed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "values.json").unlink()
    assert sync_axolotl.main(["--check", "--facts", str(folder), "--reference", str(folder / "none")]) == 1
    assert "values.json is missing" in capsys.readouterr().err


def test_two_releases_are_compared(folder: Path, tmp_path: Path) -> None:
    new = Path(shutil.copytree(folder, tmp_path / "new"))

    def fields(facts: dict[str, Any]) -> None:
        facts["axolotl"] = "0.22.0"
        facts["fields"]["brand_new"] = {"type": ["integer"], "default": 3}
        del facts["fields"]["seed"]
        facts["fields"]["micro_batch_size"]["default"] = 2
        facts["fields"]["rl"]["enum"] = [*facts["fields"]["rl"]["enum"][1:], "newest"]
        facts["plugins"].append("axolotl.integrations.newest.NewestPlugin")

    def order(facts: dict[str, Any]) -> None:
        names = facts["before_in_run_order"]
        names[0], names[1] = names[1], names[0]
        facts["after_in_run_order"][-1] = "check_brand_new"

    change(new, "fields.json", fields)
    change(new, "order.json", order)
    change(new, "values.json", lambda facts: facts["optimizer"]["axolotl"].append("newest_adam"))
    told = difference(folder, new)
    assert told.startswith("# Axolotl 0.21.0 → 0.22.0\n")
    assert "## Fields added (1)\n\n- `brand_new`: integer, default `3`" in told
    assert "## Fields removed (1)\n\n- `seed`" in told
    assert "- `micro_batch_size`: default `1` → `2`" in told
    assert '- `rl`: choices +`"newest"` −`"dpo"`' in told
    assert "## Checks added (1)\n\n- `check_brand_new`" in told
    assert "## Checks in another order (1)" in told
    assert "- `optimizer.axolotl`: +`newest_adam`" in told
    assert "## Plugins added (1)" in told


def test_a_new_release_lists_the_notes_whose_source_changed(folder: Path, tmp_path: Path) -> None:
    new = Path(shutil.copytree(folder, tmp_path / "new"))
    warmup = "axolotl.core.builders.base:TrainerBuilderBase._configure_warmup_and_logging"

    def evidence(facts: dict[str, Any]) -> None:
        for places in facts["notes"].values():
            places.update({place: "0" * 12 for place in places if place == warmup})

    change(new, "evidence.json", evidence)
    told = difference(folder, new)
    _, _, section = told.partition("## Notes to read again, since their source changed")
    named = {name for name, note in Catalog.load().notes.items() if warmup in note.evidence}
    assert {"warmup_ratio", "warmup_steps"} <= named
    assert all(f"- `{name}`: `{warmup}`" in section for name in named)
    assert "`micro_batch_size`" not in section


def test_the_same_facts_differ_in_nothing(folder: Path) -> None:
    assert "Nothing differs" in difference(folder, FACTS)


def test_a_new_release_joins_the_history(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def renamed(source: Source) -> dict[str, Any]:
        facts = source.before("fields.json")
        facts["fields"]["random_seed"] = facts["fields"].pop("seed")
        return facts

    monkeypatch.setattr(history.fields, "generate", renamed)
    found = history.generate(Source("0.22.0", {"axolotl": "0.22.0"}, None, folder))
    assert found["releases"][-2:] == ["0.21.0", "0.22.0"]
    assert found["since"]["random_seed"] == "0.22.0"
    assert found["gone"]["seed"] == {"since": None, "last": "0.21.0"}
    assert found["removed"]["seed"]["status"] == "ignored"
