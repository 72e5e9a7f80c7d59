"""A pasted error leads to its cause, however it was pasted."""

import json
import re
import time

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.diagnosis import diagnose
from knowledge.json_values import to_json

TRACE = """Traceback (most recent call last):
  File "/home/alice/axolotl/src/axolotl/cli/train.py", line 40, in do_cli
    train(cfg)
  File "/home/alice/axolotl/src/axolotl/utils/data/sft.py", line 117, in prepare_datasets
    raise ValueError(
ValueError: eval dataset split is too small for sample_packing. You should set `eval_sample_packing: False`.
"""
CONFIG = """base_model: NousResearch/Llama-3.2-1B
adapter: lora
lora_r: 16
lora_alpha: 32
lora_target_linear: true
datasets:
  - path: org/rows
    type: alpaca
micro_batch_size: 8
gradient_accumulation_steps: 2
sequence_len: 4096
learning_rate: 0.0002
optimizer: adamw_torch_fused
bf16: true
"""
OUT_OF_MEMORY = (
    "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 23.64 GiB "
    "of which 1.10 GiB is free. Of the allocated memory 20.11 GiB is allocated by PyTorch, and 1.92 GiB is reserved by "
    "PyTorch but unallocated."
)


def ids(text, **rest):
    return [match.id for match in diagnose(text, **rest).matches]


def wrapped(text, width):
    return "\n".join(text[start : start + width] for start in range(0, len(text), width))


@pytest.mark.parametrize(
    "pasted",
    [
        TRACE,
        TRACE.splitlines()[-1],
        "".join(f"[rank1]: {line}\n" for line in TRACE.splitlines()),
        "".join(f"axolotl-train-1  | {line}\n" for line in TRACE.splitlines()),
        "".join(f"> {line}\n" for line in TRACE.splitlines()),
        f"it fails with this, what now?\n```\n{TRACE}```\nthanks",
        "\x1b[31m" + TRACE.replace("ValueError:", "\x1b[1mValueError\x1b[0m:") + "\x1b[0m",
        wrapped(TRACE, 61),
        TRACE.replace("`", "").replace("'", "\u2019"),
        "  3%|▎   | 12/400 [00:32<17:12]\r  4%|▍   | 13/400 [00:34<17:10]\n" + TRACE,
        TRACE.replace("\n", "\r\n"),
        "│ " + TRACE.replace("\n", " │\n│ "),
    ],
    ids=[
        "whole",
        "line",
        "rank",
        "docker",
        "quoted",
        "fenced",
        "colours",
        "wrapped",
        "quotes",
        "bar",
        "windows",
        "box",
    ],
)
def test_a_message_is_found_however_it_was_pasted(pasted):
    diagnosis = diagnose(pasted)
    first = diagnosis.matches[0]
    assert "eval_sample_packing: false" in first.cure
    assert first.kind == "axolotl"
    assert "eval_sample_packing" in first.fields
    assert diagnosis.unknown is None
    assert "split is too small" in first.quote or "wrapped" in pasted or len(first.quote) < 70
    assert first.line >= 1


def test_the_frame_that_tells_is_axolotls_own():
    error = diagnose(TRACE).error
    assert error.type == "ValueError"
    assert (error.file, error.file_line, error.function) == ("axolotl/utils/data/sft.py", 117, "prepare_datasets")


def test_the_root_of_a_chain_counts_and_its_rank_is_kept():
    lines = [
        "Traceback (most recent call last):",
        '  File "/x/site-packages/datasets/builder.py", line 1, in _prepare',
        "KeyError: 'instruction'",
        "The above exception was the direct cause of the following exception:",
        "Traceback (most recent call last):",
        '  File "/x/site-packages/axolotl/train.py", line 2, in train',
        "datasets.exceptions.DatasetGenerationError: An error occurred while generating the dataset",
    ]
    diagnosis = diagnose("\n".join(f"[rank2]: {line}" for line in lines))
    assert diagnosis.error.type == "KeyError"
    assert diagnosis.error.rank == 2
    assert diagnosis.matches[0].id == "missing-column-alpaca"
    assert "message_property_mappings" in diagnosis.matches[0].cure


