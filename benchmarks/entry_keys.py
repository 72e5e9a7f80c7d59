"""Whether the notes say which keys of a dataset's entry are read where, against Axolotl's own loading code.

make entrykeys AXOLOTL=PYTHON, an interpreter that has Axolotl; it needs some minutes.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from knowledge.catalog import Catalog, Note  # noqa: E402
from knowledge.check import check  # noqa: E402
from knowledge.modes import Mode  # noqa: E402

_RL = {
    "dpo": {Mode.DPO, Mode.PREFERENCE},
    "ipo": {Mode.IPO, Mode.PREFERENCE},
    "simpo": {Mode.SIMPO, Mode.PREFERENCE},
    "kto": {Mode.KTO, Mode.PREFERENCE},
    "orpo": {Mode.ORPO},
    "grpo": {Mode.GRPO, Mode.ONLINE},
}
_STREAMED = {Mode.STREAMING, Mode.UNPACKED_STREAMING}
_PACKED_STREAM = {Mode.STREAMING, Mode.PACKED, Mode.PACKED_STREAMING}
KINDS: dict[str, set[Mode]] = {
    "": {Mode.UNPACKED, Mode.SUPERVISED},
    "packed": {Mode.PACKED, Mode.SUPERVISED},
    "streamed": {Mode.UNPACKED, Mode.SUPERVISED, *_STREAMED},
    "streamed and packed": {Mode.SUPERVISED, *_PACKED_STREAM},
    **{rl: {Mode.UNPACKED, *modes} for rl, modes in _RL.items()},
}
"""What follows the list's name in a place -> the kinds of run that it is tried in."""


def main(arguments: list[str]) -> int:
    """Print the keys on which notes and code differ; 1 where there is one."""
    if not arguments or not Path(arguments[0]).exists():
        print("not measured: name an interpreter that has Axolotl")
        return 0
    done = subprocess.run(
        [arguments[0], "-P", str(ROOT / "benchmarks" / "entry_keys_in_axolotl.py")],
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    found: dict[str, dict[str, dict[str, Any]]] = json.loads(done.stdout.splitlines()[-1])
    shown = {key for keys in found.values() for key, tried in keys.items() if tried["loads"] and tried["changes"]}
    wrong: dict[str, list[str]] = {"notes": [], "findings": []}
    tried = 0
    for place, keys in found.items():
        name, _, kind = place.partition(", ")
        for key, each in keys.items():
            note = Catalog.load().notes.get(f"{name}[].{key}")
            if note is None or key not in shown or not each["loads"]:
                continue
            tried += 1
            what = f"{place}: `{key}` is {'read' if each['changes'] else 'not read'}"
            if says_read(note, KINDS[kind]) != each["changes"]:
                wrong["notes"].append(what)
            if is_told(each["config"], name, key) == each["changes"]:
                wrong["findings"].append(what)
    print(f"{tried} keys tried in {len(found)} places; {len(shown)} show an effect in one of them")
    for what, lines in wrong.items():
        print(f"{len(lines)} differ from the {what}", *(f"  {line}" for line in lines), sep="\n")
    return 1 if any(wrong.values()) else 0


def is_told(config: dict[str, Any], name: str, key: str) -> bool:
    """Whether a finding says that nothing reads a key of the first entry of a list."""
    paths = {f"{name}[0].{key}", f"{name}[0].{key.partition('.')[0]}"}
    return any(
        paths & set(finding.fields) and re.search(r"[Nn]othing reads|ignored|Ignored|Unknown|never", finding.message)
        for finding in check(yaml.safe_dump(config)).findings
    )


def says_read(note: Note, kinds: set[Mode]) -> bool:
    """Whether a note says that its key is read in these kinds of run."""
    if note.summary.startswith("Nothing reads"):
        return False
    works = not note.modes.only or bool(kinds & set(note.modes.only))
    return works and not kinds & set(note.modes.ignored)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
