"""The modules of a model of any family that Transformers has, from its `config.json` and the facts of the family.

The facts (families.json) were read off the model classes themselves: for each `model_type` the modules with their
shapes and the conditions under which they exist, as expressions of the config's keys.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from knowledge.facts import read_lines
from knowledge.parameters.architecture import Block, Layout, Module
from knowledge.parameters.expressions import evaluate, varies
from knowledge.parameters.settings import Settings

FACTS = "families.json"
_MOST_LAYERS = 1024
_LARGEST = 2**40
_HEADS = ("lm_head", "embed_out", "output")
_OTHER_PARTS = ("vision", "visual", "image", "audio", "speech", "vit", "sam_", "vqmodel", "siglip", "clip", "encoder")
_PROJECTORS = ("projector", "merger", "connector", "multi_modal", "aligner", "embed_vision", "embed_audio", "qformer")


class Row(NamedTuple):
    """A module of a family: expressions for when it exists and for its shape."""

    name: str
    kind: str
    when: str
    rows: str
    columns: str
    bias: str = "False"
    copies: str = "1"

    @property
    def varies(self) -> bool:
        """Whether layers differ in it."""
        return any(varies(each) for each in self[2:])


class Nested(NamedTuple):
    """A model inside a model: the dotted name of its place, its family, the key of its config.

    `optional`: it is there only where the config has the key. `filled`: what its config lacks has the defaults of the
    whole model's family, not those of its own.
    """

    stem: str
    family: str
    key: str
    optional: bool = False
    filled: bool = False


class Family(NamedTuple):
    """The facts of one `model_type`.

    Attributes:
        model_class: The class that is loaded.
        prefix: What the names of its modules begin with, and what they lack when it stands inside another model.
        defaults: As `Settings` takes them.
        aliases: As `Settings` takes them.
        lists: The dotted name of each list of layers, the expression of its length, the class of a layer.
        rows: The modules.
        nested: The models inside it whose family its config chooses.
        refused: The module at which PEFT refuses `lora_target_linear`.
        converts: As in `Architecture`.
    """

    model_class: str
    prefix: str
    defaults: dict[str, Any]
    aliases: dict[str, str]
    lists: dict[str, tuple[str, str]]
    rows: tuple[Row, ...]
    nested: tuple[Nested, ...]
    refused: str
    converts: str


class Made(NamedTuple):
    """The modules of one model, its list of text layers first, and the settings that they were made from."""

    layout: Layout
    layer_class: str
    settings: Settings
    text: Settings
    refused: str
    converts: str


@lru_cache(maxsize=64)
def family_of(model_type: str) -> Family | None:
    """The facts of a family, or None for one that is not known."""
    line = read_lines(FACTS).get(model_type)
    if line is None:
        return None
    facts = json.loads(line)
    if "like" in facts:
        return family_of(facts["like"])
    return Family(
        model_class=facts["class"],
        prefix=facts.get("prefix", ""),
        defaults=facts.get("keys", {}),
        aliases=facts.get("also", {}),
        lists={stem: (count, layer) for stem, (count, layer) in facts.get("lists", {}).items()},
        rows=tuple(Row(*row) for row in facts["modules"]),
        nested=tuple(Nested(*each) for each in facts.get("nested", ())),
        refused=facts.get("refused", ""),
        converts=facts.get("converts", ""),
    )


def modules_of(family: Family, config: Mapping[str, object]) -> Made | None:
    """Every module of the model that a config describes.

    Args:
        family: The facts of its family.
        config: The parsed `config.json`.

    Returns:
        The modules; None where a model inside it is of a family that is not known.

    Raises:
        ArithmeticError, IndexError, TypeError, ValueError: The config's values make no model.
    """
    inside: dict[Nested, Made] = {}
    for nested in family.nested:
        if nested.optional and not config.get(nested.key):
            continue
        inner = _nested(nested, config, family)
        if inner is None:
            return None
        inside[nested] = inner
    given = {each.key: made.settings for each, made in inside.items() if isinstance(config.get(each.key), Mapping)}
    settings = text = Settings(config, family.defaults, family.aliases, given)
    blocks, classes = _blocks(family, settings)
    root = [module for row in family.rows if "#" not in row.name for module in _module(row, row.name, settings, 0)]
    for nested, made in inside.items():
        root += made.layout.root
        blocks += made.layout.blocks
        classes[made.layout.layers] = made.layer_class
        if not is_other_part(nested.stem):
            text = made.text
    layers = _text_layers(blocks)
    blocks = [block._replace(stem="") if block.stem == layers else block for block in blocks]
    total = sum(block.parameters for block in blocks) + sum(module.parameters for module in root)
    if not 0 < total < _LARGEST * 64:
        raise ValueError("no model has so many parameters")
    layout = Layout(layers, tuple(blocks), tuple(root), _head(root), total)
    return Made(layout, classes.get(layers, ""), settings, text, family.refused, family.converts)


def is_other_part(name: str) -> bool:
    """Whether a module's dotted name lies outside the text model: a vision or audio tower, or its projector."""
    lowered = name.lower()
    return any(word in lowered for word in (*_OTHER_PARTS, *_PROJECTORS))


