"""What is proposed for a key that Axolotl does not read: by its meaning, never by another word that looks like it."""

from __future__ import annotations

import pytest

from knowledge.check import check
from knowledge.finding import Finding, Severity
from knowledge.fixes import corrected

BASE = """base_model: NousResearch/Llama-3.2-1B
datasets:
  - path: org/rows
    type: alpaca
micro_batch_size: 2
gradient_accumulation_steps: 4
learning_rate: 2e-4
"""
WORSE = {Severity.ERROR, Severity.CRASH, Severity.IGNORED}


def of(key: str, text: str) -> Finding:
    return next(each for each in check(text).findings if key in each.fields and each.severity is Severity.IGNORED)


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ("use_dora: true", "peft_use_dora"),
        ("val_datasets: [a.jsonl]", "test_datasets"),
        ("eval_datasets: [a.jsonl]", "test_datasets"),
        ("validation_dataset: a.jsonl", "test_datasets"),
        ("eval_dataset: x.jsonl", "test_datasets"),
        ("num_workers: 4", "dataloader_num_workers"),
        ("use_liger_kernel: true", "plugins"),
        ("vllm_tensor_parallel_size: 2", "vllm.tensor_parallel_size"),
        ("router_aux_loss_coef: 0.01", "model_config.router_aux_loss_coef"),
        ("context_length: 4096", "sequence_len"),
        ("dtype: bfloat16", "bf16"),
        ("temperature: 0.7", "trl.temperature"),
        ("max_completion_length: 256", "trl.max_completion_length"),
        ("revision: main", "revision_of_model"),
        ("max_sequence_length: 4096", "sequence_len"),
        ("grad_accum: 4", "gradient_accumulation_steps"),
        ("gradient_clipping: 1.0", "max_grad_norm"),
        ("validation_split: 0.1", "val_set_size"),
        ("mixed_precision: bf16", "bf16"),
        ("max_train_steps: 100", "max_steps"),
        ("save_every: 100", "save_steps"),
        ("train_on_prompt: true", "train_on_inputs"),
        ("lora_use_dora: true", "peft_use_dora"),
        ("dataset_name: a/b", "datasets"),
        ("completion_only_loss: true", "train_on_inputs"),
        ("packing_strategy: ffd", "sample_packing_sequentially"),
        ("push_to_hub: true", "hub_model_id"),
        ("bnb_4bit_quant_type: nf4", "bnb_config_kwargs.bnb_4bit_quant_type"),
        ("attention: flash", "attn_implementation"),
        ("rank_pattern: {q: 4}", "lora_rank_pattern"),
        ("data_seed: 7", "seed"),
        ("chat_template_path: x", "chat_template_jinja"),
        ("max_seq_lenght: 2048", "sequence_len"),
        ("cache_implementation: static", None),
        ("dataloader_in_order: true", None),
        ("eval_accumulation_steps: 4", None),
        ("num_generations_eval: 4", None),
        ("use_peft: true", "adapter"),
    ],
)
def test_a_name_leads_to_the_field_of_its_meaning(line: str, field: str | None) -> None:
    assert of(line.partition(":")[0], f"{BASE}{line}\n").suggestion == field


@pytest.mark.parametrize(
    "lines",
    [
        *("bnb_4bit_quant_type: nf4", "push_to_hub: true", "modules_to_save: x", "rank_pattern: {q: 8}"),
        *("eval_dataset: x.jsonl", "use_deepspeed: true", "attention: flash", "cpu_offload: true"),
        *("use_gradient_checkpointing: unsloth", "quantization_config: {load_in_4bit: true}", "data_seed: 7"),
        *("model_init_kwargs: {dtype: bf16}", "chat_template_path: x.jinja", "use_peft: true", "dataset_name: a/b"),
        *("bnb_4bit_quant_type: nf4\nbnb_4bit_use_double_quant: true", "mixed_precision: bf16\ndtype: bfloat16"),
        "lora_config:\n  r: 8\n  target_modules: [q_proj]\nlora_rr: 4",
    ],
)
@pytest.mark.parametrize("head", ["", "adapter: qlora\nload_in_4bit: true\nlora_target_linear: true\n"])
def test_a_corrected_copy_has_no_new_fault(head: str, lines: str) -> None:
    text = f"{BASE}{head}{lines}\n"
    before = check(text).findings
    known = {(each.rule, each.fields) for each in before}
    after = check(corrected(text, before)).findings
    assert not [each for each in after if each.severity in WORSE and (each.rule, each.fields) not in known]


