"""`helpbot compare`: what differs between two configs, and what that does."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from bot.console._arguments import UnusableFileError, gpus, positive, rows_of_file, text_or_word
from bot.console._given import answer_words, check_text, kind_given
from bot.console._gpu import count_of, gpu_arguments, gpu_json
from bot.console._hub import hub_targets, opened
from knowledge.compare import Comparison, compare
from knowledge.config import read
from knowledge.run_data import DataSize

if TYPE_CHECKING:
    import argparse

    from knowledge.compare import FieldChange
    from knowledge.hub import HubFacts

SUMMARY = "What differs between two configs, and what that changes."


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("a", metavar="A", help="the first config")
    parser.add_argument("b", metavar="B", help="the second config, or - for standard input")
    gpu_arguments(parser, log=False)
    parser.add_argument("--gpus-b", type=gpus, help="GPUs of the second run, if different")
    parser.add_argument("--dataset", type=Path, help="rows that both train on, or some of them")
    parser.add_argument("--rows", type=positive, help="how many rows the whole dataset has")
    parser.add_argument(
        "--hub", action="store_true", help="look up both configs' models and datasets on the Hub (2.5 s at most each)"
    )
    parser.add_argument("--format", choices=("text", "json"), default="text")


def run(options: argparse.Namespace) -> int:
    """Compare the two; 2 where a file cannot be read."""
    from knowledge.json_values import to_plain

    texts = [text_or_word(path) for path in (options.a, options.b)]
    if texts[0] is None or texts[1] is None:
        return 2
    try:
        count, sample = count_of(options), rows_of_file(options.dataset)
    except UnusableFileError as reason:
        print(f"helpbot: {reason}", file=sys.stderr)
        return 2
    given = [(options.a, texts[0]), (options.b, texts[1])]
    if any(kind_given(*each) in ("log", "question", "rows") for each in given):
        return _answer_each(given, count, options.format)
    looked = _look_up(texts[0], texts[1]) if options.hub else (None, None)
    if looked is None:
        return 2
    found = compare(
        texts[0],
        texts[1],
        gpus=count,
        gpus_after=options.gpus_b,
        gpu=options.gpu,
        dataset=sample,
        size=DataSize(rows=options.rows),
        hub=looked,
    )
    sides = (("a", read(texts[0], count)), ("b", read(texts[1], options.gpus_b or count)))
    if options.format == "json":
        plain = {"a": options.a, "b": options.b, **to_plain(found)}
        if options.gpu is not None:
            plain |= {f"gpu_{side}": gpu_json(options, config) for side, config in sides}
        print(json.dumps(plain, ensure_ascii=False, separators=(",", ":")))
    else:
        _write(options.a, options.b, found)
    return 0


def _answer_each(given: list[tuple[str, str]], gpus: int, style: str) -> int:
    """Answer two files of which one is not a config for what they are; 1 where that tells of a failure."""
    kinds = [kind_given(*each) for each in given]
    configs = [each for each, kind in zip(given, kinds, strict=True) if kind in ("config", "other")]
    bad = False
    for (path, text), kind in zip(given, kinds, strict=True):
        if kind in ("config", "other"):
            check_text(path, text, gpus=gpus, style=style)
            continue
        named = {"log": "a log", "rows": "rows of a dataset"}.get(kind, "a question")
        print(f"helpbot: {path} is {named}, not a config, so there is nothing to compare.", file=sys.stderr)
        if kind == "rows":
            print(f"helpbot: for rows, use `helpbot check CONFIG --dataset {path}`.", file=sys.stderr)
        else:
            bad |= answer_words(path, text, config=configs[0][1] if configs else None, gpus=gpus, style=style)
    return int(bad)


def _look_up(first: str, second: str) -> tuple[HubFacts, HubFacts] | None:
    """What the Hub says of either config; None, and a word about it, where it cannot be asked."""
    with opened() as console:
        return (
            None
            if console is None
            else (console.look(hub_targets(read(first))), console.look(hub_targets(read(second))))
        )


def _write(a: str, b: str, found: Comparison) -> None:
    print(f"{a} → {b}\n")
    for name, verdict in zip((a, b), found.verdicts, strict=True):
        print(f"  {name}: {verdict}.")
    print()
    if found.same:
        print("  Both make the same run." if found.changes else "  The two are the same.")
    if found.effects:
        print("  What that changes")
        for effect in found.effects:
            print(f"    {effect.words}")
    for title, changes in (
        ("What differs", [change for change in found.changes if not change.reads_same]),
        ("Written differently, read the same", [change for change in found.changes if change.reads_same]),
    ):
        if changes:
            print(f"\n  {title}")
            for change in changes:
                _write_change(change)
    for title, findings in (("Only the second has", found.new_findings), ("Only the first has", found.gone_findings)):
        if findings:
            print(f"\n  {title}")
            for finding in findings:
                print(f"    {finding.severity.heading}: line {finding.line}: {finding.message} [{finding.rule}]")
    print()


def _write_change(change: FieldChange) -> None:
    before = "absent" if change.before is None else change.before
    after = "absent" if change.after is None else change.after
    print(f"    {change.path}: {before} → {after}")
    if change.meaning and not change.reads_same:
        print(f"      {change.meaning}")
