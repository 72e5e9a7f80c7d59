"""Vision-language models: the tower's parameters, and what images and a frozen tower add."""

from __future__ import annotations

import json
from importlib import resources

import pytest

from knowledge.config import read
from knowledge.memory import memory_of
from knowledge.parameters.towers import with_tower

GIB = 1 << 30
BASE = """\
base_model: Qwen/Qwen2.5-VL-3B-Instruct
datasets: [{path: org/rows, type: chat_template}]
sequence_len: 2048
micro_batch_size: 1
bf16: true
attn_implementation: flash_attention_2
gradient_checkpointing: true
"""
LORA = (
    "adapter: lora\nlora_r: 16\nlora_alpha: 16\n"
    r"lora_target_modules: 'model.language_model.layers.[\d]+.(mlp|self_attn).(up|down|gate|q|k|v|o)_proj'"
    "\n"
)
IMAGES = "processor_type: AutoProcessor\n"


def estimate(more, base=BASE):
    found = memory_of(read(base + more))
    assert found is not None
    return found


def test_a_tower_counts_among_the_parameters():
    assert estimate(LORA).base_params == 3085938688 + 631975680 + 36708608
    assert estimate("").trainable_params == 3754622976


def test_a_frozen_tower_is_loaded_and_keeps_what_its_images_need():
    text, images = estimate(LORA), estimate(LORA + IMAGES)
    assert text.parts.weights == pytest.approx(7628980224 / GIB, rel=0.01)
    assert images.parts.weights == text.parts.weights
    assert images.parts.activations - text.parts.activations == pytest.approx(2 * 32 * 1280 * 1296 / GIB, rel=0.01)
    assert any("vision tower" in sentence for sentence in images.assumptions)


def test_four_bits_pack_the_tower_too():
    qlora = LORA.replace("adapter: lora", "adapter: qlora\nload_in_4bit: true")
    assert estimate(qlora).parts.weights == pytest.approx(2521793792 / GIB, rel=0.02)


def test_linear_targets_reach_a_tower_that_takes_them():
    base = BASE.replace("Qwen/Qwen2.5-VL-3B-Instruct", "HuggingFaceTB/SmolVLM2-2.2B-Instruct")
    linear = "adapter: lora\nlora_r: 16\nlora_alpha: 16\nlora_target_linear: true\n"
    assert estimate(linear, base).trainable_params == 26981888


def test_a_model_that_is_also_a_language_model_has_its_tower_with_a_processor_only():
    base = BASE.replace("Qwen/Qwen2.5-VL-3B-Instruct", "google/gemma-3-4b-it")
    assert estimate("", base).base_params == 3880099328
    assert estimate(IMAGES, base).base_params == 3880263168 + 416866032 + 2950272


@pytest.mark.parametrize(
    ("name", "total", "adapted"),
    [
        ("LiquidAI/LFM2-VL-1.6B", 1_596_625_904, 20_006_400),
        ("meta-llama/Llama-3.2-11B-Vision-Instruct", 10_670_220_835, 67_362_816),
    ],
)
def test_towers_described_by_their_config_count_as_peft_counts_them(name: str, total: int, adapted: int) -> None:
    """Both figures were counted on the real classes without weights: Transformers 5.20.1 and PEFT 0.21.2."""
    text = BASE.replace("Qwen/Qwen2.5-VL-3B-Instruct", name)
    text += "adapter: lora\nlora_r: 16\nlora_alpha: 16\nlora_target_linear: true\n"
    found = memory_of(read(text))
    assert found is not None
    assert (found.base_params, found.trainable_params) == (total, adapted)


def test_every_model_with_a_tower_can_be_counted():
    models = json.loads((resources.files("knowledge") / "parameters" / "towers.json").read_text("utf-8"))["models"]
    for name in models:
        found = with_tower(name, images=True)
        assert found is not None, name
        assert found.tower is not None, name
        assert found.total > found.tower.parameters > 0, name
