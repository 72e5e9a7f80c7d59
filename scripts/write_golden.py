"""Write what a check says of the configs in tests/cases, so that a change of words or lines is seen in review.

    python scripts/write_golden.py            writes what has changed
    python scripts/write_golden.py --check    names the stale files and exits 1

tests/cases/ok and tests/cases/bad hold whole configs: NAME.yaml, and in NAME.out what a check says of it, one finding a
line as `line:column severity rule: message`. Those in ok get advice at most. tests/golden/rules/AREA.out has the
findings of the bad example of every rule. A config's comment `# gpus: N` says on how many GPUs it runs.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from knowledge.check import check  # noqa: E402
from knowledge.config import read  # noqa: E402
from knowledge.hub import remember_facts  # noqa: E402
from knowledge.plan import make_plan, remember_plan  # noqa: E402
from knowledge.rule import whole  # noqa: E402
from knowledge.rules import all_rules  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterable

    from knowledge.check import Report
    from knowledge.finding import Finding
    from knowledge.rule import Rule

CASES = ROOT / "tests" / "cases"
GOLDEN = ROOT / "tests" / "golden" / "rules"
_GPUS = re.compile(r"^# gpus: (\d+)$", re.MULTILINE)


def report_of(file: Path) -> Report:
    """The check of a case, on the GPUs that its comment names."""
    text = file.read_text("utf-8")
    gpus = _GPUS.search(text)
    return check(text, gpus=int(gpus[1]) if gpus else 1)


def expected() -> dict[Path, str]:
    """File -> what belongs in it."""
    found = {}
    for file in sorted([*CASES.glob("ok/*.yaml"), *CASES.glob("bad/*.yaml")]):
        report = report_of(file)
        silenced = [f"silenced: {report.silenced}"] if report.silenced else []
        lines = [f"verdict: {report.verdict}", *silenced, *_lines(report.findings)]
        found[file.with_suffix(".out")] = "".join(f"{line}\n" for line in lines)
    areas: dict[str, list[str]] = {}
    for rule in all_rules():
        areas.setdefault(rule.area, []).extend(_example(rule))
    return found | {
        GOLDEN / f"{area}.out": "".join(f"{line}\n" for line in lines) for area, lines in sorted(areas.items())
    }


def _example(rule: Rule) -> list[str]:
    """What a rule says of its own bad example."""
    config = read(whole(rule.bad), rule.gpus)
    if rule.lengths:
        remember_plan(config, make_plan(config, lengths=rule.lengths))
    if rule.hub is not None:
        remember_facts(config, rule.hub.facts(config))
    return [f"{rule.id}:", *(f"  {line}" for line in _lines(rule.findings(config)))]


def _lines(findings: Iterable[Finding]) -> list[str]:
    return [f"{each.line}:{each.column} {each.severity.value} {each.rule}: {each.message}" for each in findings]


def outputs() -> list[Path]:
    """Every file of expected words that is there."""
    return [*sorted(CASES.glob("*/*.out")), *sorted(GOLDEN.glob("*.out"))]


def stale(found: dict[Path, str]) -> list[Path]:
    """Files that are missing, hold another text, or belong to nothing any more."""
    changed = [file for file, text in found.items() if not file.is_file() or file.read_text("utf-8") != text]
    return changed + [file for file in outputs() if file not in found]


def main(arguments: list[str]) -> int:
    """Write or compare; 1 where --check finds a stale file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="only compare")
    options = parser.parse_args(arguments)
    found = expected()
    for file in stale(found):
        name = file.relative_to(ROOT)
        if options.check:
            print(f"{name} is stale: run `make golden`, look at the difference and commit it.", file=sys.stderr)
        elif file in found:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(found[file], "utf-8")
            print(f"wrote {name}")
        else:
            file.unlink()
            print(f"removed {name}")
    return 1 if options.check and stale(found) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
