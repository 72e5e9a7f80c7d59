"""Vision-language models: a known language model with a vision tower and a projector before it."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from knowledge.parameters.blueprint import is_other_part, parts_of
from knowledge.parameters.families import layout
from knowledge.parameters.names import Parameters, parameters_of, words
from knowledge.parameters.reading import read_architecture
from knowledge.value import replace

_DATA = Path(__file__).parent / "towers.json"


class Tower(NamedTuple):
    """What sees the images.

    Attributes:
        vision: Parameters of the vision tower.
        projector: Parameters between the tower and the language model.
        depth: Layers of the tower.
        width: Its hidden width.
        patches: Patches of one image of the processor's usual size, all tiles together.
        linears: Its linear layers and the projector's: input, output, how many; empty where `lora_target_linear` does
            not reach them.
    """

    vision: int
    projector: int
    depth: int
    width: int
    patches: int
    linears: tuple[tuple[int, int, int], ...] = ()

    @property
    def parameters(self) -> int:
        """Those of both."""
        return self.vision + self.projector


def with_tower(name: str, *, images: bool) -> Parameters | None:
    """The parameters of a vision-language model.

    Args:
        name: A hub id or a local path.
        images: Whether the config loads a processor, without which some are loaded as language models.

    Returns:
        None where no vision-language model has that name, or it is loaded as a language model.
    """
    known = _by_words().get(words(name))
    if known is None:
        return None
    parameters, only_with_images = _model(known)
    return None if only_with_images and not images else parameters


@cache
def _models() -> dict[str, dict[str, Any]]:
    models: dict[str, dict[str, Any]] = json.loads(_DATA.read_text("utf-8"))["models"]
    return models


@cache
def _by_words() -> dict[tuple[str, ...], str]:
    return {words(name): name for name in _models()}


@cache
def _model(name: str) -> tuple[Parameters, bool]:
    """A model, whose layers are counted when a config first names it."""
    entry = dict(_models()[name])
    if "config" in entry:
        return _read(name, **entry), False
    language, dims = parameters_of(entry.pop("language")), entry.pop("dims", {})
    only = entry.pop("images_only", False)
    if language is None:
        raise ValueError(f"{name} is built on a language model that models.json does not hold")
    architecture = replace(language.architecture, **dims)
    linears = tuple(tuple(each) for each in entry.pop("linears", ()))
    tower = Tower(**entry, linears=linears)
    total = layout(architecture).parameters + tower.parameters
    return Parameters(total, architecture, name, "exact", language.confirmed, tower), only


def _read(name: str, config: dict[str, Any], patches: int) -> Parameters:
    """A model whose language model and tower both stand in its `config.json`."""
    whole, language = read_architecture(config), read_architecture(config, multimodal=False)
    if whole is None or whole.read is None or language is None:
        raise ValueError(f"{name} is of a family that families.json does not hold")
    parts, vision = parts_of(whole.read), config["vision_config"]
    modules = [(module, 1) for module in whole.read.root if is_other_part(module.name)]
    modules += [(m, len(b.indices)) for b in whole.read.blocks if b.stem for m in b.modules]
    tower = Tower(
        parts["vision"],
        parts["projector"],
        vision["num_hidden_layers"] + vision.get("num_global_layers", 0),
        vision["hidden_size"],
        patches,
        tuple((m.columns, m.rows, number) for m, number in modules if m.kind == "linear"),
    )
    return Parameters(layout(whole).parameters, language, name, "exact", confirmed=True, tower=tower)
