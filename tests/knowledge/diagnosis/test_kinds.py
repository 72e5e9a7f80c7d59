"""Kinds of logs that were once answered wrongly, each by its smallest form."""

import re

import pytest

from knowledge.diagnosis import diagnose

KINDS = [
    ("a-plan", "I want to fine-tune a 7B model on 24 GB, will it fit?", None, None),
    ("hang-inside-change", "NCCL version 2.27.5+cuda12.9\nUserWarning: the default will change soon", None, None),
    ("oom-inside-bloom", "[INFO] [axolotl.loaders] loading bigscience/bloom-560m", None, None),
    (
        "vllm-shares-the-gpu",
        (
            'Traceback (most recent call last):\n  File "/x/trl/extras/vllm_client.py", line 9, in init_communicator\n'
            "RuntimeError: NCCL error: invalid usage"
        ),
        "rl: grpo\ntrl:\n  use_vllm: true\n",
        r"vllm_mode|other GPU|own GPU|CUDA_VISIBLE_DEVICES",
    ),
    (
        "no-linear-target",
        "ValueError: Target module Conv3d(3, 1) is not supported. Currently, only the following modules are supported",
        None,
        r"lora_target",
    ),
    ("placeholders-and-images", "ValueError: Prompt contained 2 image tokens but received 1 images", None, r"image"),
    ("adapter-with-saved-modules", "ValueError: vLLM only supports modules_to_save being None", None, r"merge"),
    ("pre-tokenizer", "NotImplementedError: BPE pre-tokenizer was not recognized", None, r"convert|llama\.cpp"),
    (
        "special-tokens-attribute",
        "AttributeError: Qwen2Tokenizer has no attribute all_special_tokens_extended",
        None,
        r"vllm|version|transformers",
    ),
    ("last-turn-is-the-users", "Expected last role Assistant for finetuning but got user", None, r"last|assistant"),
    (
        "tool-arguments-as-text",
        "TypeError: Can only get item pairs from a mapping.",
        None,
        r"tool|arguments|mapping|object",
    ),
    ("amd-int8", "rocblaslt warning: no solution\nException: cublasLt ran into an error!", None, r"AMD|ROCm"),
    (
        "tokenizing-outlasts-the-timeout",
        (
            "Tokenizing Prompts (num_proc=8):  97%|#### | 97000/100000 [29:58<00:55, 54.00 examples/s]\n"
            "[rank1]:[E1129] Watchdog caught collective operation timeout: WorkNCCL(SeqNum=1, OpType=ALLREDUCE, "
            "Timeout(ms)=1800000) ran for 1800012 milliseconds before timing out."
        ),
        None,
        r"ddp_timeout|preprocess",
    ),
    (
        "memory-while-loading",
        (
            "Loading checkpoint shards:  50%|## | 2/4 [00:10<00:10]\ntorch.OutOfMemoryError: CUDA out of memory. "
            "Tried to allocate 2.00 GiB."
        ),
        None,
        r"load_in_4bit|quanti|smaller model|shard",
    ),
    ("inner-module", "ModuleNotFoundError: No module named 'axolotl.monkeypatch.models'", None, r"reinstall|versions"),
    (
        "driver-of-the-host",
        "nvidia-container-cli: requirement error: unsatisfied condition: cuda>=12.8",
        None,
        r"driver",
    ),
    (
        "misspelled-model-class",
        "AttributeError: module 'transformers' has no attribute 'AutoModalForCausalLM'",
        None,
        r"type_of_model|spell",
    ),
    ("amd-kernel-file", "error: /usr/src/csrc/ops.hip: No such file or directory", None, r"AMD|ROCm"),
    (
        "rows-are-bare-lists",
        (
            '  File "/x/site-packages/datasets/packaged_modules/json/json.py", line 3, in _generate_tables\n'
            "AttributeError: 'list' object has no attribute 'keys'"
        ),
        None,
        r"bare lists",
    ),
    (
        "mount-over-the-source",
        "python: No module named axolotl.cli\n# docker run -v $PWD:/workspace/axolotl",
        None,
        r"volume mounted over",
    ),
    ("driver-library-in-wsl", "AssertionError: libcuda.so cannot found!", None, r"/usr/lib/wsl/lib"),
    (
        "model-type-missing",
        "ValueError: Unrecognized model in out. Should have a `model_type` key in its config.json",
        None,
        r"only an adapter",
    ),
]
"""Name, text, config, what the first explanations say; None where there is nothing to explain."""


