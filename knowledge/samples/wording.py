"""From what was met in the rows to findings: their severity, words, fields, and the row they begin at."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING

from knowledge.by_hand import in_entry, read_yaml
from knowledge.finding import Finding, Severity, place
from knowledge.secrets import mask
from knowledge.text import listed, shortened

if TYPE_CHECKING:
    from knowledge.config import Config
    from knowledge.finding import Place
    from knowledge.samples.issues import Met

WIDTH = 105
"""A message with its cure is about as long; what is longer leaves the cure to the block that follows."""

SHOWN = 40
"""As many characters of a name that stands in the rows are shown."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a rule says: severity, the message with its placeholders, why, and where it points."""

    severity: Severity
    says: str
    why: str
    fields: tuple[str, ...]
    columns: int
    replaces: tuple[str, ...]


@lru_cache(maxsize=1)
def load_told() -> dict[str, Told]:
    """Every rule about rows, from findings.yaml."""
    found: dict[str, Told] = {}
    for name, written in read_yaml(resources.files("knowledge.samples") / "findings.yaml").items():
        with in_entry("findings.yaml", name):
            found[name] = Told(
                Severity(written["severity"]),
                written["says"],
                written.get("why", ""),
                tuple(written.get("fields", ("type",))),
                written.get("columns", 0),
                tuple(written.get("replaces", ())),
            )
    return found


@dataclass(slots=True)
class Cure:
    """What fixes a fault: words for the message, YAML to copy, and the nearest name of a misspelled one."""

    words: str = ""
    mended: str = ""
    suggestion: str | None = None


@dataclass(slots=True)
class Surroundings:
    """What the words of a finding need besides what was met."""

    config: Config
    entry: str
    type: str
    rl: str
    total: int


def finding(met: Met, around: Surroundings, cure: Cure | None, line: int | None, severity: Severity | None) -> Finding:
    """A fault of the rows in words.

    Args:
        met: What was met, in which rows.
        around: The config and the sample.
        cure: What fixes it, as words and as YAML to copy.
        line: The line of the file where it shows, for faults of the file.
        severity: Another severity than the rule's own.
    """
    told = load_told()[met.rule]
    message = sentence(met, around, line)
    if cure is not None and cure.words:
        short = "Set it as below." if cure.mended and len(message) + len(cure.words) > WIDTH else cure.words
        message = f"{message} {short}"
    fields, places = _fields(met, around)
    first = places[0] if places else None
    return Finding(
        rule=met.rule,
        severity=severity or told.severity,
        fields=fields,
        line=first.line if first else None,
        column=first.column if first else None,
        message=message,
        why=told.why,
        edit=None,
        suggestion=cure.suggestion if cure is not None else None,
        places=places,
        mended=cure.mended if cure is not None else "",
        source="dataset",
        row=met.row + 1 if met.row is not None else None,
        rows=met.rows if met.row is not None else None,
    )


def sentence(met: Met, around: Surroundings, line: int | None = None) -> str:
    """What was met in words, without its cure."""
    one = met.rows == 1
    every = "both" if met.rows == 2 else f"all {met.rows}"
    count = f"row {(met.row or 0) + 1}" if one else f"{every if met.rows == around.total else met.rows} rows"
    several = [shown(name) for name in (*met.detail[:1], *met.also)]
    joined = listed([f"`{each}`" for each in several])[1:-1]
    words = {
        "n": count,
        "s": "s" if one else "",
        "es": "es" if one else "",
        "have": "has" if one else "have",
        "do": "does" if one else "do",
        "are": "is" if one else "are",
        "them": "it" if one else "them",
        "type": around.type,
        "many": "s" if met.also else "",
        "under": f" under `rl: {around.rl}`" if around.rl else "",
        "line": line if line is not None else "?",
    }
    text = load_told()[met.rule].says.format(joined, *(shown(detail) for detail in met.detail[1:]), *("",) * 3, **words)
    return text[:1].upper() + text[1:]


def shown(name: str) -> str:
    """A word of the rows, shortened and with secrets masked."""
    return shortened(mask(" ".join(name.split())), SHOWN)


def _fields(met: Met, around: Surroundings) -> tuple[tuple[str, ...], tuple[Place, ...]]:
    told = load_told()[met.rule]
    keys = told.fields
    if met.rule == "rows-column-missing" and len(met.detail) > 1 and met.detail[1]:
        keys = (met.detail[1], "type")
    paths = [key[1:] if key.startswith("/") else f"{around.entry}.{key}" for key in keys]
    columns = [f"rows[].{shown(name)}" for name in (*met.detail[: told.columns], *met.also) if name]
    places: list[Place] = []
    for path in paths:
        at = place(around.config.document, path)
        if at is not None and at.path not in {each.path for each in places}:
            places.append(at)
    return (*paths, *columns), tuple(places[:2])
