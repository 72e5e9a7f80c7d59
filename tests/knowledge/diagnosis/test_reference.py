"""Against the reference data with the checkout: how often the settled cause is named, and how seldom a wrong one."""

import json
import re

import pytest

from knowledge.diagnosis import diagnose
from tests.places import SHARED

pytestmark = pytest.mark.skipif(not (SHARED / "errors").exists(), reason="the reference data is not with the checkout")


def rows(path):
    return [json.loads(line) for line in (SHARED / path).read_text("utf-8").splitlines()]


def answers(case):
    config = case["config_excerpt"] if case["decidable"] == "config" else None
    matches = diagnose(case["error_text"], config=config).matches[:3]
    return ["\n".join([match.meaning, *match.causes, match.cure, *match.fields]) for match in matches]


def right(text, patterns):
    return any(re.search(pattern, text, re.IGNORECASE | re.MULTILINE) for pattern in patterns)


def test_the_settled_cause_is_among_the_first_three():
    cases = [case for case in rows("errors/cases.jsonl") if case["decidable"] != "no"]
    said = {case["id"]: answers(case) for case in cases}
    missed = [case["id"] for case in cases if not any(right(text, case["must"]) for text in said[case["id"]])]
    misled = [
        case["id"]
        for case in cases
        if said[case["id"]]
        and (right(said[case["id"]][0], case["never"]) or not right(said[case["id"]][0], case["must"]))
    ]
    assert len(missed) / len(cases) <= 0.15, missed
    assert len(misled) / len(cases) <= 0.10, misled


def test_what_no_text_decides_is_asked_for():
    cases = [case for case in rows("errors/cases.jsonl") if case["decidable"] == "no"]
    sure = [case["id"] for case in cases if diagnose(case["error_text"]).unknown is None]
    assert len(sure) <= 2, sure


def test_configs_have_no_match():
    files = [*(SHARED / "corpus" / "examples").iterdir(), *(SHARED / "corpus" / "wild").iterdir()]
    found = {file.name: diagnose(file.read_text("utf-8")).matches for file in files if file.is_file()}
    assert {name: [match.id for match in matches] for name, matches in found.items() if matches} == {}


def test_axolotls_own_messages_lead_to_a_rule():
    probes = [probe for probe in rows("axolotl/rule_probes.jsonl") if probe["bad_verdict"] == "error"]
    lost = [probe for probe in probes if not any(match.rules for match in diagnose(probe["bad_message"]).matches[:3])]
    assert len(lost) / len(probes) <= 0.05, sorted({(probe["id"], probe["bad_message"][:60]) for probe in lost})


def test_the_cause_is_found_below_a_megabyte_of_warnings():
    line = "[rank1]: [2025-09-01 10:00:00,000] [WARNING] [axolotl.x] sample {} is unusual here\n"
    text = "".join(line.format(number) for number in range(12_500)) + "KeyError: 'instruction'\n"
    assert len(text) > 900_000
    assert diagnose(text).matches[0].id == "missing-column-alpaca"
