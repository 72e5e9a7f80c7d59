"""What users read keeps to docs/style.md: one word for one thing, and a verb in every message."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.places import ROOT

BANNED = {
    r"\bin silence\b": "silently, or without a message",
    r"\bwithout a word\b": "without a message",
    r"(?<!`)\bmend(s|ed|ing)?\b(?!`)": "fix",
    r"\bdies( of)?\b": "crashes",
    r"\bmisspelt\b": "misspelled",
    r"\blearnt\b": "learned",
    r"\b(colour|behaviour|neighbour|favour)s?\b": "American spelling",
    r"\b(token|quant|recogn|normal|organ|synchron)is(e|es|ed|ing|ation)\b": "American spelling",
    r"\bbeside\b": "with, next to, or compared with",
    r"\bTake `": "Use `",
    r"\bat the fullest\b": "at its peak",
    r"\bafterwards\b": "afterward",
    r"\b(works|used) with `[^`\n]+` alone\b": "only with",
    r"\banew\b": "again",
    r"\bseldom\b": "rarely",
    r"\bevery so many\b": "every this many",
    r"\bdraws a warning\b": "triggers a warning",
    r"\b(template|format|strategy|transform|script|folder) of your own\b": "your own ...",
}
SERIAL = re.compile(r"`[^`\n]+`, `[^`\n]+` (and|or) `")
"""A list of three names in back-ticks without its last comma."""
TEXTS = ("fields", "errors", "faq", "samples", "foreign")
"""Folders of knowledge whose YAML is shown to users."""
PATTERNS = {"when", "unless", "seen", "words", "phrases", "aliases", "see", "also", "evidence", "bad", "good", "after"}
"""Keys of YAML that hold what users write, names or examples."""


def told(value: object, key: str = "") -> Iterator[str]:
    """The sentences in what YAML was read as."""
    if isinstance(value, dict):
        for name, each in value.items():
            if name not in PATTERNS:
                yield from told(each, str(name))
    elif isinstance(value, list):
        for each in value:
            yield from told(each, key)
    elif isinstance(value, str) and " " in value:
        yield value


def strings(file: Path) -> Iterator[str]:
    """The text constants of a module that are more than a word, docstrings of rules among them."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            yield node.value


def wrong(texts: Iterator[str]) -> list[str]:
    return [
        f"{text[:90]!r}: write {right}" for text in texts for word, right in BANNED.items() if re.search(word, text)
    ]


def files(pattern: str, *folders: str) -> list[Path]:
    return [file for folder in folders for file in sorted((ROOT / folder).rglob(pattern))]


def name_of(file: Path) -> str:
    return str(file.relative_to(ROOT))


@pytest.mark.parametrize("file", files("*.yaml", *(f"knowledge/{name}" for name in TEXTS)), ids=name_of)
def test_the_texts_keep_to_the_glossary(file: Path) -> None:
    texts = list(told(yaml.load(file.read_text("utf-8"), Loader=yaml.CSafeLoader)))
    assert not wrong(iter(texts))
    assert not [text for text in texts if SERIAL.search(text)], "a list of three needs its last comma"


@pytest.mark.parametrize("file", files("*.py", "knowledge/rules", "bot/views", "bot/console", "cogs"), ids=name_of)
def test_the_sentences_in_the_code_keep_to_the_glossary(file: Path) -> None:
    assert not wrong(strings(file))


@pytest.mark.parametrize("file", [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))], ids=name_of)
def test_the_pages_keep_to_the_glossary(file: Path) -> None:
    if file.name != "style.md":
        prose = re.sub(r"```.*?```", "", file.read_text("utf-8"), flags=re.DOTALL)
        assert not wrong(iter(prose.splitlines()))
