"""Every rule keeps its own examples, names what it reads, and speaks briefly."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache

from knowledge.check import Report, check
from knowledge.config import Config, read
from knowledge.finding import Finding, Severity
from knowledge.hub import remember_facts
from knowledge.pages import PAGES
from knowledge.plan import make_plan, remember_plan
from knowledge.rule import Rule, whole
from knowledge.rules import all_rules, run
from tests.many import over

RULES = all_rules()
LONGEST = 100
"""Characters of a message; on a phone a finding is its head line and about 95 of them."""

each_rule = over(RULES)
each_page = over([name for name, page in PAGES.items() if page.bad])


def config_of(rule: Rule, example: str) -> Config:
    config = read(whole(example), rule.gpus)
    if rule.lengths:
        remember_plan(config, make_plan(config, lengths=rule.lengths))
    if rule.hub is not None:
        remember_facts(config, rule.hub.facts(config))
    return config


@cache
def checked(example: str, gpus: int) -> Report:
    return check(whole(example), gpus=gpus)


def refusals(report: Report) -> list[str]:
    return [f"{each.rule}: {each.message}" for each in report.findings if each.severity is Severity.ERROR]


@each_rule
def test_the_bad_example_yields_the_rule_and_the_good_one_does_not(rule: Rule) -> None:
    found = run(config_of(rule, rule.bad))
    assert rule.id in {each.rule for each in found}
    assert rule.id not in {each.rule for each in run(config_of(rule, rule.good))}
    for each in found:
        if each.rule == rule.id:
            assert_readable(each)
            assert each.fields
            assert each.line
            assert each.line <= whole(rule.bad).count("\n")


@each_rule
def test_axolotl_takes_the_good_example_as_it_stands_and_refuses_the_bad_one_as_told(rule: Rule) -> None:
    good, bad = checked(rule.good, rule.gpus), checked(rule.bad, rule.gpus)
    assert not [each.message for each in good.findings if each.severity in {Severity.ERROR, Severity.IGNORED}]
    refusals = [each.message for each in bad.findings if each.severity is Severity.ERROR]
    assert bool(refusals) == (rule.severity is Severity.ERROR), refusals


def assert_readable(found: Finding) -> None:
    assert len(found.message) <= LONGEST, found.message
    assert found.message[0].isupper() or found.message[0].isdigit(), found.message
    assert found.message[-1] in ".?)", found.message
    assert "!" not in re.sub(r"`[^`]*`", "", found.message + found.why)
    assert found.message.count("`") % 2 == 0
    assert found.why


@each_rule
def test_it_is_documented_and_names_every_field_that_it_reads(rule: Rule) -> None:
    """A rule runs when the config holds one of its fields: by one that it does not name it would not be called."""
    assert rule.title.endswith((".", "?"))
    assert len(rule.title) <= 110
    assert rule.text.endswith((".", "?", ")"))
    assert rule.fields
    for example in (rule.bad, rule.good):
        assert example.endswith("\n")
        config = config_of(rule, example)
        config.reads = set()
        list(rule.findings(config))
        unnamed = {path for path in map(pattern, config.reads) if not is_named(path, rule.fields)}
        assert not unnamed


def pattern(path: str) -> str:
    return re.sub(r"\[\d+\]", "[]", path)


def is_named(path: str, fields: tuple[str, ...]) -> bool:
    return any(path == each or path.startswith((f"{each}.", f"{each}[")) or each.startswith(path) for each in fields)


def test_ids_are_unique() -> None:
    ids = Counter([*(rule.id for rule in RULES), *PAGES])
    assert [name for name, count in ids.items() if count > 1] == []


@each_page
def test_pages_keep_their_examples(name: str) -> None:
    page = PAGES[name]
    found = {each.rule: each for each in check(whole(page.bad)).findings}
    assert name in found
    assert found[name].severity is page.severity
    assert_readable(found[name])
    assert name not in {each.rule for each in check(whole(page.good)).findings}


def test_everything_a_check_says_has_a_page() -> None:
    told = {each.rule for rule in RULES for each in checked(rule.bad, rule.gpus).findings}
    assert told <= {rule.id for rule in RULES} | set(PAGES)


@each_rule
def test_no_rule_is_passed_over_that_would_find_something(rule: Rule) -> None:
    """Only the rules are run whose fields, or rarer `needs`, a config holds; a general one is silent with others."""
    for example in (rule.bad, rule.good):
        found = {each.rule for each in run(config_of(rule, example))}
        config = config_of(rule, example)
        others = [other for other in RULES if other.id not in found and not other.general]
        assert not {other.id for other in others if other.findings(config)}
