"""Axolotl's own refusals, led back to the rules that check the same, and pydantic's blocks to the schema's."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from knowledge.config import load_types
from knowledge.diagnosis.known import squeeze, words
from knowledge.diagnosis.masking import shown
from knowledge.diagnosis.model import Match
from knowledge.finding import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.config import Config
    from knowledge.diagnosis.log import Line
    from knowledge.diagnosis.matching import Haystack
    from knowledge.finding import Finding
    from knowledge.rule import Rule

_TYPE = re.compile(r"\[type=(\w{1,60})")
_PLACE = re.compile(r"[A-Za-z_][\w.\[\]`,-]{0,200}$")
_INLINE = re.compile(
    r"(?:^|\s)[`'\"]?([A-Za-z_][\w.\[\]]{0,120})[`'\"]?:? (Field required|Input should be [^\[\n]{1,300}|"
    r"Extra inputs are not permitted|List should have at least [^\[\n]{1,80}|"
    r"could not convert string to float: '?[^'\n]{0,80}'?|unable to parse [^\[\n]{1,200})"
)
_IDS = {
    "missing": "missing-field",
    "extra_forbidden": "unknown-key-refused",
    "literal_error": "not-a-choice",
    "enum": "not-a-choice",
    "greater_than": "out-of-bounds",
    "greater_than_equal": "out-of-bounds",
    "less_than": "out-of-bounds",
    "less_than_equal": "out-of-bounds",
    "too_short": "out-of-bounds",
    "too_long": "out-of-bounds",
    "multiple_of": "out-of-bounds",
}
_OWN = ("value_error", "assertion_error")
_HEADER = re.compile(r"validation errors? for (\w{1,80})")
# What Python itself says of many faults: it leads to a rule only when the config shows that rule's fault.
_PYTHON = re.compile(
    r"has no attribute|unexpected keyword argument|required positional argument|unsupported operand|"
    r"not supported between|cannot be interpreted as|is not iterable|not subscriptable|unhashable|keyerror|"
    r"expected str, bytes|index out of range|division by zero",
    re.IGNORECASE,
)


class Says(NamedTuple):
    """A phrase of Axolotl's message as searched and as compared, whether Python says it of much else, and its rule."""

    anchor: str
    printed: str
    common: bool
    rule: Rule


@lru_cache(maxsize=1)
def _phrases() -> tuple[Says, ...]:
    from knowledge.rules import all_rules

    phrases = [
        Says(squeeze(each), words(each), bool(_PYTHON.search(each)), rule) for rule in all_rules() for each in rule.says
    ]
    return tuple(sorted(phrases, key=lambda each: -len(each.anchor)))


def refusals(haystack: Haystack, config: Config | None) -> Iterator[tuple[int, Match]]:
    """Messages of Axolotl's validation, each with its weight.

    Args:
        haystack: The log.
        config: The config of the run, if known: a rule that finds its fault there speaks of that config's own words.
    """
    covered: list[tuple[int, int]] = []
    for anchor, printed, common, rule in _phrases():
        position = haystack.last(anchor, printed) if haystack.has(anchor) else -1
        if position < 0 or any(low <= position < high for low, high in covered):
            continue
        covered.append((position, position + len(anchor)))
        line = haystack.lines[haystack.index(position)]
        finding = next(iter(rule.findings(config)), None) if config is not None else None
        weight = 70 if rule.severity is Severity.ERROR else 45
        match = _match(rule, line, finding)
        if common and not finding:
            if config is not None or not any(haystack.holds(name) for name in rule.fields if "_" in name):
                continue  # the config does not have that rule's fault, or nothing in the text speaks of its fields
            weight, match = 28, replace(match, conclusive=False)
        yield weight, match


