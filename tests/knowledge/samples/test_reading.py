"""Reading a sample: the form of the file, what stops Axolotl's reader, and the line where it shows."""

from __future__ import annotations

import io
import json
import tracemalloc
from typing import TYPE_CHECKING

import pytest

from knowledge.config import read
from knowledge.finding import Severity
from knowledge.samples import SAMPLE_BYTES, SampleReport, check_rows
from knowledge.samples.reading import MOST_LINES

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = """\
base_model: org/model
sequence_len: 512
micro_batch_size: 1
gradient_accumulation_steps: 1
learning_rate: 0.0001
datasets:
  - path: {path}
    type: completion
"""
ROW = '{"text": "The ferry leaves at nine."}\n'


def checked(data: str | bytes, name: str = "rows.jsonl", more: str = "") -> SampleReport:
    data = data.encode() if isinstance(data, str) else data
    return check_rows(read(CONFIG.format(path=name) + more), data, name=name)


def stops(report: SampleReport) -> list[str]:
    return [each.rule for each in report.findings if each.severity in (Severity.CRASH, Severity.ERROR)]


@pytest.mark.parametrize(
    ("data", "line", "cause"),
    [
        pytest.param(ROW * 2 + '{"text": "The ferry le', 3, "a cut line", id="cut"),
        pytest.param(ROW + '{"text": "a",}\n' + ROW, 2, "a trailing comma", id="trailing comma"),
        pytest.param(ROW + "{'text': 'a'}\n", 2, "single quotes", id="single quotes"),
        pytest.param(ROW + '{"text": "a", "good": True}\n', 2, "Python's True, False, or None", id="True"),
        pytest.param("# my rows\n" + ROW, 1, "a comment", id="comment"),
        pytest.param(ROW.replace("}\n", "},\n") * 2, 1, "a comma between the objects", id="commas"),
        pytest.param("text,other\na,b\n", 1, "comma-separated values", id="csv"),
        pytest.param("The ferry leaves at nine.\n", 1, "plain text", id="text"),
        pytest.param(ROW * 2 + '{"text": "The ferry\n' + ROW, 3, "it ends inside a text", id="ends"),
        pytest.param(ROW * 3 + '{"text": "a\tb"}\n', 4, "a raw tab in a text", id="tab"),
        pytest.param(ROW + '{"text": "\\ud83d"}\n', 2, "half of a surrogate pair", id="half a pair"),
    ],
)
def test_broken_line_is_named_with_its_number_and_cause(data: str, line: int, cause: str) -> None:
    report = checked(data)
    (found,) = [each for each in report.findings if each.rule == "rows-unreadable"]
    assert found.message == f"Line {line} is not JSON: {cause}. The whole file is refused."
    assert found.severity is Severity.CRASH


def test_rows_behind_a_broken_line_are_still_checked() -> None:
    report = checked(ROW + "{oops}\n" + '{"text": ""}\n' + ROW)
    assert report.rows == 3
    assert "rows-text-empty" in [each.rule for each in report.findings]


@pytest.mark.parametrize(
    ("data", "name"),
    [
        pytest.param(ROW.replace("ferry", "fähre").encode("latin-1"), "Latin-1 or Windows-1252", id="latin-1"),
        pytest.param(ROW.encode("utf-16"), "UTF-16", id="UTF-16 with its mark"),
        pytest.param((ROW * 9 + '{"text": "żółw"}').encode("utf-16-le"), "UTF-16", id="UTF-16"),
    ],
)
def test_other_encoding_is_named(data: bytes, name: str) -> None:
    report = checked(data)
    assert "rows-encoding" in stops(report)
    assert any(name in each.message and "UTF-8" in each.message for each in report.findings)


def test_line_of_the_first_strange_byte_is_named() -> None:
    report = checked(ROW.encode() * 4 + b'{"text": "f\xe4hre"}\n')
    assert any("line 5" in each.message for each in report.findings)


