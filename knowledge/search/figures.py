"""Questions that name numbers of their own: memory, time, steps and batch, computed from what they name."""

from __future__ import annotations

import math
import re

from knowledge.config import Config, read
from knowledge.duration import duration_of, time_of
from knowledge.gpus import sizes
from knowledge.memory import memory_of
from knowledge.memory.table import fit_config
from knowledge.plan.words import ENOUGH, FEW, steps_by_hand
from knowledge.search import named
from knowledge.search.what_fits import LENGTH, METHODS, what_fits
from knowledge.text import plural

_ROW = 512
"""Tokens of a row where the question does not say."""
_USUAL_BATCH = 32
_MEMORY_WORDS = re.compile(r"\b(?:v?ram|memory|mem|gpus?|cards?|fits?|hardware)\b", re.IGNORECASE)
_CAN_TRAIN = re.compile(r"^\W*can (?:i|we|you|one|axolotl) (?:even )?(?:fine-?tune|train)\b.{0,30}$", re.IGNORECASE)
_TIME_WORDS = re.compile(r"\b(?:how (?:long|fast)|how many (?:hours|minutes|days)|duration|eta)\b", re.IGNORECASE)


def figures(question: str) -> str:
    """What arithmetic says of the numbers in a question, in Markdown, with what was assumed; empty without them."""
    parts = (_steps(question), _batch(question), _time(question) or _memory(question) or what_fits(question))
    return "\n\n".join(part for part in parts if part)


def _parts(question: str) -> tuple[int | None, int | None, int | None]:
    """The micro batch, the accumulation and the GPUs that a question names; a batch beside an accumulation is micro."""
    accumulation, cards = named.accumulation_of(question), named.cards_of(question)
    micro = named.micro_of(question) or (named.batch_of(question) if accumulation is not None else None)
    return micro, accumulation, cards.amount if cards is not None else named.gpus_of(question)


def _steps(question: str) -> str:
    rows, epochs = named.rows_of(question), named.epochs_of(question)
    micro, accumulation, gpus = _parts(question)
    batch = micro * (accumulation or 1) * (gpus or 1) if micro is not None else named.batch_of(question)
    if rows is None or batch is None or not epochs:
        return ""
    each = math.ceil(rows / batch)
    passes = "1 epoch" if epochs == 1 else f"{epochs} epochs"
    steps = each * epochs
    return (
        f"**{plural(steps, 'optimizer step')}**: {rows:,} rows ÷ {batch:,} = {each:,} steps per epoch, times {passes}."
        f"{_fewer(named.steps_of(question), steps)}{_more(question, rows, steps)} This uses {batch:,} as the effective "
        "batch (`micro_batch_size` × `gradient_accumulation_steps` × GPUs) and every row as kept; sample packing makes "
        "fewer steps. `/checkconfig` with your rows as `dataset:` counts them exactly."
    )


def _fewer(told: int | None, steps: int) -> str:
    """Why a run shows another number of steps than the rows make; empty where it does not."""
    if told is None or told == steps:
        return ""
    if told < steps:
        return f" If the run shows {told:,}, `val_set_size` holds rows out, or rows are dropped or packed."
    return f" If the run shows {told:,}, its batch is smaller or it has more rows."


def _more(question: str, rows: int, steps: int) -> str:
    """What makes enough steps of so few."""
    if steps >= ENOUGH:
        return ""
    micro, accumulation, gpus = _parts(question)
    much = "too few" if steps < FEW else "few"
    if micro is None or accumulation is None:
        return f" That is {much}: a smaller effective batch or more epochs make more."
    batches, epochs = math.ceil(rows / micro / (gpus or 1)), named.epochs_of(question)
    way = steps_by_hand(steps, epochs, accumulation, micro, batches)
    return f" That is {much}: {way or 'it needs more rows'}."


def _batch(question: str) -> str:
    micro, accumulation, gpus = _parts(question)
    if micro is not None and (accumulation is not None or gpus is not None):
        parts = (micro, accumulation or 1, gpus or 1)
        assumed = [
            f"`gradient_accumulation_steps` is {parts[1]}" if accumulation is None else "",
            f"there is {parts[2]} GPU" if gpus is None else "",
        ]
        given = " and ".join(filter(None, assumed))
        return (
            f"**The effective batch is {math.prod(parts):,}**: `micro_batch_size` {parts[0]} × "
            f"`gradient_accumulation_steps` {parts[1]} × {parts[2]} {'GPU' if parts[2] == 1 else 'GPUs'}"
            f"{f', if {given}' if given else ''}. With sample packing, each of these is a packed row."
        )
    if gpus is None or gpus < 2 or named.batch_of(question) or not re.search(r"\bbatch", question, re.IGNORECASE):
        return ""
    accumulation = max(1, round(_USUAL_BATCH / gpus))
    return (
        f"**{gpus} GPUs multiply the batch by {gpus}.** `micro_batch_size: 1` with `gradient_accumulation_steps: "
        f"{accumulation}` makes an effective batch of {accumulation * gpus}; 16 to 64 is usual. Raise "
        "`micro_batch_size` while memory allows, and lower `gradient_accumulation_steps` by the same factor."
    )


