"""Combinations of wishes for a config: models, cards, aims, shapes of rows, methods, lengths and the rest, seeded."""

from __future__ import annotations

import itertools
import json
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from knowledge.gpus import gpu_named
from knowledge.writing import LOSSES, TRACKERS, Wishes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from knowledge.writing import Written

MODELS = """\
Qwen/Qwen2.5-0.5B Qwen/Qwen2.5-7B-Instruct Qwen/Qwen3-8B Qwen/Qwen3-32B Qwen/Qwen3-30B-A3B meta-llama/Llama-3.1-8B
meta-llama/Llama-3.1-8B-Instruct meta-llama/Llama-3.3-70B-Instruct meta-llama/Llama-3.2-1B mistralai/Mistral-7B-v0.3
mistralai/Mistral-7B-v0.1 mistralai/Mistral-Nemo-Base-2407 mistralai/Mixtral-8x7B-v0.1 google/gemma-2-9b
google/gemma-3-1b-it microsoft/phi-4 microsoft/Phi-3.5-mini-instruct microsoft/phi-2 TinyLlama/TinyLlama_v1.1
HuggingFaceTB/SmolLM2-1.7B allenai/OLMo-2-1124-7B EleutherAI/pythia-1.4b openai/gpt-oss-20b meta-llama/Llama-2-7b-hf
deepseek-ai/DeepSeek-R1-Distill-Qwen-7B ibm-granite/granite-3.1-8b-base tiiuae/Falcon3-7B-Base 01-ai/Yi-6B
google/gemma-2-2b-it HuggingFaceTB/SmolLM2-135M-Instruct Qwen/Qwen2.5-72B mistralai/Mistral-7B-Instruct-v0.3
meta-llama/Llama-3.2-3B-Instruct TinyLlama/TinyLlama-1.1B-Chat-v1.0 Qwen/Qwen3-0.6B-Base deepseek-ai/DeepSeek-V3
meta-llama/Llama-3.1-405B acme/rocket
""".split()  # noqa: SIM905
VISION = ["Qwen/Qwen2.5-VL-7B-Instruct", "google/gemma-3-4b-it", "meta-llama/Llama-3.1-8B"]
CARDS = """\
RTX 3060 12GB, T4, RTX 3090, RTX 4090, L40S, A100 80GB, H100 80GB, V100 32GB, B200, L4, A100 40GB, RTX 5090, A10G,
RTX 2080 Ti, H200, RTX 4060 Ti 16GB, RTX 3070""".replace("\n", " ").split(", ")
GPUS = [1, 1, 1, 1, 2, 2, 3, 4, 5, 6, 7, 8]
WORDS = "harbor tide lantern rope gull anchor ferry chart signal keel mast bay fog crew deck".split()  # noqa: SIM905
SHAPES = {
    "chat": ["messages", "turns", "sharegpt", "system", "tools", "thoughts", "long turns", "asked last"],
    "instructions": ["alpaca", "question", "context", "messages", "completion", "alpaca system"],
    "facts": ["text", "books", "messages", "alpaca"],
    "preference": ["pairs", "pair_chats", "judged", "pair_prompts", "question pairs", "chats of pairs", "judged chats"],
    "rewards": ["sums", "problems", "prompts", "words"],
    "pretraining": ["text", "books", "content"],
    "images": ["images", "image parts"],
}
SIZES = [1, 5, 40, 300, 300, 1_500, 5_000]


def said(chance: random.Random, low: int, high: int) -> str:
    return " ".join(chance.choice(WORDS) for _ in range(chance.randint(low, high))).capitalize() + "."


def turn(role: str, content: Any) -> dict[str, Any]:
    return {"role": role, "content": content}


def other(role: str, value: str) -> dict[str, str]:
    return {"from": role, "value": value}


TOOL = {
    "type": "function",
    "function": {
        "name": "tide",
        "description": "The tide at a port.",
        "parameters": {"type": "object", "properties": {"port": {"type": "string"}}, "required": ["port"]},
    },
}


