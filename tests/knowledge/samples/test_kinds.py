"""The table of dataset types: every type's good row passes, its bad row gives the finding that the table names."""

from __future__ import annotations

import json
import re
from importlib import resources
from pathlib import Path

import pytest

import knowledge.samples
from knowledge.config import read
from knowledge.explanation import explain, search
from knowledge.finding import Severity
from knowledge.samples import Kind, check_rows, explain_kind, load_kinds
from knowledge.samples.examples import FILE, example_config
from knowledge.samples.kinds import kind_named, names_under
from knowledge.samples.readers import READERS
from knowledge.samples.wording import WIDTH, load_told
from tests.many import over

READ = [kind for kind in load_kinds() if kind.good]
NAMED = [(kind, name) for kind in READ for name in kind.names or (None,)]
SOURCES = "\n".join(path.read_text("utf-8") for path in Path(knowledge.samples.__path__[0]).glob("*.py"))


def title(case: object) -> str:
    return "/".join([*case.rl[:1], case.title]) if isinstance(case, Kind) else str(case)


@pytest.mark.parametrize(("kind", "name"), NAMED, ids=title)
def test_good_row_of_every_name_trains(kind: Kind, name: str | None) -> None:
    report = check_rows(read(example_config(kind, name)), f"{kind.good}\n{kind.good}\n".encode(), name=FILE)
    assert [each.message for each in report.findings if each.severity is not Severity.ADVICE] == []
    assert (report.rows, report.rows_kept, report.rows_failed) == (2, 2, 0)


@pytest.mark.parametrize("kind", READ, ids=title)
def test_bad_row_gives_its_finding(kind: Kind) -> None:
    assert kind.bad is not None, "a type without a bad row cannot be explained"
    report = check_rows(read(example_config(kind)), f"{kind.bad.row}\n".encode(), name=FILE)
    assert kind.bad.finding in [each.rule for each in report.findings]


def test_every_type_that_axolotl_has_is_known() -> None:
    listed = json.loads((resources.files("knowledge") / "facts" / "values.json").read_text("utf-8"))["dataset_type"]
    supervised = {*listed["sft_modules"], *listed["sft_handlers"]}
    assert [name for name in sorted(supervised) if kind_named(name) is None] == []
    under = {rl: names for rl, names in listed["preference"].items() if rl not in ("note", "bradley_terry")}
    pairs = [(rl, name) for rl, names in under.items() for name in names if not name.startswith("user_defined")]
    assert [pair for pair in pairs if kind_named(pair[1], pair[0]) is None] == []
    assert all(kind_named(name) is not None for name in listed["preference"]["bradley_terry"])


def test_only_a_type_without_a_file_has_no_rows() -> None:
    assert [kind.title for kind in load_kinds() if not kind.good] == ["_synthetic"]


def test_no_name_means_two_types_under_one_value_of_rl() -> None:
    pairs = [(rl, name) for kind in load_kinds() for name in kind.names for rl in kind.rl or ("",)]
    assert len(pairs) == len(set(pairs))
    assert all(kind_named(name, rl) is not None for rl, name in pairs)


def test_every_reader_is_there_and_used() -> None:
    assert {kind.reads for kind in READ} == READERS.keys()


def test_type_of_one_name_is_explained_under_every_rl() -> None:
    assert {rl for kind in explain_kind("chatml.ultra") for rl in kind.rl} >= {"dpo", "kto"}
    assert explain_kind("alpaca")[0].columns[0].column == "instruction"
    assert explain_kind("sharegpt") == ()
    assert "alpaca" in names_under()
    assert "alpaca" not in names_under("dpo")


@pytest.mark.parametrize("rule", load_told())
def test_finding_is_reported_somewhere_and_worded_as_agreed(rule: str) -> None:
    told = load_told()[rule]
    assert f'"{rule}"' in SOURCES, "no module reports it"
    assert rule.startswith("rows-")
    assert len(told.says) <= WIDTH
    for text in (told.says, told.why):
        assert not re.search(r"!|\bsorry\b|\bplease\b", text, re.IGNORECASE)
    assert told.says[0] not in "`{" or told.says.startswith("{n}"), "it begins with a word"
    assert told.says.endswith("."), "a message is a sentence"


def test_every_rule_that_a_module_reports_has_words() -> None:
    written = set(re.findall(r'"(rows-[a-z0-9-]+)"', SOURCES))
    assert written <= load_told().keys()


@over(sorted({name for kind in load_kinds() for name in kind.names}))
def test_every_type_is_explained_with_its_columns_and_a_row(name: str) -> None:
    found = explain(f"type: {name}")
    assert found.kind == "dataset type"
    kinds = explain_kind(name)
    assert all(f"`{column.column}`" in found.text for kind in kinds for column in kind.columns)
    assert all(trap in found.text + found.pitfalls for kind in kinds for trap in kind.traps)
    assert f"type: {name}\n" in found.example
    assert kinds[0].good in found.example


def test_a_type_is_found_by_its_name_alone_unless_a_field_has_it() -> None:
    assert explain("alpaca").kind == explain("`Completion`").kind == "dataset type"
    assert explain("chat_template").kind == "field"
    assert explain("argill").nearest[0] == "chat_template.argilla"
    assert "alpaca" in explain("alpca").nearest
    assert explain("type: nothing of the kind").kind is None


def test_types_are_offered_behind_the_fields_that_begin_alike() -> None:
    values = [choice.value for choice in search("chat_t")]
    assert values[0] == "chat_template"
    assert "type: chat_template" in values
    assert search("alpaca")[0].value == "alpaca"
    assert not any(choice.name.startswith("type:") for choice in search(""))
    for choice in search("type: chat"):
        assert explain(choice.value).kind is not None
