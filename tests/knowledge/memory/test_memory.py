"""The memory per GPU: its parts, its range, and what settings do to it."""

from __future__ import annotations

import pytest

from knowledge.config import read
from knowledge.memory import CARDS, MemoryEstimate, memory_of
from knowledge.memory.run import deepspeed_stage
from knowledge.plan import make_plan, remember_plan

BASE = """\
base_model: meta-llama/Llama-3.1-8B
datasets: [{path: org/rows, type: alpaca}]
sequence_len: 4096
sample_packing: true
micro_batch_size: 2
gradient_accumulation_steps: 4
bf16: true
attn_implementation: flash_attention_2
gradient_checkpointing: true
"""
LORA = "adapter: lora\nlora_r: 16\nlora_alpha: 32\nlora_target_linear: true\n"
QLORA = LORA.replace("adapter: lora", "adapter: qlora\nload_in_4bit: true")
CUT = "plugins:\n  - axolotl.integrations.cut_cross_entropy.CutCrossEntropyPlugin\n"
FSDP = "fsdp_config:\n  reshard_after_forward: true\n"
PARAMETERS = 8030261248
GIB = 1 << 30


def estimate(more: str = "", gpus: int = 1, base: str = BASE) -> MemoryEstimate:
    keys = {line.partition(":")[0] for line in more.splitlines()}
    kept = "".join(f"{line}\n" for line in base.splitlines() if line.partition(":")[0] not in keys)
    found = memory_of(read(kept + more, gpus))
    assert found is not None
    return found


def said(found: MemoryEstimate, words: str) -> bool:
    return any(words in sentence for sentence in found.assumptions)


def test_full_training_holds_weights_gradients_and_two_states_of_two_bytes_each() -> None:
    found = estimate()
    assert (found.base_params, found.trainable_params) == (PARAMETERS, PARAMETERS)
    assert found.parts.weights == pytest.approx(2 * PARAMETERS / GIB, abs=0.01)
    assert found.parts.gradients == pytest.approx(2 * PARAMETERS / GIB, abs=0.01)
    assert found.parts.optimizer == pytest.approx(4 * PARAMETERS / GIB, abs=0.01)


def test_the_parts_make_up_the_estimate_and_the_range_encloses_it() -> None:
    for more in ("", LORA, QLORA, QLORA + CUT, "gradient_checkpointing: false\n"):
        found = estimate(more)
        parts = found.parts
        tensors = parts.weights + parts.gradients + parts.optimizer + parts.activations + parts.loss
        assert tensors == pytest.approx(found.allocated_gib, abs=0.01)
        assert tensors + parts.overhead == pytest.approx(found.estimate_gib, abs=0.02)
        assert found.low_gib < found.estimate_gib <= found.high_gib < 1.6 * found.low_gib


def test_the_cards_that_hold_it_are_those_above_the_range() -> None:
    found = estimate(QLORA)
    assert set(found.fits) <= set(CARDS)
    assert min(found.fits) >= found.high_gib
    assert all(found.estimate_gib <= card for card in found.tight)
    assert not set(found.tight) & set(found.fits)


def test_an_adapter_needs_less_than_full_training_and_four_bits_less_than_sixteen() -> None:
    assert estimate().allocated_gib > estimate(LORA).allocated_gib > estimate(QLORA).allocated_gib


def test_four_bit_weights_take_about_half_a_byte() -> None:
    # All matrices of the layers are packed; embedding and head keep two bytes.
    matrices, rest = 6979321856, PARAMETERS - 6979321856
    expected = (0.515869 * matrices + 2 * rest + 4 * 41943040) / GIB
    assert estimate(QLORA).parts.weights == pytest.approx(expected, rel=1e-3)


def test_eight_bit_states_take_a_quarter_of_a_lora_adapters() -> None:
    wide, small = estimate(LORA), estimate(LORA + "optimizer: adamw_8bit\n")
    assert small.parts.optimizer == pytest.approx(wide.parts.optimizer / 4, abs=0.02)


