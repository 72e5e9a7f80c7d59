"""Answers for older releases: which keys they would ignore, and what is not held against them."""

from __future__ import annotations

import pytest

from knowledge.check import Report, check
from knowledge.facts import load_names
from knowledge.finding import Finding, Severity
from knowledge.releases import known_release, nearest_release, version

BASE = "base_model: a/b\nlearning_rate: 1e-4\nmicro_batch_size: 1\ngradient_accumulation_steps: 4\n"
ROWS = "datasets:\n  - path: x\n    type: alpaca\n"


def named(report: Report, rule: str) -> list[Finding]:
    return [finding for finding in report.findings if finding.rule == rule]


@pytest.mark.parametrize("path", sorted(path for path in load_names().since if path.isidentifier())[::25])
def test_every_newer_key_is_ignored_by_the_releases_before_it(path: str) -> None:
    releases, came = load_names().releases, load_names().since[path]
    before = releases[releases.index(came) - 1]
    text = f"{BASE}{ROWS}{path}:\n"
    assert [finding.fields for finding in named(check(text, axolotl=before), "newer-than-release")] == [(path,)]
    assert not named(check(text, axolotl=came), "newer-than-release")


def test_keys_inside_blocks_and_entries_have_their_release_too() -> None:
    since = load_names().since
    inside = next(path for path in since if path.startswith("datasets[].") and path.count(".") == 1)
    report = check(f"{BASE}{ROWS}    {inside.rpartition('.')[2]}:\n", axolotl="0.6.0")
    assert [finding.fields for finding in named(report, "newer-than-release")] == [
        (f"datasets[0].{inside.rpartition('.')[2]}",)
    ]


def test_a_field_that_was_removed_since_is_not_held_against_an_older_release() -> None:
    text = f"{BASE}{ROWS}unsloth_lora_mlp: true\nrelora_steps: 100\n"
    assert {"error", "ignored"} <= {finding.severity.value for finding in check(text).findings}
    old = check(text, axolotl="0.11.0")
    assert not [finding for finding in old.findings if {"unsloth_lora_mlp", "relora_steps"} & set(finding.fields)]


def test_findings_that_were_checked_for_another_release_say_so() -> None:
    text = f"{BASE}{ROWS}adapter: qlora\nload_in_8bit: true\n"
    (found,) = named(check(text, axolotl="0.16.0"), "qlora-in-8bit")
    assert found.why.endswith("Checked for Axolotl 0.21.0 only, not for 0.16.0.")
    assert check(text, axolotl="0.16.0").axolotl == "0.16.0"


def test_without_a_release_one_line_names_what_older_ones_would_ignore() -> None:
    text = f"{BASE}{ROWS}attn_implementation: sdpa\nnf4_backend: bitsandbytes\n"
    (found,) = named(check(text), "needs-release")
    assert found.severity is Severity.ADVICE
    assert "nf4_backend" in found.message
    assert load_names().since["nf4_backend"] in found.message
    assert not named(check(f"{BASE}{ROWS}"), "needs-release")


def test_a_release_is_read_as_numbers() -> None:
    assert version("0.9.2") < version("0.10.0") < version("v0.21.0")


@pytest.mark.parametrize(
    ("word", "known", "nearest"),
    [
        ("0.16.0", "0.16.0", "0.16.0"),
        (" v0.12 ", "0.12.2", "0.12.2"),
        ("0.12.1", "0.12.2", "0.12.2"),
        ("0.3", None, "0.6.0"),
        ("9.9", None, "0.21.0"),
        ("main", None, "0.21.0"),
        ("", None, "0.21.0"),
    ],
)
def test_a_release_is_known_by_its_minor_number_and_the_nearest_is_named(
    word: str, known: str | None, nearest: str
) -> None:
    assert known_release(word) == known
    assert nearest_release(word) == nearest
