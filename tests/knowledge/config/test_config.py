"""A config as Axolotl reads it: presence, the raw value at a check, the typed value, the silent changes."""

import pytest

from knowledge.config import Unreadable, load_types, read


def test_a_blank_key_is_written_and_has_no_value():
    config = read("adapter:\ndatasets:\n  - path: x\n    type:\n")
    assert config.written("adapter")
    assert config.raw("adapter") is None
    assert config.written("datasets[0].type")
    assert not config.written("datasets[0].split")
    assert not config.written("datasets[1].path")


def test_paths_lead_into_blocks_and_lists():
    config = read("fsdp_config:\n  offload_params: yes\ndatasets:\n  - path: x\n    shards: '4'\n")
    assert config.raw("fsdp_config.offload_params") is True
    assert config.typed("datasets[0].shards") == 4
    assert config.raw("nothing.there") is None
    assert config.typed("trl.beta") is None


def test_a_later_check_sees_the_silent_change_and_an_earlier_one_does_not():
    config = read("sample_packing: true\nflash_attention: true\nval_set_size: 0.1\n")
    steps = load_types().steps
    first, last = min(steps, key=steps.__getitem__), max(steps, key=steps.__getitem__)
    assert config.raw("eval_sample_packing", at=first) is None
    assert config.raw("eval_sample_packing", at=last) is True
    assert config.at(last)("attn_implementation") == "flash_attention_2"
    assert config.at(last)("flash_attention") is None
    assert config.raw("flash_attention") is True
    assert config.typed("pad_to_sequence_len") is True


def test_what_a_test_asks_is_noted():
    config = read("adapter: lora\n")
    config.reads = set()
    config.typed("adapter")
    config.at("check_saves")("save_steps")
    assert config.reads == {"adapter", "save_steps"}


def test_a_refused_value_has_no_typed_value_and_get_gives_the_default():
    config = read("micro_batch_size: two\nnum_epochs: '2'\n")
    with pytest.raises(Unreadable):
        config.typed("micro_batch_size")
    assert config.get("micro_batch_size", 1) == 1
    assert config.get("num_epochs") == 2.0
    assert [wrong.kind for wrong in config.wrong("micro_batch_size")] == ["type"]


def test_one_wrong_entry_leaves_the_others_readable():
    config = read("trl:\n  beta: much\n  num_generations: 4\n")
    assert config.get("trl.beta") is None
    assert config.get("trl.num_generations") == 4


@pytest.mark.parametrize("name", ["model_type", "type_of_model"])
def test_a_field_is_read_under_both_of_its_names(name):
    assert read(f"{name}: LlamaForCausalLM\n").typed("type_of_model") == "LlamaForCausalLM"


def test_of_two_names_the_alias_wins():
    assert read("type_of_model: A\nmodel_type: B\n").typed("type_of_model") == "B"


@pytest.mark.parametrize(
    ("rl", "kind", "expected"),
    [
        ("", "alpaca", "SFTDataset"),
        ("rl: dpo\n", "chatml.intel", "DPODataset"),
        ("rl: simpo\n", "chatml.intel", "DPODataset"),
        ("rl: kto\n", "chatml.argilla", "KTODataset"),
        ("rl: grpo\n", "mine.rows", "SFTDataset"),
        ("", "_synthetic", "SyntheticDataset"),
    ],
)
def test_rl_and_type_choose_the_class_of_an_entry(rl, kind, expected):
    config = read(f"{rl}datasets:\n  - path: x\n    type: {kind}\n")
    assert config.dataset_class({"path": "x", "type": kind}) == expected


def test_old_message_keys_move_into_the_mappings():
    config = read("datasets:\n  - path: x\n    type: chat_template\n    message_field_role: from\n")
    assert config.datasets[0]["message_property_mappings"] == {"role": "from", "content": "content"}
    assert config.datasets[0]["chat_template"] == "tokenizer_default"


def test_a_plugins_field_lives_only_while_the_plugin_is_listed():
    line = "liger_rope: true\n"
    assert read(line).typed("liger_rope") is None
    listed = read(f"plugins:\n  - axolotl.integrations.liger.LigerPlugin\n{line}")
    assert listed.typed("liger_rope") is True
    assert "LigerPlugin" in listed.plugins


@pytest.mark.parametrize("text", ["", "- 1\n", "5\n", "plugins: x\ndatasets: y\n", "datasets: [1, null]\n", "1: 2\n"])
def test_what_is_no_config_is_an_empty_one(text):
    config = read(text)
    assert config.typed("micro_batch_size") == 1
    assert config.get("rl") is None
    assert all(isinstance(entry, dict) for entry in config.datasets)
