"""What is proposed reaches its aim: computed again on many configs, it changes something and does what it says."""

from __future__ import annotations

import os
import random
import re
from typing import Any

import pytest
import yaml

from knowledge.check import check
from knowledge.config import read
from knowledge.diagnosis.known import known_errors
from knowledge.diagnosis.proposing import proposed
from knowledge.diagnosis.topics import topics
from knowledge.memory import memory_of
from knowledge.memory.cards import fitting_card, usable_gib
from knowledge.plan import batch_advice, make_plan
from knowledge.run_data import DataSize

MODELS = ("NousResearch/Llama-3.2-1B", "Qwen/Qwen2.5-7B", "meta-llama/Llama-3.1-8B", "mistralai/Mistral-7B-v0.1")
SEEDS = int(os.environ.get("SEEDS", "8"))
"""In how many ways each proposal meets a config; `make aims` tries more of them."""
CARDS = (8, 12, 16, 24, 48, 80)
_LINE = re.compile(r"`(\w+: [\d.]+)`")


def loaded(text: str) -> Any:
    return yaml.load(text, Loader=yaml.CSafeLoader)


def config_of(chance: random.Random) -> dict[str, Any]:
    config: dict[str, Any] = {
        "base_model": chance.choice(MODELS),
        "datasets": [{"path": "org/rows", "type": "alpaca"}],
        "sequence_len": chance.choice((512, 2048, 8192)),
        "micro_batch_size": chance.choice((1, 2, 3, 8)),
        "gradient_accumulation_steps": chance.choice((1, 2, 7, 32)),
        "num_epochs": chance.choice((1, 3)),
        "learning_rate": 0.0002,
        "optimizer": chance.choice(("adamw_torch_fused", "adamw_8bit")),
        "gradient_checkpointing": chance.choice((True, False)),
        "bf16": True,
    }
    if chance.random() < 0.4:
        config |= {"adapter": "lora", "lora_r": 16, "lora_alpha": 32, "lora_target_linear": True}
    return config


@pytest.mark.parametrize("seed", range(40))
def test_the_accumulation_for_a_batch_makes_that_batch(seed: int) -> None:
    chance = random.Random(seed)
    config, gpus, target = config_of(chance), chance.choice((1, 2, 4, 8)), chance.choice((8, 64, 150, 1000))
    advice = batch_advice(config["micro_batch_size"], config["gradient_accumulation_steps"], gpus, target)
    for choice in (advice.below, advice.above, advice.nearest):
        if choice is not None:
            again = config | {"gradient_accumulation_steps": choice.gradient_accumulation_steps}
            plan = make_plan(read(yaml.safe_dump(again), gpus), lengths=(100,) * 2000)
            assert plan.batch is not None
            assert plan.batch.effective_batch_size == choice.effective_batch_size
    step = config["micro_batch_size"] * gpus
    assert abs(advice.nearest.effective_batch_size - target) < max(step, target)
    assert advice.below is None or advice.below.effective_batch_size <= target <= advice.above.effective_batch_size


@pytest.mark.parametrize("seed", range(40))
def test_what_makes_more_steps_makes_as_many_as_it_says(seed: int) -> None:
    chance = random.Random(seed)
    config, rows = config_of(chance), chance.choice((40, 200, 900))
    lengths = tuple(chance.randrange(50, 400) for _ in range(rows))
    found = {each.rule: each for each in check(yaml.safe_dump(config), size=DataSize(lengths=lengths)).findings}
    if "too-few-steps" not in found or not (lines := _LINE.findall(found["too-few-steps"].message)):
        return
    told = re.search(r"about ([\d,]+)", found["too-few-steps"].message.rpartition(": ")[2])
    more = {key: value for line in lines for key, value in yaml.safe_load(line).items()}
    assert all(config[key] != value for key, value in more.items())
    assert set(more) <= {"gradient_accumulation_steps", "micro_batch_size", "num_epochs"}
    before, after = (
        make_plan(read(yaml.safe_dump(each)), lengths=lengths).optimizer_steps_done or 0
        for each in (config, config | more)
    )
    assert after > before
    assert told
    assert after == pytest.approx(int(told[1].replace(",", "")), rel=0.25)


