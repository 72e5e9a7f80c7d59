"""Rows as a chat template prints them, and what of them is trained."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from knowledge.config import read
from knowledge.finding import Severity
from knowledge.samples import Sample, SampleReport, check_rows
from knowledge.samples.templates import template_names

REFERENCE = Path(__file__).resolve().parents[4] / "shared" / "rows" / "renderings.jsonl"
TOKENS = {"bos_token": "<s>", "eos_token": "</s>"}
ASKED = {"role": "user", "content": "Is it far?"}
TOLD = {"role": "assistant", "content": "No."}


def printed(
    *messages: dict[str, Any],
    template: str = "chatml",
    keys: dict[str, Any] | None = None,
    root: dict[str, Any] | None = None,
    **columns: Any,
) -> SampleReport:
    config = {
        "base_model": "org/model",
        "chat_template": template,
        "special_tokens": TOKENS,
        "datasets": [{"path": "rows.jsonl", "type": "chat_template", **(keys or {})}],
        **(root or {}),
    }
    return check_rows(read(yaml.safe_dump(config)), [{"messages": list(messages), **columns}], name="rows.jsonl")


def text(report: SampleReport) -> str | None:
    (example,) = report.examples
    return None if example.error else "".join(part.text for part in example.parts)


def trained(report: SampleReport) -> list[str]:
    return [part.text for part in report.examples[0].parts if part.trained]


def stops(report: SampleReport) -> bool:
    return any(each.severity in (Severity.ERROR, Severity.CRASH) for each in report.findings)


@pytest.mark.parametrize("name", template_names())
def test_every_template_prints_what_axolotl_prints(name: str) -> None:
    if not REFERENCE.is_file():
        pytest.skip("the reference data are not with this checkout")
    lines = [json.loads(line) for line in REFERENCE.read_text("utf-8").splitlines()]
    for line in (line for line in lines if line["template"] == name and "rendered_on" not in line):
        columns = {"tools": line["tools"]} if line.get("tools") else {}
        report = printed(*line["messages"], template=name, **columns)
        assert text(report) == line.get("text"), line["shape"]
        assert stops(report) == ("text" not in line), line["shape"]


def test_a_system_text_and_an_answer_are_printed_with_their_marks() -> None:
    report = printed({"role": "system", "content": "Be brief."}, ASKED, TOLD, template="llama3")
    heads = ["<|start_header_id|>system<|end_header_id|>\n\nBe brief.", "<|start_header_id|>user<|end_header_id|>\n\n"]
    assert str(text(report)).startswith(f"<s>{heads[0]}<|eot_id|>{heads[1]}Is it far?<|eot_id|>")
    assert trained(report) == ["No."]


def test_the_end_of_a_turn_is_not_the_next_bracket() -> None:
    template = "{% for message in messages %}{{ message['content'] }}{% endfor %}"
    messages = (ASKED, {"role": "assistant", "content": "A one"}, {"role": "user", "content": "<b>two"}, TOLD)
    report = printed(*messages, template="jinja", root={"chat_template_jinja": template})
    assert trained(report) == ["A one", "No."]


@pytest.mark.parametrize(("variable", "kept"), [("message", True), ("m", False)])
def test_tool_calls_reach_only_a_template_whose_variable_is_called_message(variable: str, kept: bool) -> None:
    template = (
        f"{{% for {variable} in messages %}}{{{{ {variable}['role'] }}}}:{{{{ {variable}['content'] }}}}"
        f"{{% if {variable}.tool_calls %}}CALL{{% endif %}}{{% endfor %}}"
    )
    call = {"type": "function", "function": {"name": "far", "arguments": "{}"}}
    answer = {"role": "assistant", "content": "", "tool_calls": [call]}
    report = printed(ASKED, answer, template="jinja", root={"chat_template_jinja": template})
    assert ("CALL" in str(text(report))) is kept
    assert trained(report) == (["CALL"] if kept else [])


def test_qwen3_keeps_the_thinking_of_the_last_answer_only() -> None:
    thought = {"role": "assistant", "content": "No.", "reasoning_content": "Two miles."}
    report = printed(ASKED, thought, ASKED, thought, template="qwen3")
    assert str(text(report)).count("<think>\nTwo miles.\n</think>") == 1


def test_marks_of_a_content_train_its_letters() -> None:
    parts = [{"type": "text", "text": "Two miles", "train": False}, {"type": "text", "text": ", no more."}]
    report = printed(ASKED, {"role": "assistant", "content": parts})
    assert trained(report) == [", no more."]


def test_a_row_that_its_template_refuses_has_an_error_and_a_finding() -> None:
    report = printed({"role": "system", "content": "Be brief."}, ASKED, TOLD, template="gemma")
    assert report.examples[0].error
    assert stops(report)


@pytest.mark.parametrize(
    "template",
    [
        "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
        "{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(40) }}",
        "{% set ns = namespace(x='aaaa') %}{% for i in range(60) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}{{ ns.x }}",
        "{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}",
        "{{ 'a'.ljust(9999999999) }}",
        "{{ '{:>9999999999}'.format(1) }}",
        "{{ '%9999999999d' % 1 }}",
    ],
)
def test_a_template_is_stopped_and_the_rows_are_estimated(template: str) -> None:
    report = printed(ASKED, TOLD, template="jinja", root={"chat_template_jinja": template})
    (found,) = [each for each in report.findings if each.rule == "rows-template-stopped"]
    assert found.severity is Severity.WARNING
    assert not stops(report)


def test_a_template_reaches_nothing_of_the_interpreter() -> None:
    template = "{{ ''.__class__.__mro__[1].__subclasses__() }}"
    report = printed(ASKED, TOLD, template="jinja", root={"chat_template_jinja": template})
    assert text(report) is None


# -- a tokenizer's own files -----------------------------------------------------------------------------------------


@pytest.fixture
def tokenizer(tmp_path: Path) -> Path:
    """A folder as transformers 5 saves it: a token for every byte, the template in a file of its own."""
    tokenizers = pytest.importorskip("tokenizers")
    alphabet = sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet())
    letters = tokenizers.Tokenizer(tokenizers.models.BPE({each: at for at, each in enumerate(alphabet)}, []))
    letters.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    letters.decoder = tokenizers.decoders.ByteLevel()
    letters.add_special_tokens(["<s>", "</s>", "<|im_end|>"])
    letters.save(str(tmp_path / "tokenizer.json"))
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(TOKENS), "utf-8")
    text = "{% for message in messages %}{{ message['role'] }}: {{ message['content'] }}<|im_end|>\n{% endfor %}"
    (tmp_path / "chat_template.jinja").write_text(text, "utf-8")
    return tmp_path


def test_the_template_beside_a_tokenizer_is_read_and_every_token_counted(tokenizer: Path) -> None:
    config = "base_model: org/model\neot_tokens: ['<|im_end|>']\n"
    config += "datasets:\n  - path: rows.jsonl\n    type: chat_template\n"
    rows = [{"messages": [ASKED, TOLD]}] * 2
    report = check_rows(read(config), Sample(rows, "rows.jsonl", tokenizer))
    assert text_of(report) == "user: Is it far?<|im_end|>\nassistant: No.<|im_end|>\n"
    assert [part.text for part in report.examples[0].parts if part.trained] == ["No.<|im_end|>"]
    assert report.exact
    assert report.longest == len("user: Is it far?") + 2 + len("assistant: No.") + 2
    assert report.trained_tokens == 2 * (len("No.") + 1)


def test_tokens_that_the_config_adds_are_whole(tokenizer: Path) -> None:
    config = "base_model: org/model\nspecial_tokens: {{eos_token: {}}}\ndatasets:\n  - path: rows.jsonl\n"
    config += "    type: completion\n"
    rows = [{"text": "A plum.<|done|>"}] * 2
    known, added = (
        check_rows(read(config.format(end)), Sample(rows, "rows.jsonl", tokenizer)) for end in ("</s>", "<|done|>")
    )
    assert (known.lengths[0], added.lengths[0]) == (len("A plum.<|done|>"), len("A plum.") + 1)


def test_what_is_trained_of_a_cut_row_is_counted(tokenizer: Path) -> None:
    config = "base_model: org/model\nsequence_len: {}\nexcess_length_strategy: truncate\ndatasets:\n"
    config += "  - path: rows.jsonl\n    type: alpaca\n"
    rows = [{"instruction": "Name a fruit.", "output": "A plum."}] * 2
    whole = check_rows(read(config.format(512)), Sample(rows, "rows.jsonl", tokenizer))
    for lost in (3, len("A plum.") + 1, 40):
        cut = check_rows(read(config.format(int(whole.longest) - lost)), Sample(rows, "rows.jsonl", tokenizer))
        assert cut.trained_tokens == max(whole.trained_tokens - 2 * lost, 0)


def test_the_frame_of_a_type_is_counted(tokenizer: Path) -> None:
    config = "base_model: org/model\nsequence_len: 512\ndatasets:\n  - path: rows.jsonl\n    type: alpaca\n"
    rows = [{"instruction": "Name a fruit.", "output": "A plum."}] * 2
    report = check_rows(read(config), Sample(rows, "rows.jsonl", tokenizer))
    assert report.longest == len(text_of(report)) - len("</s>") + 1


def test_marks_are_widened_to_the_tokens_of_the_content(tmp_path: Path) -> None:
    tokenizers = pytest.importorskip("tokenizers")
    vocabulary = {"?": 0, "first": 1, "second": 2, "user": 3, "assistant": 4, "<|im_end|>": 5}
    words = tokenizers.Tokenizer(tokenizers.models.WordLevel(vocabulary, unk_token="?"))
    words.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    words.add_special_tokens(["<|im_end|>"])
    words.save(str(tmp_path / "tokenizer.json"))
    template = "{% for message in messages %}{{ message['role'] }} {{ message['content'] }}<|im_end|>{% endfor %}"
    (tmp_path / "chat_template.jinja").write_text(template, "utf-8")
    config = "base_model: org/model\neot_tokens: ['<|im_end|>']\ndatasets:\n  - path: rows.jsonl\n"
    config += "    type: chat_template\n    message_field_training_detail: marks\n"
    marks = [{"begin_offset": 0, "end_offset": 4, "train": False}, {"begin_offset": 8, "end_offset": 11, "train": True}]
    answer = {"role": "assistant", "content": "first second", "marks": marks}
    report = check_rows(read(config), Sample([{"messages": [ASKED, answer]}] * 2, "rows.jsonl", tmp_path))
    assert [part.text for part in report.examples[0].parts if part.trained] == ["second<|im_end|>"]
    assert report.trained_tokens == 2 * 2


def test_the_start_token_is_trained_with_the_prompt(tokenizer: Path) -> None:
    config = "base_model: org/TinyLlama-1.1B\ntrain_on_inputs: true\n"
    config += "datasets:\n  - path: rows.jsonl\n    type: alpaca\n"
    rows = [{"instruction": "Name a fruit.", "output": "A plum."}] * 2
    report = check_rows(read(config), Sample(rows, "rows.jsonl", tokenizer))
    assert report.trained_tokens == sum(each for each in report.lengths if isinstance(each, int))


def test_a_long_text_is_shown_in_the_pieces_of_the_run(tokenizer: Path) -> None:
    config = "base_model: org/model\nsequence_len: 8\ndatasets:\n  - path: rows.jsonl\n    type: completion\n"
    report = check_rows(read(config), Sample([{"text": "abcdefghijklmnopqrst"}], "rows.jsonl", tokenizer))
    assert ["".join(part.text for part in each.parts) for each in report.examples] == [
        "abcdefgh",
        "ijklmnop",
        "qrst</s>",
    ]


def test_a_template_from_elsewhere_is_taken_for_the_tokenizers_own() -> None:
    config = "base_model: org/model\ndatasets:\n  - path: rows.jsonl\n    type: chat_template\n"
    template = "{% for message in messages %}[{{ message['content'] }}]{% endfor %}"
    report = check_rows(read(config), Sample([{"messages": [ASKED, TOLD]}] * 2, "rows.jsonl", template=template))
    assert text_of(report) == "[Is it far?][No.]"


def text_of(report: SampleReport) -> str:
    return "".join(part.text for part in report.examples[0].parts)


@pytest.mark.parametrize("splits", [False, True])
def test_messages_that_axolotl_cannot_map_stop_the_row(*, splits: bool) -> None:
    answer = {"role": "assistant", "content": 5} if splits else TOLD
    asked = ASKED if splits else {"content": "Is it far?"}
    assert stops(printed(asked, answer, keys={"split_thinking": splits}))


def test_rows_that_hold_tokens_are_shown_as_text(tokenizer: Path) -> None:
    counter = pytest.importorskip("tokenizers").Tokenizer.from_file(str(tokenizer / "tokenizer.json"))
    ids = counter.encode("<s>Far? No.</s>").ids
    row = {"input_ids": ids, "attention_mask": [1] * len(ids), "labels": [-100] * 6 + ids[6:]}
    config = read("base_model: org/model\ndatasets:\n  - path: rows.jsonl\n")
    report = check_rows(config, Sample([row] * 2, "rows.jsonl", tokenizer))
    assert [(part.text, part.trained) for part in report.examples[0].parts] == [("<s>Far? ", False), ("No.</s>", True)]
    unread = check_rows(config, Sample([row] * 2, "rows.jsonl"))
    assert unread.examples == ()
    assert any("whose text is shown only with the tokenizer" in note for note in unread.notes)
    strange = check_rows(config, Sample([row | {"input_ids": [-1] * len(ids)}], "rows.jsonl", tokenizer))
    assert strange.examples == ()


def test_llama2_chat_prints_its_own_marks(tokenizer: Path) -> None:
    turns = [("human", "Far?"), ("gpt", "No."), ("human", "Sure?"), ("gpt", "Yes."), ("human", "Hm")]
    row = {"conversations": [{"from": who, "value": text} for who, text in [("system", "Be brief."), *turns]]}
    config = read("base_model: org/model\ndatasets:\n  - path: rows.jsonl\n    type: llama2_chat\n")
    report = check_rows(config, Sample([row], "rows.jsonl", tokenizer))
    assert text_of(report) == (
        "[INST] <<SYS>>\nBe brief.\n<</SYS>>\n\nFar?[/INST] No. </s><s>[INST] Sure? [/INST] Yes. </s><s>"
    )
    assert [part.text for part in report.examples[0].parts if part.trained] == [" No. </s><s>", " Yes. </s><s>"]


def test_reflection_has_no_system_text_of_its_own(tokenizer: Path) -> None:
    row = {"instruction": "Far?", "output": "No.", "reflection": "Hm.", "corrected": "Yes."}
    config = read("base_model: org/model\ndatasets:\n  - path: rows.jsonl\n    type: reflection\n")
    report = check_rows(config, Sample([row], "rows.jsonl", tokenizer))
    assert text_of(report).startswith("### Instruction:\nFar?\n\n### Response:\n### Thought:\nNo.")


def test_an_error_tells_what_stops_the_row_and_not_another_finding() -> None:
    config = (
        "base_model: google/gemma-2-2b\nchat_template: gemma\ndatasets:\n  - {path: rows.jsonl, type: chat_template}\n"
    )
    report = check_rows(read(config), [{"messages": [TOLD, ASKED]}, {"messages": [ASKED, TOLD]}], name="rows.jsonl")
    assert "alternate" in report.examples[0].error
    assert not report.examples[1].error
