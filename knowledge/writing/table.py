"""A table whose cells are not separated by commas, as it is once it is saved with them."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from knowledge.samples.checking import sample_bytes

if TYPE_CHECKING:
    from knowledge.writing.wishes import Wishes

_TABLES = (".csv", ".tsv")
_SEPARATORS = {";": "semicolons", "\t": "tabs"}


def with_commas(wishes: Wishes) -> tuple[Wishes, str]:
    """Wishes whose table is saved with commas, and a sentence about it; as they are, and "", for every other file.

    Args:
        wishes: What is wanted.
    """
    name = wishes.dataset or ""
    if not isinstance(wishes.rows, (bytes, Path)) or not name.lower().endswith(_TABLES):
        return wishes, ""
    data, whole = sample_bytes(wishes.rows)
    text = data.decode("utf-8-sig", "replace")
    header = text.partition("\n")[0]
    separator = next((each for each in _SEPARATORS if each in header and "," not in header), None)
    if separator is None:
        return wishes, ""
    if whole is False:
        text = text[: text.rfind("\n") + 1]
    saved = io.StringIO()
    try:
        csv.writer(saved).writerows(csv.reader(io.StringIO(text), delimiter=separator))
    except csv.Error:
        return wishes, ""
    other = str(PurePosixPath(name).with_suffix(".csv"))
    told = (
        f"Axolotl 0.21.0 reads tables only as .csv with commas, and the columns of {name} are separated by "
        f"{_SEPARATORS[separator]}. This config is for {other} with commas: save the table that way first."
    )
    whole = wishes.whole and whole is not False
    return replace(wishes, rows=saved.getvalue().encode(), dataset=other, whole=whole), told