@pytest.mark.parametrize(("text", "config", "says"), [kind[1:] for kind in KINDS], ids=[kind[0] for kind in KINDS])
def test_it_is_answered_by_its_cause(text, config, says):
    diagnosis = diagnose(text, config=config)
    told = [match for match in diagnosis.matches[:3] if not match.harmless]
    texts = ["\n".join([match.meaning, *match.causes, match.cure, *match.fields]) for match in told]
    if says is None:
        assert not diagnosis.failed
        assert not told
    else:
        assert any(re.search(says, each, re.IGNORECASE) for each in texts)
    assert not any(re.search(r"\{[a-z_]+\}", each) for each in texts)


WARNINGS = {
    "axolotl.processing_strategies": "Qwen2VLStrategy has no built-in role boundaries; every token is trained",
    "axolotl.prompt_strategies.chat_template": "Last turn is not trainable, skipping having to find the turn indices.",
}


@pytest.mark.parametrize("module", WARNINGS)
def test_a_true_warning_of_axolotl_leads_to_its_meaning(module):
    found = diagnose(f"[2026-01-05 10:00:01,100] [WARNING] [{module}.f:9] {WARNINGS[module]}")
    assert not found.failed
    assert [match for match in (*found.matches, *found.warnings) if not match.harmless]


def test_an_error_fixed_since_then_is_answered_by_the_release():
    log = (
        "[INFO] axolotl 0.9.2\nTraceback (most recent call last):\n"
        '  File "/x/site-packages/axolotl/utils/odd.py", line 9, in odd\nOddError: something is odd here'
    )
    assert any("Update Axolotl" in match.cure for match in diagnose(log).matches)


UNKNOWN = """Traceback (most recent call last):
  File "/x/site-packages/frobnicate/core.py", line 61, in run
    self.step()
  File "/x/site-packages/frobnicate/state.py", line 17, in step
    raise RuntimeError("the wibble has no handle on plane 7")
RuntimeError: the wibble has no handle on plane 7
"""


def test_what_stands_above_a_traceback_is_no_part_of_its_condition():
    text = "Applied Liger kernels to Qwen2\n" + UNKNOWN.replace("the wibble", "got an unexpected keyword argument")
    assert "fused-loss-argument" not in {match.id for match in diagnose(text).matches}


def test_no_config_that_axolotl_printed_is_taken_for_an_error():
    printed = '[2026-01-05 10:00:01,100] [INFO] [axolotl.cli.config] config:\n{\n  "ple_cpu_offload": true,\n'
    printed += '  "base_model": "x/y",\n  "qlora_sharded_model_loading": true\n}\n'
    found = diagnose(
        printed + "[2026-01-05 10:00:02,100] [INFO] [axolotl.train] Starting trainer...\n" + printed + UNKNOWN
    )
    assert found.unknown is not None
    assert [match.id for match in found.matches if match.conclusive and not match.harmless] == []


def test_a_warning_above_an_unknown_error_is_not_its_cause():
    warning = "[2026-01-05 10:00:01,100] [WARNING] [axolotl.x] Conversation roles must alternate user/assistant\n"
    found = diagnose(warning * 2 + UNKNOWN)
    assert found.unknown is not None
    assert not any(match.conclusive for match in found.matches if not match.harmless)


def test_what_a_compiler_says_counts_more_than_the_exception_that_reports_it():
    text = (
        '/tmp/tmp7/main.c:1:10: fatal error: cuda.h: No such file or directory\n    1 | #include "cuda.h"\n'
        "torch._dynamo.exc.BackendCompilerFailed: inductor raised CalledProcessError: Command '['/usr/bin/gcc', "
        "'/tmp/tmp7/main.c']' returned non-zero exit status 1."
    )
    assert diagnose(text).matches[0].id == "cuda-headers-missing"


def test_what_a_library_refuses_in_its_own_settings_is_no_field_of_the_config():
    text = (
        "pydantic_core._pydantic_core.ValidationError: 1 validation error for DeepSpeedBF16Config\nloss_scale_window\n"
        "  Extra inputs are not permitted [type=extra_forbidden, input_value=100, input_type=int]"
    )
    found = diagnose(text).matches
    assert found[0].id == "deepspeed-config-refused"
    assert "unknown-key-refused" not in {match.id for match in found}


def test_a_clock_in_front_of_the_name_of_a_process_hides_no_frame():
    text = "\n".join(f"2026-01-05 10:00:01.732000: [rank2]: {line}" for line in UNKNOWN.splitlines())
    found = diagnose(text)
    assert found.error.rank == 2
    assert found.error.file == "frobnicate/state.py"
