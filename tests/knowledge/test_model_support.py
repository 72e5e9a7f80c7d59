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
    found = model_support("org/model", {"model_type": "brand_new"})
    assert found.class_name is None
    assert "not listed, but that does not mean it fails" in found.summary
    assert state(model_support("gpt_neox"), "packing") == "not listed"


def test_a_name_that_tells_nothing_asks_for_the_type() -> None:
    assert "`model_type`" in model_support("org/unheard-of").summary


def test_every_type_that_axolotl_loads_is_known() -> None:
    loaders = read_json("loaders.json")
    assert {*loaders["causal"], *loaders["multimodal"], *loaders["own"]} <= set(model_types())
    assert all(model_support(name).vision for name in loaders["multimodal"])


def test_what_bites_is_told_with_its_rule_and_nothing_that_bites_everybody() -> None:
    falcon = {trap.rule: trap for trap in model_support("tiiuae/falcon-7b").traps}
    assert falcon["falcon-fsdp"].way == "FSDP"
    assert falcon["kernels-on-unpatchable-model"].way == "LoRA"
    experts = model_support("Qwen/Qwen3-30B-A3B").traps
    assert [trap.rule for trap in experts] == ["experts-not-quantized"]
    assert model_support("meta-llama/Llama-3.1-8B").traps == ()


def test_what_bites_follows_the_config_of_the_hub() -> None:
    stored = {"model_type": "llama", "quantization_config": {"quant_method": "fp8"}}
    assert [trap.rule for trap in model_support("org/fp8", stored).traps] == ["model-quantized-otherwise"]
    own = {"model_type": "brand_new", "auto_map": {"AutoConfig": "code.Config"}}
    assert "model-needs-its-own-code" in {trap.rule for trap in model_support("org/new", own).traps}


def test_the_lora_kernels_bite_exactly_the_types_that_are_not_listed() -> None:
    for name in ("gpt_neox", "falcon", "llama", "qwen3", "mistral"):
        bites = any(trap.rule.startswith("kernels-") for trap in model_support(name).traps)
        assert bites == (state(model_support(name), "lora_kernels") == "not listed")


def test_there_is_a_template_and_an_example_to_start_from() -> None:
    assert "name one, such as `chat_template: chatml`" in model_support("EleutherAI/pythia-1b").template
    assert "`qwen3`" in model_support("Qwen/Qwen3-8B").template
    assert model_support("Qwen/Qwen3-8B").example == "Qwen/Qwen3-8B"
    assert model_support("qwen3_moe").example == "Qwen/Qwen3-30B-A3B"
    assert model_support("org/unheard-of").example == ""
