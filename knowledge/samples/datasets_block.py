"""A `datasets:` block for rows without a config: every fit is tried on them, and the one that loses least is taken."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from knowledge.config import read
from knowledge.samples.case import settings_of
from knowledge.samples.checking import read_entry, sample_bytes
from knowledge.samples.conversion import converted, for_functions, left_out
from knowledge.samples.cures import TRIED, dump
from knowledge.samples.entry import choose_entry, file_reader
from knowledge.samples.fits import ASKS, fits
from knowledge.samples.images import IMAGE_KEYS, shows_images
from knowledge.samples.issues import Issues
from knowledge.samples.reading import read_rows, rows_given
from knowledge.samples.rows import Rows, common_columns
from knowledge.secrets import mask
from knowledge.value import value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from knowledge.samples.lengths import Tally
    from knowledge.samples.rows import Row


_VITAL = frozenset({*ASKS, "label"})
"""Columns without which a row means something else."""

_STRAYS = 10
"""One row in so many may have other columns than the rest without a say in the block."""

_NO_BLOCK = "No dataset type of Axolotl 0.21.0 trains something in every row."
_CONVERT = "No dataset type of Axolotl 0.21.0 reads these rows as they are. Convert each row as shown."
_FOR_FUNCTIONS = (
    "These rows have no answer to train on, only what a reward function compares with: under `rl: grpo`, your own"
    " functions read them."
)


@value
class Proposal:
    """What reads rows.

    Attributes:
        block: the `datasets:` block with the root keys it needs; None where no type fits.
        lost: columns with text of the conversation that it does not read.
        words: what the block does not do, or why there is none; empty where nothing is lost.
        before, after: one row as it is and as a type reads it, as JSON, where that keeps text which no block reads.
        after_block: the block that reads the converted rows.
    """

    block: str | None
    lost: tuple[str, ...] = ()
    words: str = ""
    before: str = ""
    after: str = ""
    after_block: str = ""


@dataclass(frozen=True, slots=True)
class _Trial:
    """What a block makes of the first rows."""

    block: str
    rows: int
    failed: int
    untrained: int
    leaks: bool
    lost: tuple[str, ...]

    @property
    def good(self) -> bool:
        """Whether most rows train something, no prompt holds its answer, and pictures are read."""
        return self.untrained <= self.rows // 3 and not self.leaks

    @property
    def loss(self) -> tuple[int, int, int]:
        """What to have least of: rows that stop the run, columns that are not read, rows that train nothing."""
        return self.failed, len(self.lost), self.untrained


def propose(sample: bytes | Path, *, name: str = "sample.jsonl") -> str | None:
    """The `datasets:` block that fits the rows, with the root keys it needs; None where nothing fits.

    Args:
        sample: The bytes of the file, or its path.
        name: The name of the file, which becomes `path`.
    """
    return propose_block(sample, name=name).block


def propose_block(sample: bytes | Path | Sequence[Row], *, name: str = "sample.jsonl") -> Proposal:
    """Which block fits the rows, and what it loses. Never raises for anything in them.

    Args:
        sample: The bytes of the file, or its path; or the rows themselves.
        name: What becomes `path`: the name of the file, or of a data set.
    """
    if isinstance(sample, Path) and name == "sample.jsonl":
        name = sample.name
    rows = _alike(_rows(sample, name))
    best = _best(rows, name)
    if best is not None and not best.lost:
        return Proposal(block=best.block)
    first = rows.values[0] if rows.values else {}
    if best is None and for_functions(first):
        return Proposal(block=None, words=_FOR_FUNCTIONS)
    block, lost = (best.block, best.lost) if best is not None else (None, ())
    words = f"This block does not read {_listed(lost)}." if best is not None else _NO_BLOCK
    change = converted(first)
    after = _best(rows_given([change]), name) if change is not None else None
    out = left_out(first, change) if change is not None else ()
    if change is None or after is None or after.lost or (best is not None and len(out) >= len(lost)):
        return Proposal(block=block, lost=lost, words=words)
    if _VITAL.intersection(lost):
        block, lost = None, ()
    left = f" {_listed(out)} {'is' if len(out) == 1 else 'are'} left out." if out else ""
    return Proposal(
        block=block,
        lost=lost or out,
        words=f"{words} To keep the text, convert each row as shown.{left}" if block else f"{_CONVERT}{left}",
        before=mask(json.dumps(first, ensure_ascii=False, default=str)),
        after=mask(json.dumps(change, ensure_ascii=False, default=str)),
        after_block=after.block,
    )


def _listed(columns: Sequence[str]) -> str:
    return ", ".join(f"`{each}`" for each in columns)


def _rows(sample: bytes | Path | Sequence[Row], name: str) -> Rows:
    if not isinstance(sample, (bytes, Path)):
        return rows_given(sample)
    data, whole = sample_bytes(sample)
    return read_rows(data, "parquet" if data.startswith(b"PAR1") else file_reader(name.lower()), whole=whole)


def _alike(rows: Rows) -> Rows:
    """The rows that share a column with most of them; a stray one decides nothing, and the check of the rows tells it.

    Without them where they are few: rows of two forms in equal parts are no strays.
    """
    shapes = Counter(frozenset(row) for row in rows.values)
    if len(shapes) < 2:
        return rows
    usual = shapes.most_common(1)[0][0]
    kept = [row for row in rows.values if not usual.isdisjoint(row)]
    few = 0 < len(rows.values) - len(kept) <= len(rows.values) // _STRAYS
    return Rows(kept, form=rows.form, columns=common_columns(kept)) if few else rows


def _best(rows: Rows, name: str) -> _Trial | None:
    """The trial that loses least; the first of equals, since the fits come best first."""
    few = Rows(rows.values[:TRIED], columns=rows.columns)
    best: _Trial | None = None
    for fit in fits(rows.values, rows.columns):
        root = {**(IMAGE_KEYS if shows_images(few.values) and not fit.root else {}), **fit.root}
        trial = _tried({**root, "datasets": [{"path": name, **fit.keys}]}, name, few)
        if trial is None or not trial.good or trial.failed >= max(1, len(few.values) // 2):
            continue
        if best is None or trial.loss < best.loss:
            best = trial
        if not any(best.loss):
            break
    return best


def _tried(block: dict[str, Any], name: str, few: Rows) -> _Trial | None:
    text = dump(block)
    config = read(text)
    entry = choose_entry(config, name)
    if entry is None:
        return None
    issues = Issues()
    checked = read_entry(config, entry, settings_of(config), few, issues)
    if checked.case is None:
        return None
    lost = tuple(met.detail[0] for met in issues.of("rows-text-unread"))
    leaks = any(rule in issues for rule in ("rows-answer-in-prompt", "rows-prompt-bare", "rows-image-text"))
    return _Trial(text, len(few.values), checked.tally.failed, _untrained(checked.tally), leaks, lost)


def _untrained(tally: Tally) -> int:
    """Rows that train nothing; blank lines of a text may vanish, but not every row."""
    return tally.untrained + (tally.gone if not tally.kept else 0)