def _time(question: str) -> str:
    model, cards, rows = named.model_of(question), named.cards_of(question), named.rows_of(question)
    if model is None or cards is None or cards.gpu is None or rows is None or not _TIME_WORDS.search(question):
        return ""
    method, epochs = named.method_of(question) or "qlora", named.epochs_of(question)
    tokens = named.tokens_of(question) or _ROW
    length = max(LENGTH, tokens)
    packed = rows * tokens / length / cards.amount
    if packed > 10**8:
        return ""
    config = read(
        f"{fit_config(model.name, method, length, cards.amount)}max_steps: {max(1, math.ceil(packed * epochs))}\n",
        cards.amount,
    )
    found = duration_of(config, cards.gpu)
    if found is None or found.low_s is None or found.high_s is None:
        return ""
    passes = "1 epoch" if epochs == 1 else f"{epochs} epochs"
    said = "" if named.tokens_of(question) else " (longer rows need more time in proportion)"
    return (
        f"**About {time_of(found.low_s)} to {time_of(found.high_s)}** for {passes} of {rows:,} rows, "
        f"{METHODS[method]} of {model.title} on {_machine(cards)}{_needs(config, cards)}. Assumed: {tokens:,} tokens "
        f"per row{said}, sample packing into rows of {length:,} tokens, gradient checkpointing and flash attention, "
        "without evaluation. `/checkconfig` with `gpu:` and your rows computes it for your config."
    )


def _needs(config: Config, cards: named.Cards) -> str:
    found = memory_of(config)
    if found is None:
        return ""
    low, high = round(found.low_gib), math.ceil(found.high_gib)
    return f"; it needs about {low} to {high} GiB{_verdict(found.high_gib, found.low_gib, cards)}"


def _memory(question: str) -> str:
    model, cards = named.model_of(question), named.cards_of(question)
    asked = _MEMORY_WORDS.search(question) or _CAN_TRAIN.match(question)
    if model is None or (cards is None and not asked):
        return ""
    count = cards.amount if cards is not None else named.gpus_of(question) or 1
    each = " on each GPU" if count > 1 else ""
    lines, needs = [], {}
    for method, words in METHODS.items():
        found = memory_of(_fitting(model, method, count))
        if found is None:
            return ""
        needs[method] = found.high_gib
        low, high = round(found.low_gib), math.ceil(found.high_gib)
        lines.append(f"- {words}: about {low} to {high} GiB{each}{_verdict(found.high_gib, found.low_gib, cards)}")
    if needs["qlora"] > needs["lora"]:
        lines.append("QLoRA leaves the experts of this model unquantized; `quantize_moe_experts: true` quantizes them.")
    where = _machine(cards) if cards is not None else "one GPU" if count == 1 else f"{count} GPUs"
    shared = f", weights shared among the {count} GPUs by FSDP2 (`fsdp_config`)" if count > 1 else ""
    return (
        f"**{model.title[0].upper()}{model.title[1:]} on {where}**\n" + "\n".join(lines) + "\n"
        f"Assumed: rows of {LENGTH:,} tokens, `micro_batch_size: 1`, gradient checkpointing, cut cross entropy, LoRA "
        f"of rank 16 on all linear layers{'' if '/' in model.name else ', a typical architecture'}{shared}. `/fit "
        "model:` computes it for a model by name, `/checkconfig` with `gpu:` for your config."
    )


def _fitting(model: named.Model, method: str, count: int) -> Config:
    return read(fit_config(model.name, method, LENGTH, count), count)


def _machine(cards: named.Cards) -> str:
    if " and " in cards.title:
        return f"{cards.amount} GPUs ({cards.title}; the smaller one decides)"
    return f"one GPU ({cards.title})" if cards.amount == 1 else f"{cards.amount} GPUs ({cards.title} each)"


def _verdict(high: float, low: float, cards: named.Cards | None) -> str:
    if cards is None:
        held = [size for size, usable in sizes().items() if high <= usable]
        return f", which fits a {held[0]} GB card" if held else ", more than any one card has"
    least, most = cards.usable_gib
    if high <= least:
        return ", which fits"
    if high <= most and cards.gpu is not None:
        return f", which fits the one with {cards.gpu.memory_gb[-1]} GB"
    return ", which may fit" if low <= most else ", which does not fit"
