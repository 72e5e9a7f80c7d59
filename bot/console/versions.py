"""`helpbot versions`: installed packages against what the release of Axolotl pins."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from bot.console._arguments import text_or_word
from knowledge.versions import Versions, compare_versions

if TYPE_CHECKING:
    import argparse

SUMMARY = "Which installed packages do not match the Axolotl release, from a pip list or a log."
_MOST = 400_000


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument(
        "list", metavar="LIST", help="output of pip list, pip freeze, or axolotl --version, or - for standard input"
    )
    parser.add_argument("--format", choices=("text", "json"), default="text")


def run(options: argparse.Namespace) -> int:
    """Compare; exit 0 where everything fits, 1 where something does not, 2 for what is not a list of packages."""
    text = text_or_word(options.list, _MOST)
    if text is None:
        return 2
    found = compare_versions(text)
    if found is None:
        print(
            f"helpbot: {options.list} lists no packages that Axolotl depends on: give it the output of `pip list`.",
            file=sys.stderr,
        )
        return 2
    if options.format == "json":
        from knowledge.json_values import to_plain

        print(json.dumps(to_plain(found), ensure_ascii=False, separators=(",", ":")))
    else:
        _write(found)
    return int(bool(found.command))


def _write(found: Versions) -> None:
    own = found.installed_axolotl
    if own is not None and own != found.axolotl:
        print(f"Axolotl {own} is installed; these are the versions that {found.axolotl} requires.")
    if not found.compared:
        if own == found.axolotl:
            print(f"Axolotl {own} is the release that helpbot knows.")
    elif not found.misfits:
        print(f"All {found.compared} listed packages match Axolotl {found.axolotl}.")
    for each in found.misfits:
        print(f"  {each.package} {each.installed} does not match: Axolotl {found.axolotl} requires {each.wanted}")
    if found.command:
        print(f"Run: {found.command}")
