"""`helpbot ask`: what is known about a question in your own words."""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from knowledge.search import Answer

SUMMARY = "Answer a question in your own words from everything the bot knows."
_WIDTH = 96
UNKNOWN = (
    "I do not know the answer to this. `helpbot check CONFIG` says what Axolotl makes of your config, `helpbot "
    "diagnose LOG` why a run failed, and `helpbot check CONFIG --dataset ROWS` what becomes of your rows."
)
PERHAPS = "One of these may answer it. `helpbot explain NAME` and `helpbot faq TOPIC` show an entry in full."


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("question", nargs="+", metavar="QUESTION", help="a question, a name, or the line of an error")
    parser.add_argument("--format", choices=("text", "json"), default="text")


def run(options: argparse.Namespace) -> int:
    """Answer; exit 1 where nothing that is known answers it."""
    return answer_question(" ".join(options.question), options.format)


def answer_question(question: str, style: str) -> int:
    """Print the answer as text or JSON; 1 where nothing that is known answers it."""
    from knowledge.search import answer

    found = answer(question)
    if style == "json":
        from knowledge.json_values import to_plain

        print(json.dumps(to_plain(found), ensure_ascii=False))
    else:
        write(found)
    return 1 if found.level == "unknown" else 0


def write(found: Answer) -> None:
    """Print an answer for people."""
    if found.figures:
        print_text(found.figures)
        if found.answers:
            print()
    if found.level == "sure":
        first, *others = found.answers
        print(f"{first.title}\n")
        print_text(first.text)
        if others:
            print(f"\nOr did you mean: {'; '.join(each.title for each in others)}")
    elif found.level == "perhaps":
        if found.answers:
            print_text(PERHAPS)
        for each in found.answers:
            print(f"\n{each.title}  ({each.kind})")
            print_text(each.text, "  ")
    else:
        print_text(UNKNOWN)
        if found.answers:
            print(f"\nThe closest matches: {'; '.join(each.title for each in found.answers)}")
    print(f"\nBased on Axolotl {found.axolotl}.")


def print_text(text: str, indent: str = "") -> None:
    """Print Markdown within the width of a terminal; code keeps its lines."""
    code = False
    for line in text.splitlines():
        if line.lstrip().startswith("```"):
            code = not code
            continue
        if code:
            print(f"{indent}    {line}")
        else:
            print(textwrap.fill(line, _WIDTH, initial_indent=indent, subsequent_indent=indent) if line.strip() else "")
