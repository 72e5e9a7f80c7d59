"""Bytes of a sample -> rows, by the reader that Axolotl would choose for the file, with the line of every fault."""

from __future__ import annotations

import json
import re
from array import array
from typing import TYPE_CHECKING, Any

from knowledge.samples.rows import SAMPLE_BYTES, Row, Rows, common_columns
from knowledge.samples.tables import read_csv, read_parquet, read_text
from knowledge.samples.typing_of_rows import settle

if TYPE_CHECKING:
    from collections.abc import Sequence

_ALONE = re.compile(r"\\u[dD][89abAB]..(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB]..)\\u[dD][c-fC-F]..")
_BLANK = re.compile(r"[ \t\r\n]+")
_TEXT = re.compile(r'"(?:[^"\\]|\\.)*+"')
_UTF8_MARK = b"\xef\xbb\xbf"
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")


def read_rows(data: bytes, form: str = "json", *, whole: bool | None = None) -> Rows:
    """Read a sample.

    Args:
        data: The file, or its beginning.
        form: The reader that Axolotl uses: "json", "csv", "tsv", "text" or "parquet".
        whole: Whether `data` is the whole file; None: it is, unless it is as long as a sample may be.

    Returns:
        The rows that could be read. Never raises: what stops Axolotl's reader is among the faults.
    """
    rows = Rows(read=min(len(data), SAMPLE_BYTES))
    rows.cut = len(data) >= SAMPLE_BYTES if whole is None else not whole
    if form == "parquet":
        read_parquet(data, rows)
        return rows
    data = data[:SAMPLE_BYTES]
    if form in ("csv", "tsv"):
        read_csv(_first_lines(_decode(data, rows), rows), "\t" if form == "tsv" else ",", rows)
    elif form == "text":
        read_text(_first_lines(_decode(data, rows), rows), rows)
    else:
        _read_json(data, rows)
        rows.columns = common_columns(rows.values)
        if not rows.columns:
            rows.values = []
        if not rows.faults or rows.values:
            settle(rows)
    if not rows.values and not any(fault.rule in FATAL for fault in rows.faults):
        rows.fault("rows-none")
    return rows


def rows_given(values: Sequence[Row]) -> Rows:
    """Rows that are at hand as objects, as they are; those of an API come without a file."""
    rows = Rows([dict(row) for row in values], range(1, len(values) + 1))
    rows.columns = common_columns(rows.values)
    settle(rows)
    return rows


FATAL = frozenset(
    {
        "rows-none",
        "rows-unreadable",
        "rows-not-objects",
        "rows-encoding",
        "rows-broken-table",
        "rows-no-table",
    }
)
"""What stops Axolotl's reader."""
MOST_LINES = 50_000
"""Lines and objects that are read: each is a row, however short it is, and costs the same."""
MOST_FAULTS = 50
"""Behind more lines that are not JSON objects nothing is read: each costs a walk over the file."""


def _first_lines(text: str, rows: Rows) -> str:
    """A text without what stands behind the lines that are read."""
    if text.count("\n") <= MOST_LINES:
        return text
    kept = text[: len(text) - len(text.split("\n", MOST_LINES)[-1])]
    rows.cut, rows.read = True, len(kept.encode("utf-8", "replace"))
    return kept


def _decode(data: bytes, rows: Rows) -> str:
    if data.startswith(_UTF8_MARK):
        data = data[3:]
        rows.fault("rows-byte-mark", 1)
    elif data[:2] in _WIDE_MARKS:
        rows.fault("rows-encoding", 1, "UTF-16")
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        if rows.cut and len(data) - error.start < 4:
            return data[: error.start].decode("utf-8")
        name = "UTF-16" if data[:200].count(0) > 20 else "Latin-1 or Windows-1252"
        rows.fault("rows-encoding", data.count(b"\n", 0, error.start) + 1, name)
        return data.decode("utf-16-le" if name == "UTF-16" else "latin-1", "replace")


def _read_json(data: bytes, rows: Rows) -> None:
    """Read the usual form at once; other forms, and files with a fault, are read again step by step."""
    if _read_lines(data, rows):
        return
    text = _decode(data, rows)
    if text.startswith("["):
        _read_array(text, rows)
    elif text.lstrip().startswith("["):
        rows.fault("rows-unreadable", 1, "white space before the list")
        _read_array(text.lstrip(), rows)
    else:
        _read_stream(text, rows)


def _read_lines(data: bytes, rows: Rows) -> bool:
    """One object a line, read at once; False where the file is not of that form."""
    text = _decode(data, rows)
    if text.startswith("["):
        return False
    text = text[: text.rfind("\n")] if rows.cut and "\n" in text else text.rstrip()
    text = _first_lines(text, rows).rstrip("\n")
    half = _ALONE.search(text) if "\\ud" in text or "\\uD" in text else None
    half_line = text.count("\n", 0, half.start()) + 1 if half else 0
    if "\n\n" in text or text.startswith(("\n", "\r\n")) or "\n\r\n" in text:
        lines = text.split("\n")
        numbers = array("I", (number for number, line in enumerate(lines, 1) if line.strip()))
        text = ",".join(line for line in lines if line.strip())
        del lines
    else:
        numbers = array("I", range(1, text.count("\n") + 2))
        text = text.replace("\n", ",")
    if not text:
        return True
    text = f"[{text}]"
    try:
        values = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return False
    if len(values) != len(numbers):
        return False
    if any(type(value) is not dict for value in values):
        if None in values:
            rows.fault("rows-row-null", numbers[values.index(None)])
        _only_objects(values, numbers, rows)
    else:
        rows.values, rows.lines = values, numbers
    if half_line:
        rows.fault("rows-unreadable", half_line, "half of a surrogate pair")
    return True