def test_a_nested_adapter_becomes_the_fields_that_train_it() -> None:
    text = f"{BASE}lora_config:  # as in PEFT\n  r: 8\n  lora_alpha: 16\n  target_modules: [q_proj, v_proj]\nseed: 1\n"
    finding = of("lora_config", text)
    assert "every weight is trained" in finding.message
    assert finding.mended.startswith("adapter: lora\nlora_r: 8\n")
    copy = corrected(text, check(text).findings)
    assert copy.startswith(BASE)
    assert copy.endswith("lora_target_modules:\n  - q_proj\n  - v_proj\nseed: 1\n")
    assert not [each for each in check(copy).findings if each.severity in WORSE]


def test_a_value_keeps_the_comment_behind_it() -> None:
    text = f"{BASE}mixed_precision: bf16  # on an A100\n"
    assert corrected(text, check(text).findings) == f"{BASE}bf16: true  # on an A100\n"


def test_an_adapter_that_is_there_needs_no_second_one() -> None:
    finding = of("use_peft", f"{BASE}adapter: lora\nlora_target_linear: true\nuse_peft: true\n")
    assert "`adapter` on line 8 counts" in finding.message
    assert finding.edit is None


def test_a_key_belongs_into_a_block_only_where_the_config_asks_for_it() -> None:
    grpo = f"{BASE}rl: ebft\nebft:\n  stride: 8\nalignment_coef: 1.0\n"
    assert of("alignment_coef", grpo).suggestion == "ebft.alignment_coef"
    assert of("alignment_coef", f"{BASE}alignment_coef: 1.0\n").suggestion is None


def test_a_name_inside_a_dataset_means_what_it_means_there() -> None:
    text = BASE.replace(
        "    type: alpaca\n", "    type: completion\n    text_column: body\n    validation_path: v.jsonl\n"
    )
    assert of("datasets[0].text_column", text).suggestion == "field"
    assert of("datasets[0].validation_path", text).suggestion == "test_datasets"
    assert "    field: body\n" in corrected(text, check(text).findings)


@pytest.mark.parametrize(
    ("written", "field"),
    [
        *(
            ("lora_rr", "lora_r"),
            ("lora_alfa", "lora_alpha"),
            ("gradient_acumulation_steps", "gradient_accumulation_steps"),
        ),
        *(("microbatch_size", "micro_batch_size"), ("warmup-steps", "warmup_steps"), ("outputdir", "output_dir")),
        *(("use_dfy", "use_dft"), ("lora_b", "lora_r"), ("val_something", None)),
        *(
            ("lora_config_file", None),
            ("model_families", None),
            ("use_pray", "use_ray"),
            ("use_peat", "adapter"),
        ),
    ],
)
def test_a_near_name_is_a_typo_and_no_other_word(written: str, field: str | None) -> None:
    assert of(written, f"{BASE}{written}: 8\n").suggestion == field


def test_a_slip_between_two_names_is_not_edited_into_one_of_them() -> None:
    assert of("load_in_bit", f"{BASE}load_in_bit: true\n").edit is None


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("label_smoothing: 0.1", "Under `rl: dpo`, it is `dpo_label_smoothing`."),
        ("beta: 0.1", "In preference training, it is `rl_beta`."),
        ("rank: 8", "Axolotl calls it `lora_r`."),
        ("use_dora: true", "With an adapter, it is `peft_use_dora`."),
    ],
)
def test_a_field_that_this_kind_of_run_does_not_read_is_told_of_and_not_written(line: str, told: str) -> None:
    found = of(line.partition(":")[0], f"{BASE}{line}\n")
    assert told in found.message
    assert found.edit is None or "it is" not in told


def test_a_field_of_the_run_that_the_copy_makes_is_written() -> None:
    text = BASE.replace("alpaca", "chatml.intel") + "stage: dpo\npref_beta: 0.2\n"
    copy = corrected(text, check(text).findings)
    assert "rl: dpo\nrl_beta: 0.2\n" in copy


def test_a_share_where_steps_are_counted_is_written_as_the_share_of_the_run() -> None:
    text = f"{BASE}warmup_steps: 0.1\n"
    assert corrected(text, check(text).findings) == f"{BASE}warmup_ratio: 0.1\n"
    for other in ("warmup_steps: 1.5\n", "warmup_steps: 0.1\nwarmup_ratio: 0.1\n"):
        assert not [each for each in check(BASE + other).findings if each.edit]
