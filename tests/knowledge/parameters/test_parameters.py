"""Parameter counts: of base models, of adapters, and what they weigh in a checkpoint."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from knowledge.config import read
from knowledge.parameters import (
    Adapter,
    Architecture,
    adapter_tensors,
    base_parameters,
    full_tensors,
    layout,
    parameters_of,
    state_bytes,
    stored_as,
    trainable_parameters,
)
from tests.places import ROOT, SHARED

FACTS = json.loads((ROOT / "knowledge" / "facts" / "models.json").read_text("utf-8"))
SMALL = {
    "hidden": 64,
    "layers": 6,
    "heads": 4,
    "kv_heads": 2,
    "head_dim": 24,
    "intermediate": 176,
    "vocabulary": 1000,
    "tied": False,
}
FOUR = SMALL | {"layers": 4}
DELTA = {"full_every": 4, "linear_dims": (2, 4, 8, 8, 4)}


def small(family: str = "llama", **more: object) -> Architecture:
    return Architecture(**(SMALL | {"family": family} | more))  # type: ignore[arg-type]


def count(architecture: Architecture, **settings: object) -> int:
    adapter = Adapter(**({"rank": 8} | settings))  # type: ignore[arg-type]
    return sum(tensor.elements for tensor in adapter_tensors(architecture, adapter))


@pytest.mark.parametrize("name", FACTS["models"])
def test_every_module_of_a_model_adds_up_to_its_published_count(name: str) -> None:
    found = parameters_of(name)
    assert found is not None
    assert layout(found.architecture).parameters == found.total == FACTS["models"][name]["parameters"]


# Counted on models of these dimensions, built without weights from Transformers 5.20.
@pytest.mark.parametrize(
    ("family", "more", "expected"),
    [
        ("qwen3_5_text", DELTA, 315296),
        ("qwen3_next", DELTA | {"experts": 4, "expert_width": 40, "shared_width": 48}, 341152),
        ("apertus", {}, 292616),
        ("olmo3", {}, 338048),
        ("seed_oss", {}, 338240),
        ("glm4", {}, 338752),
        ("arcee", {}, 292416),
        ("smollm3", {"tied": True}, 273472),
        ("llama4_text", {"experts": 4, "expert_width": 176, "shared_width": 176}, 879168),
        ("glm4_moe", {"experts": 4, "expert_width": 40, "shared_width": 40, "dense_layers": 1}, 352064),
        ("qwen2_moe", {"experts": 4, "expert_width": 40, "shared_width": 48}, 364096),
    ],
)
def test_a_family_is_laid_out_as_transformers_builds_it(family: str, more: dict[str, object], expected: int) -> None:
    assert layout(Architecture(**(FOUR | {"family": family} | more))).parameters == expected  # type: ignore[arg-type]


# Counted on adapters that PEFT 0.21 laid on such models.
@pytest.mark.parametrize(
    ("architecture", "settings", "expected"),
    [
        ({}, {"targets": "all-linear"}, 60672),
        ({}, {"targets": "all-linear", "dora": True}, 64704),
        ({}, {"targets": r"model.layers.[\d]+.(mlp|self_attn).(up|down|q)_proj"}, 30720),
        ({}, {"targets": r".*layers\.(0|1|5)\..*v_proj"}, 2688),
        ({}, {"targets": ("q_proj", "down_proj"), "indices": (0, 3)}, 6400),
        ({}, {"targets": ("layers.3.self_attn.q_proj", "v_proj")}, 6656),
        ({}, {"targets": ("q_proj", "embed_tokens", "lm_head")}, 24704),
        ({"tied": True}, {"targets": ("q_proj", "embed_tokens", "lm_head")}, 24704),
        ({}, {"targets": ("q_proj", "embed_tokens"), "dora": True}, 16832),
        ({}, {"targets": ("q_proj",), "ranks": (("layers.0.self_attn.q_proj", 32),)}, 11520),
        ({}, {"targets": ("q_proj",), "tokens": 3}, 7872),
        ({"tied": True}, {"targets": ("q_proj",), "saved": ("embed_tokens",)}, 71680),
        ({}, {"targets": ("q_proj", "o_proj"), "saved": ("norm", "input_layernorm")}, 16192),
        ({}, {"targets": "all-linear", "excluded": ("k_proj",)}, 55296),
        (
            {"family": "qwen3_moe", "experts": 4, "expert_width": 40},
            {"targets": ("q_proj",), "expert_targets": ("mlp.experts.gate_up_proj", "mlp.experts.down_proj")},
            55296,
        ),
        ({"family": "mixtral", "experts": 4, "expert_width": 176}, {"targets": ("q_proj", "w1", "w2", "w3")}, 213504),
        (
            {"family": "gpt_oss", "experts": 4, "expert_width": 176},
            {"targets": ("q_proj",), "expert_targets": ("3.mlp.experts.down_proj",)},
            15360,
        ),
        ({"family": "phi3", "head_dim": 16}, {"targets": "all-linear"}, 46848),
        ({"family": "gemma3_text"}, {"linear": True}, 60672),
    ],
)
def test_an_adapter_has_the_parameters_that_peft_gives_it(
    architecture: dict[str, object], settings: dict[str, object], expected: int
) -> None:
    assert count(small(**architecture), **settings) == expected  # type: ignore[arg-type]


def test_a_tied_model_trains_one_copy_of_its_embedding_only_when_it_is_asked_to_stay_tied() -> None:
    saved = {"targets": ("q_proj",), "saved": ("embed_tokens", "lm_head")}
    tied = small(tied=True)
    assert count(tied, **saved) - count(tied, **saved, tie=True) == 64 * 1000


def test_a_model_that_is_loaded_with_its_image_part_is_matched_by_its_longer_names() -> None:
    pattern = r"model.language_model.layers.[\d]+.(mlp|cross_attn|self_attn).(up|down|gate|q|k|v|o)_proj"
    assert count(small(), targets=pattern) == count(small(), targets="all-linear")


def test_unfrozen_parameters_train_what_their_patterns_match() -> None:
    architecture = small()
    head = full_tensors(architecture, 2, ("^lm_head.weight$",))
    assert sum(t.elements for t in head) == 64 * 1000
    layers = full_tensors(architecture, 2, (r"^model.layers.[45].mlp.down_proj",))
    assert sum(t.elements for t in layers) == 2 * 64 * 176
    everything = full_tensors(architecture, 2)
    assert sum(t.elements for t in everything) == layout(architecture).parameters


@pytest.mark.parametrize(
    ("name", "model", "known"),
    [
        ("meta-llama/Llama-3.1-8B-Instruct", "meta-llama/Llama-3.1-8B", "exact"),
        ("unsloth/Meta-Llama-3.1-8B-Instruct-bnb-4bit", "meta-llama/Llama-3.1-8B", "exact"),
        ("NousResearch/Meta-Llama-3-8B", "meta-llama/Meta-Llama-3-8B", "exact"),
        ("./models/qwen2.5-7b-instruct/", "Qwen/Qwen2.5-7B", "exact"),
        ("Qwen/Qwen2.5-Coder-7B-Instruct", "Qwen/Qwen2.5-7B", "exact"),
        ("mistralai/Mistral-7B-Instruct-v0.3", "mistralai/Mistral-7B-v0.3", "exact"),
        ("NousResearch/Hermes-3-Llama-3.1-8B", "meta-llama/Llama-3.1-8B", "derived"),
    ],
)
def test_mirrors_and_tuned_versions_lead_to_their_model(name: str, model: str, known: str) -> None:
    found = parameters_of(name)
    assert found is not None
    assert (found.model, found.known) == (model, known)


def test_a_version_that_changes_the_vocabulary_is_told_apart() -> None:
    first, third = parameters_of("unsloth/mistral-7b-v0.1"), parameters_of("unsloth/mistral-7b-v0.3")
    assert first is not None
    assert third is not None
    assert first.total < third.total


def test_an_unknown_model_counts_by_the_size_in_its_name_and_says_so() -> None:
    found = parameters_of("someone/brand-new-13B")
    assert found is not None
    assert found.total == 13_000_000_000
    assert found.known == "guessed"
    assert "13 billion" in (found.note or "")


def test_a_mixture_is_smaller_than_its_experts_times_their_size() -> None:
    found = parameters_of("someone/novel-8x7B")
    assert found is not None
    assert 40e9 < found.total < 50e9
    assert found.architecture.experts


def test_a_name_without_a_size_is_not_guessed_at() -> None:
    assert parameters_of("./outputs/merged") is None
    assert base_parameters(read("base_model: ./outputs/merged\n")) is None
    assert trainable_parameters(read("base_model: ./outputs/merged\nadapter: lora\nlora_r: 8\n")) is None


def test_a_checkpoint_that_is_quantised_itself_is_told_by_its_name() -> None:
    assert stored_as("unsloth/Qwen3-14B-bnb-4bit") is not None
    assert stored_as("Qwen/Qwen3-14B") is None


def test_what_a_checkpoint_holds_of_full_training_and_of_an_adapter() -> None:
    base = "base_model: meta-llama/Llama-3.1-8B\nattn_implementation: flash_attention_2\noptimizer: adamw_torch_fused\n"
    full = trainable_parameters(read(base))
    assert full is not None
    assert (full.weight_bytes, full.optimizer_bytes) == (8030261248 * 2, 8030261248 * 4)
    lora = trainable_parameters(read(base + "adapter: lora\nlora_r: 16\nlora_target_linear: true\n"))
    assert lora is not None
    assert lora.total == 41943040
    assert (lora.weight_bytes, lora.optimizer_bytes) == (41943040 * 4, 41943040 * 8)


def test_an_adapter_of_another_kind_has_no_count() -> None:
    assert trainable_parameters(read("base_model: meta-llama/Llama-3.1-8B\nadapter: llama-adapter\n")) is None


def test_a_pattern_that_is_none_has_no_count() -> None:
    text = "base_model: meta-llama/Llama-3.1-8B\nadapter: lora\nlora_r: 8\nlora_target_modules: '*_proj'\n"
    assert trainable_parameters(read(text)) is None


def test_eight_bit_states_stay_wide_for_small_tensors_and_embeddings() -> None:
    tensors = full_tensors(small(), 2)
    embedding = [t for t in tensors if t.kind == "embedding"]
    assert state_bytes("adamw_8bit", embedding) == 64 * 1000 * 8
    norms = [t for t in tensors if t.columns == 1]
    assert state_bytes("adamw_8bit", norms) == sum(t.elements for t in norms) * 8
    assert state_bytes("sgd", tensors) == 0


def test_the_facts_are_as_generated() -> None:
    reference = SHARED
    if not (reference / "math" / "models.json").exists():
        pytest.skip("the reference data are not here")
    from scripts.facts.models import generate
    from scripts.facts.source import Source

    source = Source("0.21.0", {}, reference, Path())
    assert json.loads(json.dumps(generate(source))) == FACTS