@pytest.mark.parametrize("seed", range(24))
def test_what_fits_a_card_is_a_change_and_fits_it_when_written(seed: int) -> None:
    chance = random.Random(seed)
    config, card = config_of(chance), chance.choice(CARDS)
    way = fitting_card(read(yaml.safe_dump(config)), card)
    assert way is not None
    written = dict(config)
    for change in way.changes:
        assert any(written.get(key) != value for key, value in change.keys.items())
        for key, value in change.keys.items():
            written[key] = [value] if key == "plugins" else value
    memory = memory_of(read(yaml.safe_dump({key: value for key, value in written.items() if value is not None})))
    assert memory is not None
    if way.fits:
        assert memory.high_gib <= usable_gib(card) * 1.05


def test_a_diagnosis_proposes_only_what_the_config_does_not_have() -> None:
    during = [(f"{each.id} {phase}", advice.write) for each in known_errors() for phase, advice in each.during.items()]
    about = [(f"about {topic.name}", topic.write) for topic in topics()]
    writes = [(each.id, each.write) for each in known_errors()] + during + about
    written = [(name, write, loaded(write)) for name, write in writes if write]
    assert len(written) > 100
    for seed in range(SEEDS):
        chance = random.Random(seed)
        for name, write, lines in written:
            if not isinstance(lines, dict) or "base_model" in lines:
                continue
            has = {key: value for key, value in lines.items() if chance.random() < 0.5}
            config = read(yaml.dump({"base_model": "a/b", "learning_rate": 0.1} | has, Dumper=yaml.CSafeDumper))
            left = loaded(proposed("Do this.", write, config).partition("```yaml\n")[2].partition("```")[0]) or {}
            assert not [key for key in left if config.written(key) and config.get(key) == left[key]], (name, left)
            absent = {
                key
                for key, value in lines.items()
                if key not in has and not isinstance(value, dict) and config.get(key) != value
            }
            assert absent <= left.keys(), (name, left)


@pytest.mark.parametrize("phase", [None, "loading the model", "evaluating", "saving", "merging the adapter"])
def test_a_setting_that_a_cure_only_names_is_said_to_be_there(phase: str | None) -> None:
    config = read("base_model: a/b\nsample_packing: false\nbf16: true\neval_batch_size: 1\nadapter: qlora\n")
    for known in known_errors():
        advice = known.during.get(phase) if phase else known
        if advice is None:
            continue
        text = proposed(advice.cure, advice.write, config)
        said = text.partition("Your config already has ")[2]
        for line in ("sample_packing: false", "bf16: true", "eval_batch_size: 1", "adapter: qlora"):
            if f"`{line}`" in advice.cure and line.partition(":")[0] not in advice.write:
                assert f"`{line}`" in said, known.id


def test_a_cure_says_what_the_config_has() -> None:
    config = read("base_model: a/b\nddp_timeout: 14400\nsample_packing: false\n")
    text = proposed("Wait longer, or set `sample_packing: false`.", "ddp_timeout: 7200", config)
    assert text.endswith("Your config already has `ddp_timeout: 14400` and `sample_packing: false`.")


def test_of_a_block_only_the_lines_that_are_missing_are_proposed() -> None:
    config = read("base_model: a/b\nfsdp_config:\n  offload_params: false\n  reshard_after_forward: true\n")
    assert "yaml" not in proposed("Do this.", "fsdp_config:\n  offload_params: false\n", config)
    both = proposed("Do this.", "fsdp_config:\n  offload_params: false\n  activation_checkpointing: true\n", config)
    assert both.endswith("```yaml\nfsdp_config:\n  activation_checkpointing: true\n```")
