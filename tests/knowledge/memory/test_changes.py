"""What to change so that a run fits a card."""

from __future__ import annotations

import yaml

from knowledge.config import read
from knowledge.gpus import usable_gib
from knowledge.memory import Change, fitting_changes, memory_of

CONFIG = {
    "base_model": "meta-llama/Llama-3.1-8B",
    "datasets": [{"path": "org/rows", "type": "alpaca"}],
    "sequence_len": 8192,
    "sample_packing": True,
    "micro_batch_size": 4,
    "gradient_accumulation_steps": 2,
    "attn_implementation": "flash_attention_2",
    "optimizer": "adamw_torch_fused",
    "learning_rate": 0.0001,
    "bf16": True,
}


def changes(card: float, gpus: int = 1, **more: object) -> tuple[Change, ...]:
    return fitting_changes(read(yaml.safe_dump(CONFIG | more), gpus), card)


def applied(found: tuple[Change, ...], **more: object) -> str:
    config = CONFIG | more
    for change in found:
        for key, value in change.keys.items():
            if value is None:
                config.pop(key, None)
            elif "." in key:
                block, _, name = key.partition(".")
                config[block] = {**config[block], name: value}
            else:
                config[key] = [value] if key == "plugins" else value
    return yaml.safe_dump(config)


def test_a_run_that_fits_needs_no_change() -> None:
    assert changes(2000) == ()


def test_free_changes_come_first_and_the_last_one_fits() -> None:
    found = changes(80)
    assert found[-1].fits
    assert not any(change.fits for change in found[:-1])
    first = [key for change in found for key in change.keys]
    assert first.index("cut_cross_entropy") < first.index("gradient_checkpointing")
    assert "adapter" not in first


def test_every_change_is_computed_on_top_of_those_before_it() -> None:
    found = changes(24)
    sizes = [change.high_gib for change in found]
    assert sizes == sorted(sizes, reverse=True)


def test_writing_the_changes_into_the_config_gives_the_promised_estimate() -> None:
    for card in (141, 80, 24):
        found = changes(card)
        written = memory_of(read(applied(found)))
        assert written is not None
        assert abs(written.high_gib - found[-1].high_gib) < 0.05 * found[-1].high_gib
        assert written.high_gib <= card * 1.05


def test_the_batch_of_a_step_stays_the_same() -> None:
    for change in changes(80):
        if "micro_batch_size" in change.keys:
            rows, steps = change.keys["micro_batch_size"], change.keys["gradient_accumulation_steps"]
            assert isinstance(rows, int)
            assert isinstance(steps, int)
            assert rows * steps == 8


def test_a_change_that_later_ones_make_needless_is_left_out() -> None:
    names = {key for change in changes(24) for key in change.keys}
    assert "adapter" in names
    assert "optimizer" not in names


def test_several_gpus_divide_the_model_before_the_method_changes() -> None:
    names = [key for change in changes(48, gpus=8) for key in change.keys]
    assert "deepspeed" in names
    assert "adapter" not in names


def test_lora_turns_to_four_bits() -> None:
    lora = {
        "adapter": "lora",
        "lora_r": 16,
        "lora_alpha": 32,
        "lora_target_linear": True,
        "gradient_checkpointing": True,
    }
    found = changes(12, **lora)
    assert {"adapter": "qlora", "load_in_4bit": True} in [change.keys for change in found]


def test_where_nothing_helps_the_last_change_says_so() -> None:
    found = changes(8, base_model="meta-llama/Llama-3.1-70B")
    assert found
    assert not any(change.fits for change in found)


def test_an_unknown_model_has_no_changes() -> None:
    assert changes(8, base_model="./outputs/merged") == ()


FSDP = {
    "base_model": "meta-llama/Llama-3.3-70B-Instruct",
    "micro_batch_size": 1,
    "gradient_accumulation_steps": 4,
    "gradient_checkpointing": True,
    "fsdp_version": 2,
    "fsdp_config": {"reshard_after_forward": True, "transformer_layer_cls_to_wrap": "LlamaDecoderLayer"},
}


def test_what_fsdp_divides_is_made_smaller_before_the_method_changes() -> None:
    found = changes(usable_gib(80), gpus=8, **FSDP)
    names = [key for change in found for key in change.keys]
    assert "adapter" not in names
    assert found[-1].fits
    assert {"optimizer", "gradient_accumulation_steps"} <= set(names)
    assert next(change for change in found if "optimizer" in change.keys).keys == {"optimizer": "adamw_torch_8bit"}
    written = memory_of(read(applied(found, **FSDP), 8))
    assert written is not None
    assert abs(written.high_gib - found[-1].high_gib) < 0.01 * found[-1].high_gib


def test_weights_wait_on_the_host_where_nothing_lighter_helps() -> None:
    found = changes(usable_gib(48), gpus=8, **FSDP)
    assert found[-1].fits
    assert "fsdp_config.offload_params" in [key for change in found for key in change.keys]
    written = memory_of(read(applied(found, **FSDP), 8))
    assert written is not None
    assert abs(written.high_gib - found[-1].high_gib) < 0.01 * found[-1].high_gib
