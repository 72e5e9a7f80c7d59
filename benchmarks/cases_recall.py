"""Real faults and real good configs: how many causes are named, how many good configs get a false alarm.

Run: make recall. Reads the reference data beside the repository; prints what it cannot find.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from knowledge.check import check
from knowledge.finding import Finding, Severity

SHARED = Path(__file__).resolve().parents[2] / "shared"


def rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (SHARED / name).read_text("utf-8").splitlines()]


def names(field: str) -> set[str]:
    plain = re.sub(r"\[\d+\]", "[]", field)
    return {plain, plain.rpartition(".")[2], plain.split(".")[0].split("[")[0]}


def touches(finding: Finding, fields: list[str]) -> bool:
    wanted = {re.sub(r"\[\d+\]", "[]", field) for field in fields}
    wanted |= {field.rpartition(".")[2] for field in wanted}
    told = {re.sub(r"\[\d+\]", "[]", field) for field in finding.fields}
    told |= {field.rpartition(".")[2] for field in told}
    return bool(told & wanted) or (finding.rule.startswith("yaml-") and finding.severity is Severity.ERROR)


def cases(*, show: bool) -> None:
    hit = total = 0
    for case in rows("corpus/cases.jsonl"):
        if case["detectable"] != "static" or case.get("axolotl_0_21_0_status") == "stale":
            continue
        total += 1
        found = check(case["config_yaml"]).findings
        named = [each for each in found if each.severity is not Severity.ADVICE and touches(each, case["fields"])]
        hit += bool(named)
        if not named and show:
            print(f"MISSED {case['id']} [{case['axolotl_0_21_0_status']}] {case['fields']}: {case['cause'][:200]}")
            print(f"   note: {case.get('axolotl_0_21_0_note', '')[:200]}")
            print(f"   found: {[(each.rule, each.fields) for each in found]}")
    print(f"static cases whose fields a finding above ADVICE names: {hit} of {total} ({hit / total:.1%})")


def good(*, show: bool) -> None:
    alarms = total = 0
    for row in rows("corpus/valid.jsonl"):
        if not row["valid_today"]:
            continue
        total += 1
        known = set(row.get("unknown_keys_0_21_0") or ())
        false = [
            each
            for each in check(row["config_yaml"]).findings
            if each.severity in (Severity.ERROR, Severity.CRASH)
            or (each.severity is Severity.IGNORED and not known & {str(field) for field in each.fields})
        ]
        alarms += bool(false)
        for each in false:
            if show:
                print(f"ALARM {row['id']} {each.severity} {each.rule} {each.fields}: {each.message}")
    print(f"good configs with a false ERROR, CRASH or IGNORED: {alarms} of {total}")


def probes(*, show: bool) -> None:
    wrong = total = 0
    for probe in rows("axolotl/rule_probes.jsonl"):
        if not probe["agrees"] or probe.get("environment") or probe["kind"] != "W":
            continue
        total += 1
        findings = [each for each in check(probe["bad"]).findings if each.severity is not Severity.ADVICE]
        if not findings:
            wrong += 1
            if show:
                print(f"SILENT {probe['id']}: {probe['bad_message'][:120]}")
    print(f"probes of a warning without a finding above ADVICE: {wrong} of {total}")


def verdicts(*, show: bool) -> None:
    """Both sides of every probe: refused where Axolotl refuses, and by an ERROR that names the rule's fields."""
    right = total = 0
    for probe in rows("axolotl/rule_probes.jsonl"):
        if not probe["agrees"] or probe.get("environment"):
            continue
        for side in ("bad", "good"):
            total += 1
            errors = [each for each in check(probe[side]).findings if each.severity is Severity.ERROR]
            agrees = bool(errors) == (probe[f"{side}_verdict"] == "error")
            if agrees and errors and side == "bad" and probe.get("fields"):
                agrees = any(touches(each, probe["fields"]) for each in errors)
            right += agrees
            if not agrees and show:
                print(f"VERDICT {probe['id']} {side}: {probe[f'{side}_message'][:120]}")
    print(f"sides of probes with the verdict of Axolotl: {right} of {total} ({right / total:.1%})")


if __name__ == "__main__":
    if not SHARED.exists():
        sys.exit("the reference data is not here")
    quiet = "--quiet" in sys.argv
    cases(show=not quiet)
    good(show=not quiet)
    probes(show=not quiet)
    verdicts(show=not quiet)