@pytest.mark.parametrize(
    ("data", "form", "rows"),
    [
        pytest.param(ROW * 3, "JSON Lines", 3, id="lines"),
        pytest.param(ROW.replace("\n", "\r\n") * 3, "JSON Lines", 3, id="Windows line ends"),
        pytest.param("\n" + ROW + "\n\n" + ROW, "JSON Lines", 2, id="blank lines"),
        pytest.param(ROW + ROW.strip(), "JSON Lines", 2, id="no last line end"),
        pytest.param(b"\xef\xbb\xbf" + ROW.encode() * 2, "JSON Lines", 2, id="byte order mark"),
        pytest.param(json.dumps([json.loads(ROW)] * 4, indent=1), "JSON", 4, id="one list"),
        pytest.param(json.dumps(json.loads(ROW), indent=2) + "\n" + json.dumps(json.loads(ROW), indent=2), "JSON", 2,
                     id="objects over several lines"),
        pytest.param('["one text", "another"]', "JSON", 2, id="a list of texts"),
        pytest.param('{"text": "a", "score": NaN}\n' + ROW, "JSON Lines", 2, id="NaN"),
    ],
)  # fmt: skip
def test_form_that_axolotl_reads_is_read(data: str | bytes, form: str, rows: int) -> None:
    report = checked(data)
    assert (stops(report), report.form, report.rows) == ([], form, rows)


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        pytest.param("", "rows-none", id="empty"),
        pytest.param("  \n\n", "rows-none", id="white space"),
        pytest.param("[]", "rows-none", id="empty list"),
        pytest.param("{}\n{}\n", "rows-none", id="empty objects"),
        pytest.param('["a", "b"]\n["c", "d"]\n', "rows-not-objects", id="rows as lists"),
        pytest.param('"one"\n"two"\n', "rows-not-objects", id="texts"),
        pytest.param("[" * 5_000, "rows-unreadable", id="too deep"),
    ],
)
def test_file_without_rows_stops(data: str, rule: str) -> None:
    assert rule in stops(checked(data))


