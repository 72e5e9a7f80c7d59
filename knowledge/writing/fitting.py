"""Which method, length and memory savings fit a card: the upper end of the estimate decides."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from knowledge.config import read_values
from knowledge.hub import remember_facts
from knowledge.memory import estimate, read_run
from knowledge.writing.draft import plain
from knowledge.writing.lines import groups

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.memory import Run
    from knowledge.writing.batch import Batch
    from knowledge.writing.draft import Draft

SHORTEST = 512
_SPARE = 0.02
_HALVE = 2


class Room(NamedTuple):
    """What a GPU offers: GiB that a program can use, and its name in words."""

    usable: float
    name: str

    @property
    def gib(self) -> float:
        """What the first choice may fill: a little stays free, since rows are counted by their estimate."""
        return self.usable * (1 - _SPARE)


def fitting(draft: Draft, methods: tuple[str, ...], room: Room, runs: Runs, *, on_host: bool) -> Draft | None:
    """The first way that fits: the longest rows first, then the methods in order, then the cheapest saving.

    Args:
        draft: What is chosen, with the length that is wanted.
        methods: The methods that may be used, the best first.
        room: The memory per GPU.
        runs: The runs that were read before.
        on_host: Whether the host's memory may be used where the GPUs' is not enough.

    Returns:
        The draft that fits with one row on each GPU; None where nothing does.
    """
    *longer, shortest = lengths(draft)
    last = _fitting(replace(draft, length=shortest), methods, room, runs, on_host=on_host)
    if last is None:
        # What does not fit with the shortest rows does not fit with longer ones.
        return None
    tried = (_fitting(replace(draft, length=each), methods, room, runs, on_host=on_host) for each in longer)
    return next((way for way in tried if way is not None), last)


def _fitting(draft: Draft, methods: tuple[str, ...], room: Room, runs: Runs, *, on_host: bool) -> Draft | None:
    """The first way that fits with rows of one length: on the GPUs, then with the host's memory, the leanest first."""
    for host in (False, True) if on_host and draft.wishes.gpu is not None else (False,):
        for method in sorted(methods, key=_LEANEST.index) if host else methods:
            for way in _ways(replace(draft, method=method), on_host=host):
                needs = upper_gib(way, runs)
                if needs is not None and needs <= room.gib * (1 - way.vllm):
                    return way
    return None


_LEANEST = ("qlora", "lora", "full")
"""The methods by what has to move between the host and the GPU, the least first."""


def lengths(draft: Draft) -> Iterator[int]:
    """The length that is wanted, then shorter ones."""
    length = draft.length
    yield length
    if draft.wishes.length is not None:
        return
    while length > SHORTEST:
        length = max(SHORTEST, -(-length // _HALVE // 256) * 256)
        yield length


def upper_gib(draft: Draft, runs: Runs) -> float | None:
    """The upper end of the memory per GPU, in GiB; None where the model is not known."""
    run = runs.of(draft)
    if run is None:
        return None
    return max(estimate(run).high_gib, estimate(run._replace(padded=True)).high_gib)


class Runs:
    """The runs of drafts: read once for each method and sharding, and changed for everything that is only a number."""

    def __init__(self) -> None:
        self._read: dict[tuple[object, ...], Run | None] = {}

    def of(self, draft: Draft) -> Run | None:
        """What decides the memory of a draft."""
        key = (draft.method, draft.sharded, draft.offloaded, draft.packing, draft.held_out > 0)
        if key not in self._read:
            config = read_values(plain(groups(replace(draft, micro=1, fused=False, checkpointing="no"))), _gpus(draft))
            remember_facts(config, draft.wishes.hub)
            self._read[key] = read_run(config)
        run = self._read[key]
        if run is None:
            return None
        rows = draft.micro * (2 if run.paired else 1)
        loss = "fused" if draft.fused else "plain"
        run = run._replace(
            sequence=draft.length,
            checkpointing=draft.checkpointing,
            optimizer=draft.optimizer,
            micro_batch=rows,
            accumulation=draft.accumulation,
            evaluation=draft.micro if draft.held_out else 0,
            loss=loss,
            loss_evaluation=loss,
        )
        return run._replace(shape=run.shape._replace(wide=False)) if draft.fused else run


def _gpus(draft: Draft) -> int:
    return draft.wishes.gpus


def widest(draft: Draft, choices: list[Batch], room: Room, runs: Runs) -> Draft:
    """The largest micro batch that fits.

    Args:
        draft: A draft that fits with one row on each GPU.
        choices: Batches that may be chosen.
        room: The memory per GPU.
        runs: The runs that were read before.
    """
    for micro, accumulation, _ in reversed(choices):
        way = replace(draft, micro=micro, accumulation=accumulation)
        needs = upper_gib(way, runs)
        if needs is not None and needs <= room.gib * (1 - way.vllm):
            return way
    return replace(draft, micro=choices[0].micro, accumulation=choices[0].accumulation)


def _ways(draft: Draft, *, on_host: bool) -> Iterator[Draft]:
    """What saves memory, the cheapest first: whole models on every GPU, then divided ones.

    Args:
        draft: What is chosen.
        on_host: Whether to use the host's memory, which is slow; else nothing but the GPUs'.
    """
    divides = draft.wishes.gpus > 1 and draft.bf16 and draft.family.divides
    divides = divides and not (draft.method == "qlora" and draft.rows.method)
    divided = replace(draft, sharded=True, vllm=0.0)
    if on_host:
        yield replace(_leanest(replace(draft, vllm=0.0)), checkpointing="offload")
        if divides:
            yield replace(_leanest(divided), offloaded=True)
        return
    yield from _savings(draft)
    if draft.vllm:
        yield from _savings(replace(draft, vllm=0.0))
    if divides:
        yield from _savings(divided)


def _savings(draft: Draft) -> Iterator[Draft]:
    yield draft
    layers = replace(draft, checkpointing="layers")
    yield layers
    if draft.fusible:
        layers = replace(layers, fused=True)
        yield layers
    if draft.method == "full":
        yield replace(layers, small_state=True)


def _leanest(draft: Draft) -> Draft:
    """With every saving that leaves the work on the GPUs."""
    return replace(draft, checkpointing="layers", fused=draft.fusible, small_state=draft.method == "full")
