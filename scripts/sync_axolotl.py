"""Write knowledge/facts: what the product knows of Axolotl, generated and never typed by hand.

    python scripts/sync_axolotl.py --python PYTHON      regenerate from the Axolotl of that interpreter
    python scripts/sync_axolotl.py --check              fail when a file is stale, or was changed by hand
    python scripts/sync_axolotl.py --diff OLD NEW       what differs between two folders of facts, as Markdown

Types, checks, paths and choices come from the installed Axolotl. What no class says (dataset types, base models, the
history of releases) comes from the reference data where they are present (--reference), and is kept from the facts
before where not; what other trainers' names mean is written by hand in knowledge/foreign. Each file has its generator
in scripts/facts.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from scripts.facts import (  # noqa: E402
    classes,
    evidence,
    fields,
    history,
    loaders,
    messages,
    models,
    names,
    order,
    pins,
    supported,
    types,
    values,
)
from scripts.facts.difference import difference  # noqa: E402
from scripts.facts.source import Source  # noqa: E402

FACTS = ROOT / "knowledge" / "facts"
REFERENCE = ROOT.parent / "shared"
DIGESTS = "digests.json"
FROM_AXOLOTL = (classes, evidence, fields, loaders, messages, order, pins, supported, types, values)
"""Generators that read the installed Axolotl."""
FROM_REFERENCE = (history, models)
"""Generators that read the reference data."""
FROM_NOTES = (names,)
"""Generators that read what is written by hand."""


def main(arguments: list[str]) -> int:
    """Write, check or compare; 1 where --check finds a fault."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", metavar="PYTHON", help="interpreter that has Axolotl")
    parser.add_argument("--reference", type=Path, default=REFERENCE, metavar="DIR", help="folder of the reference data")
    parser.add_argument("--facts", type=Path, default=FACTS, metavar="DIR", help="folder of the facts")
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    parser.add_argument("--diff", nargs=2, type=Path, metavar=("OLD", "NEW"), help="compare two folders of facts")
    options = parser.parse_args(arguments)
    if options.diff:
        print(difference(*options.diff), end="")
        return 0
    source = _source(options)
    if options.check:
        return _check(options.facts, source)
    _write(options.facts, _generated(source))
    return 0


def _source(options: argparse.Namespace) -> Source:
    snapshot = _snapshot(options.python) if options.python else {}
    before = json.loads((options.facts / types.NAME).read_text("utf-8"))["axolotl"]
    version = snapshot.get("axolotl", before)
    reference = options.reference if _speaks_for(options.reference, version) else None
    return Source(version, snapshot, reference, options.facts)


def _snapshot(python: str) -> dict[str, Any]:
    """What the Axolotl of that interpreter says of itself, and what else is asked there.

    That is the digests of the places that notes name, and names of the libraries below Axolotl.
    """
    places = sorted({place for each in evidence.places().values() for place in each})
    return {
        **_told(python, "installed.py"),
        "evidence": _told(python, "places.py", json.dumps(places)),
        "libraries": _told(python, "libraries.py"),
        "says": _told(python, "says.py"),
        "support": _told(python, "support.py"),
    }


def _told(python: str, script: str, given: str = "") -> dict[str, Any]:
    """What a script of scripts/facts prints in that interpreter."""
    # -P keeps scripts/facts out of that interpreter's import path: types.py there would hide Python's own.
    command = [python, "-P", str(ROOT / "scripts" / "facts" / script)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, input=given.encode())
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _speaks_for(reference: Path, version: str) -> bool:
    """Whether the reference data are there and are those of this release."""
    file = reference / "axolotl" / "schema_facts.json"
    return file.is_file() and json.loads(file.read_text("utf-8"))["version"].endswith(version)


def _generated(source: Source) -> dict[str, str]:
    """File -> text, of what can be generated from the sources that are present."""
    generators = [*(FROM_AXOLOTL if source.has_snapshot else ()), *FROM_NOTES]
    if source.has_snapshot or source.reference is not None:
        generators += FROM_REFERENCE
    return {each.NAME: as_text(each.generate(source)) for each in generators}


def as_text(facts: dict[str, Any]) -> str:
    """JSON with one line for each entry, sorted, so that a change of one field is a change of one line."""
    parts = []
    for key in sorted(facts):
        value = facts[key]
        if isinstance(value, dict) and value:
            inner = [f"{_line(name)}: {_line(value[name])}" for name in sorted(value)]
            text = "{\n" + ",\n".join(f"  {each}" for each in inner) + "\n }"
        elif isinstance(value, list) and value:
            text = "[\n" + ",\n".join(f"  {_line(each)}" for each in value) + "\n ]"
        else:
            text = _line(value)
        parts.append(f" {_line(key)}: {text}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _write(folder: Path, generated: dict[str, str]) -> None:
    for name, text in generated.items():
        file = folder / name
        if not file.is_file() or file.read_text("utf-8") != text:
            file.write_text(text, "utf-8")
            print(f"wrote {name}")
    write_digests(folder)


def write_digests(folder: Path) -> None:
    """Record the digest of every file of the facts, by which a change by hand shows."""
    digests = {file.name: _digest(file) for file in _files(folder)}
    (folder / DIGESTS).write_text(as_text({"files": digests}), "utf-8")


def _files(folder: Path) -> list[Path]:
    return [file for file in sorted(folder.glob("*.json")) if file.name != DIGESTS]


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _check(folder: Path, source: Source) -> int:
    """Every file as its generator makes it, or at least unchanged since it was generated."""
    generated = _generated(source)
    faults = [
        f"{name} is stale: run `make facts`."
        for name, text in generated.items()
        if not (folder / name).is_file() or (folder / name).read_text("utf-8") != text
    ]
    recorded = json.loads((folder / DIGESTS).read_text("utf-8"))["files"]
    present = {file.name: file for file in _files(folder)}
    for name in sorted({*recorded, *present}):
        if name not in present:
            faults.append(f"{name} is missing.")
        elif recorded.get(name) != _digest(present[name]):
            faults.append(f"{name} was changed since it was generated: run `make facts`.")
        elif (version := json.loads(present[name].read_text("utf-8"))["axolotl"]) != source.version:
            faults.append(f"{name} is of Axolotl {version}, the others of {source.version}.")
    for fault in faults:
        print(f"knowledge/facts/{fault}", file=sys.stderr)
    others = sorted(set(present) - set(generated))
    if generated:
        print(f"Regenerated for Axolotl {source.version} and compared: {', '.join(sorted(generated))}.")
    if others:
        print(f"No source is present for {', '.join(others)}: only version and digest were compared.")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