def test_last_line_of_a_cut_sample_is_left_out() -> None:
    line = json.dumps({"text": "The ferry leaves at nine. " * 40}) + "\n"
    data = (line * (SAMPLE_BYTES // len(line) + 2)).encode()[:SAMPLE_BYTES]
    report = checked(data)
    assert report.cut
    assert report.rows == SAMPLE_BYTES // len(line)
    assert stops(report) == []
    assert any("2.0 MiB were read" in note for note in report.notes)


def test_more_than_the_sample_of_a_file_is_never_read(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    long = ROW.replace(".", "." * 40)
    file.write_text(long * (3 * SAMPLE_BYTES // len(long)), "utf-8")
    report = check_rows(read(CONFIG.format(path="rows.jsonl")), file)
    assert (report.file, report.cut, report.read) == ("rows.jsonl", True, SAMPLE_BYTES)


def test_no_more_than_so_many_rows_are_read_however_short_they_are(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    row = '{"text": "A plum."}\n'
    file.write_text(row * (MOST_LINES + 9), "utf-8")
    report = check_rows(read(CONFIG.format(path="rows.jsonl")), file)
    assert (report.rows, report.cut, report.read) == (MOST_LINES, True, MOST_LINES * len(row))


def test_short_file_is_read_whole(tmp_path: Path) -> None:
    file = tmp_path / "mine.jsonl"
    file.write_text(ROW * 3, "utf-8")
    report = check_rows(read(CONFIG.format(path="mine.jsonl")), file)
    assert (report.file, report.cut, report.rows) == ("mine.jsonl", False, 3)


def test_text_file_has_a_row_for_every_line_and_names_blank_ones() -> None:
    report = checked("One line.\n\nAnother line.\n", "rows.txt")
    assert (report.form, report.rows, report.rows_kept) == ("text", 3, 2)
    (found,) = [each for each in report.findings if each.rule == "rows-blank-line"]
    assert (found.row, found.rows) == (2, 1)


def test_csv_cells_become_numbers_and_null() -> None:
    report = checked("text,score\nA plum.,3\n,4\nAn apple.,5\n", "rows.csv")
    assert report.columns == ("text", "score")
    assert {each.rule for each in report.findings} >= {"rows-text-empty"}
    assert "rows-answer-not-text" in stops(checked("text\n3\n4\n", "rows.csv"))


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        pytest.param("text;score\nA plum.;3\n", "rows-separator", id="semicolons"),
        pytest.param("text\tscore\nA plum.\t3\n", "rows-separator", id="tabs"),
        pytest.param("text,score\na,1\nb,2,3,4\n", "rows-broken-table", id="too many cells"),
        pytest.param("text,score\n", "rows-none", id="a header alone"),
    ],
)
def test_table_that_csv_cannot_read_stops(data: str, rule: str) -> None:
    assert rule in stops(checked(data, "rows.csv"))


def test_shifted_columns_are_named() -> None:
    report = checked("text\nOne,A plum.\nTwo,An apple.\n", "rows.csv")
    assert "rows-shifted" in [each.rule for each in report.findings]


@pytest.mark.parametrize(
    ("path", "more", "rule"),
    [
        pytest.param("rows.parquet", "", "rows-no-table", id="parquet by name"),
        pytest.param("my.csv.files/rows.jsonl", "", "rows-reader-by-name", id="a name in the middle"),
        pytest.param("rows.jsonl", "    ds_type: jsonl\n", "rows-reader-unknown", id="unknown reader"),
        pytest.param("json", "    data_files: rows.jsonl\n", "rows-reader-as-path", id="reader as path"),
        pytest.param("rows.jsonl", "    split: test\n", "rows-split", id="split"),
    ],
)
def test_wrong_reader_stops(path: str, more: str, rule: str) -> None:
    report = check_rows(read(CONFIG.format(path=path) + more), ROW.encode() * 2, name=path)
    assert rule in stops(report)


def test_reader_is_what_ds_type_says() -> None:
    report = checked("text\nA plum.\nAn apple.\n", "rows.data", "    ds_type: csv\n")
    assert (report.form, report.rows, stops(report)) == ("CSV", 2, [])


def test_slice_of_the_split_train_passes() -> None:
    assert stops(checked(ROW * 2, more="    split: train[:50]\n")) == []


def test_parquet_is_read_where_pyarrow_is_installed() -> None:
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    out = io.BytesIO()
    parquet.write_table(arrow.table({"text": ["A plum.", "", "An apple."]}), out)
    report = checked(out.getvalue(), "rows.parquet")
    assert (report.form, report.rows, report.rows_kept) == ("parquet", 3, 2)
    assert "rows-no-table" in stops(checked(out.getvalue()[:-20], "rows.parquet"))
    assert "rows-unreadable" in stops(checked(out.getvalue(), "rows.jsonl"))


def test_column_of_dates_is_no_text() -> None:
    report = checked('{"text": "2024-01-31"}\n{"text": "2024-02-01"}\n')
    assert "rows-answer-not-text" in stops(report)


def test_values_of_different_types_are_read_but_named() -> None:
    report = checked('{"text": "a", "id": 1}\n{"text": "b", "id": "two"}\n')
    assert stops(report) == []
    assert "rows-mixed-types" in [each.rule for each in report.findings]


@pytest.mark.parametrize(
    "data", [b"\x00" * 400, b"\xff" * 400, b"PAR1", b"\x1f\x8b\x08\x00abc", b'{"a": ' * 3000, b"[1,2"]
)
@pytest.mark.parametrize("name", ["rows.jsonl", "rows.csv", "rows.txt", "rows.parquet", "rows.arrow", "rows"])
def test_no_bytes_raise(data: bytes, name: str) -> None:
    assert checked(data, name).rows >= 0


def test_memory_stays_a_small_multiple_of_the_sample() -> None:
    data = b"".join(b'{"text": "The ferry number %d leaves at nine."}\n' % number for number in range(8_000))
    checked(data)
    tracemalloc.start()
    checked(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10 * len(data)
