"""Architectures from `config.json`: parameters, parts, adapters, and files that nobody should trust."""

from __future__ import annotations

import json
from typing import Any

import pytest

from knowledge.facts import read_lines
from knowledge.parameters import Adapter, Architecture, adapter_tensors, layout, parts_of, read_architecture, reconcile
from knowledge.parameters.blueprint import FACTS, family_of
from knowledge.parameters.expressions import varies
from tests.many import over
from tests.places import ROOT

QWEN3 = {
    "model_type": "qwen3",
    "hidden_size": 4096,
    "intermediate_size": 12288,
    "num_hidden_layers": 36,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "head_dim": 128,
    "vocab_size": 151936,
    "tie_word_embeddings": False,
    "max_position_embeddings": 40960,
}
TIED = QWEN3 | {"tie_word_embeddings": True}
# Written as older files are: the text model's keys stand at the root.
QWEN2_5_VL = {
    "model_type": "qwen2_5_vl",
    "hidden_size": 2048,
    "intermediate_size": 11008,
    "num_hidden_layers": 36,
    "num_attention_heads": 16,
    "num_key_value_heads": 2,
    "vocab_size": 151936,
    "tie_word_embeddings": True,
    "vision_config": {
        "depth": 32,
        "hidden_size": 1280,
        "intermediate_size": 3420,
        "num_heads": 16,
        "out_hidden_size": 2048,
    },
}
AIR = {"model_type": "glm4_moe", "attention_bias": True, "head_dim": 128}
# Families whose class defaults make no model in Transformers either.
NO_DEFAULT = {"dots1", "hunyuan_v1_dense", "hunyuan_v1_moe", "ministral", "nemotron"}
MIXTRAL = {"model_type": "mixtral", "num_key_value_heads": 8, "vocab_size": 32000}


def read(config: dict[str, object], *, multimodal: bool = True) -> Architecture:
    found = read_architecture(config, multimodal=multimodal)
    assert found is not None
    return found


def linear(config: dict[str, object], *, multimodal: bool = True) -> int:
    tensors = adapter_tensors(read(config, multimodal=multimodal), Adapter(rank=16, linear=True))
    return sum(tensor.elements for tensor in tensors)


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (QWEN3, 8190735360),
        (QWEN2_5_VL, 3754622976),
        (AIR, 106852245504),
        ({"model_type": "gpt_oss"}, 116829156672),
        ({"model_type": "qwen3_next"}, 79674391296),
        (MIXTRAL, 46702792704),
    ],
)
def test_parameters_are_those_of_the_published_models(config: dict[str, object], expected: int) -> None:
    assert layout(read(config)).parameters == expected


def test_dimensions_and_classes_are_told() -> None:
    found = read(QWEN3)
    assert (found.hidden, found.layers, found.heads, found.kv_heads, found.head_dim) == (4096, 36, 32, 8, 128)
    assert (found.intermediate, found.vocabulary, found.tied, found.context) == (12288, 151936, False, 40960)
    assert (found.model_class, found.layer_class) == ("Qwen3ForCausalLM", "Qwen3DecoderLayer")


def test_the_parts_of_a_vision_language_model_are_told_apart() -> None:
    assert parts_of(layout(read(QWEN2_5_VL))) == {"text": 3085938688, "vision": 631975680, "projector": 36708608}


def test_a_mixture_tells_its_experts() -> None:
    found = read(AIR)
    assert (found.experts, found.experts_per_token, found.expert_width, found.shared_width) == (128, 8, 1408, 1408)
    assert found.dense_layers == 1


def test_rope_scaling_lengthens_the_context() -> None:
    scaling = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32768}
    assert read(QWEN3 | {"rope_scaling": scaling}).context == 131072


def test_adapters_on_every_linear_module_count_as_peft_makes_them() -> None:
    assert linear(QWEN3) == 43646976
    assert linear({"model_type": "gpt_oss"}) == 11943936


def test_where_peft_refuses_every_linear_module_the_module_is_named() -> None:
    assert read(QWEN2_5_VL).refused == "0"
    assert read({"model_type": "mamba2"}).refused == "out_proj"
    assert read(QWEN3).refused == ""


def test_what_files_hold_beyond_the_model_is_recognised() -> None:
    tied, loaded = read(TIED), layout(read(TIED)).parameters
    assert reconcile(tied, loaded) == (loaded, "")
    assert reconcile(tied, loaded + 4096 * 151936) == (loaded, "head")
    assert reconcile(tied, loaded + 36 * 64) == (loaded, "buffers")
    assert reconcile(tied, loaded // 3) == (loaded, "packed")
    assert reconcile(read(AIR), 110_468_824_832) == (106852245504, "layers")
    assert reconcile(tied, loaded * 2) == (loaded * 2, "unknown")


def test_an_unknown_family_is_not_guessed_at() -> None:
    assert read_architecture({"model_type": "brand_new"}) is None
    assert read_architecture({"hidden_size": 4096}) is None
    assert read_architecture([QWEN3]) is None  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        -1,
        0,
        10**400,
        1e308,
        float("nan"),
        float("inf"),
        "4096",
        [],
        [4096] * 5000,
        {"a": 1},
        [[1]],
        "x" * 10**6,
    ],
)
@pytest.mark.parametrize(
    "key", ["hidden_size", "num_hidden_layers", "vocab_size", "head_dim", "rope_scaling", "model_type"]
)
def test_hostile_values_are_bounded(key: str, value: object) -> None:
    for config in (QWEN3, AIR, QWEN2_5_VL, {"model_type": "qwen3_next"}):
        found = read_architecture(config | {key: value})
        assert found is None or layout(found).parameters < 2**50


@pytest.mark.parametrize("place", ["text_config", "vision_config"])
@pytest.mark.parametrize("value", [None, 7, [], "text", {"model_type": ["llama"]}, {"model_type": "llava+"}, {}])
def test_a_part_that_is_none_does_no_harm(place: str, value: object) -> None:
    for family in ("llava", "qwen2_5_vl", "qwen3", "gemma3"):
        read_architecture({"model_type": family, place: value})


@over(sorted(read_lines(FACTS)))
def test_the_facts_of_every_family_can_be_computed(name: str) -> None:
    family = family_of(name)
    assert family is not None
    for row in family.rows:
        for expression in row[2:]:
            varies(expression)
    json.dumps(family.defaults)
    model_type = name.strip("@+")
    if not name.startswith("@") and name not in NO_DEFAULT:
        found = read_architecture({"model_type": model_type}, multimodal=name.endswith("+"))
        assert found is not None
        assert layout(found).parameters > 0


PUBLISHED = [
    row
    for row in map(json.loads, (ROOT / "tests/cases/families.jsonl").read_text("utf-8").splitlines())
    if "model" in row
]


@pytest.mark.parametrize("row", PUBLISHED, ids=lambda row: row["model"])
def test_published_dimensions_count_as_the_models_built_from_them(row: dict[str, Any]) -> None:
    found = read_architecture(row["config"], multimodal=row["family"].endswith("+"))
    assert found is not None
    assert layout(found).parameters == row["parameters"]
    if row["lora"] is None:
        assert found.refused
    else:
        assert linear(row["config"], multimodal=row["family"].endswith("+")) == row["lora"]
