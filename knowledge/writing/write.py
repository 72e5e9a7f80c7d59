"""From wishes to a proven config: read the rows, choose what fits, write it, check it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from knowledge.config import read_values
from knowledge.gpus import sizes
from knowledge.hub import remember_facts
from knowledge.parameters import base_parameters
from knowledge.writing.draft import Draft
from knowledge.writing.families import family_of, has_fused_loss
from knowledge.writing.fitting import SHORTEST, Room, Runs, fitting
from knowledge.writing.nearest import check_type, full_name, models_instead, nearest_wishes
from knowledge.writing.proof import proven
from knowledge.writing.rows import Read, read_dataset, with_count
from knowledge.writing.steps import with_steps
from knowledge.writing.table import with_commas
from knowledge.writing.taste import aims, general
from knowledge.writing.wishes import Unusable, Unwritable, Wishes, Written

if TYPE_CHECKING:
    from knowledge.parameters import Parameters

_STEP_BELOW, _SMALL_STEP, _LARGE_STEP = 4096, 256, 1024
_HOPPER = ("H100", "H200", "H20", "H800", "GH200")
_WIDEST_HEAD = 256
_LEAST_VLLM = 1.5
_LEAST_SERVED = 2
_GIB = 1 << 30
_LONGEST_NAME = 256
"""Characters of a model's name: the Hub's have at most 96, a file's 255."""


def write_config(wishes: Wishes) -> Written:
    """Write a config, or the nearest one that can be.

    Args:
        wishes: What is wanted.

    Returns:
        The config with its reasons; `unmet` says which wish it does not meet.

    Raises:
        Unusable: A wish cannot be used as it is given: a file without rows, a type that Axolotl does not have.
        Unwritable: There is not even a near config: nobody knows the model, or no number of cards holds it.
    """
    if not wishes.model.strip():
        raise Unusable("There is no model to write a config for: give its name on the Hub, such as Qwen/Qwen3-8B.")
    if len(wishes.model) > _LONGEST_NAME:
        raise Unusable(f"A model's name has at most {_LONGEST_NAME} characters; this one has {len(wishes.model):,}.")
    check_type(wishes.type)
    wishes = replace(wishes, model=full_name(wishes.model.strip()))
    wishes, saved = with_commas(wishes)
    wishes = with_count(wishes)
    base = _base(wishes, images=False)
    rows = read_dataset(wishes, family_of(wishes.model))
    if rows.aim == "images":
        base = _base(wishes, images=True)
    if rows.aim == "images" and base.tower is None:
        raise Unwritable(
            f"{wishes.model} is not known to accept images. "
            "Models that do: Qwen/Qwen2.5-VL-7B-Instruct, google/gemma-3-4b-it."
        )
    unmet = [each for each in (saved, *rows.wrong) if each]
    if "type" not in rows.entry:
        raise Unwritable(" ".join(unmet))
    found = _chosen(wishes, rows, base, on_host=True)
    if found is not None:
        return proven(*found, unmet)
    draft, room, sentence = _nearest(wishes, rows, base)
    return proven(draft, room, [*unmet, sentence])


def _nearest(wishes: Wishes, rows: Read, base: Parameters) -> tuple[Draft, Room, str]:
    """What comes nearest to wishes that cannot be met, with the sentence about it: the host's memory comes last."""
    near = list(nearest_wishes(wishes, aims()[rows.aim].methods))
    for on_host in (False, True):
        for other, told in near:
            found = _chosen(other, rows, base, on_host=on_host)
            if found is not None:
                return *found, told(found[0], found[1].name)
    raise Unwritable(f"No number of cards that I know of holds {wishes.model} for this run.")


def _base(wishes: Wishes, *, images: bool) -> Parameters:
    """What is known of the model; some see pictures only where the config loads a processor."""
    config = read_values({"base_model": wishes.model, **({"processor_type": "AutoProcessor"} if images else {})})
    remember_facts(config, wishes.hub)
    base = base_parameters(config)
    if base is None or base.known == "guessed":
        raise Unwritable(
            f"I know nothing about {wishes.model}, so its memory would be a guess. " + models_instead(wishes.model)
        )
    return base


