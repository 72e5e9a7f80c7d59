"""Installed versions against what the release of Axolotl asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.cli import main
from knowledge.facts import read_json
from knowledge.versions import compare_versions, lists_packages

if TYPE_CHECKING:
    from pathlib import Path

PINS = read_json("pins.json")["packages"]
FITTING = {name: wanted.removeprefix("==") for name, wanted in PINS.items() if wanted.startswith("==")}


def listed(*, table: bool, **changed: str) -> str:
    names = FITTING | {name.replace("_", "-"): version for name, version in changed.items()}
    if table:
        return "Package Version\n------- -------\n" + "\n".join(f"{name:<30}{of}" for name, of in names.items())
    return "\n".join(f"{name}=={of}" for name, of in names.items())


@pytest.mark.parametrize("table", [True, False])
def test_versions_that_fit_need_no_command(table: bool) -> None:
    found = compare_versions(listed(table=table, torch="2.13.0+cu130"))
    assert found is not None
    assert not found.misfits
    assert not found.command
    assert found.compared > 5


@pytest.mark.parametrize("table", [True, False])
def test_a_version_that_does_not_fit_is_named_with_the_command(table: bool) -> None:
    found = compare_versions(listed(table=table, transformers="4.46.0"))
    assert found is not None
    assert [(each.package, each.installed) for each in found.misfits] == [("transformers", "4.46.0")]
    assert found.command == f'pip install "transformers{PINS["transformers"]}"'


def test_another_axolotl_is_upgraded_as_a_whole() -> None:
    found = compare_versions("axolotl==0.16.0\ntransformers==4.46.0\n")
    assert found is not None
    assert found.command == f'pip install --upgrade "axolotl=={found.axolotl}"'


@pytest.mark.parametrize("text", ["", "hello there", "learning_rate: 0.0002\nnum_epochs: 3\n", "torch==2.13.0"])
def test_other_text_is_not_a_list(text: str) -> None:
    assert compare_versions(text) is None


@pytest.mark.parametrize("table", [True, False])
def test_a_list_is_known_from_a_log_and_a_config_that_names_packages(table: bool) -> None:
    assert lists_packages(listed(table=table))
    assert lists_packages(listed(table=table).replace("\n", "\r\n"))
    log = "ImportError: cannot import name\nTraceback\n" + "step\n" * 9 + "torch 2.1.0\ntransformers 4.46.0\n"
    assert not lists_packages(log)
    assert not lists_packages("learning_rate: 0.0002\nnum_epochs: 3\n")


def test_the_command_line_says_what_to_type(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "packages.txt"
    path.write_text(listed(table=True, trl="0.9.0"))
    assert main(["versions", str(path)]) == 1
    assert "trl 0.9.0 does not fit" in capsys.readouterr().out
    path.write_text("nothing")
    assert main(["versions", str(path)]) == 2
