"""What a rule tells people to do, done on its own bad example: its finding is gone, and nothing above ADVICE is new.

The edit where there is one, the lines that the message writes out, and the good example, which is the bad one fixed.
"""

from __future__ import annotations

import copy
import re
from functools import cache
from typing import TYPE_CHECKING, Any

import yaml

from knowledge.check import check
from knowledge.config import load_types, read
from knowledge.finding import Finding, Severity
from knowledge.fixes import corrected
from knowledge.pages import PAGES
from knowledge.rule import Rule, whole
from knowledge.rules import all_rules
from knowledge.run_data import DataSize
from tests.many import over

if TYPE_CHECKING:
    from collections.abc import Iterator

RULES = all_rules()
_LINE = re.compile(r"`([a-z_0-9]+: [^`]+)`")
_WORD = re.compile(r"[A-Za-z_][A-Za-z_0-9]*")
_ADAPTER = {"adapter", "load_in_4bit", "load_in_8bit", "lora_r", "lora_alpha", "lora_target_linear"}
"""What belongs to an adapter: an adapter comes and goes with them."""
_SEVERE = {Severity.ERROR, Severity.CRASH, Severity.IGNORED, Severity.WARNING}
NESTED = {
    *("block-no-mapping", "chat-template-never-trained", "chat-template-unused", "coreweave-rollouts"),
    *("dataset-jinja-unused", "decision-batch", "experts-not-quantized", "format-as-path", "packed-stream-from-a-file"),
    *("pretraining-local-file", "role-names-turned", "coreweave-adapter"),
}
"""Rules whose message writes a line that stands inside a block, or that is half of the cure: their `good` has all."""
OUTSIDE = {"dataset-revision-missing", "dataset-split-missing", "deepspeed-file-read-early"}
"""Rules whose cure is on a disk or on the Hub, as another revision, another split or a file that has to be there."""


@cache
def found(text: str, rule: Rule | None = None) -> tuple[Finding, ...]:
    if rule is None:
        return check(text).findings
    facts = None if rule.hub is None else rule.hub.facts(read(text))
    size = DataSize(lengths=rule.lengths) if rule.lengths else None
    return check(text, gpus=rule.gpus, hub=facts, size=size).findings


def spoiled(rule: Rule, text: str) -> list[str]:
    """What is wrong with a text that ought to be the bad example fixed."""
    before = {each.rule for each in found(whole(rule.bad), rule)}
    after = found(text, rule)
    new = [f"{each.rule}: {each.message}" for each in after if each.severity in _SEVERE and each.rule not in before]
    return [*new, *(each.message for each in after if each.rule == rule.id)]


@over(RULES)
def test_the_good_example_is_the_bad_one_cured(rule: Rule) -> None:
    assert spoiled(rule, whole(rule.good)) == []


@over([rule for rule in RULES if rule.id not in OUTSIDE])
def test_the_good_example_does_what_the_message_says(rule: Rule) -> None:
    """Nothing differs from the bad example but what the finding points at, or its message and lines to copy name."""
    findings = [each for each in found(whole(rule.bad), rule) if each.rule == rule.id]
    bad, good = leaves(yaml.safe_load(whole(rule.bad))), leaves(yaml.safe_load(whole(rule.good)))
    told = {word for each in findings for word in words(each)}
    at = {field for each in findings for field in each.fields}
    changed = [path for path in {**bad, **good} if (path in bad, bad.get(path)) != (path in good, good.get(path))]
    unsaid = [path for path in changed if not about(path, at) and told.isdisjoint(_WORD.findall(path))]
    unsaid = [path for path in unsaid if told.isdisjoint(_WORD.findall(str(good.get(path)))) and not renamed(path, at)]
    assert not unsaid, [each.message for each in findings]


def leaves(value: Any, path: str = "") -> dict[str, Any]:
    """Every single value under its path."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    below = {
        found: each
        for key, item in inner
        for found, each in leaves(item, f"{path}[{key}]" if isinstance(value, list) else f"{path}.{key}").items()
    }
    return below or {path.removeprefix("."): value}


def words(finding: Finding) -> set[str]:
    """The names that a finding tells people to write: in backticks, in lines to copy, and the fields of an adapter."""
    quoted = " ".join([*re.findall(r"`([^`]*)`", finding.message), finding.mended])
    return {*_WORD.findall(quoted), *(_ADAPTER if re.search("adapter|LoRA", finding.message) else ())}


def about(path: str, fields: set[str]) -> bool:
    return any(path == each or path.startswith((f"{each}.", f"{each}[")) for each in fields)


def renamed(path: str, fields: set[str]) -> bool:
    """Whether a key stands in the block of one that is found fault with, in its place."""
    return path.rpartition(".")[0] != "" and path.rpartition(".")[0] in {each.rpartition(".")[0] for each in fields}


@over(RULES)
def test_an_edit_cures(rule: Rule) -> None:
    text = whole(rule.bad)
    findings = [each for each in found(text, rule) if each.rule == rule.id and each.edit]
    if findings:
        assert spoiled(rule, corrected(text, findings)) == []


@over([rule for rule in RULES if rule.id not in NESTED])
def test_the_lines_that_a_message_writes_out_cure(rule: Rule) -> None:
    finding = next(each for each in found(whole(rule.bad), rule) if each.rule == rule.id)
    tried = [yaml.safe_dump(each, sort_keys=False) for each in cures(whole(rule.bad), finding)]
    assert not tried or any(not spoiled(rule, text) for text in tried), finding.message


def cures(text: str, finding: Finding) -> Iterator[dict[str, Any]]:
    """The config with the lines of a message written with or in place of the fields that it is about."""
    config = yaml.safe_load(text)
    lines = [yaml.safe_load(line) for line in _LINE.findall(finding.message)]
    lines = [line for line in lines if set(line) <= load_types().names and not line.items() <= config.items()]
    for group in [lines, *([line] for line in lines)] if lines else []:
        cured = copy.deepcopy(config)
        for line in group:
            cured.update(line)
        yield cured
        for path in finding.fields:
            if path in cured and path not in {key for line in group for key in line}:
                yield {key: value for key, value in cured.items() if key != path}
        if re.search(r"\b(drop|remove|leave|keep)\b", finding.message, re.IGNORECASE):
            yield from ({key: value for key, value in config.items() if key != path} for path in finding.fields)


@over([name for name, page in PAGES.items() if page.good])
def test_the_good_example_of_a_page_has_no_new_fault(name: str) -> None:
    page = PAGES[name]
    before = {each.rule for each in found(whole(page.bad))}
    after = found(whole(page.good))
    assert not [each.message for each in after if each.severity in _SEVERE and each.rule not in before]