def test_interleaved_ranks_are_read_apart():
    one = [
        "Traceback (most recent call last):",
        '  File "/x/site-packages/a/b.py", line 3, in f',
        "KeyError: 'messages'",
    ]
    two = [
        "Traceback (most recent call last):",
        '  File "/x/site-packages/c/d.py", line 4, in g',
        "KeyError: 'messages'",
    ]
    mixed = [line for pair in zip(one, two, strict=True) for line in (f"[rank0]: {pair[0]}", f"[rank1]: {pair[1]}")]
    diagnosis = diagnose("\n".join(mixed))
    assert (diagnosis.error.file, diagnosis.error.rank) == ("a/b.py", 0)
    assert ids("\n".join(mixed))[0] == "missing-column-chat"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("KeyError: 'text'", "type: completion"),
        (
            "ImportError: /x/flash_attn_2_cuda.cpython-311.so: undefined symbol: _ZN3c104cuda9SetDeviceEi",
            "no-build-isolation",
        ),
        ("RuntimeError: FlashAttention only supports Ampere GPUs or newer.", "attn_implementation: sdpa"),
        ("ValueError: Cannot flatten integer dtype tensors", "fsdp_version: 2"),
        ("ModuleNotFoundError: No module named 'mpi4py'", "Remove the `deepspeed:` line"),
        ("TypeError: Foo.__init__() got an unexpected keyword argument 'bar'", "reinstall axolotl"),
        ("exitcode: -9 (pid: 4) of binary: /usr/bin/python3", "dataset_num_proc"),
        ('yaml.scanner.ScannerError: mapping values are not allowed here\n  in "c.yml", line 7, column 9', "line 7"),
    ],
)
def test_frequent_errors_name_their_cure(text, says):
    first = diagnose(text).matches[0]
    assert says in f"{first.meaning}\n{first.cure}"


def test_what_a_text_holds_is_named_in_the_answer():
    first = diagnose("TypeError: CoolTrainer.__init__() got an unexpected keyword argument 'speed'").matches[0]
    assert "CoolTrainer.__init__" in first.meaning
    first = diagnose(
        "KeyError: 'completion_text'\n  File \"/x/axolotl/prompt_strategies/own.py\", line 3, in f"
    ).matches[0]
    assert "`completion_text`" in first.meaning


# -- versions ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "cure"),
    [
        ("", "if your version is older, update Axolotl first"),
        ("axolotl==0.5.0", "Your text shows Axolotl 0.5.0; update Axolotl"),
        ("axolotl                 0.21.0", "where this old bug is already fixed"),
    ],
)
def test_an_old_bug_is_answered_by_the_version(line, cure):
    text = f"{line}\nTypeError: LlamaForCausalLM.forward() got an unexpected keyword argument 'length'"
    match = next(match for match in diagnose(text).matches if match.id == "length-reaches-the-model")
    assert cure in match.cure
    assert match.fixed_in == "0.6.0"


def test_versions_are_read_from_what_people_paste():
    text = (
        "axolotl v0.12.2, torch 2.6.0+cu124, flash-attn 2.8.2\ntransformers==4.53.1\naccelerate           1.8.1\n"
        "deepspeed 0.17.2\nPyTorch version 2.6.0+cu124 available.\nlearning_rate 0.0002\n"
    )
    versions = diagnose(text).versions
    assert versions["axolotl"] == "0.12.2"
    assert versions["torch"] == "2.6.0"
    assert versions["cuda"] == "12.4"
    assert versions["flash-attn"] == "2.8.2"
    assert versions["transformers"] == "4.53.1"
    assert versions["accelerate"] == "1.8.1"


# -- configs -------------------------------------------------------------------------------------------------------


def test_out_of_memory_with_a_config_gives_the_changes_in_order():
    diagnosis = diagnose(OUT_OF_MEMORY.replace("23.64", "7.64"), config=CONFIG)
    cure = diagnosis.matches[0].cure
    assert diagnosis.gpu.total == 7.64
    assert "fragmentation" not in diagnosis.gpu.explanation
    assert "GiB per GPU, most of it" in cure
    assert cure.index("`cut_cross_entropy: true`") < cure.index("`gradient_checkpointing: true`")
    gib = [int(number) for number in re.findall(r"about (\d+) GiB\. ", cure)]
    assert gib == sorted(gib, reverse=True)
    assert yaml.safe_load(cure.split("```yaml")[1].strip("` \n"))["gradient_checkpointing"] is True


def test_out_of_memory_without_a_config_asks_for_it():
    assert "With the config" in diagnose(OUT_OF_MEMORY).matches[0].cure


