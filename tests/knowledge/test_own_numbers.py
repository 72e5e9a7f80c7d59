"""What a field comes to in the run that was checked."""

import json

import pytest

from bot.cli import main
from knowledge.catalog import Catalog
from knowledge.config import read
from knowledge.own_numbers import _TOLD, own_words
from knowledge.plan import make_plan, plan_of

CONFIG = """
base_model: NousResearch/Meta-Llama-3-8B
datasets:
  - path: rows.jsonl
    type: completion
micro_batch_size: 2
gradient_accumulation_steps: 75
sequence_len: 4096
learning_rate: 0.00002
max_steps: 200
warmup_steps: 20
save_steps: 20
val_set_size: 0.05
eval_steps: 50
adapter: lora
lora_r: 16
lora_alpha: 32
lora_target_modules: [q_proj, v_proj]
optimizer: adamw_torch
gradient_checkpointing: true
"""
UNCOUNTED = CONFIG.replace("max_steps: 200", "num_epochs: 3")
FULL = CONFIG.replace("adapter: lora\n", "")


def told(path: str, text: str = CONFIG, gpus: int = 4) -> str:
    config = read(text, gpus)
    return own_words(path, config, plan_of(config))


@pytest.mark.parametrize(
    ("path", "words"),
    [
        (
            "gradient_accumulation_steps",
            "You set 75; with a micro batch of 2 and 4 GPUs, 75 × 2 × 4 = 600 rows per optimizer step.",
        ),
        ("micro_batch_size", "75 × 2 × 4 = 600 rows per optimizer step"),
        ("sequence_len", "2 × 4,096 = 8,192 tokens"),
        ("max_steps", "The run makes 200 optimizer steps"),
        ("warmup_steps", "20 of 200 optimizer steps"),
        ("learning_rate", "rises to 2e-05 in 20 steps and then follows `cosine` until step 200"),
        ("save_total_limit", "saves 10 times, and 4 checkpoints are left"),
        ("eval_steps", "evaluates 5 times, the first time before step 1"),
        ("val_set_size", "5% of the rows are held out"),
        # Rank 16 on 32 layers: 4096 + 4096 for the queries, 4096 + 1024 for the values.
        ("lora_r", f"{32 * 16 * (8192 + 5120):,} parameters, 0.085% of the model's 8,030,261,248"),
        ("lora_alpha", "scaled by 32 / 16 = 2."),
        ("optimizer", f"for {32 * 16 * (8192 + 5120):,} trained parameters"),
        ("gradient_checkpointing", "It is on. One GPU needs about "),
    ],
)
def test_a_field_is_told_with_the_numbers_of_the_run(path: str, words: str) -> None:
    assert words in told(path)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("num_epochs", "goes 3 times over the data, with 600 rows per optimizer step. How many steps"),
        ("save_steps", "saves every 20 steps and keeps at most 4"),
        ("eval_steps", "evaluates every 50 steps"),
        ("learning_rate", "is 2e-05 after the warm-up and then follows `cosine`"),
    ],
)
def test_without_the_number_of_rows_no_number_of_steps_is_made_up(path: str, words: str) -> None:
    assert words in told(path, UNCOUNTED)


def test_with_the_number_of_rows_steps_are_counted() -> None:
    config = read(UNCOUNTED, 4)
    plan = make_plan(config, rows=12_000)
    assert own_words("val_set_size", config, plan) == (
        "600 rows are held out for evaluation, and 11,400 are left for training."
    )
    assert "makes 57 optimizer steps and goes 3 times over the data" in own_words("num_epochs", config, plan)


def test_steps_that_early_stopping_may_end_are_told_as_the_most() -> None:
    stopped = CONFIG + "early_stopping_patience: 3\n"
    assert told("max_steps", stopped) == (
        "The run makes at most 200 optimizer steps; it ends sooner if early stopping says so."
    )
    assert told("eval_steps", stopped).endswith("every 50 steps. It makes at most 200 steps.")
    assert told("save_steps", stopped).endswith("keeps at most 4. It makes at most 200 steps.")


def test_what_is_counted_per_epoch_is_told_for_the_run() -> None:
    often = UNCOUNTED.replace("eval_steps: 50", "evals_per_epoch: 2")
    assert told("evals_per_epoch", often) == "The run evaluates at most 6 times, and once more before step 1."
    assert told("val_set_size", CONFIG.replace("0.05", "200")) == "200 rows are held out for evaluation."


def test_answers_are_told_by_prompt() -> None:
    practice = CONFIG.replace("75", "4") + "rl: grpo\ntrl:\n  num_generations: 8\n"
    assert told("trl.num_generations", practice, 1) == (
        "The 8 completions of an optimizer step are 8 answers to one prompt."
    )
    assert told("trl.num_generations", practice) == (
        "The 32 completions of an optimizer step are 8 answers to each of 4 prompts."
    )


def test_a_share_as_warm_up_is_a_share_of_what_axolotl_counts() -> None:
    assert "for 10% of the steps that Axolotl counts from the rows, at most 20 of 200." in told(
        "warmup_ratio", CONFIG.replace("warmup_steps: 20", "warmup_ratio: 0.1")
    )


def test_what_has_another_meaning_in_the_run_is_not_told() -> None:
    assert told("sequence_len", CONFIG + "rl: dpo\n") == "", "a pair is two answers"
    assert told("lora_alpha", FULL) == ""
    assert told("lora_alpha", CONFIG + "peft_use_rslora: true\n") == (
        "The adapter's change is scaled by 32 / √16 = 8, since rsLoRA is on."
    )
    assert told("lora_r", FULL) == "The run trains all 8,030,261,248 parameters of the model."
    assert [told(path, "base_model: x\n") for path in ("lora_r", "optimizer", "gradient_checkpointing", "rl")] == [
        ""
    ] * 4


def test_every_name_is_one_that_can_be_asked_for() -> None:
    catalog = Catalog.load()
    assert set(_TOLD) <= {*catalog.fields, *catalog.concepts}


@pytest.mark.parametrize("path", sorted(_TOLD))
@pytest.mark.parametrize("values", ["1e400", "-3", "[]", "{a: b}", "0", "'x'", "null"])
def test_no_value_raises(path: str, values: str) -> None:
    assert isinstance(told(path, "".join(f"{name}: {values}\n" for name in CONFIG_KEYS)), str)


CONFIG_KEYS = ("base_model", "adapter", "rl", *(name for name in _TOLD if name.isidentifier()))


def test_the_command_line_tells_it_with_a_config(tmp_path, capsys) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(CONFIG)
    assert main(["explain", "gradient_accumulation_steps", "--config", str(file), "--gpus", "4"]) == 0
    assert "Your run: You set 75; with a micro batch of 2 and 4 GPUs" in capsys.readouterr().out
    assert main(["explain", "lora_alpha", "--config", str(file), "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["own"] == "The adapter's change is scaled by 32 / 16 = 2."
    assert main(["explain", "lora_alpha", "--config", str(tmp_path / "none.yaml")]) == 2
    assert "cannot read" in capsys.readouterr().err
