"""Nothing that strangers paste makes a check, a diagnosis or the mask raise, lose its place or take long."""

import contextlib
import json
import string
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.jobs import correct
from bot.store.errors import InvalidEntry
from bot.store.faq_file import from_yaml
from knowledge.check import check
from knowledge.config import load_types, read
from knowledge.diagnosis import diagnose
from knowledge.document import MAX_BYTES, MAX_FINDINGS, parse
from knowledge.json_values import to_json, to_plain
from knowledge.samples import SAMPLE_BYTES, Sample, check_rows, propose
from knowledge.secrets import find, mask
from knowledge.writing import wishes_of

BASE = (
    "base_model: NousResearch/Llama-3.2-1B\nmicro_batch_size: 2\ngradient_accumulation_steps: 4\nlearning_rate: 2e-4\n"
)
ROWS = "datasets:\n  - path: org/rows\n    type: alpaca\n"
FIELDS = sorted(load_types().root)
BOUND = 1.0
"""Seconds of processor time for any text of at most `MAX_BYTES`, and any rows."""
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def full(line, head=BASE):
    """A text of as many lines as are read."""
    made, size, number = [head], len(head), 0
    while size < MAX_BYTES - 1200:
        made.append(line(number))
        size += len(made[-1])
        number += 1
    return "".join(made)


def whole(text, **options):
    """A check of which every part has answered."""
    report = check(text, **options)
    failed = [said for said in report.not_checked if "failed on this config" in said]
    assert not failed, (failed, text[:2000])
    to_json(report)
    return report


