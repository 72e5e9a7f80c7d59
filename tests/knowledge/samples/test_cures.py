"""Cures of findings about rows: the block that a finding gives is copied into the config, and the finding goes away."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from knowledge.config import read
from knowledge.finding import Severity
from knowledge.samples import SampleReport, check_rows, load_kinds
from knowledge.samples.examples import FILE, example_config
from knowledge.samples.wording import WIDTH

BASE = {
    "base_model": "org/TinyLlama-1.1B",
    "sequence_len": 256,
    "micro_batch_size": 1,
    "gradient_accumulation_steps": 1,
    "learning_rate": 0.0001,
}
CHAT = {"type": "chat_template", "chat_template": "chatml"}


def applied(config: str, block: str) -> str:
    """The config with a block copied into it: its keys replace those of the config, a blank one leaves the key out."""
    values = {**yaml.safe_load(config), **yaml.safe_load(block)}
    return yaml.safe_dump({key: value for key, value in values.items() if value is not None}, sort_keys=False)


def checked(config: str, rows: list[Any] | str) -> SampleReport:
    data = rows if isinstance(rows, str) else "".join(json.dumps(row) + "\n" for row in rows)
    return check_rows(read(config), data.encode(), name=FILE)


def written(entry: dict[str, Any], **root: Any) -> str:
    return yaml.safe_dump({**BASE, **root, "datasets": [{"path": FILE, **entry}]}, sort_keys=False)


def said(*turns: tuple[str, str], role: str = "role", text: str = "content") -> list[dict[str, str]]:
    return [{role: who, text: words} for who, words in turns]


ASKED = (("user", "Is it far?"), ("assistant", "Two miles."))
LONG = "A plum, or an apple. " * 90

CASES = [
    pytest.param("rows-column-missing", written({"type": "completion"}), [{"content": "A plum."}] * 2, id="field"),
    pytest.param("rows-column-missing", written({"type": "alpaca"}), [{"prompt": "Name a fruit.", "answer": "A"}] * 2,
                 id="mapping"),
    pytest.param("rows-column-missing", written({"type": "alpaca"}), [{"messages": said(*ASKED)}] * 2, id="type"),
    pytest.param("rows-column-missing", written(CHAT), [{"conversations": said(*ASKED)}] * 2, id="messages"),
    pytest.param("rows-column-missing", written(CHAT),
                 [{"conversations": said(("human", "Far?"), ("gpt", "No."), role="from", text="value")}] * 2,
                 id="messages and their keys"),
    pytest.param("rows-column-missing", written({"type": "chat_template"}, chat_template="chatml"),
                 [{"instruction": "Name a fruit.", "output": "A plum."}] * 2, id="chat to instruction"),
    pytest.param("rows-message-keys", written(CHAT),
                 [{"messages": said(("human", "Far?"), ("gpt", "No."), role="from", text="value")}] * 2, id="keys"),
    pytest.param("rows-content-untrained", written({**CHAT, "chat_template": "tokenizer_default"}, base_model="my/one"),
                 [{"messages": said(*ASKED, text="text")}] * 2, id="content key"),
    pytest.param("rows-role-unmapped", written(CHAT), [{"messages": said(("user", "Far?"), ("bot", "No."))}] * 2,
                 id="roles"),
    pytest.param("rows-end-untrained", written(CHAT), [{"messages": said(*ASKED)}] * 2, id="eot_tokens"),
    pytest.param("rows-end-off", written({**CHAT, "train_on_eos": "none"}), [{"messages": said(*ASKED)}] * 2, id="eos"),
    pytest.param("rows-eot-not-in-template", written(CHAT, eot_tokens=["<|eot_id|>"]), [{"messages": said(*ASKED)}] * 2,
                 id="eot of another template"),
    pytest.param("rows-template-none", written({"type": "chat_template"}), [{"messages": said(*ASKED)}] * 2,
                 id="template"),
    pytest.param("rows-template-refuses", written({**CHAT, "chat_template": "gemma"}),
                 [{"messages": said(("system", "Be brief."), *ASKED)}] * 2, id="system turn"),
    pytest.param("rows-flags-unread", written(CHAT),
                 [{"messages": [{**turn, "train": False} for turn in said(*ASKED)] + said(*ASKED)}] * 2, id="flags"),
    pytest.param("rows-roles-to-train", written({**CHAT, "roles_to_train": ["bot"]}), [{"messages": said(*ASKED)}] * 2,
                 id="roles_to_train"),
    pytest.param("rows-type-unknown", written({"type": "alpacca"}), [{"instruction": "Name it.", "output": "A"}] * 2,
                 id="unknown type"),
    pytest.param("rows-type-removed", written({"type": "sharegpt"}, chat_template="chatml"),
                 [{"conversations": said(("human", "Far?"), ("gpt", "No."), role="from", text="value")}] * 2,
                 id="removed type"),
    pytest.param("rows-type-missing", written({}), [{"text": "A plum."}] * 2, id="no type"),
    pytest.param("rows-rl-missing", written({"type": "chatml.intel"}),
                 [{"system": "", "question": "Far?", "chosen": "No.", "rejected": "Yes."}] * 2, id="no rl"),
    pytest.param("rows-too-long", written({"type": "alpaca"}), [{"instruction": "a", "output": LONG}] * 2, id="length"),
    pytest.param("rows-cut", written({"type": "alpaca"}, excess_length_strategy="truncate"),
                 [{"instruction": "a", "output": LONG}] * 2, id="cut"),
    pytest.param("rows-sharded", written({"type": "completion", "shards": 2}), [{"text": "a b"}, {"text": "c d"}],
                 id="shards"),
    pytest.param("rows-weighted", written({"type": "completion", "weight": 0.4}), [{"text": "a b"}, {"text": "c d"}],
                 id="weight"),
    pytest.param("rows-split", written({"type": "completion", "split": "test"}), [{"text": "a b"}] * 2, id="split"),
    pytest.param("rows-reader-unknown", written({"type": "completion", "ds_type": "jsonl"}), [{"text": "a b"}] * 2,
                 id="reader"),
    pytest.param("rows-reader-by-name", written({"type": "completion", "path": "a.csv.d/rows.jsonl"}),
                 [{"text": "a b"}] * 2, id="reader by name"),
    pytest.param("rows-reader-as-path", written({"type": "completion", "path": "json", "data_files": FILE}),
                 [{"text": "a b"}] * 2, id="reader as path"),
    pytest.param("rows-format", written({"type": {"field_instruction": "q", "field_output": "a",
                                                  "no_input_format": "{question}\n"}}), [{"q": "Far?", "a": "No."}] * 2,
                 id="format"),
    pytest.param("rows-duplicates", written({"type": "completion"}), [{"text": "a b"}] * 3, id="doubles"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "config", "rows"), CASES)
def test_finding_is_gone_with_its_cure(rule: str, config: str, rows: list[Any]) -> None:
    before = [each for each in checked(config, rows).findings if each.rule == rule]
    assert before, "the fault is not found"
    (found,) = before
    assert found.mended, "it has no cure to copy"
    after = checked(applied(config, found.mended), rows)
    assert (rule, found.message) not in [(each.rule, each.message) for each in after.findings]
    assert [each.rule for each in after.findings if each.severity in (Severity.ERROR, Severity.CRASH)] == []


@pytest.mark.parametrize("kind", [kind for kind in load_kinds() if kind.bad], ids=lambda kind: kind.title)
def test_cures_of_the_documented_faults_work(kind: Any) -> None:
    config = example_config(kind)
    for found in checked(config, f"{kind.bad.row}\n").findings:
        if found.mended:
            after = checked(applied(config, found.mended), f"{kind.bad.row}\n")
            assert (found.rule, found.message) not in [(each.rule, each.message) for each in after.findings]
            assert len(found.message) <= WIDTH + 20


def test_entry_of_a_cure_keeps_what_it_does_not_change() -> None:
    config = written({"type": "completion", "shuffle": False, "split": "train[:9]"})
    (found,) = [
        each for each in checked(config, [{"body": "A plum."}] * 2).findings if each.rule == "rows-column-missing"
    ]
    assert yaml.safe_load(found.mended) == {
        "datasets": [{"path": FILE, "type": "completion", "shuffle": False, "split": "train[:9]", "field": "body"}]
    }


def test_cure_that_would_stop_the_run_elsewhere_is_not_offered() -> None:
    config = written({"type": "completion"})
    rows = [{"body": 5}, {"body": 6}]
    (found,) = [each for each in checked(config, rows).findings if each.rule == "rows-column-missing"]
    assert "field: body" not in found.mended


def test_rows_that_have_to_be_changed_themselves_get_no_block() -> None:
    (found,) = [
        each
        for each in checked(written({"type": "alpaca"}), [{"instruction": "a", "output": ""}] * 2).findings
        if each.rule == "rows-answer-empty"
    ]
    assert not found.mended
    assert found.message.endswith("Fill them in or delete them.")
