"""Tables as rows: CSV as pandas reads it, text files line by line, parquet where pyarrow is installed."""

from __future__ import annotations

import csv
import importlib
import io
import re
from array import array
from typing import Any

from knowledge.samples.rows import Rows, common_columns

_NOTHING = frozenset(
    [
        "#N/A",
        "#N/A N/A",
        "#NA",
        "-1.#IND",
        "-1.#QNAN",
        "-NaN",
        "-nan",
        "1.#IND",
        "1.#QNAN",
        "<NA>",
        "N/A",
        "NA",
        "NULL",
        "NaN",
        "None",
        "n/a",
        "nan",
        "null",
        "",
    ]
)
_NUMBER = re.compile(r"\s*[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?\s*$")
_DIGITS = 4300
"""Digits that Python reads as a whole number; pandas, too, reads a longer one as something else."""
_WHOLE = re.compile(r"\s*[-+]?\d+\s*$")
_TRUTHS = {"True": True, "TRUE": True, "true": True, "False": False, "FALSE": False, "false": False}
PARQUET_ROWS = 5_000


def read_csv(text: str, separator: str, rows: Rows) -> None:
    """A header and lines of cells: empty ones are null, and a column of digits becomes numbers."""
    rows.form = "CSV"
    if rows.cut:
        text = text[: text.rfind("\n") + 1]
    try:
        csv.field_size_limit(max(csv.field_size_limit(), len(text) + 1))
        reader = csv.reader(io.StringIO(text), delimiter=separator, strict=False)
        lines, numbers = [], array("I")
        for cells in reader:
            if cells and not (len(cells) == 1 and not cells[0].strip()):
                lines.append(cells)
                numbers.append(reader.line_num)
    except csv.Error:
        rows.fault("rows-broken-table", None, "a quote that is never closed")
        return
    if not lines:
        rows.fault("rows-none")
        return
    if text.count('"') % 2 and not rows.cut:
        rows.fault("rows-broken-table", int(numbers[-1]), "a quote that is never closed")
        return
    header, body = lines[0], lines[1:]
    if len(header) == 1 and separator == ",":
        for other, name in ((";", "semicolons"), ("\t", "tabs")):
            if other in header[0]:
                rows.fault("rows-separator", 1, name)
    extra = len(body[0]) - len(header) if body else 0
    if extra > 0:
        rows.fault("rows-shifted", 2, str(extra))
        body = [cells[extra:] for cells in body]
    for cells, number in zip(body, numbers[1:], strict=True):
        if len(cells) > len(header):
            rows.fault("rows-broken-table", int(number), f"{len(cells)} cells under {len(header)} columns")
            return
    columns = [_typed([cells[at] if at < len(cells) else "" for cells in body]) for at in range(len(header))]
    rows.values = [dict(zip(header, cells, strict=True)) for cells in zip(*columns, strict=True)] if body else []
    rows.lines = numbers[1:]
    rows.columns = dict.fromkeys(header)


def _typed(cells: list[str]) -> list[Any]:
    present = [cell for cell in cells if cell not in _NOTHING]
    if not present:
        return [None] * len(cells)
    if all(cell in _TRUTHS for cell in present):
        return [_TRUTHS.get(cell) for cell in cells]
    if all(_NUMBER.match(cell) for cell in present):
        whole = len(present) == len(cells) and all(_WHOLE.match(cell) and len(cell) <= _DIGITS for cell in present)
        number: Any = int if whole else float
        return [None if cell in _NOTHING else number(cell) for cell in cells]
    return [None if cell in _NOTHING else cell for cell in cells]


def read_text(text: str, rows: Rows) -> None:
    """A row for every line, in the column text."""
    rows.form = "text"
    lines = text.split("\n")
    if rows.cut or (lines and not lines[-1]):
        lines.pop()
    rows.values = [{"text": line.rstrip("\r")} for line in lines]
    rows.lines = array("I", range(1, len(lines) + 1))
    rows.columns = {"text": None}
    if lines and all(line.startswith("{") and line.rstrip().endswith("}") for line in lines[:20]):
        rows.fault("rows-text-json", 1)


def read_parquet(data: bytes, rows: Rows) -> None:
    """The first rows of a parquet file, through pyarrow, which is an optional extra."""
    rows.form = "parquet"
    rows.read = len(data)
    if data[:4] != b"PAR1":
        rows.fault("rows-no-table", None, "parquet")
        return
    try:
        parquet = importlib.import_module("pyarrow.parquet")
        arrow = importlib.import_module("pyarrow")
    except ImportError:
        rows.fault("rows-parquet-unread")
        return
    try:
        file = parquet.ParquetFile(io.BytesIO(data))
        total = file.metadata.num_rows
        for batch in file.iter_batches(batch_size=1_000):
            rows.values.extend(batch.to_pylist())
            if len(rows.values) >= PARQUET_ROWS:
                break
    except (arrow.ArrowException, OSError, ValueError):
        rows.fault("rows-no-table", None, "parquet")
        return
    del rows.values[PARQUET_ROWS:]
    rows.cut = total > len(rows.values)
    rows.lines = array("I", range(1, len(rows.values) + 1))
    rows.columns = common_columns(rows.values)