HUGE = {
    "60,000 brackets": lambda: "[" * 60_000,
    "60,000 braces": lambda: "{" * 60_000,
    "brackets in pairs": lambda: "[" * 30_000 + "]" * 30_000,
    "dashes": lambda: "- " * 500_000,
    "question marks": lambda: "? " * 500_000,
    "short unknown keys": lambda: full(lambda n: f"k{n}: 1\n"),
    "keys near a field": lambda: full(lambda n: f"gradient_accumulation_step{n}: 1\n"),
    "long unknown keys": lambda: full(lambda n: "a" * 1000 + f"{n}: 1\n"),
    "one key of 1 MiB": lambda: BASE + "a" * (MAX_BYTES - 300) + ": 1",
    "one line of 1 MiB": lambda: BASE + "x: " + "a" * (MAX_BYTES - 300),
    "dataset entries": lambda: full(lambda n: f"  - path: a/b{n}\n", BASE + "datasets:\n"),
    "empty dataset entries": lambda: BASE + "datasets: [" + "{}," * 48_000 + "]\n",
    "unknown keys of datasets": lambda: full(lambda _: "  - {path: a, typ: b, fild: x}\n", BASE + "datasets:\n"),
    "plugins that are null": lambda: BASE + ROWS + "plugins: [" + "~," * 45_000 + "]\n",
    "20,000 duplicate keys": lambda: BASE + "learning_rate: 1\n" * 20_000,
    "200,000 comments": lambda: BASE + "# x\n" * 200_000,
    "a million blank lines": lambda: BASE + "\n" * (MAX_BYTES - 300),
    "a quote left open": lambda: BASE + 'x: "' + "a\n" * 400_000,
    "tabs": lambda: full(lambda _: "\tx: 1\n"),
    "lines without a colon": lambda: full(lambda n: f"word{n}\n"),
    "a bracket left open on each line": lambda: full(lambda n: f"k{n}: [a\n"),
    "fences": lambda: "```\n" * 200_000,
    "unknown tags": lambda: full(lambda n: f"k{n}: !!python/object:os.system x\n"),
    "impossible dates": lambda: full(lambda n: f"k{n}: 2020-13-45\n"),
    "one anchor many times": lambda: full(lambda n: f"k{n}: &a 1\n"),
    "unknown aliases": lambda: full(lambda n: f"k{n}: *zz\n"),
    "silencing comments": lambda: full(lambda n: f"k{n}: 1 # helpbot: ignore x{n}\n"),
    "numbers of 4,000 digits": lambda: full(lambda n: f"k{n}: {'9' * 4000}\n"),
    "a binary number": lambda: BASE + ROWS + "max_steps: 0b" + "1" * (MAX_BYTES - 400),
    "a hexadecimal number": lambda: BASE + ROWS + "max_steps: 0x" + "f" * (MAX_BYTES - 400),
    "a number of colons": lambda: BASE + ROWS + "max_steps: 1" + ":10" * 300_000,
    "a model's name of numbers": lambda: BASE.replace("NousResearch/Llama-3.2-1B", "0x" * 300_000) + ROWS,
    "a model's name of one word": lambda: BASE.replace("NousResearch/Llama-3.2-1B", "linearized" * 90_000) + ROWS,
    "a model's name of many words": lambda: BASE.replace("NousResearch/Llama-3.2-1B", "a1-" * 300_000) + ROWS,
    "tokens": lambda: full(lambda n: f"k{n}: hf_{string.ascii_letters[:34]}\n"),
    "named keys": lambda: "api_key: a1b2c3d4e5f6g7h8i9\n" * 35_000,
    "the word token": lambda: "token" * 200_000,
    "token after token": lambda: "token: " * 140_000,
    "addresses": lambda: "://a:b@" * 140_000,
    "armour of private keys": lambda: "-----BEGIN PRIVATE KEY-----\n" * 37_000,
    "bare keys on one line": lambda: "wandb " + ("a1" * 20 + " ") * 25_000,
    "hexadecimal digits": lambda: "a1" * 500_000,
    "signed tokens": lambda: "eyJ" * 340_000,
    "an alias bomb": lambda: (
        "a: &a [x,x,x,x,x,x,x,x,x]\n"
        + "".join(f"{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(20))
    ),
    "a merge bomb": lambda: (
        "a: &a {"
        + ",".join(f"k{n}: 1" for n in range(2000))
        + "}\n"
        + "".join(f"b{n}:\n  <<: [{','.join(['*a'] * 20)}]\n" for n in range(1000))
    ),
    "a chain of merges": lambda: (
        "a0: &a0 {"
        + ",".join(f"k{n}: 1" for n in range(1000))
        + "}\n"
        + "".join(f"a{n}: &a{n} {{<<: *a{n - 1}, z{n}: 1}}\n" for n in range(1, 3000))
    ),
    "lone surrogates": lambda: "\ud800" * 300_000,
    "zero bytes": lambda: "\x00" * 100_000,
}


def within_bound(work):
    """Whether it takes less than the bound; timed once more where it does not, since the machine has other work."""
    for _ in range(2):
        start = time.process_time()
        work()
        if time.process_time() - start < BOUND:
            return True
    return False


@pytest.mark.parametrize("name", HUGE)
def test_the_worst_texts_are_answered_within_a_second(name):
    text = HUGE[name]()[:MAX_BYTES]
    check(BASE + ROWS)
    for work in (lambda: whole(text, gpus=8), lambda: mask(text), lambda: diagnose(text)):
        assert within_bound(work)


def lines_of(make, head=""):
    """As many lines as are read of a sample, made from their number."""
    found, size = [head], len(head)
    for number in range(SAMPLE_BYTES):
        found.append(make(number))
        size += len(found[-1])
        if size > SAMPLE_BYTES:
            return "".join(found)
    raise AssertionError("lines without a character")


SAMPLES = {
    "empty objects": lambda: lines_of(lambda _: "{}\n"),
    "blank lines": lambda: "\n" * SAMPLE_BYTES,
    "a column of its own in each row": lambda: lines_of(lambda n: f'{{"c{n}":"a"}}\n'),
    "many columns": lambda: lines_of(lambda _: "{" + ",".join(f'"c{n}":"a"' for n in range(300)) + "}\n"),
    "short texts": lambda: lines_of(lambda _: '{"text":"a"}\n'),
    "short answers": lambda: lines_of(lambda _: '{"instruction":"a","output":"b"}\n'),
    "a role of its own in each row": lambda: lines_of(
        lambda n: f'{{"conversations":[{{"from":"r{n}","value":"a"}}]}}\n'
    ),
    "one row of many turns": lambda: (
        '{"messages":[' + '{"role":"user","content":"a"},' * 60_000 + '{"role":"user"}]}\n'
    ),
    "one long word": lambda: '{"text":"' + "a" * (SAMPLE_BYTES - 20) + '"}\n',
    "one long text of Han": lambda: '{"text":"' + "\u6f22" * (SAMPLE_BYTES // 3 - 20) + '"}\n',
    "open brackets": lambda: "[" * SAMPLE_BYTES,
    "lines of open brackets": lambda: lines_of(lambda _: "[\n", "x\n"),
    "lines of open objects": lambda: lines_of(lambda _: '{"a":\n'),
    "nested objects": lambda: lines_of(lambda _: '{"a":' * 50 + "1" + "}" * 50 + "\n"),
    "lines that are no JSON": lambda: lines_of(lambda _: "a\n", "text\n"),
    "cut lines": lambda: lines_of(lambda _: '{"a"\n'),
    "a table of one column": lambda: lines_of(lambda n: f"{n}\n", "text\n"),
    "a table of a thousand": lambda: lines_of(
        lambda _: "a," * 999 + "a\n", ",".join(f"c{n}" for n in range(1000)) + "\n"
    ),
    "numbers": lambda: lines_of(lambda n: f"{n % 10}\n"),
    "nulls": lambda: lines_of(lambda _: "null\n"),
    "objects over two lines": lambda: lines_of(lambda _: "{\n}\n"),
    "a table of open quotes": lambda: lines_of(lambda _: '"a\n', "text\n"),
    "a list on one line": lambda: "[" + '{"text":"a"},' * 160_000 + "{}]",
    "tokens": lambda: lines_of(lambda _: '{"text":"hf_' + "aB1" * 12 + '"}\n'),
}


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("file", ["rows.jsonl", "rows.csv"])
@pytest.mark.parametrize("kind", ["alpaca", "chat_template"])
def test_the_worst_rows_are_answered_within_a_second(name, file, kind):
    data = SAMPLES[name]().encode()
    config = read(BASE + ROWS.replace("alpaca", kind).replace("org/rows", file))
    check_rows(config, b'{"instruction": "a", "output": "b"}\n', name=file)
    for work in (lambda: check_rows(config, data, name=file), lambda: propose(data, name=file)):
        assert within_bound(work)


DEEP = {
    "messages": json.dumps({"messages": "[" * 100_000}),
    "tools": json.dumps({"messages": [{"role": "user", "content": "a"}], "tools": "[" * 100_000}),
    "a cell": json.dumps({"text": '{"a":' * 100_000}),
    "a line": "[" * 100_000,
}


@pytest.mark.parametrize("name", DEEP)
@pytest.mark.parametrize("file", ["rows.jsonl", "rows.json", "rows.txt", "rows.tsv"])
def test_text_in_rows_that_is_json_without_an_end_is_answered(name, file):
    data = (DEEP[name] + "\n").encode() * 3
    propose(data, name=file)
    for kind in ("alpaca", "chat_template", "completion"):
        check_rows(read(BASE + ROWS.replace("alpaca", kind)), data, name=file)


def test_a_config_of_values_of_the_wrong_type_is_written_anew_or_refused():
    for key in ("rl", "datasets", "hub_model_id", "processor_type", "pretraining_dataset", "adapter", "base_model"):
        for value in ("[{a: [1]}]", "{a: {b: 1}}", "null", "9" * 400, ".nan"):
            wishes_of(f"{BASE}{key}: {value}\n")


CHAT = ROWS.replace("alpaca", "chat_template") + "chat_template: jinja\nchat_template_jinja: '{}'\n"
TEMPLATES = {
    "one word": "a" * 99_000,
    "one sum": "{{ " + "+ a " * 20_000 + "}}",
    "open brackets": "{{ " + "(" * 50_000,
    "open loops": "{% for a in b %}" * 6_000,
    "nested conditions": "{% if a %}" * 5_000 + "{% endif %}" * 5_000,
    "contents and spaces": "{{ a.content" + " " * 90_000,
    "one key after another": "{{ messages" + "[0]" * 30_000 + " }}",
    "negations": "{{ " + "not " * 24_000 + "a }}",
    "filters": "{{ a" + "|trim" * 18_000 + " }}",
    "expressions": "{{ a }}" * 14_000,
}


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_worst_templates_are_answered_within_a_second(name):
    rows = b'{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}\n'
    whole(BASE + CHAT.format("x"), dataset=rows)
    assert within_bound(lambda: whole(BASE + CHAT.format(TEMPLATES[name]), dataset=rows))


ENTRY_KEYS = sorted(load_types().models["SFTDataset"]["fields"])


@pytest.mark.parametrize("value", ['"a"', "5", "[a]", "[[]]", "{a: [b]}", "{1: ~}", "true", "[{a: b}]", "{user: 5}"])
def test_rows_under_a_dataset_key_of_a_wrong_type_leave_the_rest_of_the_check_whole(value):
    rows = b'{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}\n'
    assert len(ENTRY_KEYS) > 30
    for key in ENTRY_KEYS:
        for kind in ("chat_template", "alpaca"):
            named = "" if key == "type" else f"    type: {kind}\n"
            report = check(f"{BASE}datasets:\n  - path: org/rows\n{named}    {key}: {value}\n", dataset=rows)
            assert not report.failures or report.verdict == "refused", (key, report.failures)


def test_a_column_of_endless_numbers_is_read():
    for number in ("1" * 5_000, "1" * 5_000 + ".5", "1e99999"):
        whole(BASE + ROWS, dataset=Sample(f"instruction,output\na,{number}\nb,{number}\n".encode(), "rows.csv"))


def test_a_copy_of_thousands_of_steps_of_indentation_is_corrected_within_a_second():
    steps = "".join(" " * (number % 100) + f"k{number}:\n" for number in range(10_000))
    for text in (BASE + ROWS + "x: " + "- " * 50_000 + "1\n", BASE + ROWS + steps, BASE + " " * 50_000 + "a: 1\n"):
        found = [to_plain(each) for each in check(text).findings]
        assert within_bound(lambda text=text, found=found: correct(text, found, "config.yaml"))


def test_what_is_too_long_is_not_read():
    report = check("a" * (MAX_BYTES + 1))
    assert [finding.rule for finding in report.findings] == ["yaml-too-large"]


def test_more_findings_than_anybody_reads_are_counted_no_further_and_that_is_said():
    report = check(full(lambda n: f"k{n}: 1\n", ""))
    assert len(report.findings) == MAX_FINDINGS
    assert report.verdict == "refused", "the worst come first"
    assert f"anything beyond the first {MAX_FINDINGS} findings" in report.not_checked[-1]
    assert len(check(BASE + ROWS).not_checked) == 1


def test_behind_hundreds_of_secrets_everything_is_masked():
    secret = "hf_" + string.ascii_letters[:34]
    text = f"k: {secret}\n" * 3_000
    assert secret not in mask(text)
    assert mask(text).count("\n") == text.count("\n")
    assert len(find(text)) < 3_000


def test_secrets_that_run_into_one_another_are_masked_to_the_last():
    token = "hf_" + string.ascii_letters[:34]
    for text in (f"{token}password={token}{token}password=api_key: x", f"password={token}{token}"):
        covered = mask(text)
        assert string.ascii_letters[5:30] not in covered
        assert mask(covered) == covered


NUMBERS = (
    *("1" + "0" * 400, "-1" + "0" * 400, "0x" + "f" * 3000, "1.0e+999", "-1.0e+999", ".nan", "1.0e-320", "1.0e+308"),
    *("0", "-1", "0.0", "9223372036854775808"),
)
VALUES = (
    *NUMBERS,
    *("1e999", ".inf", "1:30", "2020-01-01", "2020-01-01T00:00:00Z", "~", "", "''", "[]", "{}", "[[]]", "[~]"),
    *("{~: ~}", "[.nan]", "{1: 2}", "!!binary aGk=", "!!set {a, b}", "=", "<<", "true", "text", '"\\ud800"'),
    *("[1, [2, [3]]]", "{a: {b: {c: d}}}", "'" + "x" * 5000 + "'"),
)
NUMERIC = [
    name
    for name, field in load_types().root.items()
    if any(f"'{kind}'" in repr(field["type"]) for kind in ("int", "float", "number"))
]


def without(*fields):
    """What every config needs, but for some fields."""
    kept = [line for line in BASE.splitlines() if line.partition(":")[0] not in fields]
    return "\n".join([*kept, "" if "datasets" in fields else ROWS])


@pytest.mark.parametrize("value", NUMBERS, ids=lambda value: repr(value[:12]))
def test_no_number_in_any_numeric_field_breaks_a_rule(value):
    assert len(NUMERIC) > 100
    for number, field in enumerate(NUMERIC):
        whole(f"{without(field)}{field}: {value}\n", gpus=(1, 8)[number % 2])


@pytest.mark.parametrize("value", VALUES, ids=lambda value: repr(value[:12]))
def test_no_value_in_many_fields_at_once_breaks_a_rule(value):
    for start in range(0, len(FIELDS), 12):
        fields = FIELDS[start : start + 12]
        whole("".join([without(*fields), *(f"{field}: {value}\n" for field in fields)]), gpus=3)


SELVES = ("&a [*a]", "&a {a: *a}", "{<<: 1}", "{<<: [1]}", "{[a]: 1}", "{{a: 1}: 2}", "*none", "!!python/name:os x")


@pytest.mark.parametrize("value", SELVES)
def test_values_that_hold_themselves_are_refused_in_words(value):
    for field in ("datasets", "base_model", "fsdp_config", "plugins", "lora_target_modules", "unknown"):
        report = whole(f"{BASE}{field}: {value}\n")
        assert report.verdict == "refused"


TEXT = st.text(max_size=300)
FRAGMENTS = st.sampled_from(
    [
        *FIELDS,
        *VALUES,
        ": ",
        "\n",
        "\n  ",
        "\n  - ",
        "- ",
        "[",
        "]",
        "{",
        "}",
        ", ",
        "#",
        "&a ",
        "*a",
        "<<: *a",
        "|\n",
        "'",
        '"',
    ]
)
CONFIGS = st.lists(FRAGMENTS, max_size=60).map("".join)
LINES = st.lists(st.tuples(st.sampled_from(FIELDS), st.sampled_from(VALUES)), max_size=30)


@QUICK
@given(st.one_of(TEXT, CONFIGS, LINES.map(lambda pairs: "".join(f"{key}: {value}\n" for key, value in pairs))))
def test_no_text_makes_anything_raise(text):
    document = parse(text)
    for fault in document.faults:
        assert fault.line >= 1
    whole(text, gpus=4)
    to_json(diagnose(text))
    diagnose(f"Traceback (most recent call last):\n{text}", config=text)
    assert mask(mask(text)) == mask(text)
    with contextlib.suppress(InvalidEntry):
        from_yaml(text)


@QUICK
@given(st.binary(max_size=400), st.sampled_from(["sample.jsonl", "a.json", "a.csv", "a.parquet", "a.arrow", "a"]))
def test_no_bytes_make_a_check_of_rows_raise(data, name):
    whole(BASE + ROWS, dataset=Sample(data, name))


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.sampled_from(["messages", "role", "content", "from", "value", "conversations", "instruction", "text"]),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=12,
)
KINDS = ("alpaca", "chat_template", "completion", "input_output", "chatml.intel", "nonsense")


@QUICK
@given(st.lists(JSON, max_size=4), st.sampled_from(KINDS))
def test_no_rows_make_a_check_raise(rows, kind):
    data = "\n".join(json.dumps(row) for row in rows).encode()
    whole(BASE + ROWS.replace("alpaca", kind), dataset=data)


@pytest.mark.parametrize("mappings", ["a", "[a]", "1", "{a: [1]}", "{role: {content: 1}}"])
def test_mappings_of_another_type_end_no_check(mappings):
    rows = b'{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}\n'
    block = ROWS.replace("alpaca", "chat_template") + f"    message_property_mappings: {mappings}\n"
    whole(BASE + block, dataset=rows)


def test_a_number_of_thousands_of_digits_in_a_table_ends_no_check():
    whole(BASE + ROWS.replace("alpaca", "completion"), dataset=Sample(b"text\n" + b"9" * 5_000 + b"\n", "rows.csv"))
