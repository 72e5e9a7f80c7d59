"""What the texts of the rows tell of themselves, and what a chat template leaves out of them."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from knowledge.config import read
from knowledge.finding import Finding, Severity
from knowledge.samples import check_rows

QWEN, LLAMA = "Qwen/Qwen2.5-7B-Instruct", "meta-llama/Llama-3.1-8B-Instruct"
ASKED = ["How long is the Wern?", "Which bridge is the oldest?", "When does the market open?"]
SAID = ["Forty miles.", "The stone one beside the mill.", "At seven on Saturdays."]
CALL = [{"type": "function", "function": {"name": "tide", "arguments": {"port": "Wern"}}}]
TOOLS = [{"type": "function", "function": {"name": "tide", "description": "The tide.", "parameters": {}}}]
OWN = {"field_instruction": "instruction", "field_output": "output"}


def warnings(rows: list[Any], kind: Any, keys: Any = None, model: str = QWEN, **root: Any) -> dict[str, Finding]:
    """What is said above advice of rows under a type; `keys` go into the entry, the rest into the config."""
    entry = {"path": "rows.jsonl", "type": kind, **(keys or {})}
    config = {"base_model": model, "sequence_len": 512, "datasets": [entry], **root}
    data = "".join(json.dumps(row) + "\n" for row in rows).encode()
    found = check_rows(read(yaml.safe_dump(config)), data, name="rows.jsonl").findings
    return {each.rule: each for each in found if each.severity is not Severity.ADVICE}


def turn(role: str, content: Any, **more: Any) -> dict[str, Any]:
    return {"role": role, "content": content, **more}


def chats(*before: Any, **answer: Any) -> list[Any]:
    """Three conversations: turns before the question, and more keys of the answer."""
    pairs = zip(ASKED, SAID, strict=True)
    return [{"messages": [*before, turn("user", asked), turn("assistant", said, **answer)]} for asked, said in pairs]


def asked(**change: Any) -> list[Any]:
    """Three rows of an instruction; a change is a value, or what makes one of the question and its answer."""
    rows = []
    for question, answer in zip(ASKED, SAID, strict=True):
        made = {key: value(question, answer) if callable(value) else value for key, value in change.items()}
        rows.append({"instruction": question, "input": "", "output": answer, **made})
    return rows


def pairs(**change: Any) -> list[Any]:
    rows = asked(**{"prompt": lambda q, a: q, "chosen": lambda q, a: a, "rejected": "No idea.", **change})
    return [{key: row[key] for key in ("prompt", "chosen", "rejected")} for row in rows]


def told(q: str, a: str, end: str = "assistant") -> list[Any]:
    return [turn("user", q), turn(end, a)]


# -- texts -----------------------------------------------------------------------------------------------------------

NAMED = [
    pytest.param(asked(output=" \n"), "alpaca", {}, "rows-answer-blank", id="blank answer"),
    pytest.param([{"messages": told("Far?", "  ")}, *chats()], "chat_template", {}, "rows-answer-blank", id="blank"),
    pytest.param([{"text": "A plum."}, {"text": " "}], "completion", {}, "rows-answer-blank", id="blank text"),
    pytest.param(asked(output="nan"), "alpaca", {}, "rows-answer-nothing", id="nan"),
    pytest.param(asked(output=lambda q, a: f"{q}\n{a}"), "alpaca", {}, "rows-prompt-repeated", id="prompt in answer"),
    pytest.param(asked(instruction=lambda q, a: f"### Instruction:\n{q}\n### Response:\n"), "alpaca", {},
                 "rows-formatted-twice", id="framed"),
    pytest.param(chats(turn("system", "<|im_start|>system\nBe brief.<|im_end|>")), "chat_template", {},
                 "rows-formatted-twice", id="marked turn"),
    pytest.param(asked(instruction=lambda q, a: [q]), "alpaca", {}, "rows-printed", id="list in the prompt"),
    pytest.param([{"text": f"<|im_start|>user\n{q}<|im_end|>"} for q in ASKED], "completion", {"model": LLAMA},
                 "rows-marks-foreign", id="marks of another family"),
    pytest.param(pairs(chosen=lambda q, a: f"Human: {q}\n\nAssistant: {a}"), "chatml.prompt_pairs", {"rl": "dpo"},
                 "rows-prompt-repeated", id="prompt in chosen"),
    pytest.param(pairs(chosen=lambda q, a: f"{a}<|im_end|>"), "chatml.prompt_pairs", {"rl": "dpo"},
                 "rows-end-doubled", id="end of a turn in the text"),
    pytest.param([{"chosen": told(q, a), "rejected": told("Else?", "No.")} for q, a in zip(ASKED, SAID, strict=True)],
                 "chat_template.argilla_chat", {"rl": "dpo"}, "rows-prompts-differ", id="two questions"),
    pytest.param([{"chosen": told(q, a, "user"), "rejected": told(q, "No.", "user")}
                  for q, a in zip(ASKED, SAID, strict=True)],
                 "chat_template.argilla_chat", {"rl": "dpo"}, "rows-answer-by-user", id="user answers"),
    pytest.param(asked(), {"field_instruction": "output", "field_output": "instruction"}, {},
                 "rows-columns-swapped", id="columns swapped"),
    pytest.param(asked(), {**OWN, "format": "{instruction} {input}", "no_input_format": "Answer: "}, {},
                 "rows-prompt-unprinted", id="format without the instruction"),
    pytest.param(asked(), {**OWN, "format": "Q: {instruction} {input}\nA: "}, {}, "rows-format-unused",
                 id="format that is not used"),
    pytest.param([{"segments": [{"label": True, "text": q}, {"label": False, "text": "a<|im_end|>"}]} for q in ASKED],
                 "input_output", {}, "rows-last-masked", id="labels the wrong way round"),
    pytest.param([{"text": "A plum, and an apple or two."}, {"text": "Yes."}], "completion", {"min_sample_len": 12},
                 "rows-too-short", id="short text"),
]  # fmt: skip


@pytest.mark.parametrize(("rows", "kind", "more", "rule"), NAMED)
def test_text_that_is_not_what_it_is_read_as_is_named(rows: list[Any], kind: Any, more: Any, rule: str) -> None:
    assert warnings(rows, kind, **more)[rule].severity is Severity.WARNING


CLEAN = [
    pytest.param(asked(), "alpaca", {}, id="instructions"),
    pytest.param(asked(output="None"), "alpaca", {}, id="None may be an answer"),
    pytest.param([*asked()[:2], {"instruction": f"Repeat: {SAID[2]}", "input": "", "output": SAID[2]}], "alpaca", {},
                 id="an answer that quotes"),
    pytest.param([{"text": f"Old notes write [INST] and <b>bold</b>. {said}"} for said in SAID], "completion",
                 {"model": LLAMA}, id="a mark alone may be quoted"),
    pytest.param([{"text": f"<|im_start|>user\n{q}<|im_end|>"} for q in ASKED], "completion", {},
                 id="marks of the model's own"),
    pytest.param(asked(), {**OWN, "format": "Q: {instruction} {input}", "no_input_format": "Q: {instruction}"}, {},
                 id="both formats"),
    pytest.param([{"chosen": told(q, a), "rejected": told(q, "No.")} for q, a in zip(ASKED, SAID, strict=True)],
                 "chat_template.argilla_chat", {"rl": "dpo"}, id="one question"),
    pytest.param([{"text": f"<|im_start|>user\n{q}<|im_end|>\n<|im_start|>assistant\n{a}"}
                  for q, a in zip(ASKED, SAID, strict=True)], "completion", {}, id="ends of turns in formatted text"),
    pytest.param(chats(turn("system", "Be brief.")), "chat_template", {}, id="conversations"),
]  # fmt: skip


@pytest.mark.parametrize(("rows", "kind", "more"), CLEAN)
def test_text_that_is_what_it_is_read_as_raises_no_alarm(rows: list[Any], kind: Any, more: Any) -> None:
    assert warnings(rows, kind, **more) == {}


# -- conversations ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "template", "rule"),
    [
        pytest.param(chats(turn("system", "Be brief.")), "mistral_v3_tekken", "rows-turn-unprinted", id="system text"),
        pytest.param(chats(turn("user", "Hm."), turn("tool", "4 m")), "alpaca", "rows-turn-unprinted", id="tool turn"),
        pytest.param([{**row, "tools": TOOLS} for row in chats()], "chatml", "rows-tools-unprinted", id="tools"),
        pytest.param(
            [{"messages": told("Far?", "<think>Hm, the map.</think>Yes.") + told("Far?", "No.")}] * 2,
            "qwen3",
            "rows-thought-unprinted",
            id="earlier thought",
        ),
        pytest.param(chats(function_call={"name": "tide"}), "chatml", "rows-key-unread", id="function call"),
        pytest.param(chats(turn("user", {"text": "Hm."}), turn("assistant", "Yes.")), "llama3",
                     "rows-content-printed", id="object as content"),
    ],
)  # fmt: skip
def test_what_a_template_leaves_out_is_named(rows: list[Any], template: str, rule: str) -> None:
    assert rule in warnings(rows, "chat_template", chat_template=template)


@pytest.mark.parametrize(
    ("rows", "template"),
    [
        pytest.param([{**row, "tools": TOOLS} for row in chats()], "qwen_25", id="tools"),
        pytest.param(
            [{"messages": [turn("user", "Tide?"), turn("assistant", "", tool_calls=CALL), turn("tool", '{"m": "\\"4"}'),
                           turn("assistant", "Four.")], "tools": TOOLS}] * 2,
            "qwen_25",
            id="tool calls",
        ),
        pytest.param([{"messages": told("Far?", "<think>\nHm.\n</think>\n\nYes.")}] * 2, "qwen3", id="last thought"),
        pytest.param(chats(turn("system", "  Be brief.\n\nAlways. ")), "llama3", id="trimmed text"),
    ],
)  # fmt: skip
def test_what_a_template_prints_raises_no_alarm(rows: list[Any], template: str) -> None:
    model = LLAMA if template == "llama3" else QWEN
    assert warnings(rows, "chat_template", model=model, chat_template=template) == {}


@pytest.mark.parametrize(
    ("rows", "keys", "rule"),
    [
        pytest.param(chats(), {"roles": {"user": ["assistant"], "assistant": ["user"]}}, "rows-roles-swapped",
                     id="roles the wrong way round"),
        pytest.param(chats(masked=True), {}, "rows-mask-unread", id="mask"),
        pytest.param(chats(loss=0), {}, "rows-flags-unread", id="loss"),
        pytest.param([{"messages": [turn("user", "Far?", train=True), turn("assistant", "No.", train=False)]}] * 2,
                     {"message_field_training": "train"}, "rows-flag-odd", id="only the user is marked"),
    ],
)  # fmt: skip
def test_marks_and_roles_against_their_meaning_are_named(rows: list[Any], keys: Any, rule: str) -> None:
    assert rule in warnings(rows, "chat_template", {"chat_template": "chatml", **keys})


def test_marks_that_say_what_the_roles_say_raise_no_alarm() -> None:
    assert warnings(chats(weight=1, masked=False), "chat_template", {"chat_template": "chatml"}) == {}