def test_the_numbers_of_a_wrapped_message_are_read():
    gpu = diagnose(wrapped(OUT_OF_MEMORY, 37)).gpu
    assert (gpu.tried, gpu.total, gpu.free, gpu.allocated, gpu.reserved) == (2.0, 23.64, 1.1, 20.11, 1.92)


def test_a_config_in_the_message_is_found_and_checked():
    text = f"my config:\n```yaml\n{CONFIG}sequence_length: 2048\n```\nand the error:\n```\n{TRACE}```"
    diagnosis = diagnose(text)
    assert diagnosis.config_found
    assert any("sequence_length" in finding.fields for finding in diagnosis.findings)
    assert "eval_sample_packing" in diagnosis.matches[0].fields


def test_the_config_that_axolotl_prints_is_read_without_what_it_worked_out():
    printed = {
        "base_model": "NousResearch/Llama-3.2-1B",
        "batch_size": 8,
        "gradient_accumulation_steps": 4,
        "world_size": 1,
    }
    printed |= {"micro_batch_size": 2, "learning_rate": 0.0002, "datasets": [{"path": "a/b", "type": "alpaca"}]}
    text = (
        "[2025-01-01 10:00:00,000] [INFO] [axolotl.cli.config] config:\n" + json.dumps(printed, indent=2) + "\n" + TRACE
    )
    diagnosis = diagnose(text)
    assert diagnosis.config_found
    assert all(finding.severity == "crash" for finding in diagnosis.findings)
    assert diagnosis.error.line > 15


def test_a_config_decides_between_causes():
    text = "RuntimeError: Expected all tensors to be on the same device, but found at least two devices, cuda:0 and cpu"
    with_map = diagnose(text, config=CONFIG + "device_map: auto\n").matches[0].causes
    assert with_map[0].startswith("`device_map` splits")


@pytest.mark.parametrize(
    "text", [CONFIG, f"```yaml\n{CONFIG}```", "# out of memory: lower this\n# KeyError: 'text'\n" + CONFIG]
)
def test_a_config_alone_is_no_error(text):
    diagnosis = diagnose(text)
    assert diagnosis.matches == ()
    assert diagnosis.config_found


# -- Axolotl's own refusals ----------------------------------------------------------------------------------------


def test_a_refusal_leads_to_its_rule_and_a_config_gives_its_line():
    text = "ValueError: Can't load qlora in 8bit"
    match = diagnose(text).matches[0]
    assert match.kind == "axolotl"
    assert match.rules
    assert match.id in match.rules


@pytest.mark.parametrize(
    ("text", "rule", "field"),
    [
        ("lora_r\n  Field required [type=missing, input_value={}, input_type=dict]", "missing-field", "lora_r"),
        (
            "datasets.0.SFTDataset.type\n  Input should be a valid string [type=string_type, input_value=3]",
            "wrong-type",
            "datasets[0].type",
        ),
        ("fp8_config.recipes\n  Extra inputs are not permitted [type=extra_forbidden, input_value=1, input_type=int]",
         "unknown-key-refused", "fp8_config.recipes"),
        ("optimizer: Input should be 'adamw_torch' or 'lion'", "not-a-choice", "optimizer"),
        ("base_model: Field required", "missing-field", "base_model"),
    ],
)  # fmt: skip
def test_pydantics_blocks_name_the_field(text, rule, field):
    match = diagnose(f"1 validation error for AxolotlInputConfig\n{text}").matches[0]
    assert match.id == rule
    assert match.fields == (field,)
    assert field in match.meaning


# -- honest --------------------------------------------------------------------------------------------------------


def test_an_unknown_error_is_said_to_be_unknown():
    text = (
        'Traceback (most recent call last):\n  File "/x/foo/bar.py", line 3, in baz\nFooError: the frobnicator is sad'
    )
    diagnosis = diagnose(text)
    assert diagnosis.matches == ()
    assert diagnosis.unknown.quote == "FooError: the frobnicator is sad"
    assert diagnosis.unknown.line == 3
    assert "Traceback (most recent call last)" in diagnosis.unknown.send


@pytest.mark.parametrize(
    "text",
    [
        "torch.distributed.elastic.multiprocessing.errors.ChildFailedError:\naxolotl.cli.train FAILED",
        "AttributeError: 'NoneType' object has no attribute 'get'",
        "[rank1] Watchdog caught collective operation timeout: WorkNCCL(SeqNum=4) ran for 1800000 milliseconds",
        "RuntimeError: CUDA error: device-side assert triggered",
        "{'loss': nan, 'grad_norm': 0.0, 'learning_rate': 2e-05, 'epoch': 0.1}",
    ],
)
def test_what_a_text_cannot_decide_is_asked_for(text):
    diagnosis = diagnose(text)
    assert diagnosis.unknown is not None
    assert diagnosis.unknown.send
    assert all(not match.conclusive for match in diagnosis.matches[:1])


