"""Whether Axolotl trains a model: its class, the features that know it, and the least card for each method."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from discord import ui

from bot.views.kit import limits
from bot.views.kit.escape import spoken
from bot.views.kit.layout import Colour, container, layout, small

if TYPE_CHECKING:
    from knowledge.model_support import Card, Feature, ModelSupport
    from knowledge.model_traps import Trap

_METHODS: Final = {"qlora": "QLoRA", "lora": "LoRA", "full": "Full fine-tune"}
_FEATURES: Final = 10
_TRAPS: Final = 5
_LISTED: Final = (
    "“Not listed” does not mean unsupported: most features have a general path for types that are not on any list."
)


def model_layout(found: ModelSupport) -> ui.LayoutView:
    """The answer to /model."""
    head = [f"### {limits.code(found.model, 80)}", limits.cut(spoken(found.summary), 400)]
    if found.class_name:
        head.append(f"Class {limits.code(found.class_name)}.")
    if found.layers:
        names = ", ".join(limits.code(each) for each in found.layers[:4])
        head.append(f"FSDP wraps {names}.")
    if found.template:
        head.append(found.template)
    items: list[ui.Item[Any]] = [ui.TextDisplay("\n".join(head))]
    if found.features:
        lines = [limits.cut(feature_line(each), 260) for each in found.features[:_FEATURES]]
        items += [ui.Separator(), ui.TextDisplay("**Features**\n" + "\n".join(lines))]
    if found.traps:
        traps = [
            limits.cut(f"- {trap_line(each)} ({limits.code(each.rule, 60)})", 260) for each in found.traps[:_TRAPS]
        ]
        items += [ui.Separator(), ui.TextDisplay("**What bites**\n" + "\n".join(traps))]
    if found.cards:
        cards = "\n".join(card_line(each) for each in found.cards)
        items += [ui.Separator(), ui.TextDisplay(f"**Cards**, one row of 4,096 tokens per GPU\n{cards}")]
    if found.example:
        start = f"/newconfig model:{found.example}"
        items += [
            ui.Separator(),
            ui.TextDisplay(f"**To start from**: {limits.code(start, 120)} writes a config for it."),
        ]
    colour = Colour.NEUTRAL if found.class_name or found.own else Colour.WARNING
    return layout(container(colour, *items), ui.TextDisplay(small(_LISTED)))


def feature_line(feature: Feature) -> str:
    """A feature in a line, such as `Liger kernels: listed`."""
    return f"{feature.name}: {feature.state}.{' ' + feature.note if feature.note else ''}"


def card_line(card: Card) -> str:
    """A method in a line, such as `QLoRA: a card of 16 GB`."""
    holds = "no single card" if card.gigabytes is None else f"a card of {card.gigabytes} GB"
    needs = " with `quantize_moe_experts: true`" if card.experts else ""
    return f"{_METHODS[card.method]}: {holds} (up to {card.needs_gib:.0f} GiB){needs}."


def trap_line(trap: Trap) -> str:
    """A trap in a line, such as `LoRA kernels: Loading fails on this model ...`."""
    return f"{trap.way}: {spoken(trap.message)}"
