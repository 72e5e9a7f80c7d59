"""No regular expression takes longer than in proportion to what strangers write, whatever they repeat."""

import importlib
import pkgutil
import random
import re
import time
from functools import cache
from pathlib import Path

import pytest

import bot
import cogs
import knowledge
from knowledge.diagnosis.known import known_errors
from knowledge.diagnosis.phase import phases
from knowledge.pattern import Pattern

LENGTH = 20_000
BOUND = 0.4
"""Seconds of processor time for a text: a pattern that takes the square of the length needs several."""
UNITS = (*"a0 \n_-.:/\"'`[({<=\t\\é", "a ", "a1", "1.", "1,", "a.", "a-", "aB1", "x\n\n", '\\"', "A_")
SCANS = "search|finditer|findall|sub|subn|split"
ROOT = Path(knowledge.__path__[0]).parent


def sources():
    """Every module's name and text."""
    for package in (knowledge, bot, cogs):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.ispkg and not module.name.endswith("__main__"):
                yield module.name, (ROOT / f"{module.name.replace('.', '/')}.py").read_text()


def inside(value, depth=4):
    """The patterns in a value and in the collections and classes of values in it."""
    if isinstance(value, Pattern):
        value = value.compiled
    if isinstance(value, re.Pattern):
        if isinstance(value.pattern, str):
            yield value
    elif depth and isinstance(value, dict):
        for pair in value.items():
            yield from inside(pair, depth - 1)
    elif depth and isinstance(value, list | tuple | set | frozenset):
        for each in value:
            yield from inside(each, depth - 1)


@cache
def patterns():
    """Pattern -> (where it stands, whether it is looked for at every character of a text)."""
    texts = dict(sources())
    scanned = set(re.findall(rf"\b(\w+)\.(?:{SCANS})\(", "\n".join(texts.values())))
    only_begun = set(re.findall(r"\b(\w+)\.(?:match|fullmatch)\(", "\n".join(texts.values()))) - scanned
    found = {}
    for name, text in texts.items():
        if "import re\n" in text or "knowledge.pattern import" in text:
            for variable, value in vars(importlib.import_module(name)).items():
                for pattern in inside(value):
                    found.setdefault(pattern, (f"{name}.{variable}", variable not in only_begun))
    for known in known_errors():
        if known.expression:
            found.setdefault(known.expression, (f"the error {known.id}", True))
    for phase in phases():
        if phase.lines:
            found.setdefault(phase.lines, (f"the phase {phase.name}", True))
    return found


def spoken(pattern):
    """Pieces of text that the pattern itself names, which lead furthest into it."""
    plain = re.sub(
        r"\\[dwsWSbB]|\\(.)|\(\?[:<!=P][^)]*?>?|[?*+{}|()^$]", lambda found: found[1] or " ", pattern.pattern
    )
    return sorted({word for word in re.split(r"\s+|\[[^\]]*\]", plain) if word}, key=len)


def hostile(pattern):
    """Repeated, alternating and prefixed text."""
    words = spoken(pattern)
    units = [*UNITS, *(form for word in words for form in (word, f"{word} ", f"{word}a", f"{word}1", f"{word}\n"))]
    if len(units) > 90:
        units = [*UNITS, *random.Random(1).sample(units, 60)]
    for unit in dict.fromkeys(units):
        yield unit * (LENGTH // len(unit))
    for word in words[-4:]:
        for unit in ("a", " ", "1", "."):
            yield word + unit * LENGTH


def runs(pattern, text, *, scans):
    """Whether it takes less than the bound; timed again where it does not, since the machine has other work."""
    for _ in range(2):
        start = time.process_time()
        pattern.match(text)
        pattern.fullmatch(text)
        if scans:
            for _found in pattern.finditer(text):
                pass
        if time.process_time() - start < BOUND:
            return True
    return False


def test_the_patterns_of_the_project_are_found():
    assert len(patterns()) > 140


@pytest.mark.parametrize("part", range(8))
def test_no_pattern_is_worse_than_linear(part):
    for pattern, (where, scans) in list(patterns().items())[part::8]:
        for text in hostile(pattern):
            assert runs(pattern, text, scans=scans), (where, text[:40])


def test_a_pattern_that_takes_the_square_is_noticed():
    assert not runs(re.compile(r"\w+\.content"), "a" * LENGTH, scans=True)
