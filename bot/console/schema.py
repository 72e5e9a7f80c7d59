"""`helpbot schema`: a JSON Schema of Axolotl's config, so that an editor completes, explains and underlines."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from knowledge.json_schema import schema

if TYPE_CHECKING:
    import argparse

SUMMARY = "Print a JSON Schema of Axolotl's config for your editor."


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("--output", type=Path, metavar="FILE", help="write to this file instead of standard output")


def run(options: argparse.Namespace) -> int:
    """Print or write the schema; 2 when the file cannot be written."""
    text = json.dumps(schema(), indent=2, ensure_ascii=False)
    if options.output is None:
        print(text)
        return 0
    try:
        options.output.write_text(f"{text}\n", "utf-8")
    except OSError as error:
        print(f"helpbot schema: {options.output} cannot be written: {error.strerror}.", file=sys.stderr)
        return 2
    return 0