def _match(rule: Rule, line: Line, finding: Finding | None) -> Match:
    """What a rule says of its own message; where the config shows the fault, in that config's words."""
    cure = finding.message if finding else ""
    text = rule.text if not cure or rule.text in cure else f"{cure} {rule.text}"
    return Match(
        id=rule.id,
        kind="axolotl",
        line=line.number,
        quote=shown(line.text),
        meaning=rule.title,
        cure=f"{text}\n```yaml\n{rule.good.strip()}\n```" if rule.good.strip() else text,
        fields=tuple(finding.fields) if finding else rule.fields,
        rules=(rule.id,),
    )


def typing_refusals(lines: list[Line]) -> Iterator[Match]:
    """What pydantic says of single fields: "field", then an indented message with its type, or both in one line."""
    seen: set[str] = set()
    of_library = False
    for index, line in enumerate(lines):
        if header := _HEADER.search(line.text):
            # DeepSpeed, vLLM and others check their own settings with pydantic too: these are no fields of a config.
            name = header[1]
            of_library = name[:1].isupper() and not name.startswith("Axolotl") and name not in load_types().models
        if of_library:
            continue
        found = _TYPE.search(line.text) if "[type=" in line.text else None
        if found:
            above = lines[index - 1].text.strip() if index else ""
            message = line.text[max(0, found.start() - 600) : found.start()].strip()
            if message and found[1] not in _OWN and _PLACE.match(above):
                match = _field_match(_path(above), message, found[1], line)
                if match.fields[0] not in seen:
                    seen.add(match.fields[0])
                    yield match
            continue
        inline = _INLINE.search(line.text) if ":" in line.text or "Input should" in line.text else None
        if inline:
            match = _field_match(_path(inline[1]), inline[2].strip(), _kind_of(inline[2]), line)
            if match.fields[0] not in seen:
                seen.add(match.fields[0])
                yield match


def _kind_of(message: str) -> str:
    """The type that pydantic would give for a message."""
    for beginning, kind in (
        ("Field required", "missing"),
        ("Extra inputs", "extra_forbidden"),
        ("List should have", "too_short"),
        ("Input should be greater", "greater_than"),
        ("Input should be less", "less_than"),
        ("Input should be a valid", "type"),
        ("Input should be '", "enum"),
    ):
        if message.startswith(beginning):
            return kind
    return "type"


def _path(place: str) -> str:
    """A place as pydantic writes it ("datasets.0.SFTDataset.type") as a path ("datasets[0].type")."""
    path = ""
    for step in place.strip("`").split("."):
        if step.isdigit():
            path += f"[{step}]"
        elif not path or (step and not step[0].isupper() and "[" not in step and "-" not in step):
            path += f".{step}" if path else step
    return path


def _field_match(path: str, message: str, kind: str, line: Line) -> Match:
    """What is wrong with one field."""
    rule = _IDS.get(kind, "wrong-type")
    said = shown(message, 160).rstrip(".")
    meaning, cure = {
        "missing-field": (f"The field `{path}` is missing.", f"Add `{path}:` with a value: it has no default."),
        "unknown-key-refused": (
            f"The key `{path}` is unknown in its block, and this block rejects unknown keys.",
            f"Correct its spelling, move it where it belongs, or remove `{path}`.",
        ),
        "not-a-choice": (
            f"The value of `{path}` is not one that Axolotl accepts.",
            f"Write one of the accepted values: {said.removeprefix('Input should be ')}.",
        ),
        "out-of-bounds": (f"The value of `{path}` is out of bounds.", f"Change it to what Axolotl expects: {said}."),
    }.get(
        rule,
        (
            f"The value of `{path}` has the wrong type.",
            (
                f"Write it the way Axolotl expects: {said}. Quotes, brackets, and indentation decide a value's type in "
                "YAML."
            ),
        ),
    )
    return Match(
        id=rule,
        kind="axolotl",
        line=line.number,
        quote=shown(line.text),
        meaning=meaning,
        causes=(
            (
                "Axolotl lists all errors of this kind at once, and checks how fields fit together only after they are "
                "fixed."
            ),
        ),
        cure=cure + " More may follow: check the whole config.",
        fields=(path,),
        rules=(rule,),
    )
