"""The reward file of a GRPO run: rows with an answer, and a function that compares with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

NAME: Final = "rewards.py"
FUNCTION: Final = "rewards.correct_answer"

_TRIED = 200
_ASKS = ("prompt", "question", "problem", "instruction", "query", "input", "messages")
_ANSWERS = ("answer", "solution", "ground_truth", "label", "target", "expected", "final_answer", "output", "response")


def reward_columns(rows: Sequence[dict[str, Any]]) -> tuple[str | None, str | None]:
    """The columns that hold the prompt and the answer to compare with; each None where there is none.

    Args:
        rows: The rows.
    """
    first = rows[:_TRIED]
    columns = {name for row in first for name, value in row.items() if isinstance(value, (str, int, float))}
    chats = {name for row in first for name, value in row.items() if _is_chat(value) and _asks(value)}
    asks = next((name for name in _ASKS if name in columns | chats), None)
    says = next((name for name in _ANSWERS if name in columns and name != asks), None)
    return asks, says


def asked(prompt: Any) -> str:
    """The text of a prompt, which may be a list of messages."""
    return "\n".join(str(each.get("content")) for each in prompt) if _is_chat(prompt) else str(prompt)


def _asks(chat: list[dict[str, Any]]) -> bool:
    """Whether a chat ends with what the model is asked, so that it can be a prompt."""
    return chat[-1].get("role") == "user"


def _is_chat(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, dict) for each in value)


def reward_file(columns: tuple[str, str]) -> str:
    """The text of the reward file.

    Args:
        columns: The columns that hold the prompt and the answer.
    """
    asks, says = columns
    drop = [name for name in dict.fromkeys(columns) if name not in ("prompt", "answer")]
    return _FILE.format(asks=asks, says=says, drop=drop)


_FILE = '''"""Prompts and reward for GRPO. Keep this file in the folder where you run `axolotl train`."""

import re

PROMPT, ANSWER = {asks!r}, {says!r}
NUMBER = re.compile(r"-?\\d[\\d,]*(?:\\.\\d+)?")


def transform(cfg, *args, **kwargs):
    """Turn a row into the prompt that the model sees and the answer that the reward compares with."""

    def one(example, tokenizer=None):
        prompt = example[PROMPT]
        return {{
            "prompt": prompt if isinstance(prompt, list) else [{{"role": "user", "content": str(prompt)}}],
            "answer": final(str(example[ANSWER])),
        }}

    return one, {{"remove_columns": {drop!r}}}


def correct_answer(completions, answer, **kwargs):
    """1.0 for a completion whose final answer is the row's, else 0.0."""
    texts = [each if isinstance(each, str) else each[-1]["content"] for each in completions]
    return [float(same(final(text), wanted)) for text, wanted in zip(texts, answer)]


def final(text):
    """What counts as the answer: what is boxed or behind "####", else the last number, else the last line."""
    boxed = re.findall(r"\\\\boxed\\{{([^{{}}]*)\\}}", text)
    if boxed:
        return boxed[-1].strip()
    if "####" in text:
        return text.rsplit("####", 1)[1].strip()
    numbers = NUMBER.findall(text)
    lines = text.strip().splitlines()
    return numbers[-1] if numbers else lines[-1].strip() if lines else ""


def same(one, other):
    """Whether two answers are equal: numbers by value, everything else without case."""
    try:
        return float(one.replace(",", "")) == float(other.replace(",", ""))
    except ValueError:
        return one.strip().lower() == other.strip().lower()
'''
