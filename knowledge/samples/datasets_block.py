"""A `datasets:` block for rows without a config: the fit that reads most of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from knowledge.config import read
from knowledge.samples.case import settings_of
from knowledge.samples.checking import read_entry, sample_bytes
from knowledge.samples.cures import TRIED, dump
from knowledge.samples.entry import choose_entry, file_reader
from knowledge.samples.fits import fits
from knowledge.samples.issues import Issues
from knowledge.samples.reading import read_rows
from knowledge.samples.rows import Rows


def propose(sample: bytes | Path, *, name: str = "sample.jsonl") -> str | None:
    """The `datasets:` block that fits the rows, with the root keys it needs; None where nothing fits.

    Args:
        sample: The bytes of the file, or its path.
        name: The name of the file, which becomes `path`.
    """
    data, whole = sample_bytes(sample)
    name = sample.name if isinstance(sample, Path) and name == "sample.jsonl" else name
    form = "parquet" if data.startswith(b"PAR1") else file_reader(name.lower())
    rows = read_rows(data, form, whole=whole)
    for fit in fits(rows.values, rows.columns):
        block: dict[str, Any] = {**fit.root, "datasets": [{"path": name, **fit.keys}]}
        text = dump(block)
        config = read(text)
        entry = choose_entry(config, name)
        if entry is None:
            continue
        few = Rows(rows.values[:TRIED], columns=rows.columns)
        checked = read_entry(config, entry, settings_of(config), few, Issues())
        if checked.case is not None and checked.tally.failed < max(1, len(few.values) // 2):
            return text
    return None
