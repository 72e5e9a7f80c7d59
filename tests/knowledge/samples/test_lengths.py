"""What becomes of rows by their length: dropped, cut, refused; doubles, shares, and rows without trained tokens."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from knowledge.config import read
from knowledge.finding import Finding, Severity
from knowledge.samples import SampleReport, check_rows

SHORT = {"instruction": "Name a fruit.", "input": "", "output": "A plum."}
LONG = {"instruction": "Name fruits.", "input": "", "output": "A plum, or an apple. " * 80}
LONG_ASKED = {"instruction": "Name one of these: a plum, or an apple. " * 80, "input": "", "output": "A plum."}


CHAT = [{"role": "user", "content": "Is it far to the ferry?"}, {"role": "assistant", "content": "About two miles."}]


def checked(*rows: Any, kind: str = "alpaca", keys: dict[str, Any] | None = None, **root: Any) -> SampleReport:
    config = {
        "base_model": "org/TinyLlama-1.1B",
        "sequence_len": 256,
        "micro_batch_size": 1,
        "gradient_accumulation_steps": 1,
        "learning_rate": 0.0001,
        "datasets": [{"path": "rows.jsonl", "type": kind, **(keys or {})}],
        **root,
    }
    data = "".join(json.dumps(row) + "\n" for row in rows).encode()
    return check_rows(read(yaml.safe_dump(config)), data, name="rows.jsonl")


def told(report: SampleReport) -> dict[str, Finding]:
    return {each.rule: each for each in report.findings if each.severity is not Severity.ADVICE}


def numbered(count: int) -> list[dict[str, str]]:
    return [{**SHORT, "instruction": f"Name fruit number {index}."} for index in range(count)]


@pytest.mark.parametrize(
    ("strategy", "rule", "kept", "severity"),
    [
        pytest.param(None, "rows-too-long", 2, Severity.WARNING, id="unset"),
        pytest.param("drop", "rows-too-long", 2, Severity.ADVICE, id="drop"),
        pytest.param("truncate", "rows-cut", 3, Severity.WARNING, id="truncate"),
        pytest.param("raise", "rows-too-long-refused", 2, Severity.CRASH, id="raise"),
    ],
)
def test_long_row_is_dropped_cut_or_refused(strategy: str | None, rule: str, kept: int, severity: Severity) -> None:
    root: dict[str, Any] = {"excess_length_strategy": strategy} if strategy else {}
    report = checked(*numbered(2), LONG, **root)
    found = next(each for each in report.findings if each.rule == rule)
    assert (found.severity, found.row, found.rows, report.rows_kept) == (severity, 3, 1, kept)
    assert "sequence_len" in found.fields
    assert found.message.startswith("Row 3 is longer than `sequence_len: 256`")


def test_cure_of_a_long_row_is_a_length_that_holds_it() -> None:
    found = told(checked(*numbered(2), LONG))["rows-too-long"]
    cure = yaml.safe_load(found.mended)
    assert cure["sequence_len"] > 256
    assert "rows-too-long" not in told(checked(*numbered(2), LONG, **cure))


def test_cut_that_takes_the_whole_answer_is_named() -> None:
    report = checked(*numbered(2), LONG_ASKED, excess_length_strategy="truncate")
    assert told(report)["rows-cut-untrained"].row == 3


def test_row_near_the_limit_is_no_alarm_while_tokens_are_estimated() -> None:
    report = checked({**SHORT, "output": "A plum. " * 90}, {**SHORT, "output": "A pear. " * 90})
    assert not report.exact
    assert "rows-too-long" not in told(report)


def test_text_is_cut_into_pieces() -> None:
    report = checked({"text": "A plum, or an apple. " * 300}, {"text": "A pear."}, kind="completion")
    assert told(report) == {}
    assert report.rows == 2
    assert report.rows_kept > 4
    assert "rows-split-text" in [each.rule for each in report.findings]


def test_text_loses_what_is_behind_64_pieces() -> None:
    report = checked({"text": "plum " * 10_000}, {"text": "pear"}, kind="completion", sequence_len=32)
    assert told(report)["rows-text-capped"].row == 1


def test_packing_drops_rows_without_a_trained_token() -> None:
    rows = [*numbered(2), {**SHORT, "output": ""}]
    plain, packed = checked(*rows), checked(*rows, sample_packing=True, flash_attention=True)
    assert plain.rows_kept == 3
    assert packed.rows_kept == 2
    assert told(packed)["rows-untrained-dropped"].row == 3


def test_packing_of_nothing_but_untrained_rows_stops() -> None:
    rows = [{**row, "output": ""} for row in numbered(3)]
    found = told(checked(*rows, sample_packing=True, flash_attention=True))
    assert found["rows-all-untrained"].severity is Severity.CRASH


def test_doubles_are_advice_until_they_are_dropped() -> None:
    rows = [*numbered(2), *numbered(2)]
    kept = checked(*rows)
    (found,) = [each for each in kept.findings if each.rule == "rows-duplicates"]
    assert (found.severity, found.row, found.rows, kept.rows_kept) == (Severity.ADVICE, 3, 2, 4)
    dropped = checked(*rows, dataset_exact_deduplication=True)
    assert dropped.rows_kept == 2
    assert told(dropped)["rows-duplicates-dropped"].rows == 2


def test_few_doubles_that_are_dropped_are_advice() -> None:
    report = checked(*numbered(30), numbered(1)[0], dataset_exact_deduplication=True)
    assert told(report) == {}
    assert report.rows_kept == 30


@pytest.mark.parametrize(("keys", "rule"), [({"shards": 4}, "rows-sharded"), ({"weight": 0.5}, "rows-weighted")])
def test_share_of_the_rows_is_named(keys: dict[str, Any], rule: str) -> None:
    found = told(checked(*numbered(8), keys=keys))[rule]
    cure = yaml.safe_load(found.mended)["datasets"][0]
    assert not cure.get(next(iter(keys)))


def test_one_row_is_advice() -> None:
    report = checked(SHORT)
    assert told(report) == {}
    assert "rows-one-left" in [each.rule for each in report.findings]


def test_too_few_rows_to_evaluate_packed() -> None:
    root: dict[str, Any] = {
        "sample_packing": True,
        "attn_implementation": "flash_attention_2",
        "val_set_size": 0.02,
        "num_epochs": 0.5,
        "sequence_len": 2048,
    }
    found = told(checked(*numbered(200), **root))["rows-evaluation-too-small"]
    cure = yaml.safe_load(found.mended)
    assert cure == {"eval_sample_packing": False}
    assert "rows-evaluation-too-small" not in told(checked(*numbered(200), **root, **cure))


def test_lengths_are_what_the_plan_takes() -> None:
    report = checked(*numbered(3), {**SHORT, "output": ""})
    assert len(report.lengths) == 4
    assert all(isinstance(length, int) and length > 20 for length in report.lengths[:3])
    assert report.lengths[3]["trained"] == 0
    assert max(report.lengths[:3]) <= report.longest + 1


def test_counts_are_exact_with_a_tokenizer(tmp_path: Any) -> None:
    tokenizers = pytest.importorskip("tokenizers")
    words = tokenizers.Tokenizer(tokenizers.models.WordLevel({"[UNK]": 0, "plum": 1}, unk_token="[UNK]"))
    words.pre_tokenizer = tokenizers.pre_tokenizers.WhitespaceSplit()
    words.save(str(tmp_path / "tokenizer.json"))
    config = read("base_model: org/TinyLlama-1.1B\ndatasets:\n  - path: rows.jsonl\n    type: completion\n")
    for where in (tmp_path, tmp_path / "tokenizer.json"):
        report = check_rows(config, b'{"text": "plum plum pear"}\n' * 2, name="rows.jsonl", tokenizer=where)
        assert report.exact
        assert report.low == report.trained_tokens == report.high
        assert report.lengths[0] == 3
    missing = check_rows(config, b'{"text": "plum"}\n', name="rows.jsonl", tokenizer=tmp_path / "none.json")
    assert not missing.exact


@pytest.mark.parametrize(
    ("row", "keys", "root"),
    [
        pytest.param({"messages": CHAT}, {"type": "chat_template"}, {}, id="conversations"),
        pytest.param(
            {"chosen": CHAT, "rejected": CHAT}, {"type": "chat_template.argilla_chat"}, {"rl": "dpo"}, id="pairs"
        ),
        pytest.param({"chosen": CHAT, "rejected": CHAT}, {"type": "chat_template.argilla"}, {"rl": "orpo"}, id="orpo"),
    ],
)
def test_rows_that_are_not_rendered_any_more_are_about_as_long(row: Any, keys: Any, root: Any) -> None:
    config = {"base_model": "Qwen/Qwen3-8B", "datasets": [{"path": "rows.jsonl", **keys}], **root}
    lengths = check_rows(read(yaml.safe_dump(config)), [row] * 100, name="rows.jsonl").lengths
    first, last = (sum(each.values()) if isinstance(each, dict) else each for each in (lengths[0], lengths[99]))
    assert last == pytest.approx(first, rel=0.15)
