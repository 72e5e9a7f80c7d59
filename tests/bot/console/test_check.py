"""`helpbot check` as scripts and people use it."""

import json
import subprocess
import sys

import pytest

from bot.cli import main

GOOD = "base_model: a/b\nlearning_rate: 1e-4\ndatasets:\n  - path: x\n    type: alpaca\n"


@pytest.fixture
def config(tmp_path):
    def write(text, name="c.yaml"):
        path = tmp_path / name
        path.write_text(text, "utf-8")
        return str(path)

    return write


def test_json_prints_one_object_a_config_in_order(config, capsys):
    code = main(
        ["check", "--format", "json", config(GOOD, "a.yml"), config(f"{GOOD}lora_rr: 1\nwarmup_steps: 0.5\n", "b.yml")]
    )
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert code == 1
    assert (first["verdict"], second["verdict"]) == ("runs", "refused")
    assert first["axolotl"] == "0.21.0"
    worst = second["findings"][0]
    assert (worst["rule"], worst["severity"], worst["fields"], worst["line"], worst["column"]) == (
        "wrong-type",
        "error",
        ["warmup_steps"],
        7,
        1,
    )
    assert {"message", "why", "edit", "suggestion"} <= worst.keys()
    assert second["plan"]["global_batch_size"] == 1


def test_exit_codes_follow_the_worst_finding(config):
    typo = config(f"{GOOD}lora_rr: 1\n")
    assert main(["check", typo]) == 0
    assert main(["check", "--fail-on", "ignored", typo]) == 1
    assert main(["check", config("rl: dpoo\n", "bad.yml")]) == 1
    assert main(["check", "/nowhere/c.yml"]) == 2


def test_a_folder_is_searched_for_configs(config, tmp_path, capsys):
    config(GOOD, "one.yml")
    config(GOOD, "two.yaml")
    config("no config", "note.txt")
    main(["check", "--format", "json", str(tmp_path)])
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_fix_prints_the_corrected_text_and_diff_the_change(config, capsys):
    path = config(f"{GOOD}lora_rr: 1  # rank\n")
    main(["check", "--fix", path])
    assert capsys.readouterr().out == f"{GOOD}lora_r: 1  # rank\n"
    main(["check", "--diff", path])
    assert "+lora_r: 1  # rank" in capsys.readouterr().out


def test_github_annotations_name_file_and_line(config, capsys):
    path = config(f"{GOOD}lora_rr: 1\n")
    main(["check", "--format", "github", path])
    assert f"::warning file={path},line=6,col=1,title=unknown-key::" in capsys.readouterr().out


def test_text_names_the_version_the_batch_and_what_was_not_checked(config, capsys):
    main(["check", config(GOOD), "--gpus", "4"])
    out = capsys.readouterr().out
    assert "Axolotl 0.21.0" in out
    assert "Effective batch" in out
    assert "Not checked" in out


def test_an_unknown_command_is_named_with_those_that_exist(capsys):
    assert main(["chekc"]) == 2
    assert "Did you mean `check`? The commands are: ask, " in capsys.readouterr().err


def test_explain_leads_from_other_names_and_says_when_it_knows_nothing(capsys):
    assert main(["explain", "max_seq_length", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["path"] == "sequence_len"
    assert main(["explain", "gradient_acumulation_stepz", "--format", "json"]) == 1
    assert "gradient_accumulation_steps" in json.loads(capsys.readouterr().out)["nearest"]


def test_rows_alone_print_the_block_that_fits_them(tmp_path, capsys):
    rows = tmp_path / "talks.jsonl"
    rows.write_text('{"text": "To the left."}\n' * 2)
    assert main(["check", "--dataset", str(rows)]) == 0
    told = capsys.readouterr()
    assert told.out == "datasets:\n  - path: talks.jsonl\n    type: completion\n"
    assert "2 rows as JSON Lines, 2 trained on." in told.err
    assert "To the left." in told.err
    assert main(["check", "--dataset", str(rows), "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["block"] == told.out


def test_rows_to_convert_are_shown_before_and_after(tmp_path, capsys):
    rows = tmp_path / "talks.jsonl"
    rows.write_text('{"frage": "Which way?", "antwort": "To the left, behind the mill."}\n' * 2)
    assert main(["check", "--dataset", str(rows)]) == 1
    told = capsys.readouterr().err
    assert 'then:  {"messages": [{"role": "user", "content": "Which way?"}' in told
    assert "type: chat_template" in told


def test_rows_that_nothing_reads_and_a_missing_config_are_said(tmp_path, capsys):
    rows = tmp_path / "prices.jsonl"
    rows.write_text('{"price": 5}\n')
    assert main(["check", "--dataset", str(rows)]) == 1
    assert "No dataset type" in capsys.readouterr().err
    assert main(["check"]) == 2
    assert "give a config" in capsys.readouterr().err


def test_a_config_with_rows_shows_what_is_trained(config, tmp_path, capsys):
    rows = tmp_path / "x.jsonl"
    rows.write_text('{"instruction": "Name a fruit", "input": "", "output": "A plum."}\n')
    main(["check", config(GOOD), "--dataset", str(rows)])
    out = capsys.readouterr().out
    assert "1 row as JSON Lines, 1 trained on." in out
    assert "Name a fruit" in out
    assert "TRAINED │ A plum." in out


def test_a_tokenizer_makes_the_counts_exact(config, tmp_path, capsys):
    tokenizers = pytest.importorskip("tokenizers")
    words = tokenizers.Tokenizer(tokenizers.models.WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    words.pre_tokenizer = tokenizers.pre_tokenizers.WhitespaceSplit()
    words.save(str(tmp_path / "tokenizer.json"))
    rows = tmp_path / "x.jsonl"
    rows.write_text('{"text": "one two three"}\n' * 4)
    path = config(GOOD.replace("alpaca", "completion").replace("path: x", "path: x.jsonl") + "num_epochs: 2\n")
    told = ["check", path, "--dataset", str(rows), "--format", "json"]
    main(told)
    assert not json.loads(capsys.readouterr().out)["dataset"]["exact"]
    main([*told, "--tokenizer", str(tmp_path)])
    found = json.loads(capsys.readouterr().out)
    assert found["dataset"]["exact"]
    assert (found["dataset"]["low"], found["dataset"]["high"]) == (found["dataset"]["trained_tokens"],) * 2
    assert found["plan"]["total_num_steps"] == 8


def test_a_tokenizer_that_cannot_be_used_is_said(config, tmp_path, capsys):
    rows = tmp_path / "x.jsonl"
    rows.write_text('{"text": "one"}\n')
    broken = tmp_path / "tokenizer.json"
    for text in (None, "{}", "["):
        if text is not None:
            broken.write_text(text)
        assert main(["check", config(GOOD), "--dataset", str(rows), "--tokenizer", str(tmp_path)]) == 2
        assert "tokenizer.json" in capsys.readouterr().err


def test_an_answer_in_words_needs_no_validation_library(tmp_path):
    file = tmp_path / "config.yml"
    file.write_text("base_model: org/model\nmicro_batch_size: 2\n")
    code = f"import sys; from bot.cli import main; main(['check', {str(file)!r}]); sys.exit('pydantic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0
