"""Faults of the run that a valid config can hold: each with the smallest config that shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from knowledge.check import check
from knowledge.config import read
from knowledge.finding import Finding, Severity
from knowledge.plan import sketch_of, step_advice

if TYPE_CHECKING:
    from pathlib import Path

BASE = """base_model: NousResearch/Llama-3.2-1B
datasets:
  - path: org/rows
    type: alpaca
micro_batch_size: 2
gradient_accumulation_steps: 4
learning_rate: 2e-4
"""


def found(text: str) -> dict[str, Finding]:
    return {each.rule: each for each in check(text).findings}


@pytest.mark.parametrize("name", ["AutoModalForCausalLM", "llama", "LLamaForCausalLM", "MyOwnModel"])
def test_a_model_class_that_no_library_has_fails_at_loading(name: str) -> None:
    text = f"{BASE}model_type: {name}\n"
    assert found(text)["model-type-unknown"].severity is Severity.CRASH
    assert "model-type-unknown" not in found(f"{text}trust_remote_code: true\n")


@pytest.mark.parametrize(
    "name", ["AutoModelForCausalLM", "LlamaForCausalLM", "MistralForCausalLM", "Qwen2VLForConditionalGeneration"]
)
def test_classes_of_transformers_are_known(name: str) -> None:
    assert "model-type-unknown" not in found(f"{BASE}model_type: {name}\n")


def test_remote_code_that_brings_the_class_is_not_said_to_be_needless() -> None:
    told = found(f"{BASE}model_type: MyOwnModel\ntrust_remote_code: true\n")["remote-code"].message
    assert "leave this out" not in told
    assert "leave this out" in found(f"{BASE}trust_remote_code: true\n")["remote-code"].message


@pytest.mark.parametrize(
    "model", ["OpenGVLab/InternVL3-8B-hf", "HuggingFaceTB/SmolVLM2-2.2B-Instruct", "llava-hf/llava-1.5-7b-hf"]
)
def test_a_family_without_role_markers_trains_every_turn(model: str) -> None:
    text = BASE.replace("NousResearch/Llama-3.2-1B", model) + "processor_type: AutoProcessor\n"
    assert found(text)["every-turn-is-trained"].severity is Severity.WARNING
    assert "every-turn-is-trained" not in found(text.replace("processor_type: AutoProcessor\n", ""))
    marked = f"{text}role_boundaries:\n  - role: assistant\n    start: '<a>'\n    end: '</a>'\n"
    assert "every-turn-is-trained" not in found(marked)


def test_a_chat_template_that_no_dataset_uses_is_told() -> None:
    text = f"{BASE}chat_template: llama3\n"
    assert found(text)["chat-template-never-trained"].severity is Severity.ADVICE
    assert "chat-template-never-trained" not in found(text.replace("type: alpaca", "type: chat_template"))
    assert "chat-template-never-trained" not in found(text.replace("type: alpaca", "type: my.own.module"))


STREAM = BASE.replace("datasets:\n  - path: org/rows\n    type: alpaca\n", "") + "max_steps: 100\n"


def test_streaming_reads_no_type_without_packing() -> None:
    text = f"{STREAM}streaming: true\npretraining_dataset:\n  - path: org/text\n    type: completion\n"
    assert found(text)["type-of-unpacked-pretraining"].severity is Severity.IGNORED
    packed = f"{text}sample_packing: true\nattn_implementation: flash_attention_2\n"
    assert "type-of-unpacked-pretraining" not in found(packed)
    assert "type-of-unpacked-pretraining" not in found(text.replace("completion", "pretrain"))


def test_streaming_switched_off_does_nothing_beside_pretraining_data() -> None:
    told = found(f"{STREAM}streaming: false\npretraining_dataset:\n  - path: org/text\n")["streaming-implied"]
    assert told.message.startswith("Does nothing")
    assert told.line == 6


@pytest.mark.parametrize(("warmup", "rule"), [(20, "warmup-takes-the-run"), (11, "warmup-takes-the-run"), (5, None)])
def test_a_warm_up_of_half_the_run_is_told(warmup: int, rule: str | None) -> None:
    rules = found(f"{BASE}max_steps: 21\nwarmup_steps: {warmup}\nlr_scheduler: cosine\n")
    assert ("warmup-takes-the-run" in rules) == (rule is not None)
    assert "warmup-never-ends" not in rules


def test_few_rows_are_told_by_a_check_as_by_a_plan(tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"instruction": "a", "output": "b"}\n{"instruction": "c", "output": "d"}\n')
    text = BASE.replace("org/rows", str(rows)) + "val_set_size: 0\n"
    assert "too-few-steps" in {each.rule for each in check(text, dataset=rows).findings}


@pytest.mark.parametrize(
    ("path", "told"), [("./mistral-merged/run1", True), ("/models/my-old-mistral", False), ("./llama/run1", False)]
)
def test_axolotl_looks_for_mistral_in_the_last_part_of_a_path(path: str, told: bool) -> None:
    text = BASE.replace("NousResearch/Llama-3.2-1B", path)
    assert ("mistral-padding" in found(text)) == told


def test_an_8_bit_optimizer_under_zero_3_is_not_said_to_fail_often() -> None:
    zero3 = f"{BASE}deepspeed: deepspeed_configs/zero3_bf16.json\n"
    assert "Often" not in found(f"{zero3}optimizer: adamw_bnb_8bit\n")["zero3-with-bitsandbytes"].message
    quantized = f"{zero3}adapter: qlora\nload_in_4bit: true\nlora_target_linear: true\n"
    assert "Often" in found(quantized)["zero3-with-bitsandbytes"].message


def test_the_picture_of_a_constant_schedule_has_no_warm_up() -> None:
    sketch = sketch_of(read(f"{BASE}lr_scheduler: constant\nwarmup_ratio: 0.1\nmax_steps: 100\n"))
    assert sketch is not None
    assert sketch.warmup == 0
    warmed = sketch_of(read(f"{BASE}lr_scheduler: constant_with_warmup\nwarmup_ratio: 0.1\nmax_steps: 100\n"))
    assert warmed is not None
    assert warmed.warmup == 10


def test_evaluation_of_one_epoch_is_said_to_be_replaced() -> None:
    text = f"{BASE}val_set_size: 0.1\nnum_epochs: 1\nevals_per_epoch: 1\n"
    assert "replace it by `eval_strategy: epoch`" in found(text)["one-eval-in-one-epoch"].message
    assert "one-eval-in-one-epoch" not in found(text.replace("evals_per_epoch: 1", "eval_strategy: epoch"))


@pytest.mark.parametrize(("now", "accumulation", "less"), [(50, 4, 2), (20, 1, None), (17, 4, 1), (60, 2, 1)])
def test_a_lower_accumulation_is_proposed_where_there_is_one(now: int, accumulation: int, less: int | None) -> None:
    advice = step_advice(steps=100, now=now, epochs=1, accumulation=accumulation)
    assert advice is not None
    assert advice.gradient_accumulation_steps == less


def test_modules_that_are_left_out_of_a_list_are_counted() -> None:
    modules = "[q_proj, v_proj, a_one, a_two, a_three, a_four, a_five]"
    told = found(f"{BASE}adapter: lora\nlora_target_modules: {modules}\n")["module-not-in-model"].message
    assert "a_four and 1 more" in told


def test_a_model_loaded_in_8_bits_is_not_called_unquantized() -> None:
    lora = f"{BASE}adapter: lora\nlora_r: 8\nlora_alpha: 16\nlora_target_linear: true\nload_in_4bit: true\n"
    assert found(lora)["lora-in-4bit"].message.startswith("Loaded unquantized")
    assert found(f"{lora}load_in_8bit: true\n")["lora-in-4bit"].message.startswith("Loaded in 8 bits")
