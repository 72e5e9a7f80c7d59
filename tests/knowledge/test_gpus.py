"""Cards by the names that people write."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.gpus import UnknownGpu, cards, gpu_named, gpu_names, sizes, suggest


@pytest.mark.parametrize(
    ("text", "name", "count"),
    [
        ("RTX 4090", "RTX 4090", None),
        ("rtx4090", "RTX 4090", None),
        ("4090", "RTX 4090", None),
        ("NVIDIA GeForce RTX 3090 Ti 24GB", "RTX 3090 Ti", None),
        ("2x A100 80GB", "A100 80GB", 2),
        ("A100 80GB x2", "A100 80GB", 2),
        ("4090x2", "RTX 4090", 2),
        ("8xH100 SXM", "H100 SXM 80GB", 8),
        ("two 3090s", "RTX 3090", 2),
        ("4 4090s", "RTX 4090", 4),
        ("6000 ada", "RTX 6000 Ada", None),
        ("2 6000 ada", "RTX 6000 Ada", 2),
        ("NVIDIA A100-SXM4-40GB", "A100 SXM 40GB", None),
        ("A100 (80GB)", "A100 80GB", None),
        ("NVIDIA H100 80GB HBM3", "H100 80GB", None),
        ("Tesla V100-32GB", "V100 32GB", None),
        ("B200 192GB", "B200", None),
        ("L40s", "L40S", None),
    ],
)
def test_a_card_is_known_by_what_people_call_it(text, name, count):
    found = gpu_named(text)
    assert (found.name, found.count, found.guessed, found.assumed) == (name, count, False, "")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("RTX 4900", "RTX 4090"),
        ("rtx 409O", "RTX 4090"),
        ("RXT 4900 24gb", "RTX 4090"),
        ("rtx 4080ti", "RTX 4080"),
        ("4090ti", "RTX 4090"),
    ],
)
def test_a_slip_of_the_finger_is_forgiven_and_told(text, name):
    found = gpu_named(text)
    assert (found.name, found.guessed) == (name, True)
    assert found.assumed == f"No GPU is named {text}, so this is for {name}."


def test_a_name_without_form_or_memory_covers_all_that_are_sold():
    assert {card.form for card in gpu_named("A100 80GB").cards} == {"sxm", "pcie"}
    assert gpu_named("A100").memory_gb == (40, 80)
    assert gpu_named("A100").usable_gib[0] < 40 < 79 < gpu_named("A100").usable_gib[1]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("RTX 4090 48GB", "24 GB, not 48"),
        ("rtx 4095xyz", "Did you mean RTX 4090"),
        ("a toaster", "Unknown GPU"),
        ("", "missing"),
        ("0x A100", "1 to 4096"),
        ("x" * 500, "at most 80"),
    ],
)
def test_what_is_not_a_card_is_refused_with_the_reason(text, says):
    with pytest.raises(UnknownGpu, match=says):
        gpu_named(text)


def test_every_offered_name_is_understood_as_written():
    names = gpu_names()
    assert len(set(names)) == len(names)
    assert not any(gpu_named(name).guessed for name in names)


def test_completion_offers_what_was_begun_with_its_count():
    assert suggest("409") == ("RTX 4090",)
    assert suggest("2x a100 80")[0] == "2x A100 80GB"
    assert "RTX 4090" in suggest("")
    assert len(suggest("rtx")) == 25
    assert suggest("rtx 409o")[0] == "RTX 4090"


def test_the_figures_of_the_data_file_are_plausible():
    for card in cards():
        assert 0.88 * card.memory_gb < card.usable_gib <= card.memory_gb
        assert card.bandwidth_gbs > 200
        assert card.bf16_tflops > 18
        assert card.source
    assert list(sizes()) == sorted(sizes())
    assert sizes()[24] < 24


@given(st.text(max_size=90))
def test_no_text_raises_anything_else(text):
    suggest(text)
    with suppress(UnknownGpu):
        assert gpu_named(text).cards