def _only_objects(values: list[Any], numbers: array[int], rows: Rows) -> None:
    kept, lines, all_objects = [], array("I"), True
    for value, number in zip(values, numbers, strict=True):
        if value is None:
            value = {}
        if isinstance(value, dict):
            kept.append(value)
            lines.append(number)
        elif all_objects:
            all_objects = False
            rows.fault("rows-not-objects", number, _name(value))
    rows.values, rows.lines = kept, lines


def _read_array(text: str, rows: Rows) -> None:
    rows.form = "JSON"
    try:
        values = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        values = _beginning(text)
        if not rows.cut:
            position = getattr(error, "pos", 0)
            first = text.partition("\n")[0].rstrip()
            rows_of_lists = first.endswith("]") and text.count("\n[") > 0
            told = "rows that are lists" if rows_of_lists else _cause(text, position)
            rule = "rows-not-objects" if rows_of_lists else "rows-unreadable"
            rows.fault(
                rule, text.count("\n", 0, position) + (0 if rows_of_lists else 1), "a list" if rows_of_lists else told
            )
            if rows_of_lists:
                return
    if values and all(isinstance(value, str) for value in values):
        values = [{"text": value} for value in values]
    _only_objects(values, array("I", range(1, len(values) + 1)), rows)
    if rows.values:
        rows.lines = _lines_in_array(text, len(rows.values))
        rows.fault("rows-array", 1)


def _beginning(text: str) -> list[Any]:
    """The items of a list that is cut off or broken, as far as they can be read."""
    decoder = json.JSONDecoder(parse_constant=_no_number)
    values: list[Any] = []
    at = 1
    while True:
        while at < len(text) and text[at] in " \t\r\n,":
            at += 1
        try:
            value, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            return values
        values.append(value)


def _lines_in_array(text: str, count: int) -> array[int]:
    """The line of each item: exact for one item a line, else the line where its share of the text begins."""
    lines = text.count("\n") + 1
    if lines <= 1:
        return array("I", [1] * count)
    return array("I", (1 + index * lines // count for index in range(count)))


def _read_stream(text: str, rows: Rows) -> None:
    """Objects over several lines, or a file with a fault: read on behind it, so that the rest is checked too."""
    decoder = json.JSONDecoder(parse_constant=_no_number)
    at, line, length, faults = 0, 1, len(text), 0
    values: list[Row] = []
    numbers = array("I")
    while True:
        start, at = at, _blanks(text, at)
        line += text.count("\n", start, at)
        if at >= length:
            break
        if faults > MOST_FAULTS or len(values) >= MOST_LINES:
            rows.cut, rows.read = True, len(text[:at].encode("utf-8", "replace"))
            break
        try:
            value, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            if rows.cut and text.find("\n", at) < 0:
                break
            faults += 1
            position = getattr(error, "pos", at)
            place = len(text[:position].rstrip())
            rows.fault("rows-unreadable", line + text.count("\n", at, place), _cause(text, position, at))
            end = text.find("\n", at)
            if end < 0:
                break
            value = None
        else:
            if isinstance(value, dict):
                values.append(value)
                numbers.append(line)
            elif value is None:
                rows.fault("rows-row-null", line)
                values.append({})
                numbers.append(line)
            else:
                faults += 1
                rows.fault("rows-not-objects", line, _name(value))
        line += text.count("\n", at, end)
        at = end
    rows.values, rows.lines = values, numbers
    if values and rows.lines[-1] != len(values) and text.count("\n") + 1 > 2 * len(values):
        rows.form = "JSON"


def _blanks(text: str, at: int) -> int:
    """Where white space that begins at a place ends."""
    found = _BLANK.match(text, at)
    return found.end() if found else at


def _cause(text: str, position: int, start: int | None = None) -> str:
    """What is probably wrong at a place that is not JSON, in words."""
    begin = text.rfind("\n", 0, position) + 1 if start is None else start
    line = text[begin : text.find("\n", begin) if "\n" in text[begin:] else len(text)].strip()
    here = text[position : position + 1]
    before = text[max(0, position - 40) : position].rstrip()
    unclosed = here == '"' and not _TEXT.match(text, position)
    if line.startswith(("{", "[")) and (unclosed or not text[position:].strip()):
        return "a cut line"
    if line.startswith(("#", "//")):
        return "a comment"
    if line.startswith(("{'", "[{'")) or (here == "'" and before.endswith(("{", ",", ":", "["))):
        return "single quotes"
    if here == "," and begin and before.endswith("}"):
        return "a comma between the objects"
    if here and before.endswith(",") and here in "]}":
        return "a trailing comma"
    if before.endswith(":") and text[position : position + 4] in ("True", "Fals", "None"):
        return "Python's True, False, or None"
    if not line.startswith(("{", "[")):
        return "comma-separated values" if "," in line and not line.startswith("<") else "plain text"
    if here in ("\r", "\n"):
        return "it ends inside a text"
    if here and ord(here) < 32:
        return "a raw tab in a text"
    return "it cannot be read"


def _name(value: Any) -> str:
    return {list: "a list", str: "a text", bool: "true or false"}.get(type(value), "a number")


def _no_number(_: str) -> None:
    """NaN and infinity, which Axolotl's reader takes for null."""
