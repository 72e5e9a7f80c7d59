"""The hand-written errors: complete, in plain words, linked to what exists, and found in linear time."""

import re
import time

import pytest
import yaml

from knowledge.config import load_types
from knowledge.diagnosis.known import entries_of, known_errors
from knowledge.diagnosis.log import read
from knowledge.diagnosis.matching import Haystack, matches
from knowledge.rules import all_rules
from tests.many import over
from tests.places import ROOT

ERRORS = known_errors()
NAMES = "`|flash-attn|torch|transformers|trl|accelerate|bitsandbytes|vLLM|optimum|float16|8-bit"
IDS = [known.id for known in ERRORS]


def texts(known):
    return [known.meaning, known.cure, known.send, *(cause.text for cause in known.causes)]


def keys(folder, name):
    files = sorted((ROOT / "knowledge" / folder).glob(name))
    return [entry for file in files for entry in yaml.safe_load(file.read_text("utf-8"))["entries"]]


def test_there_are_many_and_each_has_its_own_name():
    assert len(ERRORS) > 250
    assert len(IDS) == len(set(IDS))
    assert all(re.fullmatch(r"[a-z0-9-]+", name) for name in IDS)


@over(ERRORS)
def test_it_is_written_in_plain_words(known):
    for text in filter(None, texts(known)):
        assert text[0].isupper() or re.match(NAMES, text), text
        assert text.rstrip()[-1] in ".:?`", text
        assert "!" not in re.sub(r"`[^`]*`", "", text), text
        assert not re.search(r"\b(?:sorry|please|unfortunately|just|simply)\b", text, re.IGNORECASE), text
        assert text.count("`") % 2 == 0, text
    assert known.conclusive or known.send
    assert not (known.harmless and not known.conclusive)


@over([known for known in ERRORS if known.pattern])
def test_every_gap_in_its_words_is_filled(known):
    named = set(known.expression.groupindex)
    gaps = {gap for text in [*texts(known), known.write] for gap in re.findall(r"\{([a-z_]+)\}", text)}
    gaps -= {"instruction"}  # a placeholder of Axolotl's own prompt formats
    assert gaps <= named | set(known.unnamed)
    assert known.strict or gaps <= set(known.unnamed)


@over([known for known in ERRORS if not known.pattern])
def test_without_a_pattern_there_is_no_gap(known):
    assert not re.findall(r"\{[a-z_]+\}", " ".join(texts(known)).replace("{instruction}", ""))


def test_phrases_are_long_enough_to_mean_something():
    for known in ERRORS:
        for anchor in known.anchors:
            assert sum(map(len, anchor.phrases)) >= 6, (known.id, anchor)
            assert all(anchor.phrases), (known.id, anchor)


def test_what_it_links_to_exists():
    rules = {rule.id for rule in all_rules()} | {"wrong-type", "not-a-training-config"}
    root = load_types().root
    concepts = yaml.safe_load((ROOT / "knowledge" / "fields" / "concepts.yaml").read_text("utf-8"))
    faq = {entry["key"] for entry in keys("faq", "*.yaml")}
    for known in ERRORS:
        for field in known.fields:
            assert re.split(r"[.\[]", field)[0] in root or field in root or "plugin" in known.id or _of_plugin(field), (
                field
            )
        assert set(known.rules) <= rules, known.id
        assert set(known.concepts) <= set(concepts), known.id
        assert set(known.faq) <= faq, known.id


def _of_plugin(field):
    models = load_types().models
    return any(field.split(".")[0] in models[name]["fields"] for name in load_types().plugins.values())


@over([known for known in ERRORS if known.write])
def test_the_lines_to_copy_are_yaml(known):
    assert yaml.safe_load(known.write)


WHOLE = {
    "killed-alone": ["Loading checkpoint shards\nKilled"],
    "missing-column": [
        "KeyError: 'prompt'",
        'KeyError: "prompt"',
        "Column 'prompt' not in the dataset. Current columns in the dataset: ['text']",
    ],
    "head-not-in-the-file": [
        "were not initialized from the model checkpoint at ./merged and are newly initialized: ['lm_head.weight']",
        "from the model checkpoint at outputs/run and are newly initialized: ['model.embed_tokens.weight']",
        "Load report: lm_head.weight | MISSING",
    ],
    "missing-attribute": [
        "AttributeError: module 'torch' has no attribute 'float9'",
        "AttributeError: 'LlamaModel' object has no attribute 'experts'",
        "AttributeError: type object 'AutoModel' has no attribute 'from_name'",
        "RuntimeError: LlamaModel object has no attribute experts",
    ],
}
"""Errors that only count with their pattern: whole lines that hold it."""


@over(ERRORS)
def test_it_is_found_by_its_own_phrases(known):
    for group in known.when:
        phrases = (group,) if isinstance(group, str) else group
        for text in WHOLE[known.id] if known.strict else ["Error: " + " x ".join(phrases)]:
            assert known.strict or all(phrase in text for phrase in phrases)
            found = matches(Haystack(read(text).lines), next(iter(known.phases), None))
            assert known.id in {place.known.id for place in found}, (known.id, text)


def test_those_that_need_their_pattern_are_shown_whole():
    """The loop above takes them from here, so that every phrase of theirs is in a text that matches."""
    assert set(WHOLE) == {known.id for known in ERRORS if known.strict}
    for known in ERRORS:
        for group in known.when if known.strict else ():
            phrases = (group,) if isinstance(group, str) else group
            assert any(all(phrase in text for phrase in phrases) for text in WHOLE[known.id]), (known.id, group)


@over([known for known in ERRORS if known.pattern])
def test_its_pattern_is_linear(known):
    anchors = [phrase for group in known.when for phrase in ((group,) if isinstance(group, str) else group)]
    for piece in ("a", "a.", "'", "KeyError: '", "No module named ", "line 1", *anchors[:3]):
        text = (piece * (100_000 // len(piece) + 1))[:100_000]
        start = time.process_time()
        known.expression.search(text)
        assert time.process_time() - start < 0.5, piece


def test_matching_is_linear_for_all_of_them_at_once():
    phrases = [
        phrase for known in ERRORS for group in known.when for phrase in ((group,) if isinstance(group, str) else group)
    ]
    text = "\n".join(phrases)
    hostile = ((text + "\n") * (100_000 // len(text) + 1))[:100_000]
    start = time.process_time()
    list(matches(Haystack(read(hostile).lines)))
    assert time.process_time() - start < 2.0


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("- id: a\n  when: [x y z]\n  meaning: M.\n", ["some.yaml", "'a'", "`cure`", "required"]),
        ("- id: a\n  when: [x y z]\n  meaning: M.\n  cure: C.\n  wieght: 3\n", ["some.yaml", "'a'", "`wieght`"]),
        ("- id: a\n  when: [x y z]\n  meaning: M.\n  cure: C.\n  pattern: '('\n", ["some.yaml", "'a'", "`pattern`"]),
        ("- id: a\n  when: [", ["some.yaml", "not YAML"]),
        ("a: 1", ["some.yaml", "list"]),
        ("- a", ["some.yaml", "entry 1", "mapping"]),
    ],
)
def test_a_mistake_in_a_file_is_told_with_file_entry_and_key(text, says):
    with pytest.raises(ValueError, match="some") as told:
        entries_of("some.yaml", text)
    assert all(word in str(told.value) for word in says), str(told.value)