def test_logits_grow_with_the_vocabulary_and_the_tokens_and_vanish_with_a_fused_loss() -> None:
    plain, longer, fused = estimate(LORA), estimate(LORA + "sequence_len: 8192\n"), estimate(LORA + CUT)
    assert plain.peak_phase == "backward_loss"
    assert plain.parts.loss == pytest.approx(12 * 128256 * 8192 / GIB, rel=0.05)
    assert longer.parts.loss == pytest.approx(2 * plain.parts.loss, rel=0.01)
    assert fused.allocated_gib < plain.allocated_gib - 10


def test_checkpointing_and_offloading_shrink_what_the_layers_keep() -> None:
    off, on = estimate(LORA + CUT + "gradient_checkpointing: false\n"), estimate(LORA + CUT)
    offloaded = estimate(LORA + CUT + "activation_offloading: true\n")
    assert off.parts.activations > 5 * on.parts.activations
    assert on.parts.activations > offloaded.parts.activations
    assert offloaded == estimate(LORA + CUT + "gradient_checkpointing: offload\n")


def test_accumulation_keeps_gradients_while_the_forward_pass_runs() -> None:
    assert estimate().parts.gradients > estimate("gradient_accumulation_steps: 1\n").parts.gradients


def test_lora_kernels_save_activations() -> None:
    without = LORA + "lora_mlp_kernel: false\nlora_qkv_kernel: false\nlora_o_kernel: false\n"
    more = "gradient_checkpointing: false\n"
    assert estimate(LORA + more).parts.activations < 0.8 * estimate(without + more).parts.activations


def test_lora_with_load_in_4bit_is_loaded_whole_and_said_to_be() -> None:
    mistaken, plain = estimate(LORA + "load_in_4bit: true\n"), estimate(LORA)
    assert mistaken.parts.weights > 1.7 * plain.parts.weights
    assert said(mistaken, "does not quantize with `adapter: lora`")


def test_experts_stay_unquantised_unless_asked() -> None:
    base = BASE.replace("meta-llama/Llama-3.1-8B", "Qwen/Qwen3-30B-A3B")
    targets = QLORA.replace("lora_target_linear: true", "lora_target_modules: [q_proj, v_proj]")
    loose = estimate(targets, base=base)
    packed = estimate(targets + "quantize_moe_experts: true\n", base=base)
    assert loose.parts.weights > 100
    assert packed.parts.weights < 18
    assert said(loose, "`quantize_moe_experts` is off")


def test_full_training_without_flash_attention_keeps_embeddings_in_fp32() -> None:
    flash, sdpa = estimate(), estimate("attn_implementation: sdpa\n")
    embeddings = 2 * 2 * 128256 * 4096 / GIB
    assert sdpa.parts.weights - flash.parts.weights == pytest.approx(embeddings, rel=0.01)
    assert said(sdpa, "fp32")


def test_an_evaluation_batch_larger_than_the_training_batch_makes_the_peak() -> None:
    small = LORA + "micro_batch_size: 1\nval_set_size: 0.1\n"
    assert estimate(small + "eval_batch_size: 1\n").peak_phase == "backward_loss"
    large = estimate(small + "eval_batch_size: 8\n")
    assert large.peak_phase == "evaluation"
    assert said(large, "Evaluation needs the most")


def test_rows_that_are_not_filled_up_lower_the_range_but_not_the_estimate() -> None:
    padded, loose = estimate(LORA), estimate(LORA + "sample_packing: false\n")
    assert loose.estimate_gib == padded.estimate_gib
    assert loose.low_gib < padded.low_gib
    assert said(loose, "shorter rows need less")


def test_preference_training_sends_two_rows_through_the_model_and_full_training_holds_a_reference() -> None:
    dpo = "rl: dpo\nsample_packing: false\n"
    assert estimate(LORA + dpo).parts.loss > 1.9 * estimate(LORA).parts.loss
    assert estimate(dpo).parts.weights == pytest.approx(2 * estimate().parts.weights, rel=0.01)


def test_eager_attention_grows_with_the_square_of_the_sequence() -> None:
    short = estimate(LORA + CUT + "attn_implementation: eager\nsequence_len: 2048\nmicro_batch_size: 4\n")
    long = estimate(LORA + CUT + "attn_implementation: eager\nsequence_len: 8192\nmicro_batch_size: 1\n")
    assert long.parts.activations > 2 * short.parts.activations


