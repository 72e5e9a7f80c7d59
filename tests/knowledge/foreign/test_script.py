"""Settings in a Python script for another trainer."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from knowledge.foreign import script_config

NOTEBOOK = """
model, tokenizer = FastLanguageModel.from_pretrained("unsloth/Meta-Llama-3.1-8B", max_seq_length=1024)
model = FastLanguageModel.get_peft_model(model, r=32, target_modules=["q_proj", "v_proj"], lora_alpha=32)
trainer = SFTTrainer(
    model=model,
    train_dataset=load_dataset("org/rows", split="train"),
    args=SFTConfig(
        per_device_train_batch_size=2,
        learning_rate=5e-5,
        fp16=not is_bfloat16_supported(),
        packing=True,  # short rows
        report_to=None,
    ),
)
trainer.train()
"""


def test_the_arguments_of_a_notebook_become_a_config() -> None:
    text = script_config(NOTEBOOK)
    assert text is not None
    assert yaml.safe_load(text) == {
        "base_model": "unsloth/Meta-Llama-3.1-8B",
        "max_seq_length": 1024,
        "r": 32,
        "target_modules": ["q_proj", "v_proj"],
        "lora_alpha": 32,
        "per_device_train_batch_size": 2,
        "learning_rate": 5e-5,
        "packing": True,
    }


@pytest.mark.parametrize(
    "text",
    [
        "    per_device_train_batch_size = 2,\n    num_train_epochs = 3,\n    max_seq_length = 512,\n",
        (
            "trainer = SFTTrainer(\n  max_seq_length = 512,\n  args = TrainingArguments(\n"
            "    num_train_epochs = 3,\n    per_device_train_batch_size = 2,\n"
        ),
    ],
)
def test_an_excerpt_of_a_call_is_read_too(text: str) -> None:
    found = script_config(text)
    assert found is not None
    assert yaml.safe_load(found) == {
        "per_device_train_batch_size": 2,
        "num_train_epochs": 3,
        "max_seq_length": 512,
    }


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x = 1",
        "print(sep='a', end='b', file=None, flush=True)",
        "base_model: org/model\nlearning_rate: 1e-4\n",
        "TrainingArguments(seed=0x" + "f" * 9000 + ", output_dir='a', num_train_epochs=2)",
        "(" * 5000,
        "a" + ".b" * 9000 + "(r=1, lora_alpha=2, bias='none')",
        "f(" + "-" * 9000 + "1)",
    ],
)
def test_nothing_else_is_one(text: str) -> None:
    assert script_config(text) is None


@given(st.text(max_size=200), st.integers(0, len(NOTEBOOK)))
def test_no_text_raises(noise: str, place: int) -> None:
    found = script_config(NOTEBOOK[:place] + noise + NOTEBOOK[place:])
    assert found is None or isinstance(yaml.safe_load(found), dict)
