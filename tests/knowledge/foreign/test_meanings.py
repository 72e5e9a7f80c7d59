"""Names of other trainers: every meaning leads to something that Axolotl has, and takes the value that it carries."""

from __future__ import annotations

import re
from typing import Any

import pytest

from knowledge.catalog import Catalog
from knowledge.check import check
from knowledge.coercion import coerce
from knowledge.config import load_types
from knowledge.foreign import Meaning, meaning, names_of, trainers

TYPES = load_types()
OPEN_BLOCKS = {
    *("bnb_config_kwargs", "gradient_checkpointing_kwargs", "chat_template_kwargs", "accelerator_config"),
    "model_config",
}
"""Blocks that take any key."""


def all_meanings() -> list[Meaning]:
    known = [meaning(name, trainer) for trainer in (None, *trainers()) for name in names_of(trainer)]
    return list({(each.name, each.field, each.why): each for each in known if each is not None}.values())


def test_every_field_that_is_named_exists() -> None:
    fields = Catalog.load().fields
    for each in all_meanings():
        if each.kind == "field" and each.root not in OPEN_BLOCKS:
            assert each.field in fields or each.field in TYPES.names, each
        lines = [line for values in (each.values or {}).values() for line in values]
        assert not [line for line in lines if line not in TYPES.names], each


def test_no_name_leads_to_a_field_that_is_removed_or_that_nothing_reads() -> None:
    idle = re.compile(r"removed option|nothing reads\.|no longer has|does not read it\.|ignores the choice")
    dead = {path for path, note in Catalog.load().notes.items() if idle.search(note.summary)}
    assert {"rpo_alpha", "max_prompt_len", "s2_attention"} <= dead
    for each in all_meanings():
        lines = [line for values in (each.values or {}).values() for line in values]
        assert not dead.intersection([each.field, *lines]), each


def test_every_meaning_without_a_field_says_why() -> None:
    for each in all_meanings():
        if each.kind != "field":
            assert each.why.endswith("."), each
            assert not each.field


def test_every_value_of_the_table_is_one_that_the_field_takes() -> None:
    root = TYPES.root
    for each in all_meanings():
        for word, lines in (each.values or {}).items():
            for key, value in lines.items():
                name = TYPES.aliases.get(key, key)
                if word == "*" or name not in root:
                    continue
                wrong: list[Any] = []
                coerce(value, root[name]["type"], TYPES.models, (name,), wrong)
                assert not wrong, (each.name, word, wrong)


def test_no_entry_hides_a_field_of_axolotls_own() -> None:
    assert not [name for name in names_of() if name in TYPES.names and meaning(name) is not None]


@pytest.mark.parametrize("trainer", trainers())
def test_every_name_of_a_trainer_has_a_meaning_or_is_axolotls_too(trainer: str) -> None:
    names = [name for name in names_of(trainer) if name not in TYPES.names]
    assert not [name for name in names if meaning(name, trainer) is None]


