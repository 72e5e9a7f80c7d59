"""What a question names that can be computed with: a model, cards, rows, a batch, epochs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from knowledge.gpus import UnknownGpu, gpu_named, sizes
from knowledge.parameters import parameters_of

if TYPE_CHECKING:
    from knowledge.gpus import Gpu

_COUNTS = {"a": 1, "an": 1, "one": 1, "single": 1, "two": 2, "dual": 2, "three": 3, "four": 4, "six": 6, "eight": 8}
_COUNT = rf"(?:\b(?:(\d{{1,2}})(?:\s?[x×*]\s?|\s+)|({'|'.join(_COUNTS)})\s+))?"
CARD = re.compile(
    _COUNT + r"(?:nvidia |geforce |tesla )?(?<![\d.])"
    r"((?:rtx ?|gtx ?)?(?:20|30|40|50)[5-9]0(?: ?ti(?: ?super)?| ?super)?(?: \d{1,2} ?gb?(?![a-z]))?"
    r"|(?:a100|h100|h200|b200|a6000|a5000|a4000|a40|a10g?|l40s?|l4|t4|v100|p100|mi300x|mi250x?)"
    r"(?:[ -]?\d{2,3} ?gb?)?)(?=s?\b)(?:s?\s?[x×*]\s?(\d{1,2})\b)?",
    re.IGNORECASE,
)
SIZE = re.compile(_COUNT + r"(?<![\d.])(\d{1,3}) ?(?:gb|gib|g)\b", re.IGNORECASE)
_MEMORY = re.compile(r"[ -]\d{1,3} ?gb?$", re.IGNORECASE)
_SEVERAL = re.compile(rf"\b(?:(\d{{1,3}})|({'|'.join(_COUNTS)})) ?(?:x )?(?:gpus?|cards?)\b", re.IGNORECASE)
_MODEL = re.compile(
    r"(?<![\w.])((?:\d{1,2}x)?\d{1,3}(?:\.\d{1,2})?) ?b(?:illion)?\b(?! ?(?:rows|tokens|samples))", re.IGNORECASE
)
_WORDS_OF_NAME = 3
"""Words before the size that may belong to a model's name."""
_NUMBER = r"(\d{1,3}(?:[,.]\d{3})+|\d+(?:\.\d+)?) ?(k|m)?"
_ROWS = re.compile(
    rf"(?<![\d.,]){_NUMBER} (?:\w{{1,40}} )?(?:rows|samples|examples|conversations|records|items|pairs|dialogs)\b",
    re.IGNORECASE,
)
_TOKENS = re.compile(rf"(?<![\d.,]){_NUMBER} tokens\b", re.IGNORECASE)
_BATCH = re.compile(r"(?<!micro )(?<!micro_)\bbatch(?:[ _]?size)?(?: of| is| =|=|:)? ?(\d{1,5})\b", re.IGNORECASE)
_MICRO = re.compile(r"\bmicro[ _]?batch(?:[ _]?size)?(?: of| is| =|=|:)? ?(\d{1,4})\b", re.IGNORECASE)
_ACCUMULATION = re.compile(
    r"\b(?:grad(?:ient)?[ _]?)?acc(?:um(?:ulation)?)?(?:[ _]?steps)?(?: of| is| =|=|:)? ?(\d{1,4})\b", re.IGNORECASE
)
_EPOCHS = re.compile(r"\b(\d{1,3}) epochs?\b", re.IGNORECASE)
_STEPS = re.compile(r"(?<![\d.,])(\d{1,6}) (?:(?:optimi[sz]er|training|total) )?steps\b", re.IGNORECASE)
_APPLE = re.compile(r"\bm[1-5] ?(?:pro|max|ultra)\b|\bmac(?:book| ?mini| ?studio)?\b|\bapple\b", re.IGNORECASE)
_BESIDE = re.compile(r"\s*(?:and|with|plus|\+|&)\s+(?:an?\s+|one\s+|my\s+)*$", re.IGNORECASE)
_COMPARED = re.compile(r"\b(?:or|vs|versus|than|between|difference|compare|better|faster|either)\b", re.IGNORECASE)
_LARGEST = 700.0
"""Billions of parameters beyond which a number is no model's size."""


class Model(NamedTuple):
    """A model: what to call it, and a name that says its dimensions or at least its size."""

    title: str
    name: str


class Cards(NamedTuple):
    """Cards.

    Attributes:
        title: What to call one.
        amount: How many there are.
        usable_gib: The least and the most that one leaves usable, where its name leaves its memory open.
        gpu: The card, where it has a name.
    """

    title: str
    amount: int
    usable_gib: tuple[float, float]
    gpu: Gpu | None