def test_a_worker_that_died_does_not_hide_why():
    text = (
        TRACE
        + "\ntorch.distributed.elastic.multiprocessing.errors.ChildFailedError:\naxolotl.cli.train FAILED\nexitcode: 1"
    )
    assert ids(text)[0] != "worker-failed"
    assert diagnose(text).unknown is None


def test_notices_are_harmless_and_come_last():
    notice = "The following values were not passed to `accelerate launch` and had defaults used instead:\n"
    alone = diagnose(notice)
    assert alone.matches[0].harmless
    assert alone.unknown is None
    both = diagnose(notice + TRACE)
    assert not both.matches[0].harmless
    assert both.matches[-1].harmless


def test_a_healthy_log_has_no_match():
    lines = ["The following values were not passed to `accelerate launch` and had defaults used instead:"]
    lines += [
        f"{{'loss': {2 - step / 100}, 'grad_norm': 0.5, 'learning_rate': 2e-05, 'epoch': {step}}}" for step in range(60)
    ]
    lines += ["Training completed. Saving trained model to ./outputs."]
    assert diagnose("\n".join(lines)).matches == ()


HEALTHY = """[10:00:01] [INFO] [axolotl.utils.data.shared] Unable to find prepared dataset in x
[10:00:02] [WARNING] [axolotl.cli.checks] Error verifying HuggingFace token. Remember to log in
[10:00:03] [WARNING] [axolotl.utils.schemas.model] `trust_remote_code` is set to true.
[10:00:04] [WARNING] [axolotl.utils.schemas.config] Auto-enabling LoRA kernel optimizations.
/x/torch/checkpoint.py:85: UserWarning: None of the inputs have requires_grad=True. Gradients are None
Setting ds_accelerator to cuda (auto detect)
Loading checkpoint shards: 100%|██████████| 4/4 [00:03<00:00,  1.11it/s]
trainable params: 20,971,520 || all params: 8,051,232,768 || trainable%: 0.2605
"""


def test_the_warnings_of_a_healthy_run_are_no_failure():
    log = HEALTHY + "\n".join(f"{{'loss': {2 - step / 100}, 'epoch': {step}}}" for step in range(30)) + "\nSaving model"
    diagnosis = diagnose(log)
    assert diagnosis.matches == ()
    failed = diagnose(log + "\n" + TRACE)
    assert "eval_sample_packing: false" in failed.matches[0].cure


@pytest.mark.parametrize("text", ["", "\n\n", "hello", "\x00\x01", "what does sample packing do?"])
def test_a_text_without_an_error_has_no_match(text):
    assert diagnose(text).matches == ()


# -- privacy, time -------------------------------------------------------------------------------------------------


def test_secrets_and_names_are_masked():
    token = "hf_" + "aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0zA1b"
    text = f"OSError: You are trying to access a gated repo. token={token} at /home/alice/models/x"
    plain = to_json(diagnose(text))
    assert token not in plain
    assert "alice" not in plain


def test_the_step_at_which_it_died_is_read():
    text = "  3%|▎   | 12/400 [00:32<17:12,  2.66s/it]\n" + OUT_OF_MEMORY
    diagnosis = diagnose(text)
    assert (diagnosis.step, diagnosis.total_steps) == (12, 400)
    assert diagnosis.phase == "training"


@given(st.text(max_size=400))
@settings(max_examples=60, deadline=None)
def test_no_text_breaks_it(text):
    diagnose(text)
    diagnose("Traceback (most recent call last):\n" + text, config=text)


@pytest.mark.parametrize(
    "piece",
    ["[rank1]: ", "Traceback (most recent call last):\n", "KeyError: '", '  File "a.py", line 1, in f\n', "a: ",
     "CUDA out of memory ", "ValueError: x\n", "torch 2.", "[type=", "> ", "%| 1/2 [", "A" * 50, "\r", "config:\n{\n",
     "│", "(a.b", "\x1b["],
)  # fmt: skip
def test_hostile_text_takes_linear_time(piece):
    text = (piece * (200_000 // len(piece) + 1))[:200_000]
    start = time.process_time()
    diagnose(text)
    assert time.process_time() - start < 1.5
