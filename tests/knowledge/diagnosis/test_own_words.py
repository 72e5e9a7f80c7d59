"""What Axolotl's own code says leads to an explanation, and what is not a message of it does not."""

import pytest

from knowledge.diagnosis import diagnose
from knowledge.diagnosis.own_words import ID
from knowledge.facts import read_json

MESSAGES = read_json("messages.json")["messages"]


def printed(text, level, place="axolotl/x.py:9 f"):
    """A message as a run prints it: with the name of its logger, or below the frame that raises it."""
    words, file = text.replace("{…}", "xx").replace("%s", "xx"), place.partition(":")[0]
    if level == "warning":
        return f"[2026-01-01 10:00:00,000] [WARNING] [{file.removesuffix('.py').replace('/', '.')}.f:9] {words}"
    return f'  File "/x/site-packages/{file}", line 9, in f\nValueError: {words}'


def test_every_message_leads_to_something():
    # Those of few words are recognized by their file as well; of the others each ninth is tried.
    few = [each for each in MESSAGES if len(each[0]) <= 40]
    for text, level, place, _ in [*few[::2], *MESSAGES[::9]]:
        assert diagnose(printed(text, level, place)).matches, text


def test_few_words_are_no_message_without_the_file_they_belong_to():
    assert ID not in {match.id for match in diagnose("ValueError: Unknown topic: x. Available: y").matches}
    with_file = '  File "/x/site-packages/axolotl/cli/agent_docs/__init__.py", line 52, in _resolve_path\n'
    assert diagnose(with_file + "ValueError: Unknown topic: x. Available: y").matches[0].id == ID


def test_a_message_without_an_entry_is_repeated_with_its_fields_and_its_place():
    text, level, place, _ = next(each for each in MESSAGES if each[0].startswith("pad_to_multiple_of is not supported"))
    match = diagnose(printed(text, level)).matches[0]
    assert match.id == ID
    assert text in match.meaning
    assert place.split(":")[0] in match.cure


@pytest.mark.parametrize("text", ["ValueError: pad to multiple", "TypeError: nothing of the kind is said anywhere"])
def test_other_words_are_none_of_its(text):
    assert ID not in {match.id for match in diagnose(text).matches}
