"""What to change for a smaller card, as the plan tells it."""

from knowledge.config import read
from knowledge.memory import change_line, fitting_card, memory_of, smaller_cards

CONFIG = """\
base_model: mistralai/Mistral-7B-v0.3
datasets:
  - path: rows.jsonl
    type: completion
sequence_len: 4096
sample_packing: true
micro_batch_size: 4
gradient_accumulation_steps: 2
optimizer: adamw_8bit
learning_rate: 2e-5
bf16: true
gradient_checkpointing: true
"""


def test_smaller_cards_are_told_largest_first_and_each_is_reached():
    config = read(CONFIG)
    ways = smaller_cards(config)
    assert 0 < len(ways) <= 2
    assert [way.card_gb for way in ways] == sorted((way.card_gb for way in ways), reverse=True)
    for way in ways:
        assert way.fits
        assert way.card_gb < memory_of(config).high_gib
        assert way.changes[-1].high_gib <= way.card_gb


def test_a_card_that_holds_the_run_needs_no_change():
    way = fitting_card(read(CONFIG), 192)
    assert way.fits
    assert way.changes == ()


def test_no_change_brings_a_large_model_on_a_tiny_card():
    way = fitting_card(read(CONFIG), 1)
    assert not way.fits
    assert way.changes


def test_a_line_says_what_to_write_and_what_it_gives():
    lines = [change_line(change) for change in fitting_card(read(CONFIG), 16).changes]
    assert lines
    assert all(line.startswith("`") for line in lines)
    assert all("about " in line and " GiB. " in line for line in lines)
    assert not any("True" in line for line in lines)


def test_nothing_is_said_of_an_unknown_model():
    config = read("base_model: ./mine\nmicro_batch_size: 1\n")
    assert smaller_cards(config) == ()
    assert fitting_card(config, 24) is None
