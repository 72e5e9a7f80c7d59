"""What Axolotl knows of a model type: its class, which lists it is in, and what its own descriptor says.

Read off Axolotl itself. "Not listed" is said as that: most features have a general way for types that no list names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from knowledge.facts import read_json
from knowledge.memory import FitTable, fit_table
from knowledge.model_traps import Trap, traps_of
from knowledge.parameters import parameters_of
from knowledge.samples.tokens import model_named
from knowledge.value import value

if TYPE_CHECKING:
    from collections.abc import Mapping

METHODS: Final = ("qlora", "lora", "full")
_LENGTH: Final = 4096
_LONGEST_NAME: Final = 256
"""Characters of a name that are read, from its end: what a path's last part has at most; a Hub id has 96."""
_LISTS: Final = (
    (
        "packing",
        "Sample packing",
        "multipack",
        "It packs if its attention reads `position_ids`.",
    ),
    (
        "lora_kernels",
        "LoRA kernels",
        "lora_kernels",
        "They can't rewrite its attention: set `lora_qkv_kernel` and `lora_o_kernel` to false.",
    ),
    ("liger", "Liger kernels", "liger", "Of its keys, only `liger_fused_linear_cross_entropy` may apply."),
    (
        "cut_cross_entropy",
        "Cut cross entropy",
        "cut_cross_entropy",
        "Axolotl patches it like a Llama and warns that this is experimental.",
    ),
    ("tensor_parallel", "Tensor parallelism", "tensor_parallel", "Transformers has no plan to split it."),
    (
        "context_parallel",
        "Context parallelism",
        "context_parallel",
        "Axolotl keeps no list of types for it, and refuses only those whose descriptor rules it out.",
    ),
    ("experts", "Mixture of experts", "expert_kernels", "It is not in Axolotl's table of expert blocks."),
    ("vision", "Images", "vision_inputs", "Axolotl trains only its text part."),
)
_ALWAYS_SAID: Final = frozenset(
    {"packing", "lora_kernels", "liger", "cut_cross_entropy", "tensor_parallel", "context_parallel"}
)


@value
class Feature:
    """One feature.

    Attributes:
        id: Stable name.
        name: As people call it.
        state: "listed", "not listed", "supported", "experimental" or "unsupported"; the last three are the words of
            Axolotl's own descriptor of the type.
        note: What follows from it, or the descriptor's reason; empty where there is nothing to say.
    """

    id: str
    name: str
    state: str
    note: str


@value
class Card:
    """The smallest card that holds a method at 4,096 tokens, in GB; None where no single card does.

    `experts` says that this counts on `quantize_moe_experts: true`.
    """

    method: str
    needs_gib: float
    gigabytes: int | None
    experts: bool


@value
class ModelSupport:
    """What Axolotl knows of a model.

    Attributes:
        axolotl: Its version.
        model: The name that was asked for.
        model_type: `model_type` of its config.json; None where it is not known.
        known: How the type was found: "type" where it was asked for itself, "exact" or "derived" from the model's
            facts, "guessed" from its name.
        class_name: The class that loads it; None where no class of Transformers does.
        text: Whether it loads as a text model, `vision` as one with images.
        own: Whether Axolotl has a descriptor of its own for it.
        features: Which lists it is in.
        layers: Classes that FSDP wraps; empty where the modeling file names none.
        cards: The least card for each method.
        template: A sentence about its chat template; empty where its name tells nothing.
        traps: The rules that bite with it, worst first.
        example: A model to write an example config for, which is the one that was asked for where it has a Hub name;
            empty where none of its type is known.
        summary: One sentence about whether it can be trained.
    """

    axolotl: str
    model: str
    model_type: str | None
    known: str
    class_name: str | None
    text: bool
    vision: bool
    own: bool
    features: tuple[Feature, ...]
    layers: tuple[str, ...]
    cards: tuple[Card, ...]
    template: str
    traps: tuple[Trap, ...]
    example: str
    summary: str


