"""`--gpu`, `--gpus`, `--price` and `--log`: fit, time and cost in the terminal."""

from __future__ import annotations

import json

import pytest

from bot.cli import main

CONFIG = """\
base_model: meta-llama/Llama-3.1-8B
datasets: [{path: org/rows, type: alpaca}]
adapter: qlora
load_in_4bit: true
lora_r: 16
lora_alpha: 32
lora_target_linear: true
sequence_len: 2048
sample_packing: true
micro_batch_size: 1
gradient_accumulation_steps: 4
num_epochs: 2
learning_rate: 0.0002
bf16: true
gradient_checkpointing: true
attn_implementation: flash_attention_2
"""


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "config.yml"
    path.write_text(CONFIG)
    return str(path)


def answer(capsys, *words):
    code = main([*words, "--format", "json"])
    return code, json.loads(capsys.readouterr().out)


def test_a_plan_says_fit_time_and_cost(config, capsys):
    data = ("--rows", "5000", "--mean-tokens", "300", "--price", "0.5")
    code, plan = answer(capsys, "plan", config, "--gpu", "RTX 4090", *data)
    assert code == 0
    assert plan["fits"] is True
    assert plan["duration"]["gpu"] == "RTX 4090"
    assert plan["duration"]["low_s"] < plan["duration"]["estimate_s"] < plan["duration"]["high_s"]
    assert plan["cost"]["estimate"] == pytest.approx(plan["duration"]["estimate_s"] / 7200, abs=0.01)


def test_a_count_in_the_name_sets_the_gpus(config, capsys):
    _, plan = answer(capsys, "plan", config, "--gpu", "2x A100 80GB")
    assert plan["gpus"] == 2
    _, plan = answer(capsys, "plan", config, "--gpu", "A100 80GB", "--gpus", "4")
    assert plan["gpus"] == 4


def test_two_different_counts_are_an_error(config, capsys):
    for command in (["plan", config], ["check", config], ["compare", config, config]):
        assert main([*command, "--gpu", "2x RTX 4090", "--gpus", "4"]) == 2
        assert "give only one of them" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["check", "plan", "compare"])
def test_an_unknown_card_is_told_with_the_nearest_and_the_rest_is_answered(config, capsys, command):
    words = [command, config, *([config] if command == "compare" else []), "--gpu", "2x RTX 4095xyz"]
    assert main(words) == 0
    said = capsys.readouterr()
    assert "Unknown GPU: 2x RTX 4095xyz. Did you mean RTX 4090" in said.err
    assert "Everything else is answered." in said.err
    assert "config.yml" in said.out
    main(["check", config, "--gpu", "2x RTX 4095xyz"])
    assert "4 × 1 × 2 GPUs" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["check", "plan", "compare"])
def test_a_misspelled_card_is_told_by_every_command(config, capsys, command):
    main([command, config, *([config] if command == "compare" else []), "--gpu", "2x RTX 4095"])
    assert "No GPU is named 2x RTX 4095, so this is for RTX 4090." in capsys.readouterr().err


def test_options_are_not_abbreviated(config, capsys):
    with pytest.raises(SystemExit):
        main(["plan", config, "--row", "10"])
    assert "unrecognized" in capsys.readouterr().err


def test_without_a_card_nothing_is_said_of_time(config, capsys):
    _, plan = answer(capsys, "plan", config)
    assert "duration" not in plan
    assert "fits" not in plan


def test_an_unknown_model_has_no_time(tmp_path, capsys):
    path = tmp_path / "unknown.yml"
    path.write_text(CONFIG.replace("meta-llama/Llama-3.1-8B", "./merged"))
    _, plan = answer(capsys, "plan", str(path), "--gpu", "H100")
    assert plan["duration"] is None
    assert plan["fits"] is None


def test_a_check_and_a_comparison_say_it_too(config, tmp_path, capsys):
    _, report = answer(capsys, "check", config, "--gpu", "RTX 3060 12GB")
    assert report["fits"] is not None
    assert report["duration"]["per_step_s"] > 0
    other = tmp_path / "other.yml"
    other.write_text(CONFIG.replace("gradient_checkpointing: true", "gradient_checkpointing: false"))
    _, found = answer(capsys, "compare", config, str(other), "--gpu", "A100 80GB")
    assert any("a step on A100 80GB" in effect["name"] for effect in found["effects"])


def test_a_log_replaces_the_computed_speed(config, tmp_path, capsys):
    log = tmp_path / "train.log"
    log.write_text(
        "".join(f"\r 5%|# | {n}/200 [{n * 4 // 60:02}:{n * 4 % 60:02}<10:00, 4.00s/it]" for n in range(1, 25))
    )
    _, plan = answer(capsys, "plan", config, "--gpu", "RTX 4090", "--log", str(log))
    assert plan["duration"]["per_step_s"] == pytest.approx(4.0, rel=0.02)
    log.write_text("nothing of the kind")
    assert main(["plan", config, "--gpu", "RTX 4090", "--log", str(log)]) == 2


def test_the_text_says_whether_it_fits_and_how_long(config, capsys):
    assert main(["plan", config, "--gpu", "RTX 4090", "--rows", "5000", "--mean-tokens", "300"]) == 0
    text = capsys.readouterr().out
    assert "Fits RTX 4090" in text
    assert "Time on RTX 4090: about" in text
    assert main(["plan", config, "--gpu", "RTX 4060"]) == 0
    assert "Does not fit RTX 4060" in capsys.readouterr().out
