"""Print how easily the texts read, and with --base what changed since a revision, side by side.

    make prose
    make prose BASE=v0.1.0

Reading ease is Flesch's: 206.835 - 1.015 words per sentence - 84.6 syllables per word; 60 is plain English.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import re
import statistics
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
FILES = {
    "rules": ("knowledge/rules", "*.py"),
    "known errors": ("knowledge/errors", "*.yaml"),
    "notes": ("knowledge/fields", "*.yaml"),
    "FAQ": ("knowledge/faq", "*.yaml"),
    "rows": ("knowledge/samples", "*.yaml"),
    "Discord": ("bot/views", "*.py"),
    "command line": ("bot/console", "*.py"),
}
SKIPPED = {"when", "unless", "seen", "words", "phrases", "aliases", "see", "also", "evidence", "bad", "good", "example"}


def main() -> int:
    """Print the figures of each kind of text, and the changes when a revision is named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", metavar="REV", help="also print each sentence that changed since this revision")
    options = parser.parse_args()
    for kind, (folder, pattern) in FILES.items():
        files = sorted((ROOT / folder).rglob(pattern))
        eases = [ease(text) for file in files for text in texts(file.suffix, file.read_text("utf-8"))]
        eases = [each for each in eases if each is not None]
        print(f"{kind}: {len(eases)} texts, reading ease {statistics.median(eases):.0f} at the median")
        if options.base:
            for file in files:
                compare(options.base, file)
    return 0


def texts(suffix: str, source: str) -> list[str]:
    """The texts of a file that a user sees: those of more than three words."""
    found = list(_of_yaml(yaml.safe_load(source))) if suffix == ".yaml" else _of_python(source)
    return [" ".join(each.split()) for each in found if each.count(" ") > 2]


def _of_python(source: str) -> list[str]:
    nodes = ast.walk(ast.parse(source))
    return [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]


def _of_yaml(value: object, key: str = "") -> list[str]:
    if isinstance(value, dict):
        return [each for name, inner in value.items() if name not in SKIPPED for each in _of_yaml(inner, str(name))]
    if isinstance(value, list):
        return [each for inner in value for each in _of_yaml(inner, key)]
    return [value] if isinstance(value, str) else []


def ease(text: str) -> float | None:
    """Flesch's reading ease of a text, its names in back-ticks counted as one short word; None for too few words."""
    plain = re.sub(r"`[^`]*`", "name", text)
    words = re.findall(r"[A-Za-z']+", plain)
    if len(words) < 4:
        return None
    sentences = max(1, len(re.findall(r"[.!?:;](?:\s|$)", plain)))
    syllables = sum(max(1, len(re.findall(r"[aeiouy]+", word.lower().removesuffix("e")))) for word in words)
    return 206.835 - 1.015 * len(words) / sentences - 84.6 * syllables / len(words)


def compare(base: str, file: Path) -> None:
    """Print the texts of a file that differ from those of a revision, before and after."""
    name = file.relative_to(ROOT).as_posix()
    shown = subprocess.run(["git", "show", f"{base}:{name}"], cwd=ROOT, capture_output=True, text=True, check=False)
    if shown.returncode:
        print(f"  {name}: not in {base}")
        return
    before, after = texts(file.suffix, shown.stdout), texts(file.suffix, file.read_text("utf-8"))
    for line in difflib.unified_diff(before, after, lineterm="", n=0):
        if line[:1] in "+-" and not line.startswith(("+++", "---")):
            print(f"  {name} {line[0]} {line[1:]}")


if __name__ == "__main__":
    sys.exit(main())
