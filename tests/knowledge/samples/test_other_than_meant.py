"""Rows and keys that train something else than meant: each is a finding that names the key or the column to change."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from knowledge.config import read
from knowledge.finding import Finding, Severity
from knowledge.samples import check_rows

TALK = [{"role": "user", "content": "Is it far?"}, {"role": "assistant", "content": "Two miles."}]
CHAT: dict[str, Any] = {"type": "chat_template"}
CHATML = {"chat_template": "chatml", "special_tokens": {"bos_token": "<s>", "eos_token": "<|im_end|>"}}
KTO = {"rl": "kto", "remove_unused_columns": False}
JUDGED: dict[str, Any] = {"type": "chatml.prompt_pairs"}


def task(place: int, **columns: Any) -> dict[str, Any]:
    return {"instruction": f"Name fruit {place}.", "output": "A plum.", **columns}


def found(rows: list[Any], entry: dict[str, Any], root: dict[str, Any], name: str = "rows.jsonl") -> list[Finding]:
    config = {"base_model": "org/model", "datasets": [{"path": name, **entry}], **root}
    data = "".join(json.dumps(row) + "\n" for row in rows).encode()
    return list(check_rows(read(yaml.safe_dump(config)), data, name=name).findings)


@pytest.mark.parametrize(
    ("rows", "entry", "root", "word"),
    [
        pytest.param([{"messages": TALK}], CHAT | {"roles_to_train": ["user"]}, CHATML, "roles_to_train",
                     id="the user's turns are trained"),
        pytest.param([{"messages": [{**turn, "train": True} for turn in TALK]}],
                     CHAT | {"message_field_training": "training"}, CHATML, "message_field_training",
                     id="a flag of another name"),
        pytest.param([{"messages": TALK, "functions": "[]"}], CHAT | {"field_tools": "functions"}, CHATML, "tools",
                     id="a key that nothing reads"),
        pytest.param([{"segments": [{"label": "false", "text": "<s>Far?"}, {"label": "true", "text": "No.</s>"}]}],
                     {"type": "input_output"}, {"special_tokens": {"bos_token": "<s>", "eos_token": "</s>"}}, "label",
                     id="a label that is text"),
        pytest.param([task(0, instruction=None)], {"type": "alpaca"}, {}, "instruction", id="the word None"),
        pytest.param([task(0, output="A plum. <s> A fig.")], {"type": "alpaca"}, CHATML, "output",
                     id="a start token inside a text"),
        pytest.param([{"prompt": "Far?", "completion": f"{place} miles.", "label": True} for place in range(3)],
                     JUDGED, KTO, "label", id="one label alone"),
        pytest.param([task(0)], {"type": "alpaca"}, {"min_sample_len": 400}, "min_sample_len", id="too short"),
        pytest.param([{"messages": [TALK[0], {"role": "assistant", "content": "<think>Hm.</think>Two miles."}]}],
                     CHAT | {"split_thinking": True}, CHATML, "split_thinking", id="thoughts that are not printed"),
        pytest.param([{"messages": [*TALK, TALK[0]]}], CHAT, CHATML, "messages", id="a last turn of the user's"),
        pytest.param([{"input_ids": [1, 2], "labels": [1, 2]}], {}, {}, "`attention_mask`", id="tokens without a mask"),
        pytest.param([task(0), None], {"type": "alpaca"}, {}, "Line 2 is null", id="a row that is null"),
    ],
)  # fmt: skip
def test_a_warning_names_what_to_change(rows: list[Any], entry: dict[str, Any], root: Any, word: str) -> None:
    rows = rows if len(rows) > 1 else rows * 3
    told = [each for each in found(rows, entry, root) if each.severity is Severity.WARNING]
    assert any(word in each.message or any(word in key for key in each.fields) for each in told)
    assert all(each.why for each in told if word in each.message)


@pytest.mark.parametrize(
    ("rows", "entry", "root", "word"),
    [
        pytest.param([{"messages": [{"role": "human", "content": "Far?"}], "chosen": TALK[1], "rejected": TALK[1]}],
                     {"type": "chat_template.default"}, CHATML | {"rl": "dpo"}, "`human`", id="a role of a pair"),
        pytest.param([{"conversations": [{"role": "user", "value": "Far?"}, {"role": "bot", "value": "No."}]}],
                     {"type": "pygmalion"}, {}, "`user`", id="a role of a type"),
        pytest.param([{"messages": [{"role": "system", "content": "Be brief."}, *TALK]}], CHAT,
                     {"chat_template": "gemma"}, "system", id="a role of a template"),
        pytest.param([{"prompt": "Far?", "completion": "No.", "label": "false"}], JUDGED, KTO, "`label`",
                     id="a label that is text"),
    ],
)  # fmt: skip
def test_a_crash_names_what_to_change(rows: list[Any], entry: dict[str, Any], root: Any, word: str) -> None:
    stops = [each for each in found(rows * 3, entry, root) if each.severity in (Severity.ERROR, Severity.CRASH)]
    assert any(word in each.message for each in stops)


def test_json_in_a_file_of_text_names_the_reader() -> None:
    told = found([{"text": "Bread needs flour."}] * 3, {"type": "completion"}, {}, name="rows.txt")
    assert any("ds_type" in key for each in told if each.severity is Severity.WARNING for key in each.fields)