def model_of(question: str) -> Model | None:
    """The model that a question names by its size, known by its name where that stands before it."""
    found = _MODEL.search(question)
    if found is None or not 0 < float(found[1].rpartition("x")[2]) <= _LARGEST:
        return None
    before = question[max(0, found.start() - 60) : found.start()].split()[-_WORDS_OF_NAME:]
    behind = re.match(r"[- ]?(a\d{1,2}b)\b", question[found.end() :], re.IGNORECASE)
    size = f"{found[1]}b{f'-{behind[1]}' if behind else ''}"
    for start in range(len(before)):
        known = parameters_of("-".join([*before[start:], size]))
        if known is not None and known.model is not None:
            return Model(known.model.rpartition("/")[2], known.model)
    article = "an" if re.match(r"8|1[18](?!\d)", size) else "a"
    return Model(f"{article} {size.upper().replace('X', 'x')} model", size)


def cards_of(question: str) -> Cards | None:
    """The cards that a question names, by their name or by their memory; of two kinds together, the smaller decides."""
    if _APPLE.search(question):
        return None
    if (both := _two_kinds(question)) is not None:
        return both
    if (named := CARD.search(question)) is not None:
        gpu = _named(named[3])
        if gpu is None:
            return None
        count = _counted(named[1] or named[4], named[2])
        return Cards(gpu.name, count or gpus_of(question) or 1, gpu.usable_gib, gpu)
    size = SIZE.search(question)
    if size is not None and (usable := sizes().get(int(size[3]))) is not None:
        return Cards(f"{int(size[3])} GB", _counted(size[1], size[2]) or gpus_of(question) or 1, (usable, usable), None)
    return None


def _named(text: str) -> Gpu | None:
    """The card of a name; a memory with which it is not sold, such as that of the whole machine, is left out."""
    for name in (text, _MEMORY.sub("", text)):
        try:
            return gpu_named(name)
        except UnknownGpu:
            continue
    return None


def only_card(words: str) -> Cards | None:
    """The one card that words name, such as those around a config; None where they name none or several."""
    found = cards_of(words) if len(list(CARD.finditer(words))) == 1 else None
    return found if found is not None and found.gpu is not None else None


def _two_kinds(question: str) -> Cards | None:
    """Two cards of different names that are used together; None for any other question."""
    found = list(CARD.finditer(question))
    if len(found) != 2 or _COMPARED.search(question):
        return None
    if not _BESIDE.fullmatch(question[found[0].end() : found[1].start()].rstrip() + " "):
        return None
    try:
        pair = [(gpu_named(each[3]), _counted(each[1] or each[4], each[2]) or 1) for each in found]
    except UnknownGpu:
        return None
    if pair[0][0].name == pair[1][0].name:
        return None
    least = min((gpu for gpu, _ in pair), key=lambda gpu: gpu.usable_gib[0])
    title = " and ".join(f"{amount} × {gpu.name}" if amount > 1 else gpu.name for gpu, amount in pair)
    return Cards(title, sum(amount for _, amount in pair), least.usable_gib, None)


def gpus_of(question: str) -> int | None:
    """How many GPUs a question speaks of, where it says so."""
    found = _SEVERAL.search(question)
    return _counted(found[1], found[2]) if found is not None else None


def rows_of(question: str) -> int | None:
    """How many rows a question names."""
    return _amount(_ROWS.search(question))


def tokens_of(question: str) -> int | None:
    """How many tokens a question names."""
    return _amount(_TOKENS.search(question))


def epochs_of(question: str) -> int:
    """How many epochs a question names; one where it does not say."""
    return int(found[1]) if (found := _EPOCHS.search(question)) else 1


def steps_of(question: str) -> int | None:
    """How many steps a question says that its run has."""
    return _positive(_STEPS.search(question))


def batch_of(question: str) -> int | None:
    """The batch that a question names."""
    return _positive(_BATCH.search(question))


def micro_of(question: str) -> int | None:
    """The micro batch that a question names."""
    return _positive(_MICRO.search(question))


def accumulation_of(question: str) -> int | None:
    """The gradient accumulation that a question names."""
    return _positive(_ACCUMULATION.search(question))


def method_of(question: str) -> str | None:
    """`qlora`, `lora` or `full`, where a question names one."""
    named = re.search(r"\b(qlora|lora|full)\b", question, re.IGNORECASE)
    return named[1].lower() if named is not None else None


def _counted(number: str | None, word: str | None) -> int | None:
    count = int(number) if number else _COUNTS.get((word or "").lower())
    return count if count and count <= 64 else None


def _positive(found: re.Match[str] | None) -> int | None:
    return int(found[1]) or None if found is not None else None


def _amount(found: re.Match[str] | None) -> int | None:
    if found is None:
        return None
    number, unit = found[1], (found[2] or "").lower()
    plain = re.sub(r"[,.](?=\d{3}\b)", "", number) if re.search(r"[,.]\d{3}\b", number) else number
    amount = round(float(plain) * {"k": 1_000, "m": 1_000_000}.get(unit, 1))
    return amount if 0 < amount <= 10**9 else None
