"""Rows that the Hub has shown: checked as if they were attached, and counted on to the whole dataset."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import cycle, islice
from typing import TYPE_CHECKING, Any, NamedTuple

from knowledge.plan import make_plan
from knowledge.samples.checking import check_rows
from knowledge.samples.report import HUB, mean_tokens
from knowledge.samples.rows import Sample
from knowledge.secrets import mask

if TYPE_CHECKING:
    from pathlib import Path

    from knowledge.config import Config
    from knowledge.hub import DataRepository, HubFacts
    from knowledge.plan import TrainingPlan
    from knowledge.samples.report import SampleReport

_MOST_ROWS = 20_000
"""Up to here the lengths of the first rows are repeated for the others; beyond, their mean does."""


class HubRows(NamedTuple):
    """A dataset and what its first rows become."""

    found: DataRepository
    report: SampleReport


def check_hub_rows(config: Config, facts: HubFacts, tokenizer: Path | None = None) -> tuple[HubRows, ...]:
    """Check the first rows of every dataset that the Hub has shown.

    Args:
        config: The config.
        facts: What the Hub said.
        tokenizer: A tokenizer.json, or its folder, for exact counts.
    """
    checked = []
    for found in facts.datasets:
        if found.sample:
            sample = Sample(_masked(found.sample), found.field, tokenizer, whole=found.whole)
            checked.append(HubRows(found, replace(check_rows(config, sample), file=found.id, form=HUB)))
    return tuple(checked)


def _masked(rows: tuple[dict[str, Any], ...]) -> list[dict[str, Any]]:
    """The rows with their secrets masked, as a file's are before it is read."""
    masked = []
    for row in rows:
        text = json.dumps(row)
        masked.append(row if (shown := mask(text)) == text else _read(shown))
    return masked


def _read(text: str) -> dict[str, Any]:
    try:
        row: dict[str, Any] = json.loads(text)
    except ValueError:
        return {}
    return row


def plan_of_hub(config: Config, facts: HubFacts, checked: tuple[HubRows, ...]) -> TrainingPlan | None:
    """The plan with the rows of all datasets; None where the rows of one are not known.

    Args:
        config: The config.
        facts: What the Hub said.
        checked: What the first rows become.
    """
    reports = {each.found.field: each.report for each in checked}
    known = {found.field: found for found in facts.datasets if found.rows is not None}
    fields = [f"datasets[{index}]" for index in range(len(config.datasets))]
    if not fields or any(field not in known for field in fields):
        return None
    notes = [_of(known[field]) for field in fields]
    total = sum(known[field].rows or 0 for field in fields)
    samples = [reports[field] if field in reports and reports[field].lengths else None for field in fields]
    if total <= _MOST_ROWS and all(samples):
        lengths: list[Any] = []
        for field, report in zip(fields, samples, strict=True):
            if report is not None:
                wanted = round((known[field].rows or 0) * len(report.lengths) / max(report.rows, 1))
                lengths += islice(cycle(report.lengths), wanted)
        if not all(known[field].whole for field in fields):
            notes.append("The other rows are assumed to be as long as the first ones of their dataset.")
        return make_plan(config, lengths=lengths, of_file=True, notes=notes)
    kept, tokens = 0.0, 0.0
    for field, report in zip(fields, samples, strict=True):
        rows = float(known[field].rows or 0)
        if report is not None:
            rows *= report.rows_kept / max(report.rows, 1)
            tokens += rows * mean_tokens(report)
        kept += rows
    mean = tokens / kept if kept and all(samples) else None
    return make_plan(config, rows=round(kept), mean_tokens=mean, notes=notes)


def counted_plan(config: Config, facts: HubFacts, checked: tuple[HubRows, ...]) -> TrainingPlan | None:
    """The plan for rules, which may be wrong about nothing: None where more than the number of rows decides it.

    Args:
        config: The config.
        facts: What the Hub said.
        checked: What the first rows become.
    """
    if any(found.estimated for found in facts.datasets):
        return None
    if checked and all(each.report.exact and each.found.whole for each in checked):
        return plan_of_hub(config, facts, checked)
    rows = {found.field: found.rows for found in facts.datasets}
    counts = [rows.get(f"datasets[{index}]") for index in range(len(config.datasets))]
    if config.get("sample_packing") or not counts or any(count is None for count in counts):
        return None
    return make_plan(config, rows=sum(count or 0 for count in counts))


def _of(found: DataRepository) -> str:
    """Where a number of rows comes from."""
    about = "about " if found.estimated else ""
    return f"{found.id} has {about}{found.rows:,} rows in `{found.split}`, by the Hub's dataset viewer."