def _chosen(wishes: Wishes, rows: Read, base: Parameters, *, on_host: bool) -> tuple[Draft, Room] | None:
    """What fits, with its batch and steps; without a card the smallest that holds the longest rows."""
    methods = (wishes.method,) if wishes.method else aims()[rows.aim].methods
    runs = Runs()
    for room in _rooms(wishes):
        draft = _first(wishes, rows, base, room)
        if wishes.gpu is None and room.usable < max(sizes().values()):
            # The card is free, so the rows are not shortened for it.
            draft = replace(draft, wishes=replace(wishes, length=draft.length))
        fits = fitting(draft, methods, room, runs, on_host=on_host)
        served = None if fits is not None and fits.vllm else _served(wishes, rows, base, room)
        if served is not None:
            return with_steps(served, room, Runs()), room
        if fits is not None:
            return with_steps(replace(fits, wishes=wishes), room, runs), room
    return None


def _served(wishes: Wishes, rows: Read, base: Parameters, room: Room) -> Draft | None:
    """GRPO whose answers come from vLLM on the last card, where the others each hold the training; else None.

    A server takes the weights as the trainer has them, so those in 4 bits cannot be sent to it.
    """
    gpu = wishes.gpu
    if rows.method != "grpo" or gpu is None or not gpu.bf16 or wishes.gpus < _LEAST_SERVED:
        return None
    if _vllm_gib(base) > general()["server_memory"].value * room.usable:
        return None
    methods = (wishes.method,) if wishes.method else aims()[rows.aim].methods
    whole = tuple(method for method in methods if method != "qlora")
    draft = replace(_first(replace(wishes, gpus=wishes.gpus - 1), rows, base, room), vllm=0.0, served=True)
    fits = fitting(draft, whole, room, Runs(), on_host=False) if whole else None
    return fits if fits is not None and not fits.sharded and fits.length == draft.length else None


def _rooms(wishes: Wishes) -> list[Room]:
    if wishes.gpu is not None:
        return [Room(wishes.gpu.usable_gib[0], f"{wishes.gpus} × {wishes.gpu.name}")]
    return [Room(usable, f"{wishes.gpus} × {size} GB") for size, usable in sizes().items()]


def _first(wishes: Wishes, rows: Read, base: Parameters, room: Room) -> Draft:
    """The draft before anything has to fit."""
    aim, family, architecture = aims()[rows.aim], family_of(wishes.model), base.architecture
    bf16 = wishes.gpu is None or wishes.gpu.bf16
    attention = _attention(wishes, family.attention, architecture.head_dim, bf16=bf16)
    packing = attention == "flash_attention_2" and not rows.method and rows.root.get("sample_packing") is not False
    given, count = general(), rows.count or 0
    held = 0.0 if rows.aim in ("rewards", "images") else given["held_out"].value
    length = wishes.length or _length(rows, aim.length, architecture.context)
    draft = Draft(
        wishes=wishes,
        aim=aim,
        rows=rows,
        family=family,
        method="full",
        experts=bool(architecture.experts),
        bf16=bf16,
        attention=attention,
        length=length,
        packing=packing,
        # Gradients that are added up stay in memory between micro batches.
        accumulation=2,
        held_out=held if count >= given["held_out_rows"].value else 0.0,
        kernels=family.kernels,
        fusible=bf16 and not rows.method and has_fused_loss(architecture.family),
    )
    return replace(draft, vllm=_vllm(base, room)) if rows.method == "grpo" and bf16 else draft


def _attention(wishes: Wishes, wanted: str, head: int, *, bf16: bool) -> str:
    """The backend: flash attention wherever the card and the model take it."""
    if not bf16 or head > _WIDEST_HEAD:
        return "sdpa"
    if wanted.startswith("kernels-community") and not (wishes.gpu is not None and wishes.gpu.name.startswith(_HOPPER)):
        return "eager"
    return wanted


def _length(rows: Read, usual: int, context: int) -> int:
    """The longest row, rounded up; of text that may be split, the aim's usual length at most."""
    wanted = rows.longest or usual
    if rows.splits:
        wanted = min(wanted, usual)
    if rows.aim == "rewards":
        wanted = rows.longest + int(general()["completion"].value)
    if rows.aim == "images":
        wanted = max(wanted, usual)
    step = _SMALL_STEP if wanted <= _STEP_BELOW else _LARGE_STEP
    length = max(SHORTEST, -(-wanted // step) * step)
    return min(length, context) if context else length


def _vllm(base: Parameters, room: Room) -> float:
    """The share of a card that a colocated vLLM takes: the model in 16 bits and room for its answers; 0 beyond half."""
    share = _vllm_gib(base) / room.gib
    rounded = round(-(-share // 0.05) * 0.05, 2)
    return rounded if rounded <= 0.5 else 0.0


def _vllm_gib(base: Parameters) -> float:
    """The least that vLLM needs: the model in 16 bits and room for its answers."""
    return 2 * base.total / _GIB * 1.05 + _LEAST_VLLM
