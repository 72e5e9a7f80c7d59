"""In the terminal too: a log, an error, rows, or a config is taken for what it is, whatever the command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.cli import main
from tests.world import BROKEN, CLEAN

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

ROW = '{"instruction": "Add two and two.", "input": "", "output": "Four."}\n'
LOG = """\
  0%|          | 0/370 [00:03<?, ?it/s]
Traceback (most recent call last):
  File "/opt/axolotl/src/axolotl/prompt_tokenizers.py", line 120, in parse_instruction_fields
    prompt["instruction"],
KeyError: 'instruction'
"""


def told(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    code = main(list(words))
    found = capsys.readouterr()
    return code, found.out + found.err


def test_check_takes_logs_and_rows_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log, rows, config = tmp_path / "train.log", tmp_path / "rows.jsonl", tmp_path / "config.yaml"
    log.write_text(LOG)
    rows.write_text(ROW * 3)
    config.write_text(BROKEN)
    code, text = told(capsys, "check", str(log))
    assert code == 1
    assert "The rows have no column `instruction`" in text
    code, text = told(capsys, "check", str(rows))
    assert code == 0
    assert "type: alpaca" in text
    code, text = told(capsys, "check", str(config), str(rows), str(log))
    assert code == 1
    assert "3 rows as JSON Lines" in text
    assert "The rows have no column `instruction`" in text


def test_diagnose_checks_a_config_and_explain_diagnoses_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(BROKEN)
    assert "refuses this: 1 reason" in told(capsys, "diagnose", str(config))[1]
    assert "The rows have no column `instruction`" in told(capsys, "explain", "KeyError: 'instruction'")[1]


def test_rows_alone_get_their_faults_as_with_a_config(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows, config = tmp_path / "rows.jsonl", tmp_path / "config.yaml"
    rows.write_text(ROW * 3 + ROW[:40] + "\n" + ROW.replace("Four.", "") + ROW * 3)
    config.write_text(BROKEN.replace("org/rows", "rows.jsonl"))
    code, alone = told(capsys, "check", "--dataset", str(rows))
    assert code == 1, "the broken line stops the run"
    beside = told(capsys, "check", str(config), "--dataset", str(rows))[1]
    for rule in ("[rows-unreadable]", "[rows-answer-empty]"):
        assert rule in alone
        assert rule in beside
    assert "7 rows as JSON Lines, 6 trained on" in alone


def test_fix_with_diff_prints_the_diff(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(BROKEN)
    text = told(capsys, "check", "--fix", "--diff", str(config))[1]
    assert "-max_seq_length: 2048" in text
    assert "# my first run" not in text


def test_check_answers_a_question_and_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    question, config = tmp_path / "question.txt", tmp_path / "config.yaml"
    question.write_text("why is my loss 0?\n")
    config.write_text(BROKEN)
    assert "no token is trained" in told(capsys, "check", str(question))[1]
    assert "How many epochs and steps do I need?" in told(capsys, "check", "why", "only", "12", "steps")[1]
    assert "The rows have no column `instruction`" in told(capsys, "check", "KeyError: 'instruction'")[1]
    both = told(capsys, "check", "CUDA out of memory. Tried to allocate 3 GiB", str(config))[1]
    assert "The GPU's memory is full" in both
    assert "refuses this: 1 reason" in both
    code, text = told(capsys, "check", "confg.yaml")
    assert code == 2
    assert "cannot read confg.yaml" in text


def test_compare_says_that_a_log_is_not_a_config(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log, config = tmp_path / "train.log", tmp_path / "config.yaml"
    log.write_text(LOG)
    config.write_text(BROKEN)
    code, text = told(capsys, "compare", str(config), str(log))
    assert code == 1
    assert f"{log} is a log, not a config, so there is nothing to compare." in text
    assert "The rows have no column `instruction`" in text
    assert "refuses this: 1 reason" in text


def test_a_log_whose_numbers_are_lost_is_told_by_its_numbers_and_one_that_was_killed_by_its_cause(tmp_path, capsys):
    log = tmp_path / "run.log"
    lines = "".join(f"{{'loss': 0.0, 'grad_norm': 0.0, 'learning_rate': 1e-4, 'epoch': 0.{n}}}\n" for n in range(1, 9))
    for command in ("check", "diagnose"):
        log.write_text(lines)
        main([command, str(log)])
        assert "Every token is masked" in capsys.readouterr().out
        log.write_text(f"{lines}Killed\n")
        main([command, str(log)])
        assert "main memory" in capsys.readouterr().out


def test_a_config_named_as_the_rows_is_still_the_config(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows, config = tmp_path / "rows.jsonl", tmp_path / "config.yaml"
    rows.write_text(ROW * 3)
    config.write_text(BROKEN)
    code, text = told(capsys, "check", str(rows), "--dataset", str(config))
    assert code == 1
    assert "refuses this: 1 reason" in text
    assert "3 rows as JSON Lines" in text
    assert "skipped" not in text


def test_a_file_that_is_named_as_a_log_is_read_as_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "rank3.log"
    log.write_text(
        "[rank3]:[E ProcessGroupNCCL.cpp:632] [Rank 3] Watchdog caught collective operation timeout: "
        "WorkNCCL(SeqNum=7, OpType=ALLREDUCE, Timeout(ms)=600000) ran for 600044 milliseconds before timing out.\n"
    )
    assert "One process waited for the others longer than the time limit" in told(capsys, "check", str(log))[1]
    log.write_text("it stopped here and nothing happened\n")
    assert "Axolotl refuses" not in told(capsys, "check", str(log))[1]


def test_rows_in_which_a_stray_one_has_other_columns_get_their_block(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text(ROW * 20 + '{"question": "Is it far?", "answer": "Two miles."}\n' + ROW[:40] + "\n")
    code, text = told(capsys, "check", str(rows))
    assert code == 1
    assert "type: alpaca" in text
    assert "Line 22 is not JSON" in text
    assert "line 2 ·" not in text, "the file has no such line of a config"
    assert "`question` is never read. It is in 1 of 21 rows." in text
    assert "21 rows as JSON Lines, 20 trained on once the whole file can be read." in text


def test_each_secret_is_named_with_its_lines_in_the_terminal_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    token, config = "hf_" + "aBcDeFgHiJkLmNoPqRsTuVwXyZ12345678", tmp_path / "config.yaml"
    config.write_text(f"hub_token: {token}\n{BROKEN}hf_use_auth_token: {token[:-1]}9\n")
    text = told(capsys, "check", str(config))[1]
    assert "contains a Hugging Face token, masked below." in text
    assert "Lines\u00a01 and 14: Invalidate it at huggingface.co/settings/tokens" in text
    assert token not in text


def test_a_config_of_another_trainer_says_once_that_its_names_are_ignored(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "sft.yaml"
    config.write_text(
        "model_name_or_path: Qwen/Qwen2.5-7B\nfinetuning_type: lora\nlora_rank: 8\nlora_target: all\ntemplate: qwen\n"
        "cutoff_len: 2048\nper_device_train_batch_size: 1\nnum_train_epochs: 3.0\nlr_scheduler_type: cosine\n"
    )
    text = told(capsys, "check", str(config))[1]
    assert "This looks like a LLaMA-Factory config" in text
    assert "Not an Axolotl field: silently ignored." not in text
    assert "Axolotl silently ignores this" in text
    assert "    Axolotl calls it `lora_r`." in text
    assert f"`helpbot check {config} --fix` prints the corrected copy." in text


def test_the_verdict_points_at_the_lines_to_change_and_at_no_row(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows, config = tmp_path / "rows.jsonl", tmp_path / "config.yaml"
    rows.write_text('{"messages": [{"from": "human", "value": "Far?"}, {"from": "gpt", "value": "Two miles."}]}\n' * 40)
    config.write_text(CLEAN.replace("org/rows", "rows.jsonl").replace("type: alpaca", "type: chat_template"))
    text = told(capsys, "check", str(config), str(rows))[1]
    assert "Starts, then fails: fix lines\u00a03–4 first." in text


def test_what_is_left_after_a_corrected_copy_is_what_a_check_of_the_copy_finds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(f"{CLEAN}adapter: lora\nlora_r: 8\nlora_aplha: 16\nlora_target_linear: true\n")
    text = told(capsys, "check", "--fix", "--diff", str(config))[1]
    assert "+lora_alpha: 16" in text
    assert "adapter" not in text.partition("---")[0]
