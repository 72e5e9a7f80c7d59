"""The cards: one data file, read once."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from knowledge.by_hand import in_entry
from knowledge.pattern import expression

_DATA = Path(__file__).parent / "cards.json"
_FORM = expression(r" (?:PCIe|SXM|NVL)\b")
_MEMORY = expression(r" \d+GB$")


class Card(NamedTuple):
    """One graphics card.

    Attributes:
        name: Its full name, with the form and the memory where several are sold.
        memory_gb: Memory as the name says, in GB.
        usable_gib: What a program can use of it, in GiB, the CUDA context included.
        bandwidth_gbs: Memory bandwidth, in GB/s.
        bf16_tflops: Dense peak of matrix products in bf16 with fp32 sums, in TFLOP/s; in fp16 where `bf16` is False.
        bf16: Whether the card computes in bf16.
        link: How the cards of one machine are joined: "nvlink" (or its like), or "pcie".
        source: Where the figures stand.
        also: Other spellings, lower case and without blanks.
    """

    name: str
    memory_gb: int
    usable_gib: float
    bandwidth_gbs: int
    bf16_tflops: float
    bf16: bool
    link: str
    source: str
    also: tuple[str, ...]

    @property
    def model(self) -> str:
        """The name without form and memory, as people mostly say it."""
        return _MEMORY.sub("", _FORM.sub("", self.name))

    @property
    def form(self) -> str:
        """The form in lower case ("pcie", "sxm", "nvl"); empty where there is only one."""
        found = _FORM.search(self.name)
        return found[0].strip().lower() if found else ""


@lru_cache(maxsize=1)
def cards() -> tuple[Card, ...]:
    """All cards, in the order of the data file: from the oldest GeForce to the newest accelerator."""
    found = []
    for row in json.loads(_DATA.read_text("utf-8"))["cards"]:
        with in_entry(_DATA.name, row.get("name")):
            found.append(Card(**{**row, "also": tuple(row["also"])}))
    return tuple(found)


def usable_gib(memory_gb: float) -> float:
    """What a card of so many GB, as its name says, leaves usable, in GiB; a size that is not sold is taken as it is.

    Args:
        memory_gb: Memory as the name says.
    """
    return sizes().get(int(memory_gb), memory_gb) if memory_gb == int(memory_gb) else memory_gb


@lru_cache(maxsize=1)
def sizes() -> dict[int, float]:
    """Usual sizes of memory in GB, smallest first, with the GiB that most cards of that size leave usable."""
    by_size: dict[int, list[float]] = {}
    for card in cards():
        by_size.setdefault(card.memory_gb, []).append(card.usable_gib)
    return {size: sorted(by_size[size])[len(by_size[size]) // 2] for size in sorted(by_size)}
