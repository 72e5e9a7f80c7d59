"""`helpbot explain`: what a field, a concept or a rule is and does."""

from __future__ import annotations

import json
import sys
import textwrap
from typing import TYPE_CHECKING

from bot.console._arguments import UnusableFileError, gpus, text_of
from bot.console._given import explain_log
from knowledge.catalog.labels import effects
from knowledge.config import read
from knowledge.explanation import explain
from knowledge.own_numbers import own_words
from knowledge.plan import plan_of
from knowledge.text_kind import kind_of

if TYPE_CHECKING:
    import argparse

    from knowledge.catalog import Explanation

SUMMARY = "What a field, concept, dataset type, or rule does to a run."


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument(
        "names", nargs="+", metavar="NAME", help="field path, concept, dataset type, rule id, or another trainer's name"
    )
    parser.add_argument("--config", metavar="CONFIG", help="a config, to be told what the field comes to in its run")
    parser.add_argument("--gpus", type=gpus, default=1, help="GPUs of that run (default 1)")
    parser.add_argument("--format", choices=("text", "json"), default="text")


def run(options: argparse.Namespace) -> int:
    """Explain each name; exit 1 when one is unknown."""
    from knowledge.json_values import to_plain

    try:
        config = read(text_of(options.config), options.gpus) if options.config else None
    except UnusableFileError as reason:
        print(f"helpbot: {reason}", file=sys.stderr)
        return 2
    code = 0
    for name in options.names:
        found = explain(name)
        own = own_words(found.path, config, plan_of(config)) if config else ""
        if found.kind is None and options.format == "text" and kind_of(name) == "log":
            explain_log("the error", name, config=None, gpus=1, style="text")
            continue
        if options.format == "json":
            print(json.dumps(to_plain(found) | ({"own": own} if config else {}), ensure_ascii=False))
        else:
            _write(found, own)
            if found.kind is None:
                _write_near(name)
        if found.kind is None:
            code = 1
    return code


def _write_near(name: str) -> None:
    """What a question, or a name that is written wrong, leads to."""
    from bot.console import ask
    from knowledge.search import answer

    found = answer(name)
    if found.level == "unknown" or not found.answers:
        print(f"{found.question}: I know nothing by that name in Axolotl {found.axolotl}.")
    ask.write(found)
    print()


def _write(found: Explanation, own: str) -> None:
    if found.kind is None:
        return
    print(" · ".join(part for part in (found.path, found.type, _default(found)) if part))
    for label, text in (
        ("", found.origin),
        ("", found.summary),
        ("Your run: ", own),
        ("", found.text),
        ("Choices: ", ", ".join(found.choices) + (" (and others)" if found.open_choices and found.choices else "")),
        ("Bounds: ", found.bounds),
        *((f"{label}: ", text) for label, text in effects(found.type, found)),
        ("Where it works: ", found.modes),
        ("Costs: ", found.costs),
        ("Watch out: ", found.pitfalls),
        ("Needs the plugin: ", found.plugin or ""),
        ("Deprecated. ", f"Use {found.replaced_by}." if found.replaced_by else " " if found.deprecated else ""),
    ):
        for paragraph in f"{label}{text.strip()}".split("\n\n") if text else ():
            print(textwrap.fill(paragraph, 96, initial_indent="  ", subsequent_indent="  "))
    for line in found.example.splitlines():
        print(f"      {line}")
    since = (
        f"Axolotl {found.since} and later; based on {found.axolotl}."
        if found.since
        else f"Based on Axolotl {found.axolotl}."
    )
    print(f"  {since}")
    if found.see:
        print(f"  See also: {', '.join(found.see)}")
    if found.rules:
        print(f"  Rules: {', '.join(found.rules)}")
    print()


def _default(found: Explanation) -> str:
    if found.kind != "field":
        return ""
    if found.required:
        return "required"
    if found.default is None:
        return "" if found.left_out else "no default"
    return f"default {json.dumps(found.default)}"
