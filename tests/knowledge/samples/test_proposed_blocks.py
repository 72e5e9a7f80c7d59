"""Whatever shape rows have: the block that is proposed reads them, or the converted row shown in its place does."""

from __future__ import annotations

import json
from typing import Any

import pytest

from knowledge.config import read
from knowledge.finding import Severity
from knowledge.samples import Sample, check_rows, propose_block

ASKED, SAID, WRONG, BESIDE = (
    "Is it far to mill 0?",
    "Two miles by the river.",
    "No idea at all.",
    "The map shows a mill.",
)
TURNS = {"role": ("user", "assistant"), "from": ("human", "gpt"), "speaker": ("customer", "agent")}


def talk(*texts: str, role: str = "role", text: str = "content", names: tuple[str, str] | None = None) -> list[Any]:
    who = names or TURNS[role]
    return [{role: who[place % 2], text: each} for place, each in enumerate(texts)]


def shared(*texts: str) -> list[Any]:
    return talk(*texts, role="from", text="value")


TALK = talk(ASKED, SAID)
ANSWER = {"role": "assistant", "content": SAID}
OTHER = {"role": "assistant", "content": WRONG}
PAIR = {"chosen": SAID, "rejected": WRONG}
SHAPES: dict[str, dict[str, Any]] = {
    "messages": {"messages": TALK},
    "messages with a source": {"messages": TALK, "source": "web", "id": 3, "score": 0.5},
    "messages with a system turn": {"messages": [{"role": "system", "content": BESIDE}, *TALK]},
    "messages with a system column": {"messages": TALK, "system": BESIDE},
    "messages with another system column": {"messages": TALK, "system_prompt": BESIDE},
    "messages with a context": {"messages": TALK, "context": BESIDE},
    "messages as JSON text": {"messages": json.dumps(TALK)},
    "messages of a model": {"messages": talk(ASKED, SAID, names=("user", "model"))},
    "messages with capitals": {"messages": talk(ASKED, SAID, names=("User", "Assistant"))},
    "messages one level deeper": {"data": {"messages": TALK}},
    "messages of parts": {"messages": [{"role": "user", "parts": [ASKED]}, {"role": "model", "parts": [SAID]}]},
    "contents of parts": {"contents": [{"role": "user", "parts": [{"text": ASKED}]},
                                       {"role": "model", "parts": [{"text": SAID}]}]},
    "shared conversations": {"conversations": shared(ASKED, SAID)},
    "shared conversations under a system text": {"conversations": shared(ASKED, SAID), "system_prompt": BESIDE},
    "a dialog of a shop": {"dialog": talk(ASKED, SAID, role="speaker", text="text")},
    "turns as texts": {"turns": [ASKED, SAID]},
    "a conversation of pairs": {"conversation": [{"input": ASKED, "output": SAID}]},
    "a conversation of humans": {"conversation": [{"human": ASKED, "assistant": SAID}]},
    "prompt and completion as messages": {"prompt": talk(ASKED), "completion": [ANSWER]},
    "input and output as messages": {"input": talk(ASKED), "output": [ANSWER]},
    "a prompt of messages": {"prompt": talk(ASKED), "response": SAID},
    "instruction, input, output": {"instruction": ASKED, "input": "", "output": SAID},
    "instruction with an input": {"instruction": ASKED, "input": BESIDE, "output": SAID},
    "instruction without an input": {"instruction": ASKED, "output": SAID},
    "instruction with its whole text": {"instruction": ASKED, "output": SAID, "text": f"{ASKED}\n{SAID}"},
    "instruction with a history": {"instruction": ASKED, "output": SAID, "history": [["Good day to you", "And you"]]},
    "instruction with a system text": {"system": BESIDE, "instruction": ASKED, "input": "", "output": SAID},
    "instruction one level deeper": {"data": {"instruction": ASKED, "output": SAID}},
    "instruction, context, response": {"instruction": ASKED, "context": BESIDE, "response": SAID, "category": "open"},
    "instruction, input, response": {"instruction": ASKED, "input": "", "response": SAID},
    "a system prompt and a question": {"system_prompt": BESIDE, "question": ASKED, "response": SAID},
    "question and answer": {"question": ASKED, "answer": SAID},
    "a question about a context": {"context": BESIDE, "question": ASKED, "answer": SAID},
    "a question about a passage": {"passage": BESIDE, "question": ASKED, "answer": SAID},
    "a question about an article": {"article": BESIDE, "question": ASKED, "answer": SAID},
    "a question with its reasoning": {"question": ASKED, "reasoning": BESIDE, "answer": SAID},
    "a question with choices": {"question": ASKED, "choices": ["One mile to go", "Two miles to go"], "answer": "Two"},
    "a question with spans": {"id": "1", "context": BESIDE, "question": ASKED,
                              "answers": {"text": [SAID], "answer_start": [0]}},
    "prompt and completion": {"prompt": ASKED, "completion": SAID},
    "prompt and response": {"prompt": ASKED, "response": SAID},
    "prompt with thoughts": {"prompt": ASKED, "thinking": BESIDE, "response": SAID},
    "input and output": {"input": ASKED, "output": SAID},
    "source and target": {"source": ASKED, "target": SAID},
    "user and assistant": {"user": ASKED, "assistant": SAID},
    "names with capitals": {"Human": ASKED, "Assistant": SAID},
    "a problem with its result": {"problem": ASKED, "solution": SAID, "answer": "That makes two miles"},
    "document and summary": {"document": BESIDE, "summary": SAID},
    "article and summary": {"article": BESIDE, "summary": SAID},
    "two languages": {"en": ASKED, "de": "Ist es weit bis zur Muehle 0?"},
    "a translation": {"translation": {"en": ASKED, "de": "Ist es weit bis zur Muehle 0?"}},
    "a sentence and its label": {"sentence": BESIDE, "label": "positive"},
    "text": {"text": BESIDE},
    "title and text": {"title": "The mill", "text": BESIDE},
    "content with an address": {"url": "https://example.org/mill", "content": BESIDE},
    "code": {"code": "print('mill')"},
    "a pair of texts": {"prompt": ASKED, **PAIR},
    "a pair under a system text": {"system": BESIDE, "prompt": ASKED, **PAIR},
    "a pair about a context": {"prompt": ASKED, "context": BESIDE, **PAIR},
    "a pair after a question": {"system": BESIDE, "question": ASKED, **PAIR},
    "a pair after an instruction": {"instruction": ASKED, "chosen_response": SAID, "rejected_response": WRONG},
    "a better and a worse answer": {"question": ASKED, "better": SAID, "worse": WRONG},
    "a pair of conversations": {"chosen": TALK, "rejected": talk(ASKED, WRONG)},
    "a pair with its prompt": {"prompt": ASKED, "chosen": TALK, "rejected": talk(ASKED, WRONG), "messages": TALK},
    "a pair after messages": {"messages": talk(ASKED), "chosen": ANSWER, "rejected": OTHER},
    "a pair of lists": {"prompt": talk(ASKED), "chosen": [ANSWER], "rejected": [OTHER]},
    "a pair after shared conversations": {"conversations": shared(ASKED), "chosen": {"from": "gpt", "value": SAID},
                                          "rejected": {"from": "gpt", "value": WRONG}},
    "a pair of whole texts": {"chosen": f"\n\nHuman: {ASKED}\n\nAssistant: {SAID}",
                              "rejected": f"\n\nHuman: {ASKED}\n\nAssistant: {WRONG}"},
    "two responses and a winner": {"prompt": ASKED, "response_a": WRONG, "response_b": SAID, "winner": "response_b"},
    "ranked answers": {"prompt": ASKED, "answers": [{"answer": SAID, "rank": 1}, {"answer": WRONG, "rank": 2}]},
    "a judged answer": {"prompt": ASKED, "completion": SAID, "label": True},
    "a judged conversation": {"completion": TALK, "label": True},
    "a judged list": {"prompt": talk(ASKED), "completion": [ANSWER], "label": True},
    "an answer with a thumb": {"question": ASKED, "answer": SAID, "thumbs_up": True},
    "segments": {"segments": [{"label": False, "text": f"<s>{ASKED}"}, {"label": True, "text": f"{SAID}</s>"}]},
    "steps": {"prompt": ASKED, "completions": [BESIDE, SAID], "labels": [True, False]},
    "pictures": {"messages": talk(ASKED, SAID), "images": ["mill.jpg"]},
    "a picture as text": {"image": "mill.jpg", "conversations": shared(f"<image>\n{ASKED}", SAID)},
    "a caption": {"image": "mill.jpg", "caption": SAID},
}  # fmt: skip


