"""Whole configs of other trainers: whose they are, what the corrected copy makes of them, and what is left out."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from knowledge.check import check
from knowledge.config import load_types
from knowledge.finding import Severity
from knowledge.fixes import corrected
from knowledge.foreign import origin_of

CASES = Path(__file__).resolve().parents[2] / "cases"
LLAMA_FACTORY = """model_name_or_path: Qwen/Qwen2.5-7B-Instruct
stage: sft
do_train: true
finetuning_type: lora
lora_rank: 16
dataset: my_chats
template: qwen
cutoff_len: 4096
per_device_train_batch_size: 2
gradient_accumulation_steps: 4
learning_rate: 1.0e-4
num_train_epochs: 2
lr_scheduler_type: cosine
plot_loss: true
"""
UNSLOTH = """model_name: unsloth/Qwen3-8B
max_seq_length: 4096
load_in_4bit: true
r: 32
target_modules: [q_proj, v_proj]
use_gradient_checkpointing: unsloth
random_state: 3407
per_device_train_batch_size: 2
learning_rate: 2.0e-4
optim: adamw_8bit
"""
TRL = """model_name_or_path: HuggingFaceTB/SmolLM2-360M
dataset_name: trl-lib/Capybara
use_peft: true
lora_r: 16
max_length: 1024
per_device_train_batch_size: 4
num_train_epochs: 1
lr_scheduler_type: cosine
learning_rate: 2.0e-4
packing: true
"""
TORCHTUNE = """model:
  _component_: torchtune.models.llama3_2.llama3_2_1b
tokenizer:
  _component_: torchtune.models.llama3.llama3_tokenizer
checkpointer:
  _component_: torchtune.training.FullModelHFCheckpointer
dataset:
  _component_: torchtune.datasets.alpaca_dataset
batch_size: 2
epochs: 1
enable_activation_checkpointing: true
metric_logger: {}
log_every_n_steps: 1
gradient_accumulation_steps: 8
"""
SWIFT = """model: Qwen/Qwen2.5-7B-Instruct
tuner_type: lora
dataset: AI-ModelScope/alpaca-gpt4-data-en#500
torch_dtype: bfloat16
target_modules: all-linear
freeze_vit: true
split_dataset_ratio: 0.01
lora_rank: 8
num_train_epochs: 1
learning_rate: 1.0e-4
"""
DEEPSPEED = """zero_optimization: {stage: 3, overlap_comm: true}
train_micro_batch_size_per_gpu: auto
train_batch_size: auto
gradient_clipping: auto
steps_per_print: 100
wall_clock_breakdown: false
"""
ACCELERATE = """compute_environment: LOCAL_MACHINE
distributed_type: FSDP
downcast_bf16: 'no'
machine_rank: 0
main_training_function: main
mixed_precision: bf16
num_machines: 1
num_processes: 2
rdzv_backend: static
use_cpu: false
"""


@pytest.mark.parametrize(
    ("text", "first"),
    [
        (LLAMA_FACTORY, "This looks like a LLaMA-Factory config: 12 of its names are not Axolotl's"),
        (UNSLOTH, "This looks like an Unsloth config: 8 of its names are not Axolotl's"),
        (TRL, "This looks like the arguments of a TRL script: 8 of its names are not Axolotl's"),
        (TORCHTUNE, "This looks like a torchtune config"),
        (SWIFT, "This looks like an ms-swift config"),
        (DEEPSPEED, "This looks like a DeepSpeed config: keep it in its own file"),
        (ACCELERATE, "This looks like an Accelerate config: `axolotl train` needs no such file"),
    ],
    ids=["LLaMA-Factory", "Unsloth", "TRL", "torchtune", "ms-swift", "DeepSpeed", "Accelerate"],
)
def test_a_config_of_another_trainer_says_whose_it_is(text: str, first: str) -> None:
    assert check(text).origin[0].startswith(first)


def test_what_has_no_counterpart_is_listed() -> None:
    assert check(LLAMA_FACTORY).origin[1] == "Without a counterpart in Axolotl: `plot_loss`."


def test_no_config_of_axolotl_is_taken_for_another_trainers() -> None:
    names = load_types().names
    found = 0
    for file in sorted(CASES.rglob("*.y*ml")):
        try:
            values = yaml.safe_load(file.read_text("utf-8"))
        except (yaml.YAMLError, UnicodeDecodeError):
            continue
        if isinstance(values, dict) and "base_model" in values:
            found += 1
            assert origin_of(values, names) is None, file
    assert found


def test_the_copy_has_what_llama_factory_takes_unsaid() -> None:
    copy = yaml.safe_load(corrected(LLAMA_FACTORY, check(LLAMA_FACTORY).findings))
    assert copy["base_model"] == "Qwen/Qwen2.5-7B-Instruct"
    assert (copy["adapter"], copy["lora_r"], copy["lora_alpha"]) == ("lora", 16, 32)
    assert copy["lora_target_linear"] is True
    assert "datasets" not in copy


def test_a_rank_of_unsloth_makes_the_adapter() -> None:
    copy = yaml.safe_load(corrected(UNSLOTH, check(UNSLOTH).findings))
    assert (copy["adapter"], copy["lora_r"], copy["lora_alpha"]) == ("qlora", 32, 16)
    assert copy["gradient_checkpointing"] == "offload"


def test_a_missing_field_that_stands_under_another_name_is_named() -> None:
    found = [each for each in check(UNSLOTH).findings if each.fields == ("base_model",)]
    assert [each.message for each in found] == ["Every config needs `base_model`: rename `model_name` on line 1."]


@pytest.mark.parametrize("text", [LLAMA_FACTORY, UNSLOTH, TRL, TORCHTUNE, SWIFT])
def test_a_copy_is_never_worse(text: str) -> None:
    before = check(text).findings
    known = {(each.rule, each.fields) for each in before}
    unwanted = (Severity.ERROR, Severity.CRASH, Severity.IGNORED)
    after = check(corrected(text, before)).findings
    assert not [each for each in after if each.severity in unwanted and (each.rule, each.fields) not in known]


@pytest.mark.parametrize(("loss", "method"), [("sigmoid", "dpo"), ("orpo", "orpo")])
def test_the_loss_of_llama_factory_chooses_the_method_and_no_key_is_written_twice(loss: str, method: str) -> None:
    text = LLAMA_FACTORY.replace("stage: sft", f"stage: dpo\npref_loss: {loss}\npref_beta: 0.1\ntemperature: 0.7")
    copy = corrected(text, check(text).findings)
    assert copy.count("\nrl: ") == 1
    assert yaml.safe_load(copy)["rl"] == method
