"""What comes nearest to wishes that cannot be met: another method, more cards, shorter rows; and names alike."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rapidfuzz import fuzz, process

from knowledge.facts import read_json
from knowledge.samples import load_kinds
from knowledge.text import listed, nearest
from knowledge.writing.wishes import Unusable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from knowledge.writing.draft import Draft
    from knowledge.writing.wishes import Wishes

_MORE, _MOST = (2, 4, 8), (16, 32, 64)
"""Cards of the same kind that one host holds, which come before a larger card, and those that come after it."""
_LIKE = 60
_USUAL = ("Qwen/Qwen3-8B", "meta-llama/Llama-3.1-8B-Instruct", "mistralai/Mistral-7B-v0.3")
"""Models that many people train, for a name that is like none."""


def check_type(name: str | None) -> None:
    """Accept a dataset type that Axolotl has.

    Raises:
        Unusable: it has none of that name; the nearest one is named.
    """
    known = {each for kind in load_kinds() for each in kind.names}
    if name and name not in known:
        near = nearest(name, sorted(known))
        raise Unusable(f"Axolotl 0.21.0 has no `type: {name}`.{f' Did you mean `{near}`?' if near else ''}")


def full_name(name: str) -> str:
    """The name of the Hub of a bundled model that is named without its owner; else the name as it is.

    Args:
        name: A model as somebody typed it.
    """
    if "/" in name:
        return name
    found = [each for each in read_json("models.json")["models"] if each.rsplit("/", 1)[-1].lower() == name.lower()]
    return found[0] if len(found) == 1 else name


def _letters(name: str) -> str:
    return "".join(each for each in name.lower() if each.isalnum())


def models_instead(name: str) -> str:
    """A question or a sentence with the models that may have been meant.

    Args:
        name: The name that nobody knows.
    """
    near = nearest_models(name)
    if name.startswith(("/", "./", "../", "~")):
        return "For a model in a folder, give the Hub name of the model that it was made from, and set the path later."
    return f"Did you mean {listed(near, 'or')}?" if near else f"Models that are known: {listed(_USUAL)}."


_SPOKEN = {"full": "full training", "lora": "LoRA", "qlora": "QLoRA"}


def nearest_models(name: str, limit: int = 3) -> list[str]:
    """Known models whose names are like one.

    Args:
        name: The name that nobody knows.
        limit: How many at most.
    """
    models = list(read_json("models.json")["models"])
    wanted = _letters(name)
    if within := sorted((each for each in models if wanted and wanted in _letters(each)), key=len):
        return within[:limit]
    found = process.extract(name, models, scorer=fuzz.WRatio, limit=limit, processor=str.lower)
    return [model for model, score, _ in found if score >= _LIKE]


def nearest_wishes(wishes: Wishes, methods: tuple[str, ...]) -> Iterator[tuple[Wishes, Callable[[Draft, str], str]]]:
    """Wishes that give up less first: the method, then the length, then the number of cards, then the card.

    Args:
        wishes: What cannot be met.
        methods: The methods of the aim.

    Yields:
        Other wishes, and the sentence about them, given what was chosen and the cards in words.
    """
    asked = f"{_SPOKEN[wishes.method][:1].upper()}{_SPOKEN[wishes.method][1:]}" if wishes.method else "The run"
    card = wishes.gpu.name if wishes.gpu is not None else "any card"
    on = f"{wishes.gpus} × {card}" if wishes.gpus > 1 else card
    rows = f" with rows of {wishes.length:,} tokens" if wishes.length else ""
    bf16 = "" if wishes.gpu is None or wishes.gpu.bf16 else " with bf16"
    lead = f"{asked} of {wishes.model}{rows} does not fit {on}"
    if wishes.method and len(methods) > 1:
        yield replace(wishes, method=None), lambda made, _: f"{lead}; this is {_SPOKEN[made.method]}."
    if wishes.length:
        yield replace(wishes, length=None), lambda made, _: f"{lead}; this has `sequence_len: {made.length}`."
    if wishes.method and wishes.length:
        yield (
            replace(wishes, method=None, length=None),
            lambda made, _: f"{lead}; this is {_SPOKEN[made.method]} with `sequence_len: {made.length}`.",
        )
    free = replace(wishes, method=None, length=None)
    for gpus in _MORE:
        if gpus > wishes.gpus:
            yield replace(free, gpus=gpus), _more(lead, gpus, card)
    if wishes.gpu is not None:
        yield (
            replace(free, gpu=None),
            lambda made, cards: f"{lead}; this is {_SPOKEN[made.method]} on {cards}{bf16}, the least that holds it.",
        )
    for gpus in _MOST:
        if gpus > wishes.gpus:
            yield replace(free, gpus=gpus), _more(lead, gpus, card)


def _more(lead: str, gpus: int, card: str) -> Callable[[Draft, str], str]:
    return lambda made, _: f"{lead}; this is {_SPOKEN[made.method]} on {gpus} × {card}."
