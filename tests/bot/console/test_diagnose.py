"""`helpbot diagnose` explains a file or standard input, as text and as JSON."""

import io
import json
import sys

from bot.cli import main

LOG = "ValueError: Cannot flatten integer dtype tensors\n"


def test_json_is_one_object_a_log(tmp_path, capsys):
    first, second = tmp_path / "a.log", tmp_path / "b.log"
    first.write_text(LOG)
    second.write_text("FooError: nobody knows\n")
    assert main(["diagnose", str(first), str(second), "--format", "json"]) == 0
    known, unknown = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert list(known)[:5] == ["file", "matches", "versions", "config_found", "unknown"]
    assert known["file"] == str(first)
    assert known["unknown"] is None
    match = known["matches"][0]
    assert {"id", "kind", "line", "quote", "meaning", "causes", "cure", "fields", "rules", "harmless"} <= set(match)
    assert match["kind"] in ("axolotl", "library", "environment")
    assert unknown["matches"] == []
    assert unknown["unknown"]["send"]


def test_text_begins_with_the_answer_and_reads_standard_input(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(LOG.encode())))
    assert main(["diagnose", "-"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("-: FSDP1 cannot put 8-bit weights")
    assert "fsdp_version: 2" in shown
    assert "line 1: ValueError" in shown


def test_a_config_beside_the_log_is_used(tmp_path, capsys):
    log, config = tmp_path / "a.log", tmp_path / "c.yml"
    log.write_text("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB.\n")
    config.write_text(
        "base_model: NousResearch/Llama-3.2-1B\nmicro_batch_size: 16\ngradient_accumulation_steps: 1\n"
        "sequence_len: 8192\nlearning_rate: 0.0001\ndatasets:\n  - path: a/b\n    type: alpaca\n"
    )
    assert main(["diagnose", str(log), "--config", str(config)]) == 0
    assert "cut_cross_entropy: true" in capsys.readouterr().out


def test_a_file_that_is_not_there_is_said(tmp_path, capsys):
    assert main(["diagnose", str(tmp_path / "none.log")]) == 2
    assert "cannot read" in capsys.readouterr().err
