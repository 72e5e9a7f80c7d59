"""What somebody hands to a command that is made for something else: it is taken for what it is."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from bot.console._arguments import text_or_word
from knowledge.secrets import find
from knowledge.text_kind import ROWS_SUFFIXES, kind_of, kind_of_file

if TYPE_CHECKING:
    from collections.abc import Iterable

    from knowledge.text_kind import Kind

_CONFIGS = frozenset({".yml", ".yaml"})
_LOGS = frozenset({".log", ".err", ".out"})


def kind_given(path: str, text: str) -> Kind:
    """What a file holds; one whose name says that it is YAML is a config, whatever it looks like."""
    return "config" if Path(path).suffix.lower() in _CONFIGS else kind_of_file(path, text)


def words_of(paths: Iterable[str]) -> tuple[list[str], str]:
    """The paths of files, and the words among them: an error or a question that somebody typed or pasted.

    A name of one word that no file has is still a path, so that a misspelled one is told as such.
    """
    files: list[str] = []
    rest: list[str] = []
    for path in paths:
        missing = path != "-" and not Path(path).exists()
        (rest if missing and ("/" not in path or " " in path) and not _has_suffix(path) else files).append(path)
    words = " ".join(rest)
    return (files, words) if words and kind_of(words) in ("log", "question") else ([*files, *rest], "")


def _has_suffix(path: str) -> bool:
    return " " not in path and Path(path).suffix.lower() in (*_CONFIGS, *ROWS_SUFFIXES, ".json", ".log", ".txt")


def without_rows(paths: Iterable[str], dataset: Path | None) -> tuple[list[str], Path | None]:
    """The paths that are not rows of a dataset, and the file of rows: the one that was named, else the first.

    A config or a log that was named as the rows is one of the paths.

    Args:
        paths: Files, folders, or - for standard input.
        dataset: The file of rows that was named, if any.
    """
    rest: list[str] = []
    if dataset is not None and dataset.suffix.lower() in (*_CONFIGS, *_LOGS):
        rest, dataset = [str(dataset)], None
    for path in paths:
        if path == "-" or not Path(path).is_file() or not _holds_rows(Path(path)):
            rest.append(path)
        elif dataset is None:
            dataset = Path(path)
        else:
            print(
                f"helpbot: {path} contains rows, but those of {dataset} are used instead, so it was skipped.",
                file=sys.stderr,
            )
    return rest, dataset


def _holds_rows(path: Path) -> bool:
    if path.suffix.lower() in ROWS_SUFFIXES:
        return True
    return path.suffix.lower() == ".json" and kind_of(text_or_word(str(path)) or "") == "rows"


def explain_log(path: str, text: str, *, config: str | None, gpus: int, style: str) -> bool:
    """Print what a log says; whether it tells of a failure.

    A run that nothing has ended, but whose numbers show a problem, is told by its numbers, as `helpbot health` does.

    Args:
        path: Its file.
        text: The log.
        config: The config of the run, if it is at hand.
        gpus: GPUs of the run.
        style: "text", "json" or "github"; the last has no form for a log, so it gets the text.
    """
    from bot.console import diagnose as command
    from bot.console import health as numbers
    from knowledge.diagnosis import diagnose
    from knowledge.health import health_of

    found = diagnose(text, config=config, gpus=gpus)
    run = None if found.stopped or style == "json" else health_of(text, config, gpus=gpus)
    if run is not None and not run.healthy:
        numbers.write(path, run)
        return True
    command.write(path, found, style)
    return found.failed


def check_text(path: str, text: str, *, gpus: int, style: str) -> None:
    """Print what a check finds in a config, as `helpbot check` does."""
    from bot.console import check as command
    from knowledge.check import checked, on_cards

    command.write(path, on_cards(*checked(text, gpus=gpus)), style)


def answer_words(name: str, text: str, *, config: str | None, gpus: int, style: str) -> bool:
    """Answer what is an error or a question; whether it tells of a failure, or nothing answers it.

    Args:
        name: What to call it, such as its file.
        text: The words.
        config: The config of the run, if it is at hand.
        gpus: GPUs of the run.
        style: "text", "json" or "github"; the last has no form for either, so it gets the text.
    """
    for secret in find(text):
        print(f"helpbot: {name} contains a {secret.kind}, which is masked below. {secret.revoke}", file=sys.stderr)
    if kind_of_file(name, text) == "log":
        return explain_log(name, text, config=config, gpus=gpus, style=style)
    from bot.console import ask

    return ask.answer_question(text, style) == 1
