"""docs/fields.md: every field is on it, with its facts and its note."""

import importlib.util
from types import ModuleType

import pytest

from knowledge.catalog import Catalog, Note
from knowledge.catalog.labels import effects, labels
from tests.places import ROOT

FILE = ROOT / "scripts" / "pages" / "fields.py"


@pytest.fixture(scope="module")
def page() -> ModuleType:
    spec = importlib.util.spec_from_file_location("page_fields", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def text(page: ModuleType) -> str:
    return page.render()


def test_every_noted_field_and_idea_has_its_place(text: str) -> None:
    catalog = Catalog.load()
    for path, note in catalog.notes.items():
        assert f"### `{path}`" in text or f"`{path}`" in text, path
        assert note.summary in text, path
    for name in catalog.concepts:
        assert f"### {name[:1].upper()}{name[1:]}" in text


def test_facts_stand_with_the_note(text: str) -> None:
    entry = text.partition("### `gradient_accumulation_steps`")[2].partition("###")[0]
    assert "whole number · default `1`" in entry
    assert "**Raise it**" in entry
    assert "micro_batch_size: 2" in entry


def test_links_of_the_table_of_contents_lead_somewhere(page: ModuleType, text: str) -> None:
    anchors = {page.anchor(line[3:]) for line in text.splitlines() if line.startswith("## ")}
    linked = {line.partition("(#")[2].rstrip(")") for line in text.splitlines() if line.startswith("- [")}
    assert linked <= anchors


@pytest.mark.parametrize(
    ("kind", "raising"),
    [
        ("whole number", "Raise it"),
        ("number or text", "Raise it"),
        ("true or false", "On"),
        ("true or false or text", "On"),
        ("text", "Set it"),
        ("list or whole number", "Set it"),
        ("block of keys", "Set it"),
    ],
)
def test_labels_fit_the_type(kind: str, raising: str) -> None:
    assert labels(kind)[0] == raising


def test_what_is_used_without_a_key_is_said_once() -> None:
    told = Note(summary="", lower="The column called chosen is read.", left_out="`chosen`.")
    assert dict(effects("text", told))["Default"] == ""
    assert dict(effects("number", told))["Left out"] == "`chosen`."
    other = Note(summary="", lower="Nothing is sent.", left_out="No tracking.")
    assert effects("text", other)[1:] == (("Leave it out", "Nothing is sent."), ("Default", "No tracking."))


def test_no_line_begins_with_the_words_of_its_label() -> None:
    catalog = Catalog.load()
    told = [(path, effects(catalog.fields[path].type, note)) for path, note in catalog.notes.items()]
    twice = [path for path, lines in told for label, text in lines if " " in label and text.startswith(label)]
    assert not twice
