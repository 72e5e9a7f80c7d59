"""`helpbot next`: the commands for a config, how to serve its model, and what to look at where it disappoints."""

from __future__ import annotations

import json
import sys
import textwrap
from typing import TYPE_CHECKING

from bot.console._arguments import gpus, text_or_word
from knowledge.config import read
from knowledge.next_steps import NextSteps, next_steps

if TYPE_CHECKING:
    import argparse

SUMMARY = "Which Axolotl command comes next for a config, and how to serve the model."
_MOST = 1_000_000


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("config", metavar="CONFIG", help="the config, or - for standard input")
    parser.add_argument("--gpus", type=gpus, default=1, help="GPUs of the run (default 1)")
    parser.add_argument("--format", choices=("text", "json", "modelfile"), default="text")


def run(options: argparse.Namespace) -> int:
    """Print the steps; 2 where the file cannot be used."""
    text = text_or_word(options.config, _MOST)
    if text is None:
        return 2
    file = "config.yaml" if options.config == "-" else options.config
    found = next_steps(read(text, options.gpus), file)
    if found is None:
        print(f"helpbot: {options.config} is not a training config: it has no `base_model`.", file=sys.stderr)
        return 2
    if options.format == "json":
        from knowledge.json_values import to_plain

        print(json.dumps({"file": options.config, **to_plain(found)}, ensure_ascii=False, separators=(",", ":")))
    elif options.format == "modelfile":
        return _write_modelfile(found)
    else:
        _write(found)
    return 0


def _write_modelfile(found: NextSteps) -> int:
    if found.modelfile is None:
        print("helpbot: a reward model does not generate text, so Ollama cannot serve it.", file=sys.stderr)
        return 2
    print(found.modelfile.text, end="")
    if found.modelfile.remark:
        print(f"helpbot: {found.modelfile.remark}", file=sys.stderr)
    return 0


def _write(found: NextSteps) -> None:
    print(f"For Axolotl {found.axolotl}:")
    for each in found.commands:
        print(f"\n  {each.command}")
        writes = f" Writes: {each.writes}" if each.writes else ""
        print(_wrapped(f"{each.purpose} Needs: {each.needs}{writes}"))
    if found.vllm:
        print(f"\nServe it with vLLM:\n\n  {found.vllm}")
    if found.modelfile is not None:
        print("\nOr with Ollama: `helpbot next CONFIG --format modelfile > Modelfile`, then")
        print("`ollama create tuned -f Modelfile`.")
        if found.modelfile.remark:
            print(_wrapped(found.modelfile.remark))
    for title, points in (
        ("If it answers like the base model", found.like_the_base),
        ("If it writes nonsense, or does not stop", found.garbage),
    ):
        if points:
            print(f"\n{title}:")
            for point in points:
                print(textwrap.fill(point, 110, initial_indent="  - ", subsequent_indent="    "))


def _wrapped(text: str) -> str:
    return textwrap.fill(text, 110, initial_indent="    ", subsequent_indent="    ")
