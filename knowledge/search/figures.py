"""Questions that name numbers of their own: whether a model fits a card, and how many steps rows and a batch give."""

from __future__ import annotations

import math
import re

from knowledge.config import read
from knowledge.gpus import Gpu, UnknownGpu, gpu_named, sizes
from knowledge.memory import memory_of
from knowledge.memory.table import fit_config

_LENGTH = 2048
_MODEL = re.compile(r"(?<![\w.])(\d{1,3}(?:\.\d{1,2})?) ?b(?:illion)?\b(?! ?(?:rows|tokens|samples))", re.IGNORECASE)
_CARD = re.compile(
    r"\b(?:rtx ?|gtx ?)?(?:20|30|40|50)[5-9]0(?: ?ti| ?super)?(?=s?\b)"
    r"|\b(?:a100|h100|h200|b200|a6000|a5000|a4000|a40|a10g?|l40s?|l4|t4|v100|p100|mi300x|mi250x?)"
    r"(?: ?\d{2}gb)?(?=s?\b)",
    re.IGNORECASE,
)
_SIZE = re.compile(r"\b(\d{1,3}) ?(?:gb|gib|g)\b(?: (?:of )?(?:vram|gpu|memory|card))?", re.IGNORECASE)
_MEMORY_WORDS = re.compile(r"\b(?:v?ram|memory|mem|gpus?|cards?|fits?|hardware)\b", re.IGNORECASE)
_NUMBER = r"(\d{1,3}(?:[,.]\d{3})+|\d+(?:\.\d+)?) ?(k|m)?"
_ROWS = re.compile(
    rf"(?<![\d.,]){_NUMBER} (?:\w{{1,40}} )?(?:rows|samples|examples|conversations|records|items|pairs)\b",
    re.IGNORECASE,
)
_BATCH = re.compile(r"\bbatch(?:[ _]?size)?(?: of| is| =|=|:)? ?(\d{1,5})\b", re.IGNORECASE)
_EPOCHS = re.compile(r"\b(\d{1,3}) epochs?\b", re.IGNORECASE)
_METHODS = (("qlora", "QLoRA"), ("lora", "LoRA in bf16"), ("full", "full training with an 8-bit optimizer"))
_LARGEST = 400.0


def figures(question: str) -> str:
    """What arithmetic says of the numbers in a question, in Markdown, with what was assumed; empty without them."""
    return "\n\n".join(part for part in (_steps(question), _memory(question)) if part)


def _steps(question: str) -> str:
    rows, batch = _ROWS.search(question), _BATCH.search(question)
    if rows is None or batch is None or int(batch[1]) == 0:
        return ""
    amount = _amount(rows[1], rows[2])
    epochs = int(found[1]) if (found := _EPOCHS.search(question)) else 1
    each = math.ceil(amount / int(batch[1]))
    if not 0 < amount <= 10**9 or not epochs:
        return ""
    passes = "1 epoch" if epochs == 1 else f"{epochs} epochs"
    return (
        f"**{each * epochs:,} optimizer steps**: {amount:,} rows ÷ {int(batch[1]):,} = {each:,} steps per epoch, times "
        f"{passes}. This uses {int(batch[1]):,} as the effective batch (`micro_batch_size` × "
        "`gradient_accumulation_steps` × GPUs) and every row as kept; sample packing makes fewer steps. "
        "`/checkconfig` with your rows as `dataset:` counts them exactly."
    )


def _amount(number: str, unit: str | None) -> int:
    plain = re.sub(r"[,.](?=\d{3}\b)", "", number) if re.search(r"[,.]\d{3}\b", number) else number
    return round(float(plain) * {"k": 1_000, "m": 1_000_000}.get((unit or "").lower(), 1))


def _memory(question: str) -> str:
    model = _MODEL.search(question)
    card = _card(question)
    if model is None or not 0 < float(model[1]) <= _LARGEST or (card is None and not _MEMORY_WORDS.search(question)):
        return ""
    name = f"{model[1]}B"
    lines = []
    for method, words in _METHODS:
        found = memory_of(read(fit_config(name, method, _LENGTH)))
        if found is None:
            return ""
        low, high = round(found.low_gib), math.ceil(found.high_gib)
        lines.append(f"- {words}: about {low} to {high} GiB{_verdict(found.high_gib, found.low_gib, card)}")
    return (
        f"**A {name} model on one GPU{f' ({card[0]})' if card else ''}**\n" + "\n".join(lines) + "\n"
        f"Assumed: rows of {_LENGTH:,} tokens, `micro_batch_size: 1`, gradient checkpointing, cut cross entropy, LoRA "
        "of rank 16 on all linear layers, and a typical architecture. `/fit model:` computes it for a model by name, "
        "`/checkconfig` with `gpu:` for your config."
    )


def _card(question: str) -> tuple[str, float] | None:
    """Name of the card that a question names, and what it leaves usable in GiB."""
    if (named := _CARD.search(question)) is not None:
        try:
            gpu: Gpu = gpu_named(named[0])
        except UnknownGpu:
            return None
        return gpu.name, gpu.usable_gib[0]
    size = _SIZE.search(question)
    if size is not None and (usable := sizes().get(int(size[1]))) is not None:
        return f"{int(size[1])} GB", usable
    return None


def _verdict(high: float, low: float, card: tuple[str, float] | None) -> str:
    if card is None:
        held = [size for size, usable in sizes().items() if high <= usable]
        return f", which fits a {held[0]} GB card" if held else ", more than any one card has"
    if high <= card[1]:
        return ", which fits"
    return ", which may fit" if low <= card[1] else ", which does not fit"
