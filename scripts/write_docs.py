"""Write the generated pages of docs/: every module of scripts/pages renders one file or several.

    python scripts/write_docs.py            writes what has changed
    python scripts/write_docs.py --check    names the stale files and exits 1

A page is a module with `PATH` and `render() -> str`, or with `render_all() -> dict[path, text]` where it makes several.
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))


def pages() -> dict[str, str]:
    """Path below the repository -> the text that belongs there."""
    found: dict[str, str] = {}
    for module in sorted(each.name for each in pkgutil.iter_modules([str(ROOT / "scripts" / "pages")])):
        page = importlib.import_module(f"scripts.pages.{module}")
        found |= page.render_all() if hasattr(page, "render_all") else {page.PATH: page.render()}
    return found


def stale(found: dict[str, str]) -> list[str]:
    """The paths whose file is missing or holds another text."""
    return [path for path, text in found.items() if not _same(ROOT / path, text)]


def _same(file: Path, text: str) -> bool:
    return file.is_file() and file.read_text("utf-8") == text


def main(arguments: list[str]) -> int:
    """Write or compare; 1 where --check finds a stale file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="only compare")
    options = parser.parse_args(arguments)
    found = pages()
    changed = stale(found)
    if options.check:
        for path in changed:
            print(f"{path} is stale: run `make docs` and commit it.", file=sys.stderr)
        return 1 if changed else 0
    for path in changed:
        file = ROOT / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(found[path], "utf-8")
        print(f"wrote {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