def model_support(name: str, config: Mapping[str, Any] | None = None) -> ModelSupport:
    """What Axolotl knows of a model.

    Args:
        name: A hub id, or a `model_type`; of a longer one than a file can have, the end.
        config: Its config.json, where that was looked up.
    """
    name = name[-_LONGEST_NAME:]
    facts = read_json("supported.json")
    types: dict[str, dict[str, Any]] = facts["types"]
    told = config.get("model_type") if config else None
    kind, known = (told, "exact") if isinstance(told, str) and told else _type_of(name, types)
    found = types.get(kind) if kind else None
    return ModelSupport(
        axolotl=facts["axolotl"],
        model=name,
        model_type=kind,
        known=known,
        class_name=found["class"] if found else None,
        text=bool(found and found["text"]),
        vision=bool(found and found["vision"]),
        own=bool(found and found["own"]),
        features=_features(found) if found else (),
        layers=tuple(found["layers"]) if found else (),
        cards=() if known == "type" else _cards(name),
        template=_template(name),
        traps=_traps(name, kind, known, config) if kind else (),
        example=_example(kind) if known == "type" else name if kind else "",
        summary=_summary(name, kind, found, known, facts["axolotl"]),
    )


def model_types() -> tuple[str, ...]:
    """Every type that something is known of."""
    return tuple(read_json("supported.json")["types"])


def _type_of(name: str, types: dict[str, dict[str, Any]]) -> tuple[str | None, str]:
    plain = name.strip()
    if plain in types:
        return plain, "type"
    found = parameters_of(plain)
    if found is None or found.architecture is None:
        return None, "unknown"
    return found.architecture.family, found.known


def _features(found: dict[str, Any]) -> tuple[Feature, ...]:
    says: dict[str, list[str]] = found["says"]
    features = []
    for key, name, capability, otherwise in _LISTS:
        told = says.get(capability)
        if told is not None:
            features.append(Feature(id=key, name=name, state=told[0], note=told[1]))
        elif found.get(key):
            note = f"Its block is {found[key]}." if key == "experts" else ""
            features.append(Feature(id=key, name=name, state="listed", note=note))
        elif key in _ALWAYS_SAID:
            features.append(Feature(id=key, name=name, state="not listed", note=otherwise))
    named = {capability for _, _, capability, _ in _LISTS}
    for capability, (state, note) in says.items():
        if capability not in named:
            features.append(Feature(id=capability, name=capability.replace("_", " "), state=state, note=note))
    return tuple(features)


def _summary(name: str, kind: str | None, found: dict[str, Any] | None, known: str, axolotl: str) -> str:
    if kind is None:
        return f"I know nothing about {name}: ask with its `model_type`, which is in its config.json."
    if found is None:
        return (
            f"Axolotl {axolotl} has no entry for `{kind}`. It is not listed, but that does not mean it fails: a "
            "model with its own code loads with `trust_remote_code: true` where that code fits Transformers."
        )
    way = "with Axolotl's own descriptor" if found["own"] else "through Transformers"
    what = "text and images" if found["vision"] and found["text"] else "images and text" if found["vision"] else "text"
    sure = " The type is a guess from the name." if known == "guessed" else ""
    return f"Axolotl {axolotl} loads `{kind}` {way} and trains {what}.{sure}"


def _template(name: str) -> str:
    model = model_named(name)
    if not model.known:
        return ""
    if model.template == "none":
        return "It does not have its own chat template: name one, such as `chat_template: chatml`."
    if model.template not in (None, "own"):
        return f"Its chat template is Axolotl's `{model.template}`, so `chat_template: tokenizer_default` is right."
    like = f", which is much like Axolotl's `{model.shown}`" if model.shown else ""
    return f"`chat_template: tokenizer_default` uses the template in its tokenizer{like}."


def _traps(name: str, kind: str, known: str, config: Mapping[str, Any] | None) -> tuple[Trap, ...]:
    """What bites; of a type alone, what bites with an example of it, so that the sizes are those of a real model."""
    if known != "type":
        return traps_of(name, config)
    example = _example(kind)
    return traps_of(example) if example else traps_of(name, {"model_type": kind})


def _example(kind: str | None) -> str:
    """The smallest known model of a type."""
    models: dict[str, dict[str, Any]] = read_json("models.json")["models"]
    alike = [name for name, each in models.items() if each.get("family") == kind]
    return min(alike, key=lambda name: int(models[name]["parameters"]), default="")


def _cards(name: str) -> tuple[Card, ...]:
    cards = []
    for method in METHODS:
        table = fit_table(name, method)
        if table is not None:
            cards.append(_least(table))
    return tuple(cards)


def _least(table: FitTable) -> Card:
    column = table.lengths.index(_LENGTH)
    holding = next((size for size, fits in table.cards if fits[column]), None)
    return Card(method=table.method, needs_gib=table.needs_gib[column], gigabytes=holding, experts=table.experts)
