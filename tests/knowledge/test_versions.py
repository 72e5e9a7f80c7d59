"""Installed versions against what the release of Axolotl asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.cli import main
from knowledge.facts import read_json
from knowledge.versions import compare_versions, lists_packages, versions_in_log

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
    assert "trl 0.9.0 does not match" in capsys.readouterr().out
    path.write_text("nothing")
    assert main(["versions", str(path)]) == 2


@pytest.mark.parametrize(
    ("text", "installed"),
    [
        ("axolotl, version 0.9.2\n", {}),
        ("Name: axolotl\nVersion: 0.9.2\nSummary: x\n---\nName: torch\nVersion: 2.3.0\n", {"torch": "2.3.0"}),
        (
            "- `transformers` version: 4.57.1\n- Platform: Linux\n- PyTorch version (GPU?): 2.5.1+cu124 (True)\n",
            {"torch": "2.5.1+cu124", "transformers": "4.57.1"},
        ),
    ],
    ids=["axolotl --version", "pip show", "transformers env"],
)
def test_what_other_commands_print_of_versions_is_read(text: str, installed: dict[str, str]) -> None:
    assert lists_packages(text)
    found = compare_versions(text)
    assert found is not None
    assert {each.package: each.installed for each in found.misfits} == installed
    assert found.command


TABLE = (
    "****************************************\n**** Axolotl Dependency Versions *****\n  accelerate: 1.0.1         \n"
    "        peft: 0.13.2        \n****************************************\n"
)
HEADER = '[INFO] [axolotl.cli.config] config:\n{\n  "env_capabilities": {\n    "torch_version": "VERSION"\n  }\n}\n'


def test_what_axolotl_prints_above_a_run_is_compared() -> None:
    found = versions_in_log(TABLE + HEADER.replace("VERSION", "2.6.0"))
    assert found is not None
    assert [each.package for each in found.misfits] == ["accelerate", "peft", "torch"]
    assert versions_in_log(HEADER.replace("VERSION", "2.13.0")) is None


def test_what_an_error_message_says_of_versions_is_not_installed() -> None:
    said = "ERROR: axolotl 0.21.0 requires torch==2.6.0, but you have torch 2.5.1 which is incompatible.\n"
    assert versions_in_log(said) is None


def test_a_log_is_answered_with_the_versions_that_do_not_fit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "train.log"
    log.write_text(
        HEADER.replace("VERSION", "2.6.0")
        + 'Traceback (most recent call last):\n  File "/opt/axolotl/src/axolotl/train.py", line 120, in train\n'
        "    trainer.train()\ntorch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB.\n"
    )
    main(["diagnose", str(log)])
    said = capsys.readouterr().out
    assert "requires other versions than this log shows: torch 2.6.0." in said
    assert 'pip install "torch' in said
