"""The whole check: what a user is told of a config."""

import json

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge import Severity, check
from knowledge.fixes import corrected, diff
from knowledge.json_values import to_plain

GOOD = """base_model: NousResearch/Llama-3.2-1B
datasets:
  - path: org/rows
    type: alpaca
micro_batch_size: 2
gradient_accumulation_steps: 4
learning_rate: 2e-4
"""
FACTS = """base_model: alpindale/Mistral-7B-v0.2-hf
datasets:
  - path: facts.jsonl
    type: completion
sequence_len: 5000
sequence_length: 10000
gradient_accumulation_steps: 75
micro_batch_size: 2
num_epochs: 7
lr_scheduler: constant
learning_rate: 2e-5
noisy_embedding_alpha: 5
warmup_ratio: 0.1
"""


def rules(text, **options):
    return {finding.rule: finding for finding in check(text, **options).findings}


def test_a_good_config_runs_and_says_what_was_not_checked():
    report = check(GOOD)
    assert report.verdict == "runs"
    assert not [each for each in report.findings if each.severity in (Severity.ERROR, Severity.CRASH, Severity.IGNORED)]
    assert report.not_checked
    assert report.axolotl == "0.21.0"


def test_the_config_of_a_guide_is_told_what_it_really_does():
    found = rules(FACTS, gpus=4)
    assert found["foreign-key"].suggestion == "sequence_len"
    assert found["foreign-key"].line == 6
    assert found["noise-old-name"].suggestion == "neftune_noise_alpha"
    assert "No warm-up" in found["warmup-without-effect"].message
    plan = check(FACTS, gpus=4).plan
    assert plan.real_global_batch == 600


@pytest.mark.parametrize(
    ("text", "rule", "severity", "line"),
    [
        ("lora_rr: 8\n", "unknown-key", Severity.IGNORED, 8),
        ("max_seq_length: 8\n", "foreign-key", Severity.IGNORED, 8),
        ("field_messages: x\n", "misplaced-key", Severity.IGNORED, 8),
        ("liger_rope: true\n", "plugin-not-listed", Severity.IGNORED, 8),
        ("warmup_steps: 0.1\n", "wrong-type", Severity.ERROR, 8),
        ("rl: dpoo\n", "not-a-choice", Severity.ERROR, 8),
        ("fsdp_config:\n  reshard_after_fwd: true\n", "unknown-key", Severity.IGNORED, 9),
        ("context_parallel:\n  sizes: 1\n", "unknown-key-refused", Severity.ERROR, 9),
        ("learning_rate: 1e-5\n", "yaml-duplicate-key", Severity.WARNING, 7),
        ("save_strategy: no\n", "wrong-type", Severity.ERROR, 8),
    ],
)
def test_names_and_types_are_told_with_their_line(text, rule, severity, line):
    finding = rules(GOOD + text)[rule]
    assert (finding.severity, finding.line) == (severity, line)


@pytest.mark.parametrize("text", ["", "- 1", "5", "null", "a"])
def test_what_is_no_config_is_said_to_be_none(text):
    assert check(text).verdict == "refused"


def test_a_launcher_file_is_recognized():
    report = check("provider: modal\ngpu: a100\nsecrets: [HF_TOKEN]\n")
    assert [finding.rule for finding in report.findings] == ["not-a-training-config"]
    assert report.plan is None


def test_the_corrected_copy_changes_the_faults_and_nothing_else():
    text = "# mine\r\nbase_model: a/b   # keep\r\nlearning_rate: 1e-4\r\nlora_rr: 8\r\n"
    text += "datasets:\r\n  - path: x\r\n      type: alpaca\r\n"
    mended = corrected(text, check(text).findings)
    assert mended == text.replace("lora_rr", "lora_r").replace("      type", "    type")
    assert diff(text, mended, "c.yaml").count("\n+") >= 2
    assert "lora_rr" not in {field for finding in check(mended).findings for field in finding.fields}


def test_comments_silence_a_rule_on_their_line_or_everywhere():
    here = check(f"{GOOD}foo: 1  # helpbot: ignore unknown-key\nbar: 2\n")
    assert [finding.fields for finding in here.findings if finding.rule == "unknown-key"] == [("bar",)]
    assert here.silenced == 1
    assert check(f"# helpbot: ignore unknown-key\n{GOOD}foo: 1\nbar: 2\n").silenced == 2


def test_an_older_release_ignores_newer_keys_and_is_given_no_newer_cure():
    found = rules(f"{GOOD}attn_implementation: sdpa\nflash_attention: false\n", axolotl="0.11.0")
    assert found["newer-than-release"].fields == ("attn_implementation",)
    assert "attention-old-flags" not in rules(f"{GOOD}flash_attention: true\n", axolotl="0.11.0")
    assert "needs-release" in rules(f"{GOOD}activation_offloading: legacy\nballance: 1\nnf4_backend: torchao\n")


def test_secrets_are_masked_in_every_word():
    secret = "hf_" + "aB3dE5gH7jK9mN1pQ3sT5vW7xY9zA1cD"
    report = check(f"{GOOD}hub_token: {secret}\n# {secret}\n")
    assert secret not in json.dumps(to_plain(report, exclude={"secrets"}))
    assert report.secrets[0].kind == "Hugging Face token"


@settings(max_examples=120, deadline=2000)
@given(st.text(max_size=300) | st.text("abc:-[]{}#&*!|>'\"%@` \n\t,0123456789", max_size=300))
def test_no_text_makes_a_check_raise(text):
    check(text)


@settings(max_examples=80, deadline=2000)
@given(
    st.dictionaries(
        st.sampled_from(
            [
                *("datasets", "rl", "adapter", "fsdp_config", "trl", "learning_rate", "plugins", "deepspeed"),
                *("val_set_size", "sample_packing", "sequence_len", "num_epochs", "lora_target_modules"),
                *("special_tokens", "max_steps"),
            ]
        ),
        st.sampled_from([None, True, 0, -1, 10**30, 1e308, "", "x", [], [None], [[]], {}, {"a": {}}, [{"path": 1}]]),
        max_size=8,
    )
)
def test_no_value_breaks_a_rule_or_a_number(values):
    report = check(GOOD + yaml.safe_dump(values))
    assert not [word for word in report.not_checked if "failed on this config" in word]
