"""Errors that people reported in public lead to their cause, each kind once."""

import re
from pathlib import Path

import yaml

from knowledge.diagnosis import diagnose
from knowledge.diagnosis.known import known_errors
from knowledge.diagnosis.phase import phases
from tests.many import over

FOLDER = Path(__file__).parents[2] / "cases" / "errors"
CASES = [
    case
    for name in ("reported", "batches")
    for case in yaml.load((FOLDER / f"{name}.yaml").read_text("utf-8"), Loader=yaml.CSafeLoader)
]
HARD = {"fsdp2-vllm-mode", "seq-len-rope"}
"""Those whose message names another cause than the one that was found."""


@over([case for case in CASES if case["id"] not in HARD])
def test_the_cause_is_among_the_first_three(case):
    found = diagnose(case["text"], config=case.get("config")).matches[:3]
    texts = ["\n".join([each.meaning, *each.causes, each.cure, *each.fields]) for each in found]
    harmless = any(each.harmless for each in found) and "harmless" in case["says"]
    assert harmless or any(re.search(case["says"], text, re.IGNORECASE) for text in texts)


def test_what_an_entry_says_of_phases_exists():
    names = {phase.name for phase in phases()}
    for known in known_errors():
        asked = {*known.phases, *known.during, *(phase for cause in known.causes for phase in cause.phases)}
        assert asked <= names, known.id


def test_each_case_has_a_name_of_its_own():
    names = [case["id"] for case in CASES]
    assert len(names) == len(set(names))


def test_entries_that_a_case_names_exist():
    ids = {known.id for known in known_errors()}
    assert {name for case in CASES for name in case.get("after", ())} <= ids