def test_zero_divides_state_then_gradients_then_weights() -> None:
    one, two, three = (
        estimate(f"deepspeed: deepspeed_configs/{name}.json\n", 4) for name in ("zero1", "zero2_torch_compile", "zero3")
    )
    alone = estimate("ddp: true\n", 4)
    assert alone.parts.optimizer * 2 > one.parts.optimizer
    assert one.parts.gradients > 1.9 * two.parts.gradients
    assert two.parts.weights > 2 * three.parts.weights
    assert said(three, "Across 4 GPUs, ")


def test_fsdp_keeps_weights_and_states_in_bf16_divided() -> None:
    found = estimate(FSDP, 8)
    assert found.parts.optimizer == pytest.approx(4 * PARAMETERS / 8 / GIB, rel=0.01)
    assert found.parts.weights < 2 * PARAMETERS / 8 / GIB + 4


def test_fsdp_keeps_gradients_whole_while_micro_batches_are_accumulated() -> None:
    several, one = estimate(FSDP, 8), estimate(FSDP + "gradient_accumulation_steps: 1\n", 8)
    assert several.parts.gradients >= 2 * PARAMETERS / GIB
    assert one.parts.gradients < 0.5 * several.parts.gradients


def test_fsdp_without_resharding_holds_a_whole_copy_of_the_weights() -> None:
    kept = FSDP.replace("true", "false")
    whole, shards = estimate(LORA + kept, 8), estimate(LORA + FSDP, 8)
    layers = 2 * (PARAMETERS - 2 * 128256 * 4096) / GIB
    assert whole.parts.weights - shards.parts.weights == pytest.approx(layers, rel=0.1)


def test_what_is_offloaded_needs_main_memory() -> None:
    assert estimate(FSDP, 8).host_gib == 0
    bytes_each = {
        gpus: estimate(FSDP + "  offload_params: true\n", gpus).host_gib * GIB / PARAMETERS for gpus in (2, 8)
    }
    assert bytes_each == pytest.approx({2: 8, 8: 8}, rel=0.01), "bf16 weights, gradients, and two states, once in all"
    zero = {
        name: estimate(f"deepspeed: deepspeed_configs/{name}.json\n", 4).host_gib * GIB / PARAMETERS
        for name in ("zero1", "zero2", "zero3_bf16", "zero3_bf16_cpuoffload_params", "zero3_bf16_cpuoffload_all")
    }
    assert zero == pytest.approx(
        {"zero1": 0, "zero2": 16, "zero3_bf16": 0, "zero3_bf16_cpuoffload_params": 2, "zero3_bf16_cpuoffload_all": 18},
        rel=0.01,
    ), "as DeepSpeed's own estimators count, without their reserve"


def test_fsdp_offload_leaves_only_what_works_on_the_gpu() -> None:
    there, away = estimate(LORA + FSDP, 2), estimate(LORA + FSDP + "  offload_params: true\n", 2)
    assert away.parts.optimizer == 0
    assert away.parts.weights < there.parts.weights - 0.9 * PARAMETERS / GIB


def test_large_full_training_divided_among_eight_needs_a_quarter_of_undivided_states() -> None:
    large = BASE.replace("Llama-3.1-8B", "Llama-3.1-70B").replace("sequence_len: 4096", "sequence_len: 8192")
    found = estimate(FSDP + "gradient_accumulation_steps: 1\nmicro_batch_size: 1\n", 8, base=large + CUT)
    assert 75 < found.estimate_gib < 100


def test_zero_states_are_those_of_deepspeeds_own_estimators() -> None:
    one = "gradient_accumulation_steps: 1\ndeepspeed: deepspeed_configs/"
    for name, gpus, states in (
        ("zero1", 4, 7.0),
        ("zero2", 4, 2.0),
        ("zero3_bf16", 4, 4.5 + 4 * 128256 * 4096 / PARAMETERS),
        ("zero3_bf16_cpuoffload_all", 4, 4 * 128256 * 4096 / PARAMETERS),
    ):
        parts = estimate(f"{one}{name}.json\n", gpus).parts
        total = (parts.weights + parts.gradients + parts.optimizer) * GIB / PARAMETERS
        assert total == pytest.approx(states, rel=0.01), name


def test_fsdps_own_checkpointing_counts() -> None:
    more = "gradient_checkpointing: false\n" + FSDP
    with_it = more + "  activation_checkpointing: true\n"
    assert estimate(with_it, 8).parts.activations < 0.3 * estimate(more, 8).parts.activations


