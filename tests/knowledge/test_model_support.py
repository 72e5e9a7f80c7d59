"""What Axolotl knows of a model."""

from __future__ import annotations

from knowledge.facts import read_json
from knowledge.model_support import ModelSupport, model_support, model_types


def state(found: ModelSupport, feature: str) -> str | None:
    return next((each.state for each in found.features if each.id == feature), None)


def test_a_type_is_told_by_its_lists() -> None:
    found = model_support("qwen3_moe")
    assert found.class_name == "Qwen3MoeForCausalLM"
    assert found.layers == ("Qwen3MoeDecoderLayer",)
    assert {state(found, each) for each in ("packing", "liger", "cut_cross_entropy", "experts")} == {"listed"}
    assert not found.cards


def test_a_name_leads_to_its_type_and_the_cards_that_hold_it() -> None:
    found = model_support("meta-llama/Llama-3.1-8B")
    assert found.model_type == "llama"
    assert [card.method for card in found.cards] == ["qlora", "lora", "full"]
    needs = [card.needs_gib for card in found.cards]
    assert needs == sorted(needs)


def test_a_descriptor_of_axolotl_is_told_with_its_reason() -> None:
    found = model_support("paddleocr_vl")
    assert found.own
    assert state(found, "cut_cross_entropy") == "unsupported"
    assert any("CCE does not patch" in each.note for each in found.features)


def test_what_is_not_listed_is_not_called_unsupported() -> None:
    found = model_support("org/model", "brand_new")
    assert found.class_name is None
    assert "not listed, but that does not mean it fails" in found.summary
    assert state(model_support("gpt_neox"), "packing") == "not listed"


def test_a_name_that_tells_nothing_asks_for_the_type() -> None:
    assert "`model_type`" in model_support("org/unheard-of").summary


def test_every_type_that_axolotl_loads_is_known() -> None:
    loaders = read_json("loaders.json")
    assert {*loaders["causal"], *loaders["multimodal"], *loaders["own"]} <= set(model_types())
    assert all(model_support(name).vision for name in loaders["multimodal"])