def told(value: Any) -> list[str]:
    """The texts of a row that the model is to see."""
    if isinstance(value, str):
        return [each for each in (ASKED, SAID, WRONG, BESIDE) if each in value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for each in inner for text in told(each)]


@pytest.mark.parametrize("shape", SHAPES)
def test_a_block_reads_the_rows_or_the_converted_ones(shape: str) -> None:
    rows = [json.loads(json.dumps(SHAPES[shape]).replace("mill 0", f"mill {place}")) for place in range(4)]
    proposal = propose_block(rows, name="rows.jsonl")
    block = proposal.block
    if block is None:
        assert json.loads(proposal.before) == rows[0]
        rows, block = [json.loads(proposal.after)] * 4, proposal.after_block
    report = check_rows(read(f"base_model: org/model\n{block}"), Sample(rows, "rows.jsonl", examples=4))
    assert [each for each in report.findings if each.severity in (Severity.ERROR, Severity.CRASH)] == []
    assert report.rows_kept == 4
    for row in range(1, 5):
        examples = [each for each in report.examples if each.row == row]
        assert any(part.trained for each in examples for part in each.parts)
        prompt = "".join(part.text for each in examples if each.part == "prompt" for part in each.parts)
        assert SAID not in prompt
    printed = "".join(part.text for each in report.examples for part in each.parts)
    said = {text for text in told(SHAPES[shape]) if text not in printed}
    named = {text for column in proposal.lost for text in told(SHAPES[shape].get(column))}
    assert said <= named
    assert all(f"`{column}`" in proposal.words for column in proposal.lost)


@pytest.mark.parametrize(
    ("column", "kept"),
    [
        pytest.param({"reasoning": BESIDE}, f"<think>\n{BESIDE}\n</think>\n\n{SAID}", id="thoughts"),
        pytest.param({"choices": ["One mile", "Two miles to go"]}, f"{ASKED}\nOne mile\nTwo miles to go", id="choices"),
    ],
)
def test_what_a_block_leaves_out_is_kept_by_a_conversion(column: dict[str, Any], kept: str) -> None:
    proposal = propose_block([{"question": ASKED, "answer": SAID, **column}] * 4)
    assert proposal.block is not None
    assert "convert each row" in proposal.words
    contents = [turn["content"] for turn in json.loads(proposal.after)["messages"]]
    assert kept in contents
    assert "type: chat_template" in proposal.after_block


def test_rows_for_a_reward_function_are_not_forced_into_a_type() -> None:
    proposal = propose_block([{"prompt": talk(ASKED), "ground_truth": "2"}] * 4)
    assert (proposal.block, proposal.after) == (None, "")
    assert "`rl: grpo`" in proposal.words