def test_context_parallelism_divides_the_row() -> None:
    alone, shared = estimate(LORA + CUT, 2), estimate(LORA + CUT + "context_parallel_size: 2\n", 2)
    assert shared.parts.activations < 0.6 * alone.parts.activations


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("deepspeed_configs/zero1.json", (1, False, False)),
        ("deepspeed_configs/zero2.json", (2, True, False)),
        ("deepspeed_configs/zero3_bf16.json", (3, False, False)),
        ("deepspeed_configs/zero3_bf16_cpuoffload_params.json", (3, False, True)),
        ("deepspeed_configs/zero3_bf16_cpuoffload_all.json", (3, True, True)),
        ({"zero_optimization": {"stage": 2, "offload_optimizer": {"device": "cpu"}}}, (2, True, False)),
        ({"zero_optimization": {"stage": 3}}, (3, False, False)),
        ("my_config.json", (0, False, False)),
        (None, (0, False, False)),
    ],
)
def test_what_a_deepspeed_value_says(value: object, expected: tuple[int, bool, bool]) -> None:
    assert deepspeed_stage(value) == expected


def test_a_guessed_model_has_its_own_size_and_says_that_it_is_guessed() -> None:
    found = estimate(base=BASE.replace("meta-llama/Llama-3.1-8B", "someone/brand-new-12B"))
    assert found.known == "guessed"
    assert found.base_params == found.trainable_params == 12_000_000_000
    assert found.parts.weights == pytest.approx(2 * 12e9 / GIB, rel=0.01)
    assert said(found, "12 billion")


def test_what_cannot_be_known_is_none() -> None:
    assert memory_of(read("base_model: ./outputs/merged\nmicro_batch_size: 1\n")) is None
    assert memory_of(read("micro_batch_size: [1]\nbase_model: 7\n")) is None
    assert memory_of(read("")) is None


@pytest.mark.parametrize(
    "odd",
    [
        "sequence_len: -1\n",
        "sequence_len: 0\n",
        "micro_batch_size: 0\n",
        "lora_r: 0\nadapter: lora\n",
        "adapter: lora\nlora_r: 8\nlora_target_modules: '*'\n",
        "deepspeed: {zero_optimization: 3}\n",
        "fsdp_config: yes\n",
        "bnb_config_kwargs: [1]\n",
        "eval_batch_size: many\nval_set_size: 0.1\n",
        "optimizer: [adamw]\n",
        "tensor_parallel_size: 0\ncontext_parallel_size: 0\n",
        "peft_trainable_token_indices: {embed_tokens: [1]}\nadapter: lora\nlora_r: 8\nlora_target_linear: true\n",
        "unfrozen_parameters: ['*']\n",
        "peft_layers_to_transform: [a]\nadapter: lora\nlora_r: 8\nlora_target_linear: true\n",
        "lora_rank_pattern: {a: b}\nadapter: lora\nlora_r: 8\nlora_target_linear: true\n",
    ],
)
def test_odd_values_never_end_a_check(odd: str) -> None:
    keys = {line.partition(":")[0] for line in odd.splitlines()}
    kept = "".join(f"{line}\n" for line in BASE.splitlines() if line.partition(":")[0] not in keys)
    memory_of(read(kept + odd, 2))


def test_rows_that_are_short_count_as_they_are() -> None:
    loose = read(BASE.replace("sample_packing: true", "sample_packing: false") + LORA)
    remember_plan(loose, make_plan(loose, lengths=[60] * 300))
    found = memory_of(loose)
    assert found is not None
    assert found.estimate_gib < estimate(LORA).estimate_gib - 5
    assert said(found, "if one is as long as `sequence_len`")


def test_a_guessed_model_has_a_wider_range_and_a_stand_in_of_its_own_kind() -> None:
    guessed = estimate(LORA, base=BASE.replace("meta-llama/Llama-3.1-8B", "01-ai/Yi-1.5-9B"))
    known = estimate(LORA)
    assert guessed.known == "guessed"
    assert guessed.high_gib / guessed.low_gib > known.high_gib / known.low_gib
    assert said(guessed, "this is a guess")
    assert guessed.parts.loss < known.parts.loss
