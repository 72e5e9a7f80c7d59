"""From what was met in the rows to findings: their severity, words, fields, and the row they begin at."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import yaml

from knowledge.finding import Finding, Severity
from knowledge.rule import place
from knowledge.secrets import mask

if TYPE_CHECKING:
    from knowledge.config import Config
    from knowledge.finding import Place
    from knowledge.samples.cures import Cure
    from knowledge.samples.issues import Met

SHOWN = 40
"""As many characters of a name that stands in the rows are shown."""

_FIELDS = {
    "rows-type": ("type",),
    "rows-rl-missing": ("type", "/rl"),
    "rows-split": ("split",),
    "rows-reader": ("ds_type", "path"),
    "rows-none": ("path",),
    "rows-unreadable": ("path",),
    "rows-not-objects": ("path",),
    "rows-encoding": ("path",),
    "rows-no-table": ("ds_type", "path"),
    "rows-broken-table": ("path",),
    "rows-separator": ("path",),
    "rows-shifted": ("path",),
    "rows-streamed-file": ("path", "data_files"),
    "rows-sharded": ("shards",),
    "rows-weighted": ("weight",),
    "rows-duplicates": ("/dataset_exact_deduplication",),
    "rows-too-long": ("/sequence_len", "/excess_length_strategy"),
    "rows-cut": ("/sequence_len", "/excess_length_strategy"),
    "rows-split-text": ("/sequence_len",),
    "rows-text-capped": ("/sequence_len",),
    "rows-too-short": ("/min_sample_len",),
    "rows-all-untrained": ("/sample_packing", "type"),
    "rows-untrained-dropped": ("/sample_packing",),
    "rows-end-untrained": ("/eot_tokens", "chat_template"),
    "rows-end-off": ("train_on_eos",),
    "rows-eot": ("/eot_tokens", "chat_template"),
    "rows-ends-conflict": ("train_on_eot", "train_on_eos"),
    "rows-end-missing-stream": ("/pretraining_sample_concatenation", "/sample_packing"),
    "rows-end": ("type",),
    "rows-start-doubled-by-template": ("chat_template",),
    "rows-template-none": ("chat_template", "type"),
    "rows-template-unknown": ("chat_template",),
    "rows-template-syntax": ("chat_template_jinja",),
    "rows-template-refuses": ("chat_template", "type"),
    "rows-turn-order": ("chat_template", "type"),
    "rows-content-missing": ("message_property_mappings", "chat_template"),
    "rows-content-untrained": ("message_property_mappings", "type"),
    "rows-message-keys": ("message_property_mappings", "type"),
    "rows-role-unmapped": ("roles", "type"),
    "rows-roles-to-train": ("roles_to_train",),
    "rows-flag-off": ("message_field_training",),
    "rows-flags-unread": ("message_field_training", "type"),
    "rows-thinking-unread": ("field_thinking", "message_property_mappings"),
    "rows-thinking-lost": ("split_thinking", "chat_template"),
    "rows-input-unprinted": ("type.format",),
    "rows-label-missing": ("type",),
}
"""Which keys a rule points at, by the beginning of its name; "/" leads to a key of the root."""

_COLUMN_FIRST = (
    "rows-column-missing rows-answer-column rows-null rows-null-joined rows-answer-not-text rows-list-as-text "
    "rows-prompt-printed rows-prompt-empty rows-answer-empty rows-ends-alone rows-text-empty rows-text-blank "
    "rows-thought-empty rows-text-as-list rows-not-list rows-items-not-objects rows-key-missing rows-json-text "
    "rows-input-unprinted rows-message-keys rows-content-missing rows-content-null rows-content-not-text "
    "rows-content-untrained rows-turn-empty rows-role-refused rows-role-repeats rows-no-messages rows-gives-nothing "
    "rows-no-answer rows-flag-off rows-flags-unread rows-flag-text rows-label-text rows-tools-not-list "
    "rows-system-refused rows-system-null rows-system-empty rows-system-twice rows-thinking-unread rows-end-missing "
    "rows-end-foreign rows-start-missing rows-start-doubled rows-pair-empty rows-pair-blank rows-pair-shape "
    "rows-printed rows-turns-lost rows-too-few-answers rows-too-few-turns rows-label-missing rows-label-not-bool "
    "rows-label-one rows-label-count rows-no-steps rows-untrained rows-dates rows-mixed-types rows-pair-order "
    "rows-odd-turns rows-last-masked rows-key-unread"
).split()
_COLUMNS = {name: 1 for name in _COLUMN_FIRST} | {"rows-key-missing": 2, "rows-message-keys": 2, "rows-role-refused": 1}


@dataclass(frozen=True, slots=True)
class Told:
    """What a rule says: severity, the message with its placeholders, and why."""

    severity: Severity
    says: str
    why: str


@lru_cache(maxsize=1)
def load_told() -> dict[str, Told]:
    """Every rule about rows, from findings.yaml."""
    text = (resources.files("knowledge.samples") / "findings.yaml").read_text("utf-8")
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return {
        name: Told(Severity(entry["severity"]), entry["says"], entry.get("why", ""))
        for name, entry in yaml.load(text, loader).items()  # noqa: S506
    }


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
        cure: What mends it, as words and as YAML to copy.
        line: The line of the file where it shows, for faults of the file.
        severity: Another severity than the rule's own.
    """
    told = load_told()[met.rule]
    message = _sentence(told.says, met, around, line)
    if cure is not None and cure.words:
        message = f"{message} {cure.words}"
    fields, places = _fields(met, around)
    first = places[0] if places else None
    return Finding.model_construct(
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


def _sentence(says: str, met: Met, around: Surroundings, line: int | None) -> str:
    one = met.rows == 1
    count = (
        f"row {(met.row or 0) + 1}"
        if one
        else f"all {met.rows} rows"
        if met.rows == around.total
        else f"{met.rows} rows"
    )
    words = {
        "n": count,
        "s": "s" if one else "",
        "es": "es" if one else "",
        "have": "has" if one else "have",
        "do": "does" if one else "do",
        "are": "is" if one else "are",
        "them": "it" if one else "them",
        "type": around.type,
        "under": f" under `rl: {around.rl}`" if around.rl else "",
        "line": line if line is not None else "?",
    }
    text = says.format(*(shown(detail) for detail in met.detail), *("",) * 3, **words)
    return text[:1].upper() + text[1:]


def shown(name: str) -> str:
    """A word of the rows, shortened and with secrets masked."""
    word = mask(" ".join(name.split()))
    return word if len(word) <= SHOWN else f"{word[: SHOWN - 1]}…"


def _fields(met: Met, around: Surroundings) -> tuple[tuple[str, ...], tuple[Place, ...]]:
    keys = next((keys for begin, keys in _FIELDS.items() if met.rule == begin), None)
    keys = keys or next((keys for begin, keys in _FIELDS.items() if met.rule.startswith(begin)), ())
    if met.rule == "rows-column-missing" and len(met.detail) > 1 and met.detail[1]:
        keys = (met.detail[1], "type")
    elif not keys:
        keys = ("type",)
    paths = [key[1:] if key.startswith("/") else f"{around.entry}.{key}" for key in keys]
    columns = [f"rows[].{shown(name)}" for name in met.detail[: _COLUMNS.get(met.rule, 0)] if name]
    places = []
    for path in paths:
        at = place(around.config, path)
        if at is not None and at.path not in {each.path for each in places}:
            places.append(at)
    return (*paths, *columns), tuple(places[:2])
