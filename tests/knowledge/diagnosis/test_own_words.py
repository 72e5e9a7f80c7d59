"""What Axolotl's own code says leads to an explanation, and what is not a message of it does not."""

import pytest

from knowledge.diagnosis import diagnose
from knowledge.diagnosis.own_words import ID
from knowledge.facts import read_json

MESSAGES = read_json("messages.json")["messages"]


def printed(text, level):
    words = text.replace("{…}", "xx").replace("%s", "xx")
    return f"[2026-01-01 10:00:00,000] [WARNING] [axolotl.x] {words}" if level == "warning" else f"ValueError: {words}"


def test_nearly_every_message_leads_to_something():
    sample = MESSAGES[::9]
    lost = [text for text, level, *_ in sample if not diagnose(printed(text, level)).matches]
    assert len(lost) / len(sample) <= 0.05, lost


def test_a_message_without_an_entry_is_repeated_with_its_fields_and_its_place():
    text, level, place, _ = next(each for each in MESSAGES if each[0].startswith("pad_to_multiple_of is not supported"))
    match = diagnose(printed(text, level)).matches[0]
    assert match.id == ID
    assert text in match.meaning
    assert place.split(":")[0] in match.cure


@pytest.mark.parametrize("text", ["ValueError: pad to multiple", "TypeError: nothing of the kind is said anywhere"])
def test_other_words_are_none_of_its(text):
    assert ID not in {match.id for match in diagnose(text).matches}
