"""Whether the notes say which keys of a dataset's entry are read where, against Axolotl's own loading code.

make entrykeys AXOLOTL=PYTHON, an interpreter that has Axolotl; it needs some minutes.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from knowledge.catalog import Catalog, Note  # noqa: E402
from knowledge.modes import Mode  # noqa: E402

PLACES = {
    "pretraining_dataset, packed": {Mode.PACKED, Mode.STREAMING, Mode.PACKED_STREAMING, Mode.SUPERVISED},
    "pretraining_dataset, unpacked": {Mode.UNPACKED, Mode.STREAMING, Mode.UNPACKED_STREAMING, Mode.SUPERVISED},
    "test_datasets": {Mode.UNPACKED, Mode.SUPERVISED},
    "test_datasets, dpo": {Mode.UNPACKED, Mode.PREFERENCE, Mode.DPO},
    "test_datasets, dpo with a mapping": {Mode.UNPACKED, Mode.PREFERENCE, Mode.DPO},
}
"""Place -> the kinds of run that it is tried in."""
CONTROLS = ("datasets", "datasets, dpo")
"""The places that show that a value changes the rows where its key is read."""


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
    found: dict[str, dict[str, bool]] = json.loads(done.stdout.splitlines()[-1])
    notes, tried, wrong = Catalog.load().notes, 0, []
    for place, kinds in PLACES.items():
        for key, changes in found[place].items():
            note = notes.get(f"{place.partition(',')[0]}[].{key}")
            shown = changes or any(found[control].get(key) for control in CONTROLS) or "." in key
            if note is None or not shown:
                continue
            tried += 1
            if says_read(note, kinds) != changes:
                wrong.append(f"{place}: `{key}` is {'read' if changes else 'not read'}, the note says the opposite")
    print(f"{tried} keys tried in {len(PLACES)} places, {len(wrong)} differ from their notes")
    print(*(f"  {line}" for line in wrong), sep="\n", end="\n" if wrong else "")
    return 1 if wrong else 0


def says_read(note: Note, kinds: set[Mode]) -> bool:
    """Whether a note says that its key is read in these kinds of run."""
    if note.summary.startswith("Nothing reads"):
        return False
    works = not note.modes.only or bool(kinds & set(note.modes.only))
    return works and not kinds & set(note.modes.ignored)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
