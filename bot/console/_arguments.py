"""What several commands take: a file or standard input, and a number of GPUs."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from bot.views.kit.limits import MOST_GPUS

if TYPE_CHECKING:
    from knowledge.samples import Sample


class UnusableFileError(Exception):
    """A file cannot be used; the message says which and why."""


def text_of(path: str, last: int | None = None) -> str:
    """The text of a file, or of standard input for "-".

    Args:
        path: The file.
        last: Of a longer file only so many bytes at its end; of standard input, at its beginning.

    Raises:
        UnusableFileError: it cannot be read.
    """
    try:
        if path == "-":
            data = sys.stdin.buffer.read(-1 if last is None else last)
        else:
            data = Path(path).read_bytes()[-last if last else 0 :]
    except OSError as error:
        raise UnusableFileError(f"cannot read {path}: {error.strerror or error}.") from error
    return data.decode("utf-8", "replace")


def text_or_word(path: str, last: int | None = None) -> str | None:
    """The same; where it cannot be read, None, and a word about it on standard error."""
    try:
        return text_of(path, last)
    except UnusableFileError as error:
        print(f"helpbot: {error}", file=sys.stderr)
        return None


def positive(word: str) -> int:
    """A number of one or more."""
    number = int(word)
    if number < 1:
        raise argparse.ArgumentTypeError("a number of 1 or more")
    return number


def gpus(word: str) -> int:
    """A number of GPUs."""
    number = int(word)
    if not 1 <= number <= MOST_GPUS:
        raise argparse.ArgumentTypeError(f"a number of GPUs from 1 to {MOST_GPUS}")
    return number


def rows_of_file(path: Path | None) -> Sample | None:
    """The rows of a file.

    Raises:
        UnusableFileError: it cannot be read.
    """
    if path is None:
        return None
    if not path.is_file():
        raise UnusableFileError(f"cannot read {path}: no such file.")
    from knowledge.samples import Sample

    return Sample(path, path.name)