def parts_of(layout: Layout) -> dict[str, int]:
    """Parameters of the parts of a model: "text", "vision" (towers, of sound too) and "projector"."""
    parts = {"text": 0, "vision": 0, "projector": 0}
    named = [(module.name, module.parameters) for module in layout.root]
    named += [(block.stem or layout.layers, block.parameters) for block in layout.blocks]
    for name, parameters in named:
        projects = any(word in name.lower() for word in _PROJECTORS)
        parts["projector" if projects else "vision" if is_other_part(name) else "text"] += parameters
    return parts


def _blocks(family: Family, settings: Settings) -> tuple[list[Block], dict[str, str]]:
    """The layers, those alike together, and the class of a layer by the name of its list."""
    blocks: list[Block] = []
    for stem, (length, _) in family.lists.items():
        start = f"{stem}.#."
        rows = [row for row in family.rows if row.name.startswith(start)]
        count = evaluate(length, settings.read)
        if not isinstance(count, int) or not 0 <= count <= _MOST_LAYERS:
            raise ValueError("no model has so many layers")
        fixed = {row: tuple(_module(row, row.name[len(start) :], settings, 0)) for row in rows if not row.varies}
        kinds: dict[tuple[Module, ...], list[int]] = {}
        for index in range(count):
            modules: list[Module] = []
            for row in rows:
                modules += fixed[row] if row in fixed else _module(row, row.name[len(start) :], settings, index)
            kinds.setdefault(tuple(modules), []).append(index)
        blocks += [Block(tuple(indices), modules, stem) for modules, indices in kinds.items() if modules]
    return blocks, {stem: layer for stem, (_, layer) in family.lists.items()}


def _module(row: Row, name: str, settings: Settings, index: int) -> Iterator[Module]:
    if not evaluate(row.when, settings.read, index):
        return
    rows, columns, copies = (_dimension(each, settings, index) for each in (row.rows, row.columns, row.copies))
    bias = bool(evaluate(row.bias, settings.read, index))
    yield Module(name.replace("#", "0"), rows, columns, bias, row.kind, copies)


def _dimension(expression: str, settings: Settings, index: int) -> int:
    value = evaluate(expression, settings.read, index)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _LARGEST:
        raise ValueError("no dimension of a matrix")
    return value


def _nested(nested: Nested, config: Mapping[str, object], whole: Family) -> Made | None:
    """A model inside the model, its modules renamed to where they stand."""
    given = config.get(nested.key)
    inner: Mapping[str, object] = given if isinstance(given, Mapping) else {}
    if nested.filled or not inner:
        start = f"{nested.key}."
        own = {key.removeprefix(start): value for key, value in whole.defaults.items() if key.startswith(start)}
        inner = {**{key: value for key, value in own.items() if not isinstance(value, list)}, **inner}
    model_type = inner.get("model_type")
    model_type = model_type if isinstance(model_type, str) else nested.family
    tower = is_other_part(nested.stem)
    family = family_of(f"@{model_type}") if tower else family_of(model_type) or family_of(f"@{model_type}")
    made = None if family is None else modules_of(family, inner)
    if family is None or made is None:
        return None
    prefix = f"{family.prefix}." if family.prefix else ""

    def renamed(name: str) -> str:
        return f"{nested.stem}.{name.removeprefix(prefix)}"

    layout = made.layout
    root = [m._replace(name=renamed(m.name)) for m in layout.root if tower or m.name not in _HEADS]
    blocks = [block._replace(stem=renamed(block.stem or layout.layers)) for block in layout.blocks]
    layout = layout._replace(layers=renamed(layout.layers), root=tuple(root), blocks=tuple(blocks))
    return made._replace(layout=layout)


def _text_layers(blocks: list[Block]) -> str:
    """The list of the text model's layers: the largest outside towers and projectors."""
    weights: dict[str, int] = {}
    for block in blocks:
        weights[block.stem] = weights.get(block.stem, 0) + block.parameters
    own = [stem for stem in weights if not is_other_part(stem)]
    return max(own or weights, key=lambda stem: weights[stem], default="")


def _head(root: list[Module]) -> Module:
    """The output head; where it is the embedding, a module of the same shape; empty in a tower."""
    for module in root:
        if module.name in _HEADS:
            return module
    embeddings = [m for m in root if m.kind == "embedding" and not is_other_part(m.name)]
    if not embeddings:
        return Module("", 0, 0)
    largest = max(embeddings, key=lambda module: module.parameters)
    return Module("lm_head", largest.rows, largest.columns, kind="linear")
