"""Write knowledge/facts/families.json from sampled models.

    python scripts/sync_families.py [FOLDER [FAMILY ...]]

FOLDER holds what scripts/families/sampling.py wrote. Families that are not there, or that the samples do not explain,
stay as they are; what was left is printed. Those of scripts/families/written are always renewed.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from scripts.families.corrections import correct  # noqa: E402
from scripts.families.synthesis import Synthesis, Unexplained  # noqa: E402
from scripts.families.whole import add_whole, without_whole  # noqa: E402
from scripts.families.written import written  # noqa: E402
from scripts.sync_axolotl import FACTS, as_text, write_digests  # noqa: E402

_FILE = FACTS / "families.json"
_FEWEST = 8


def main(arguments: list[str]) -> int:
    """Write the facts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("families", nargs="*")
    options = parser.parse_args(arguments)
    facts = json.loads(_FILE.read_text("utf-8"))
    for file in sorted(options.folder.glob("*.jsonl") if options.folder else ()):
        family = file.stem
        rows = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
        if len(rows) < _FEWEST or (options.families and family not in options.families):
            continue
        try:
            made = Synthesis(family, without_whole(family, rows)).facts()
        except Unexplained as reason:
            print(f"{family} stays as it is: {reason}")
            continue
        add_whole(family, rows[0], made)
        before = facts["families"].get(family, {})
        facts["families"][family] = {**({"converts": before["converts"]} if "converts" in before else {}), **made}
    facts["families"] |= written()
    for family, each in facts["families"].items():
        if "like" not in each:
            correct(family, each)
    _FILE.write_text(as_text(facts), "utf-8")
    write_digests(FACTS)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