@pytest.mark.parametrize(
    ("name", "value", "lines"),
    [
        ("max_seq_length", 2048, {"sequence_len": 2048}),
        ("bnb_4bit_use_double_quant", True, {"bnb_config_kwargs": {"bnb_4bit_use_double_quant": True}}),
        ("mixed_precision", "bf16", {"bf16": True}),
        ("mixed_precision", "no", {"bf16": False, "fp16": False}),
        ("dataset_name", "org/rows", {"datasets": [{"path": "org/rows"}]}),
        ("dataset", "a,b", {"datasets": [{"path": "a"}, {"path": "b"}]}),
        ("eval_dataset", "x.jsonl", {"test_datasets": [{"path": "x.jsonl"}]}),
        ("modules_to_save", "lm_head", {"lora_modules_to_save": ["lm_head"]}),
        ("completion_only_loss", True, {"train_on_inputs": False}),
        ("lora_target", "all", {"lora_target_linear": True}),
        ("lora_target", "q_proj,v_proj", {"lora_target_modules": ["q_proj", "v_proj"]}),
        ("use_gradient_checkpointing", "unsloth", {"gradient_checkpointing": "offload"}),
        ("report_to", ["wandb"], {"use_wandb": True}),
        ("report_to", "none", {}),
        ("shuffle", True, {}),
        ("shuffle", False, {"curriculum_sampling": True}),
        ("disable_shuffling", True, {"curriculum_sampling": True}),
        ("dataset_shuffle", False, {"shuffle_merged_datasets": False}),
        ("bnb_4bit_compute_dtype", "bf16", {"bnb_config_kwargs": {"bnb_4bit_compute_dtype": "bfloat16"}}),
        ("bnb_4bit_compute_dtype", "torch.float16", {"bnb_config_kwargs": {"bnb_4bit_compute_dtype": "float16"}}),
        ("monitor", "val_loss", {"metric_for_best_model": "eval_loss"}),
        ("fsdp_sharding_strategy", 1, {"fsdp_config": {"reshard_after_forward": True}}),
        ("quantize_base", True, {"adapter": "qlora", "load_in_4bit": True}),
        ("pref_ftx", 0.1, None),
        ("sharding_strategy", "SHARD_GRAD_OP", {"fsdp_config": {"reshard_after_forward": False}}),
        ("load_in_fp8", True, {"model_quantization_config": "FineGrainedFP8Config"}),
        ("tensor_parallel", {"autotp_size": 4}, None),
        ("data_parallel_shard_dim", -1, None),
        ("modules_to_save", None, None),
        ("loss_type", "kto", {}),
        ("loss_type", "dft", {"use_dft": True}),
        ("loss_type", "hinge", {"dpo_loss_type": ["hinge"]}),
        ("push_to_hub", True, None),
        ("mixed_precision", "int8", None),
        ("disable_shuffling", "yes please", None),
        (
            "lora_config",
            {"r": 8, "lora_alpha": 16, "target_modules": ["q_proj"], "bias": "none", "task_type": "CAUSAL_LM"},
            {"adapter": "lora", "lora_r": 8, "lora_alpha": 16, "lora_target_modules": ["q_proj"]},
        ),
        (
            "quantization_config",
            {"load_in_4bit": True, "bnb_4bit_quant_type": "nf4"},
            {"load_in_4bit": True, "bnb_config_kwargs": {"bnb_4bit_quant_type": "nf4"}},
        ),
    ],
)
def test_values_are_carried_over(name: str, value: Any, lines: Any) -> None:
    known = meaning(name)
    assert known is not None
    assert known.carried(value) == lines


def test_a_name_can_mean_something_else_in_one_trainer() -> None:
    assert meaning("batch_size") is None
    in_torchtune = meaning("batch_size", "torchtune")
    assert in_torchtune is not None
    assert in_torchtune.field == "micro_batch_size"


@pytest.mark.parametrize(
    ("trainer", "name", "field"),
    [
        ("ms-swift", "model_name", ""),
        ("ms-swift", "max_model_len", "overrides_of_model_config"),
        ("LLaMA-Factory", "vllm_enforce_eager", ""),
        ("LLaMA-Factory", "vllm_maxlen", ""),
        ("Unsloth", "quantization_method", "export"),
        ("torchtune", "num_output_chunks", "chunked_cross_entropy_num_chunks"),
    ],
)
def test_a_name_is_judged_by_what_its_own_trainer_does_with_it(trainer: str, name: str, field: str) -> None:
    known = meaning(name, trainer)
    assert known is not None
    assert known.field == field


@pytest.mark.parametrize("name", ["max_length", "max_new_tokens", "temperature", "top_p", "repetition_penalty"])
def test_what_llama_factory_generates_with_is_not_what_axolotl_trains_with(name: str) -> None:
    known = meaning(name, "LLaMA-Factory")
    assert known is not None
    assert known.kind == "none"


@pytest.mark.parametrize("name", ["beta", "loss_type", "temperature"])
def test_under_grpo_a_name_of_trl_belongs_into_its_block(name: str) -> None:
    text = f"base_model: a/b\nrl: grpo\ntrl:\n  num_generations: 4\n{name}: 0.1\n"
    found = next(each for each in check(text).findings if each.fields == (name,))
    assert found.suggestion == f"trl.{name}"


@pytest.mark.parametrize("written", ["--max-seq-length", "Max_Seq_Length", "max seq length"])
def test_hyphens_and_capitals_are_forgiven(written: str) -> None:
    known = meaning(written)
    assert known is not None
    assert known.field == "sequence_len"


def test_a_name_says_whose_it_is() -> None:
    known = meaning("bnb_4bit_quant_type")
    assert known is not None
    assert "bitsandbytes" in known.trainers
    assert meaning("no_such_name_anywhere") is None
