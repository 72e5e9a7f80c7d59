"""Commands, serving and checklists for a config."""

from __future__ import annotations

import json
import shlex
from collections import Counter
from pathlib import Path

import pytest

from benchmarks.modelfiles import printed, verdict
from knowledge.config import read
from knowledge.next_steps import NextSteps, next_steps
from knowledge.next_steps.ollama import modelfile
from knowledge.next_steps.pieces import pieces_of
from knowledge.samples.templates import template_names

CONFIG = """\
base_model: org/model
datasets:
  - path: org/rows
    type: chat_template
chat_template: chatml
output_dir: ./out/my run
"""
LORA = CONFIG + "adapter: lora\nlora_r: 20\nlora_alpha: 32\n"
RENDERINGS = Path(__file__).resolve().parents[3].parent / "shared" / "rows" / "renderings.jsonl"


def steps(text: str, gpus: int = 1) -> NextSteps:
    found = next_steps(read(text, gpus), "config.yaml")
    assert found is not None
    return found


def ids(text: str) -> list[str]:
    return [each.id for each in steps(text).commands]


def test_the_commands_come_in_the_order_of_the_work() -> None:
    assert ids(LORA) == ["preprocess", "train", "resume", "inference", "merge-lora", "export"]
    assert ids(CONFIG) == ["preprocess", "train", "resume", "inference", "export"]


@pytest.mark.parametrize(
    ("more", "brings"),
    [
        ("val_set_size: 0.05\n", "evaluate"),
        ("quantization:\n  weight_dtype: int4\n", "quantize"),
        ("fsdp_config:\n  state_dict_type: SHARDED_STATE_DICT\n", "merge-sharded"),
        ("rl: grpo\nvllm:\n  port: 8000\n", "vllm-serve"),
    ],
)
def test_a_key_brings_its_command(more: str, brings: str) -> None:
    assert brings not in ids(CONFIG)
    assert brings in ids(CONFIG + more)


def test_a_checkpoint_without_the_optimizer_is_not_resumed() -> None:
    assert "resume" not in ids(CONFIG + "save_only_model: true\n")


def test_the_gpus_are_named_and_passed_to_the_launcher() -> None:
    train = steps(CONFIG, 2).command("train")
    assert train is not None
    assert train.command == "CUDA_VISIBLE_DEVICES=0,1 axolotl train config.yaml -- --num_processes=2"


def test_paths_with_blanks_are_quoted() -> None:
    found = steps(LORA)
    inference = found.command("inference")
    assert inference is not None
    assert "./out/my run" in shlex.split(inference.command)
    assert "./out/my run/merged" in shlex.split(found.vllm)


def test_an_adapter_is_served_merged_or_with_a_rank_that_vllm_knows() -> None:
    found = steps(LORA)
    assert "--max-lora-rank 32" in found.like_the_base[0]
    assert any("revision" in point for point in found.like_the_base)


def test_a_reward_model_is_not_talked_to() -> None:
    found = steps(CONFIG + "reward_model: true\n")
    assert found.modelfile is None
    assert "inference" not in [each.id for each in found.commands]


def test_what_is_no_training_config_has_no_steps() -> None:
    assert next_steps(read("a: b\n"), "x") is None
    assert next_steps(read("[]"), "x") is None


def test_chatml_is_written_for_ollama_with_its_stop_token() -> None:
    found = steps(LORA).modelfile
    assert found is not None
    assert found.exact
    assert found.text.startswith("FROM ./out/my run/gguf/my run-Q4_K_M.gguf\n")
    assert 'PARAMETER stop "<|im_end|>"' in found.text


def test_a_default_system_message_becomes_that_of_ollama() -> None:
    assert 'SYSTEM """You are Qwen' in modelfile("m.gguf", "qwen_25", None).text


def test_a_template_that_cannot_be_expressed_is_said_to_be_so() -> None:
    found = modelfile("m.gguf", "command_a", None)
    assert not found.exact
    assert "TEMPLATE" not in found.text
    assert "cannot be expressed" in found.remark


def test_ollama_prints_what_the_template_is_taken_apart_into() -> None:
    talk = [{"role": role, "content": role} for role in ("system", "user", "assistant", "user", "assistant")]
    compared = 0
    for name in template_names():
        found = pieces_of(name, "</s>")
        if isinstance(found, str) or found.system is None or not modelfile("m.gguf", name, "</s>").exact:
            continue
        for messages in (talk, talk[1:], talk[:4], talk[:2]):
            compared += 1
            assert printed(modelfile("m.gguf", name, "</s>").text, messages) == found.rendered(messages)
    assert compared > 50


def test_a_thought_that_only_the_last_answer_shows_is_printed_there() -> None:
    text = modelfile("m.gguf", "qwen3", None).text
    answered = [{"role": role, "content": "a"} for role in ("user", "assistant", "user", "assistant")]
    assert str(printed(text, answered)).count("<think>") == 1
    assert str(printed(text, answered[:3])).endswith("<|im_start|>assistant\n<think>\n\n")


def test_what_a_template_prints_in_another_way_is_named() -> None:
    found = modelfile("m.gguf", "qwen3", None)
    assert found.missing == ("thoughts", "tool calls")
    assert "cannot be expressed for Ollama: thoughts and tool calls" in found.remark
    assert modelfile("m.gguf", "gemma3", None).missing[0] == "system messages"


@pytest.mark.skipif(not RENDERINGS.exists(), reason="the reference renderings are not there")
def test_prompts_are_those_that_the_tokenizer_renders() -> None:
    found = Counter(verdict(json.loads(line)) for line in RENDERINGS.read_text("utf-8").splitlines())
    assert found["differs"] == 0
    assert found["equal"] > 290
