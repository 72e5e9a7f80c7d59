"""Fail where a token, key or password stands in a file or in a commit, found as in what members send.

    python scripts/find_secrets.py              every file that git knows
    python scripts/find_secrets.py FILE...      these files
    python scripts/find_secrets.py --history    every line that any commit added

Only the kind and the place are printed. Tests hold made-up secrets and are left out, and so are lock files, whose
hashes are none. Kinds that are guessed from the name of a variable (`token = ...`) are left out: code is full of such.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from knowledge.secrets import find  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

_LEFT_OUT = re.compile(r"(^|/)(tests|locks)/")
_GUESSED = frozenset({"secret", "password"})


def main(arguments: list[str]) -> int:
    """Look, print the places; 1 where there are any."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", metavar="FILE")
    parser.add_argument("--history", action="store_true", help="every line that any commit added")
    options = parser.parse_args(arguments)
    texts = _added() if options.history else _files(options.files or _git("ls-files", "-z").split("\0"))
    places = [
        f"{place}, line {secret.line}: {secret.kind}"
        for place, text in texts
        for secret in find(text)
        if secret.kind not in _GUESSED
    ]
    for place in places:
        print(place)
    print(f"{len(places)} secrets found." if places else "No secret found.")
    return 1 if places else 0


def _files(names: list[str]) -> Iterator[tuple[str, str]]:
    for name in names:
        file = Path(name)
        if name and not _LEFT_OUT.search(name) and file.is_file():
            yield name, file.read_text("utf-8", "replace")


def _added() -> Iterator[tuple[str, str]]:
    """What each commit added to each file; lines count within what was added."""
    log = _git("log", "--all", "--no-color", "--no-ext-diff", "--unified=0", "--format=%x00%h", "--patch")
    for commit in log.split("\0"):
        number, _, patch = commit.partition("\n")
        for part in re.split(r"^diff --git ", patch, flags=re.MULTILINE)[1:]:
            name = part.partition("\n")[0].rpartition(" b/")[2]
            if not _LEFT_OUT.search(name):
                added = [line[1:] for line in part.split("\n") if line.startswith("+") and not line.startswith("+++")]
                yield f"{number.strip()} {name}", "\n".join(added)


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=ROOT, check=True, stdout=subprocess.PIPE)
    return done.stdout.decode("utf-8", "replace")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
