"""Conversations of `type: chat_template`: which turns and ends are trained, and what a template refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from knowledge.config import read
from knowledge.finding import Finding, Severity
from knowledge.samples import SampleReport, check_rows


def turns(*words: tuple[str, Any], **more: Any) -> dict[str, Any]:
    return {"messages": [{"role": role, "content": text} for role, text in words], **more}


GOOD = turns(("user", "Is it far?"), ("assistant", "Two miles."), ("user", "And back?"), ("assistant", "Two more."))


def checked(*rows: Any, keys: dict[str, Any] | None = None, **root: Any) -> SampleReport:
    """Check rows of conversations; `keys` go into the entry, the rest into the config."""
    config = {
        "base_model": "org/model",
        "chat_template": "chatml",
        "special_tokens": {"eos_token": "<|im_end|>"},
        "sequence_len": 1024,
        "micro_batch_size": 1,
        "gradient_accumulation_steps": 1,
        "learning_rate": 0.0001,
        "datasets": [{"path": "rows.jsonl", "type": "chat_template", **(keys or {})}],
        **root,
    }
    data = "".join(json.dumps(row) + "\n" for row in rows).encode()
    return check_rows(read(yaml.safe_dump(config)), data, name="rows.jsonl")


def told(report: SampleReport) -> dict[str, Finding]:
    """The findings that are more than advice."""
    return {each.rule: each for each in report.findings if each.severity is not Severity.ADVICE}


def spans(report: SampleReport, row: int = 1) -> list[tuple[str, bool]]:
    (example,) = [example for example in report.examples if example.row == row]
    return [(part.text, part.trained) for part in example.parts]


def test_answers_are_trained_with_their_ends_and_nothing_else() -> None:
    report = checked(GOOD, GOOD)
    assert told(report) == {}
    assert [text for text, trained in spans(report) if trained] == ["Two miles.<|im_end|>", "Two more.<|im_end|>"]
    assert "Is it far?" in "".join(text for text, trained in spans(report) if not trained)
    assert 0 < report.low < report.trained_tokens < report.high < 60


def test_other_names_of_columns_and_keys_are_read_when_they_are_set() -> None:
    row = {"conversations": [{"from": "human", "value": "Is it far?"}, {"from": "gpt", "value": "No."}]}
    keys = {"field_messages": "conversations", "message_property_mappings": {"role": "from", "content": "value"}}
    assert told(checked(row, row, keys=keys)) == {}


@pytest.mark.parametrize(
    ("row", "keys", "rule", "named"),
    [
        pytest.param({"conversations": GOOD["messages"]}, {}, "rows-column-missing", "messages", id="column"),
        pytest.param({"messages": [{"from": "human", "value": "Far?"}, {"from": "gpt", "value": "No."}]}, {},
                     "rows-message-keys", "role", id="keys"),
        pytest.param({"messages": "Is it far?"}, {}, "rows-json-text", "messages", id="text"),
        pytest.param({"messages": GOOD["messages"][0]}, {}, "rows-not-list", "messages", id="one message"),
        pytest.param({"messages": ["Is it far?", "No."]}, {}, "rows-items-not-objects", "messages", id="texts"),
        pytest.param({"messages": []}, {}, "rows-no-messages", "messages", id="empty"),
        pytest.param({**GOOD, "tools": {"name": "look"}}, {}, "rows-tools-not-list", "tools", id="tools"),
        pytest.param({**GOOD, "tools": "look up"}, {}, "rows-json-text", "tools", id="tools as text"),
        pytest.param(turns(("user", "Far?"), ("assistant", {"a": 1})), {}, "rows-content-not-text", "content",
                     id="object"),
        pytest.param({**turns(("user", "Far?"), ("assistant", "No.")), "system": None}, {}, "rows-system-refused",
                     "system", id="system null"),
    ],
)  # fmt: skip
def test_row_that_stops_the_run_is_an_error_naming_it(
    row: dict[str, Any], keys: dict[str, Any], rule: str, named: str
) -> None:
    report = checked(row, row, keys=keys)
    found = told(report)[rule]
    assert found.severity in (Severity.CRASH, Severity.ERROR)
    assert named in found.message
    assert f"rows[].{named}" in found.fields
    assert found.source == "dataset"


def test_one_bad_row_among_good_ones_is_named_with_its_number() -> None:
    report = checked(GOOD, GOOD, {"messages": []}, GOOD)
    found = told(report)["rows-no-messages"]
    assert (found.row, found.rows, report.rows_failed) == (3, 1, 1)
    assert found.message.startswith("Row 3 has")


@pytest.mark.parametrize(
    ("row", "keys", "rule"),
    [
        pytest.param(turns(("user", "Is it far?")), {}, "rows-no-answer", id="no answer"),
        pytest.param(turns(("user", "Far?"), ("model", "No.")), {}, "rows-role-unmapped", id="strange role"),
        pytest.param(turns(("user", "Far?"), ("assistant", "")), {}, "rows-turn-empty", id="empty answer"),
        pytest.param(turns(("user", "Far?"), ("gpt", "No.")), {"roles_to_train": ["human"]}, "rows-roles-odd",
                     id="the other side"),
        pytest.param(turns(("user", "Far?"), ("assistant", "No.")), {"roles_to_train": ["tool"]}, "rows-roles-to-train",
                     id="roles_to_train"),
        pytest.param({"messages": [{"role": "user", "content": "Far?"}, {"role": "assistant", "text": "No."}]}, {},
                     "rows-content-missing", id="another content key"),
    ],
)  # fmt: skip
def test_row_that_trains_nothing_is_named(row: dict[str, Any], keys: dict[str, Any], rule: str | None) -> None:
    report = checked(GOOD, row, keys=keys)
    if rule is None:
        assert told(report) == {}
    else:
        assert rule in told(report)
        assert told(report)[rule].row in (1, 2)


def test_flags_of_messages_decide_when_they_are_read() -> None:
    row = turns(("user", "Far?"), ("assistant", "No."), ("user", "Sure?"), ("assistant", "Yes."))
    row["messages"][1]["train"] = False
    row["messages"][3]["train"] = True
    unread = checked(row, row)
    assert "rows-flags-unread" in told(unread)
    assert [text for text, trained in spans(unread) if trained] == ["No.<|im_end|>", "Yes.<|im_end|>"]
    report = checked(row, row, keys={"message_field_training": "train"})
    assert told(report) == {}
    assert [text for text, trained in spans(report) if trained] == ["Yes.<|im_end|>"]


def test_flags_that_are_all_off_leave_nothing() -> None:
    row = turns(("user", "Far?"), ("assistant", "No."))
    row["messages"][1]["train"] = 0
    found = told(checked(row, row, keys={"message_field_training": "train"}))
    assert "rows-flag-off" in found
    row["messages"][1]["train"] = "false"
    assert "rows-label-text" in told(checked(row, row, keys={"message_field_training": "train"}))


def test_train_on_inputs_trains_every_turn() -> None:
    report = checked(GOOD, GOOD, train_on_inputs=True)
    assert any(trained and "Is it far?" in text for text, trained in spans(report))


@pytest.mark.parametrize(
    ("template", "row", "rule"),
    [
        pytest.param("gemma", turns(("system", "Be brief."), ("user", "Far?"), ("assistant", "No.")), None, id="gemma"),
        pytest.param("mistral_v1", turns(("user", "Far?"), ("user", "Hm?"), ("assistant", "No.")), "rows-turn-order",
                     id="mistral_v1"),
        pytest.param("chatml", turns(("user", "Far?"), ("user", "Hm?"), ("assistant", "No.")), None, id="chatml"),
        pytest.param("alpaca", turns(("user", "Far?"), ("assistant", "No.")), None, id="alpaca"),
    ],
)  # fmt: skip
def test_template_decides_about_the_order_of_turns(template: str, row: dict[str, Any], rule: str | None) -> None:
    crashes = [
        each.rule
        for each in checked(row, row, chat_template=template, special_tokens={}).findings
        if each.severity is Severity.CRASH
    ]
    if template == "gemma":
        assert crashes == ["rows-template-refuses"]
    else:
        assert crashes == ([rule] if rule else [])


def test_role_that_the_template_does_not_print_is_named() -> None:
    row = turns(("user", "Far?"), ("assistant", "No."), ("critic", "Well said."))
    found = told(checked(row, row))["rows-role-unmapped"]
    assert "`critic`" in found.message
    assert found.rows == 2


def test_end_that_is_never_trained_is_named_with_a_cure() -> None:
    report = checked(GOOD, GOOD, special_tokens={"eos_token": "</s>"})
    found = told(report)["rows-end-untrained"]
    assert "`<|im_end|>`" in found.message
    assert "`</s>`" in found.message
    assert yaml.safe_load(found.mended) == {"eot_tokens": ["<|im_end|>"]}
    cured = checked(GOOD, GOOD, special_tokens={"eos_token": "</s>"}, eot_tokens=["<|im_end|>"])
    assert "rows-end-untrained" not in told(cured)


def test_ends_can_be_left_out() -> None:
    report = checked(GOOD, GOOD, keys={"train_on_eos": "none"})
    assert "rows-end-off" in told(report)
    assert [text for text, trained in spans(report) if trained] == ["Two miles.", "Two more."]


def test_name_of_an_end_that_the_template_does_not_print() -> None:
    report = checked(GOOD, GOOD, eot_tokens=["<|eot_id|>"])
    assert "rows-eot-not-in-template" in told(report)


def test_misspelt_fallback_is_no_template() -> None:
    report = checked(GOOD, GOOD, chat_template="tokenizer_default_fallback_chatmll", base_model="org/TinyLlama-1.1B")
    found = told(report)["rows-template-unknown"]
    assert found.severity is Severity.CRASH
    assert found.suggestion == "chatml" or "chatml" in found.mended


def test_model_without_a_template_needs_one() -> None:
    report = checked(GOOD, GOOD, chat_template=None, base_model="org/TinyLlama-1.1B", special_tokens={})
    found = told(report)["rows-template-none"]
    assert found.severity is Severity.CRASH
    assert yaml.safe_load(found.mended)["datasets"][0]["chat_template"] == "chatml"


def test_unknown_model_gives_a_note_and_no_alarm() -> None:
    report = checked(GOOD, GOOD, chat_template=None, special_tokens={}, base_model="org/model-instruct")
    assert told(report) == {}
    assert any("was not checked" in note for note in report.notes)


def test_written_template_is_checked_and_read() -> None:
    written = "{% for m in messages %}[{{ m['role'] }}] {{ m['content'] }}{{ eos_token }}{% endfor %}"
    report = checked(GOOD, GOOD, chat_template="jinja", chat_template_jinja=written)
    assert told(report) == {}
    broken = checked(GOOD, GOOD, chat_template="jinja", chat_template_jinja=written.replace("{% endfor %}", ""))
    assert told(broken)["rows-template-syntax"].severity is Severity.CRASH


def test_written_template_that_raises_stops_the_run() -> None:
    written = "{% for m in messages %}{% if m['role'] == 'system' %}{{ raise_exception('No system text here') }}"
    written += "{% endif %}[{{ m['role'] }}] {{ m['content'] }}{{ eos_token }}{% endfor %}"
    asked = turns(("system", "Be brief."), ("user", "Far?"), ("assistant", "No."))
    report = checked(GOOD, asked, chat_template="jinja", chat_template_jinja=written)
    found = told(report)["rows-template-raises"]
    assert (found.severity, found.row) == (Severity.CRASH, 2)
    assert "No system text here" in found.message
    assert told(checked(GOOD, GOOD, chat_template="jinja", chat_template_jinja=written)) == {}


@pytest.mark.parametrize(
    ("end", "rule"),
    [
        pytest.param("{{ eos_token }}", None, id="token"),
        pytest.param("<|im_end|>", None, id="text"),
        pytest.param("{% if not loop.last %}<|end|>{% else %}<|end|>{% endif %}", "rows-end-untrained", id="another"),
        pytest.param("", "rows-end-none", id="none"),
    ],
)
def test_end_of_a_written_template_is_what_it_prints_behind_an_answer(end: str, rule: str | None) -> None:
    written = "{% for m in messages %}[{{ m['role'] }}] {{ m['content'] }}" + end + "{% endfor %}"
    found = told(checked(GOOD, GOOD, chat_template="jinja", chat_template_jinja=written))
    assert set(found) == ({rule} if rule else set())
    if rule == "rows-end-untrained":
        assert yaml.safe_load(found[rule].mended) == {"eot_tokens": ["<|end|>"]}


def test_thinking_that_does_not_reach_the_template() -> None:
    row = turns(("user", "Far?"), ("assistant", "<think>Hm.</think>No."))
    assert "rows-thinking-lost" in told(checked(row, row, keys={"split_thinking": True}))
    assert "rows-thinking-lost" not in told(checked(row, row, keys={"split_thinking": True}, chat_template="qwen3"))


def test_arguments_of_tool_calls_have_to_be_json() -> None:
    call = {"type": "function", "function": {"name": "look", "arguments": "{far: yes}"}}
    row = {
        "messages": [{"role": "user", "content": "Far?"}, {"role": "assistant", "content": "", "tool_calls": [call]}]
    }
    report = checked(row, row, chat_template="qwen_25")
    assert "rows-json-text" in told(report)
    call["function"]["arguments"] = '{"far": true}'  # type: ignore[index]
    assert "rows-json-text" not in told(checked(row, row, chat_template="qwen_25"))
