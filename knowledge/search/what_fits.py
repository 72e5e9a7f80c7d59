"""A question about a card alone, such as "is a 5090 supported?": what trains on it."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from knowledge.config import read
from knowledge.gpus import UnknownGpu, gpu_named
from knowledge.memory import memory_of
from knowledge.memory.table import fit_config
from knowledge.search import named
from knowledge.search.words import split

if TYPE_CHECKING:
    from knowledge.gpus import Gpu

LENGTH = 2048
METHODS = {"qlora": "QLoRA", "lora": "LoRA in bf16", "full": "full training with an 8-bit optimizer"}
_SIZES = ("70b", "32b", "14b", "8b", "3b", "1.5b", "0.5b")
_ASKING = frozenset(
    split("""
    a an the my our one single is are am does do can could will would should i we you it this that on with for in to of
    at work works working supported support supports fine finetune finetuning tune tuning train training use used run
    runs using have has got only just ok okay enough good axolotl llm llms what which how big large much model models
    size fit fits nvidia geforce rtx gtx gpu gpus card cards graphics and not or yet well there possible be if
    compatible usable handle blackwell hopper ampere turing ada lora qlora full something anything
    """)
)
"""Words around a card that ask for nothing but what the card can do."""


def what_fits(question: str) -> str:
    """What one GPU trains, in Markdown, where a question names it and asks for nothing else; else empty."""
    cards = named.cards_of(question)
    if cards is None or cards.gpu is None or cards.amount != 1:
        return ""
    gpu = _of_size(cards.gpu, question)
    if not _ASKING.issuperset(split(named.SIZE.sub(" ", named.CARD.sub(" ", question)))):
        return ""
    lines = []
    for method, words in METHODS.items():
        fitting = next((size for size in _SIZES if needed(size, method) <= gpu.usable_gib[0]), None)
        words = words if gpu.bf16 else words.replace("bf16", "fp16")
        lines.append(f"- {words}: {f'models up to about {fitting.upper()}' if fitting else 'not even a 0.5B model'}")
    number = "computes in bf16" if gpu.bf16 else "has no bf16: set `bf16: false` and `fp16: true`"
    memory = " or ".join(map(str, gpu.memory_gb))
    least = ", if it has the least memory" if len(gpu.memory_gb) > 1 else ""
    return (
        f"**{gpu.name}: {memory} GB of memory; it {number}.** What trains on one{least}:\n" + "\n".join(lines) + "\n"
        f"Assumed: typical architectures of 0.5B to 70B, rows of {LENGTH:,} tokens, `micro_batch_size: 1`, gradient "
        "checkpointing, cut cross entropy, LoRA of rank 16. `/fit model:` computes it for your model."
    )


def _of_size(gpu: Gpu, question: str) -> Gpu:
    """The card with the memory that the question says, where it is sold with several sizes."""
    size = named.SIZE.search(question)
    if size is None or int(size[3]) not in gpu.memory_gb or len(gpu.memory_gb) == 1:
        return gpu
    try:
        return gpu_named(f"{gpu.name} {size[3]}GB")
    except UnknownGpu:
        return gpu


@lru_cache(maxsize=64)
def needed(size: str, method: str) -> float:
    """The most memory that a run of a typical model of a size needs on one GPU, in GiB."""
    found = memory_of(read(fit_config(size, method, LENGTH, 1), 1))
    return found.high_gib if found is not None else float("inf")
