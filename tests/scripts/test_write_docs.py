"""Generated pages: fresh, complete, and schemas that fit what the commands print."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from bot.cli import main
from knowledge.pages import PAGES
from knowledge.rules import all_rules
from scripts import write_docs
from scripts.pages import rules, schemas

SCHEMAS = {Path(path).stem: json.loads(text) for path, text in schemas.render_all().items()}
CONFIG = """base_model: NousResearch/Llama-3.2-1B
datasets:
  - path: rows.jsonl
    type: alpaca
micro_batch_size: 2
gradient_accumulation_steps: 4
learning_rate: 2e-4
warmup_steps: 0.5
lora_rr: 8
lora_rr: 9
hub_model_id: a/b
saves_per_epoch: 1
"""
ROW = '{"instruction": "Add 1 and 1.", "input": "", "output": "2"}\\n{"instruction": "Add.", "output": 3}\\n'


def printed(capsys: pytest.CaptureFixture[str], *words: str) -> list[dict[str, object]]:
    main([*words, "--format", "json"])
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def fits(name: str, line: dict[str, object]) -> None:
    Draft202012Validator(SCHEMAS[name]).validate(line)


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_schema_is_one(name: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[name])


def test_what_check_and_plan_print_fits_their_schemas(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config, rows = tmp_path / "config.yaml", tmp_path / "rows.jsonl"
    config.write_text(CONFIG)
    rows.write_text(ROW.encode().decode("unicode_escape"))
    for line in (
        *printed(capsys, "check", str(config)),
        *printed(capsys, "check", str(config), "--dataset", str(rows)),
    ):
        fits("report", line)
    assert line["dataset"]
    (plan,) = printed(capsys, "plan", str(config), "--rows", "1000", "--mean-tokens", "200", "--curve")
    fits("training-plan", plan)
    (plan,) = printed(capsys, "plan", str(config), "--rows", "1000", "--mean-tokens", "200", "--gpu", "H100")
    fits("training-plan", plan)
    fits("memory-estimate", plan["memory"])  # type: ignore[arg-type]


def test_what_the_other_commands_print_fits_their_schemas(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before, after, log = tmp_path / "a.yaml", tmp_path / "b.yaml", tmp_path / "train.log"
    before.write_text(CONFIG)
    after.write_text(CONFIG.replace("micro_batch_size: 2", "micro_batch_size: 4"))
    log.write_text("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB.\n")
    (comparison,) = printed(capsys, "compare", str(before), str(after))
    fits("comparison", comparison)
    (diagnosis,) = printed(capsys, "diagnose", str(log), "--config", str(before))
    fits("diagnosis", diagnosis)
    for line in printed(capsys, "explain", "lora_r", "max_seq_length", "packing", "no such thing", "qlora-in-8bit"):
        fits("explanation", line)


def test_every_finding_has_its_entry() -> None:
    text = rules.render()
    for name in (*(rule.id for rule in all_rules()), *PAGES):
        assert f"### {name}\n" in text


def test_every_chapter_is_linked() -> None:
    text = rules.render()
    linked = {line.partition("(#")[2].rstrip(")") for line in text.splitlines() if line.startswith("- [")}
    chapters = [line.removeprefix("## ") for line in text.splitlines() if line.startswith("## ")]
    assert {rules.anchor(chapter) for chapter in chapters} == linked


def test_a_stale_page_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(write_docs, "ROOT", tmp_path)
    monkeypatch.setattr(write_docs, "pages", lambda: {"docs/page.md": "new\n"})
    assert write_docs.main(["--check"]) == 1
    assert "docs/page.md is stale" in capsys.readouterr().err
    assert write_docs.main([]) == 0
    assert (tmp_path / "docs" / "page.md").read_text() == "new\n"
    assert write_docs.main(["--check"]) == 0
