"""`helpbot model`: whether Axolotl trains a model, which of its features know it, and the card that it needs."""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING, Any

from bot.console._hub import opened
from bot.views.model import card_line, feature_line, trap_line
from knowledge.hub import ModelTarget, Targets, is_repository
from knowledge.model_support import ModelSupport, model_support

if TYPE_CHECKING:
    import argparse

SUMMARY = "Whether Axolotl trains a model, and which of its features support it."
_SECONDS = 10.0


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("name", metavar="NAME", help="owner/name of a model, or a model_type such as qwen3_moe")
    parser.add_argument("--hub", action="store_true", help="read the model's config.json on the Hub")
    parser.add_argument("--format", choices=("text", "json"), default="text")


def run(options: argparse.Namespace) -> int:
    """Print what is known; exit 0 where the type is known, 1 where not."""
    config = _looked_up(options.name) if options.hub and is_repository(options.name) else None
    found = model_support(options.name, config)
    if options.format == "json":
        from knowledge.json_values import to_plain

        print(json.dumps(to_plain(found), ensure_ascii=False, separators=(",", ":")))
    else:
        _write(found)
    return int(found.class_name is None and not found.own)


def _looked_up(name: str) -> dict[str, Any] | None:
    """Its config.json; None where the Hub does not tell."""
    with opened() as console:
        if console is None:
            return None
        facts = console.look(Targets(model=ModelTarget(field="", id=name, parts=("config",))), _SECONDS)
    return facts.model.config if facts.model is not None else None


def _write(found: ModelSupport) -> None:
    print(textwrap.fill(found.summary.replace("`", ""), 110))
    if found.class_name:
        print(f"  class {found.class_name}")
    if found.layers:
        print(f"  FSDP wraps {', '.join(found.layers)}")
    for feature in found.features:
        print(textwrap.fill(feature_line(feature).replace("`", ""), 110, initial_indent="  ", subsequent_indent="    "))
    for card in found.cards:
        print(f"  {card_line(card).replace('`', '')}")
    if found.template:
        print(textwrap.fill(found.template.replace("`", ""), 110, initial_indent="  ", subsequent_indent="    "))
    for trap in found.traps:
        line = f"{trap_line(trap)} [{trap.rule}]"
        print(textwrap.fill(line, 110, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False))
    if found.example:
        print(f"\nTo start from an example: helpbot new --model {found.example} --dataset ROWS")
