"""Text to values with positions: equal to the safe loader's, located, fixed where it is broken."""

import math

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.document import MAX_BYTES, parse

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**12), 10**12),
    st.floats(allow_nan=False),
    st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=20),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text("abcxyz_", min_size=1, max_size=6), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.text("abcxyz_", min_size=1, max_size=6), VALUES, min_size=1, max_size=5))
def test_values_are_those_of_the_safe_loader(values):
    text = yaml.safe_dump(values)
    document = parse(text)
    assert document.values == yaml.safe_load(text)
    assert not document.faults


@pytest.mark.parametrize(
    "text",
    [
        "base: &b {a: 1, c: 2}\nuse:\n  <<: *b\n  c: 3\n",
        "both:\n  <<: [{a: 1}, {a: 2, b: 3}]\n",
        "a: !!float 1\nb: !!int '3'\nc: !!set {x, y}\n",
        "day: 2024-01-01\nrate: 2e-5\noctal: 0o17\nbig: 1_000\ntime: 190:20:30\nno: yes\n",
        "text: |\n  one\n  two\nfolded: >\n  a\n  b\n",
    ],
)
def test_merge_keys_tags_and_odd_scalars_are_read_alike(text):
    assert parse(text).values == yaml.safe_load(text)


@pytest.mark.parametrize(
    "text",
    ["a: =\n", "a: !!python/object:os.system x\n", "? [1]\n: 2\n", "a: &x [*x]\n", "a: *none\n", "a: 2024-13-45\n"],
)
def test_what_the_safe_loader_refuses_is_a_fault_and_the_rest_is_read(text):
    document = parse(f"{text}b: 2\n")
    assert document.faults
    assert document.values["b"] == 2


def test_places_count_from_one_in_the_text_as_given():
    document = parse("Look:\n```yaml\na: 1\ndatasets:\n  - path: x\n    type: y\n```\nthanks\n")
    assert document.place("a") == (3, 1)
    assert document.place("datasets[0].type") == (6, 5)
    assert document.repairs


def test_quote_marks_odd_spaces_and_curly_quotes_of_a_chat_are_undone():
    document = parse("> a:\u00a01\n> b: \u201ctwo\u201d\n")
    assert document.values == {"a": 1, "b": "two"}
    assert document.place("b") == (2, 3)


def test_a_key_under_a_value_is_located_and_mended():
    document = parse(
        "datasets:\n  - path: rows.jsonl\n      type: chat_template\n      roles:\n        user: [human]\nx: 1\n"
    )
    fault = document.faults[0]
    assert (fault.id, fault.line, fault.column) == ("yaml-indented-under-value", 3, 7)
    assert fault.mended == "  - path: rows.jsonl\n    type: chat_template\n    roles:\n      user: [human]"
    assert document.values["datasets"] == [
        {"path": "rows.jsonl", "type": "chat_template", "roles": {"user": ["human"]}}
    ]
    assert document.values["x"] == 1


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("\ta: 1\nb: 2\n", "yaml-tab"),
        ("a:1\nb: 2\n", "yaml-missing-space"),
        ("a: 'open\nb: 2\n", "yaml-quote"),
        ("a: [1, 2\nb: 2\n", "yaml-bracket"),
        ("a: x: y\nb: 2\n", "yaml-colon-in-value"),
        ('a: "C:\\Users"\nb: 2\n', "yaml-escape"),
        ("words\nb: 2\n", "yaml-no-colon"),
        ("a: @x\nb: 2\n", "yaml-special-character"),
    ],
)
def test_each_usual_fault_is_named_and_the_rest_is_read(text, fault):
    document = parse(text)
    assert document.faults[0].id == fault
    assert document.values["b"] == 2


def test_repeated_keys_are_found_and_the_last_counts():
    document = parse("a: 1\nb: 2\na: 3\n")
    assert document.values["a"] == 3
    assert [(each.key, each.first.line, each.last.line) for each in document.duplicates] == [("a", 0, 2)]


@pytest.mark.parametrize(
    "text",
    ["[" * 60_000, "{b: " * 60_000, "a: " + "x" * MAX_BYTES, "\x00\x01", "", "- 1", "5", "&a [*a]", "a: &a\n  b: *a\n"],
)
def test_hostile_text_neither_raises_nor_hangs(text):
    parse(text)


def test_an_alias_bomb_is_stopped():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    assert any(fault.id == "yaml-too-large" for fault in parse("\n".join(lines)).faults)


def test_infinite_numbers_are_numbers():
    assert math.isinf(parse("a: .inf\n").values["a"])


@pytest.mark.parametrize("text", ["\x850:", "\u2028a: 1\n\u2029b: 2", "x: 1\x85y: 2", "  a: 1\x85  b: 2\n  c: 3"])
def test_the_rare_signs_that_break_a_line_in_yaml_are_counted_as_lines(text):
    document = parse(text)
    for key in document.values or ():
        assert str(key) in document.words((key,))
        assert document.place(str(key)) is not None or not isinstance(key, str)