def makers(chance: random.Random) -> dict[str, Callable[[], dict[str, Any]]]:
    short, long = (lambda: said(chance, 4, 20)), (lambda: said(chance, 20, 200))

    def picture() -> dict[str, str]:
        return {"type": "image", "path": f"{chance.randint(1, 99)}.png"}

    def words(text: str) -> dict[str, str]:
        return {"type": "text", "text": text}

    def seen() -> list[dict[str, Any]]:
        return [turn("user", [picture(), words(short())]), turn("assistant", [words(long())])]

    def chat() -> list[dict[str, Any]]:
        return [turn("user", short()), turn("assistant", long())]

    def called() -> list[dict[str, Any]]:
        call = {"id": "c1", "type": "function", "function": {"name": "tide", "arguments": {"port": short()}}}
        asked = {"role": "assistant", "content": "", "tool_calls": [call]}
        return [turn("user", short()), asked, {"role": "tool", "name": "tide", "content": short()}, *chat()[1:]]

    return {
        "messages": lambda: {"messages": chat()},
        "turns": lambda: {"messages": [turn(r, long()) for r in ("user", "assistant", "user", "assistant")]},
        "sharegpt": lambda: {"conversations": [other("human", short()), other("gpt", long())]},
        "system": lambda: {"messages": [turn("system", short()), *chat()]},
        "tools": lambda: {"messages": called(), "tools": [TOOL]},
        "thoughts": lambda: {
            "messages": [turn("user", short()), turn("assistant", f"<think>{long()}</think>{short()}")]
        },
        "long turns": lambda: {"messages": [turn("user", short()), turn("assistant", said(chance, 5_000, 9_000))]},
        "asked last": lambda: {"messages": [*chat(), turn("user", short())]},
        "alpaca": lambda: {"instruction": short(), "input": chance.choice(["", long()]), "output": long()},
        "alpaca system": lambda: {"system": short(), "instruction": short(), "input": "", "output": long()},
        "completion": lambda: {"prompt": short(), "completion": long()},
        "question": lambda: {"question": short(), "answer": long()},
        "context": lambda: {"instruction": short(), "context": long(), "response": long()},
        "text": lambda: {"text": long()},
        "content": lambda: {"content": long(), "title": short()},
        "books": lambda: {"text": said(chance, 800, 5000)},
        "pairs": lambda: {"prompt": short(), "chosen": long(), "rejected": long()},
        "question pairs": lambda: {"question": short(), "chosen": long(), "rejected": long(), "system": short()},
        "pair_chats": lambda: {"chosen": (asked := chat()), "rejected": [*asked[:-1], turn("assistant", long())]},
        "pair_prompts": lambda: {
            "prompt": [turn("user", short())],
            "chosen": [turn("assistant", long())],
            "rejected": [turn("assistant", long())],
        },
        "chats of pairs": lambda: {
            "messages": [turn("user", short())],
            "chosen": turn("assistant", long()),
            "rejected": turn("assistant", long()),
        },
        "judged": lambda: {"prompt": short(), "completion": long(), "label": chance.random() > 0.5},
        "judged chats": lambda: {
            "prompt": [turn("user", short())],
            "completion": [turn("assistant", long())],
            "label": chance.random() > 0.5,
        },
        "sums": lambda: {
            "question": f"What is {chance.randint(1, 999)} + 1?",
            "answer": f"So it is.\n#### {chance.randint(1, 999)}",
        },
        "problems": lambda: {"problem": long(), "solution": f"\\boxed{{{chance.randint(1, 99)}}}"},
        "prompts": lambda: {"prompt": [turn("user", long())], "answer": chance.randint(1, 99)},
        "words": lambda: {"prompt": short(), "ground_truth": chance.choice(WORDS)},
        "images": lambda: {"images": [f"{chance.randint(1, 99999)}.png"], "messages": chat()},
        "image parts": lambda: {
            "messages": [turn("user", [picture(), words(short())]), turn("assistant", [words(long())])]
        },
    }


def rows_of(shape: str, number: int, seed: int) -> list[dict[str, Any]]:
    make = makers(random.Random(seed))[shape]  # noqa: S311
    return [make() for _ in range(number)]


@dataclass
class Case:
    """One combination, and what was written for it."""

    name: str
    wishes: Wishes
    rows: list[dict[str, Any]]
    written: Written | None = None
    seconds: float = 0.0
    refused: str = ""


def cases(many: int, seed: int) -> Iterator[Case]:
    """Combinations: the aims in turn, everything else by chance."""
    chance = random.Random(seed)  # noqa: S311
    data: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for number, aim in zip(range(many), itertools.cycle(SHAPES), strict=False):
        shape, size = chance.choice(SHAPES[aim]), chance.choice(SIZES)
        if shape in ("books", "long turns", "images", "image parts"):
            size = min(size, 300)
        model = chance.choice(VISION if aim == "images" else MODELS)
        card, gpus = chance.choice([*CARDS, None]), chance.choice(GPUS)
        rows = data.setdefault((shape, size), rows_of(shape, size, seed + len(shape) + size))
        more, words = wanted(chance, aim, shape, size)
        given = bool(more.pop("given"))
        text = "".join(json.dumps(row) + "\n" for row in rows).encode() if given else None
        wishes = Wishes(
            model=model,
            rows=text,
            dataset=f"{shape.replace(' ', '_')}.jsonl" if given else None,
            gpu=gpu_named(card) if card else None,
            gpus=gpus,
            whole="count" not in more,
            **more,
        )
        data_words = f"{size} {shape}" if given else "no rows"
        yield Case(f"{number}: {model} · {gpus} x {card} · {aim} · {data_words}{words}", wishes, rows if given else [])


def wanted(chance: random.Random, aim: str, shape: str, size: int) -> tuple[dict[str, Any], str]:
    """The optional wishes, each seldom, and their words."""
    more: dict[str, Any] = {"given": chance.random() > 0.1}
    if chance.random() > 0.15 or not more["given"] or shape in ("text", "books", "messages") or aim == "rewards":
        more["aim"] = aim
    if chance.random() < 0.4:
        more["method"] = chance.choice(["full", "lora", "qlora"])
    if chance.random() < 0.2:
        more["length"] = chance.choice([512, 2048, 8192, 32_768])
    limit = chance.choice(["", "", "", "epochs", "steps", "hours"])
    if limit:
        more[limit] = {"epochs": chance.choice([1, 3, 0.5]), "steps": chance.choice([20, 500]), "hours": 2.0}[limit]
    if chance.random() < 0.15:
        more["track"] = chance.choice(TRACKERS)
    if chance.random() < 0.15:
        more["hub_repository"] = "acme/run"
    if aim == "preference" and chance.random() < 0.5:
        more |= {"aim": aim, "loss": chance.choice(LOSSES)}
    if more["given"] and size >= 40 and chance.random() < 0.1:
        more["count"] = 100_000
    words = "".join(f" · {name} {value}" for name, value in more.items() if name not in ("given", "aim"))
    if "aim" not in more:
        words += " · aim by the rows"
    return more, words
