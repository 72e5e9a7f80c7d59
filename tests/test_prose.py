"""What users read keeps to docs/style.md: one word for one thing, and a verb in every message."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import yaml

from tests.many import over
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
    r"\bof (your|its|their) own(?=[.,;:)]| (as|for|that|to|with)\b)": "your own ..., its own ..., or separate",
    r"\banother [\w`-]+( [\w`-]+)? than\b": "a different ... from",
    r"\bfits? each other\b": "match, or work together",
    r"\b(does not|do not) go (with|together)\b": "does not work with, or do not match",
    r"\bstands? (alone|further|together|in|behind|before|with)\b(?! (for|mind))": "is, appears, or belongs",
    r"\b(the|its|prepared|preference|that) data (are|were|have)\b": "data is, was, or has",
    r"\binside of\b": "inside",
    r"\d %": "a percent sign without a space",
    r"\b(cancelled|labelled|modelled|travelled)\b(?! \()": "American spelling",
    r"\bNothing to do[,:]": "There is nothing to do:",
}
SERIAL = re.compile(r"`[^`\n]+`, `[^`\n]+` (and|or) `")
"""A list of three names in back-ticks without its last comma."""
BACKTICKS = re.compile(r"`[^`]*`")
VERBS = frozenset(
    re.findall(
        r"\S+",
        """
    accept accepts adapts add adds affects allows appears applies are arrived ask asked asks be become becomes
    been belong belongs breaks broke build builds built came can can't cannot changed check choose chooses chose come
    comes compile compiles compute computed computes contain contains continues contradicts costs could crash
    crashed crashes created depend depends did differ differs divide divides do does drop dropped drops ended
    evaluate evaluates exists expect expected expects fail failed fails fill fills find finds fits follow
    follows found get gets give given gives go goes got grow grows had hangs has have held holds ignored ignores
    install is keep keeps kept knew know known knows lack lacks leave leaves left limits loaded looks lose loses
    lost lowers made make makes matched matches may means might mixes moved must name named need needs noticed
    overflowed passed passes prints processes put puts raise raises ran read reads refuse refused refuses
    released remove removed removes renamed repeat repeats replaced replaces register reports reserves resume returned
    routes runs said saved saw say says see seen sees send set sets should show shown skips started stay stays
    stop stopped stops switch switches takes tells took train trained trains treated tried try turns update
    upload uploaded uploads use used uses was went were will work worked works would write writes written wrote
    """,
    )
)
"""Words that make a message or a meaning a sentence."""
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


@over(files("*.yaml", *(f"knowledge/{name}" for name in TEXTS)))
def test_the_texts_keep_to_the_glossary(file: Path) -> None:
    texts = list(told(yaml.load(file.read_text("utf-8"), Loader=yaml.CSafeLoader)))
    assert not wrong(iter(texts))
    assert not [text for text in texts if SERIAL.search(text)], "a list of three needs its last comma"


@over(files("*.py", "knowledge/rules", "bot/views", "bot/console", "cogs"))
def test_the_sentences_in_the_code_keep_to_the_glossary(file: Path) -> None:
    assert not wrong(strings(file))


@over([ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))])
def test_the_pages_keep_to_the_glossary(file: Path) -> None:
    if file.name != "style.md":
        prose = re.sub(r"```.*?```", "", file.read_text("utf-8"), flags=re.DOTALL)
        assert not wrong(iter(prose.splitlines()))


def spoken(call: ast.Call) -> str:
    """The message of a rule's finding; empty where a part of it outside back-ticks is computed."""
    said = call.args[0]
    if isinstance(said, ast.JoinedStr):
        shown = "".join(str(each.value) if isinstance(each, ast.Constant) else "\0" for each in said.values)
        return "" if "\0" in BACKTICKS.sub("", shown) else shown
    return str(said.value) if isinstance(said, ast.Constant) else ""


def messages(file: Path) -> Iterator[str]:
    """The messages of the rules in a module."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "problem" and node.args:
            yield spoken(node)


def verbless(texts: Iterator[str]) -> list[str]:
    return [each for each in texts if each and not VERBS & set(re.findall(r"[a-z']+", BACKTICKS.sub("", each).lower()))]


@over(files("*.py", "knowledge/rules"))
def test_every_message_has_a_verb(file: Path) -> None:
    assert not verbless(messages(file)), "write a whole sentence; a verb that is missing here goes into VERBS"


@over(files("*.yaml", "knowledge/errors"))
def test_what_an_error_means_has_a_verb(file: Path) -> None:
    known = yaml.load(file.read_text("utf-8"), Loader=yaml.CSafeLoader)
    assert not verbless(each["meaning"] for each in known)
