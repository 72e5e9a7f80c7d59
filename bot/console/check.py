"""`helpbot check`: what Axolotl refuses, ignores and does with a config."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.console._arguments import UnusableFileError, positive, text_or_word
from bot.console._given import answer_words, kind_given, without_rows, words_of
from bot.console._gpu import count_of, gpu_arguments
from bot.console._hub import hub_targets, opened
from bot.console._printable import annotated, at_once, exact
from bot.time_limit import TimeUp, time_limit
from bot.views.check.finding import without_repetition
from bot.views.check.outlook import outlook, says_a_cure
from bot.views.check.rows import mask_lines, rows_lines
from bot.views.check.run import run_lines
from bot.views.check.secret_places import secret_places, with_article
from bot.views.check.verdict import headline
from knowledge.check import Report, checked, on_cards
from knowledge.config import read
from knowledge.finding import Finding, Severity
from knowledge.foreign import SCRIPT_NOTE, script_config
from knowledge.run_data import DataSize
from knowledge.text import listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bot.hub.at_once import Console
    from knowledge.samples import Example, Sample
    from knowledge.secrets import Secret

SUMMARY = "What Axolotl will refuse, ignore, or do with a config, each with its line and fix."
_GIVE = "helpbot: give a config, a folder of configs, a log, rows, an error, or a question; or - for standard input."
_SUFFIXES = frozenset({".yml", ".yaml"})
_WORDS = ("log", "question")
"""What is answered instead of checked."""
_LEVELS = {each.value: each.rank for each in Severity if each is not Severity.ADVICE}
"""What `--fail-on` takes, and the last rank that it lets fail."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument(
        "paths",
        nargs="*",
        metavar="PATH",
        help="config, folder, log, rows, error, or question; - for standard input",
    )
    gpu_arguments(parser, log=False)
    parser.add_argument(
        "--dataset",
        type=Path,
        help="dataset rows (JSON Lines, JSON, CSV, or Parquet); on their own, print the block that fits them",
    )
    parser.add_argument("--rows", type=positive, help="how many rows the dataset has, if --dataset holds only some")
    parser.add_argument(
        "--tokenizer", type=Path, metavar="PATH", help="the model's tokenizer.json, or its folder: exact token counts"
    )
    parser.add_argument(
        "--hub",
        action="store_true",
        help="look up the config's model and datasets on the Hub (2.5 s at most per config)",
    )
    parser.add_argument(
        "--examples",
        type=_count,
        default=3,
        metavar="N",
        help="show the first N rows as the run reads them (default 3)",
    )
    parser.add_argument(
        "--axolotl", metavar="VERSION", type=_release, help="answer for an older release, such as 0.16.0"
    )
    parser.add_argument("--format", choices=("text", "json", "github"), default="text")
    parser.add_argument("--fail-on", choices=tuple(_LEVELS), default="crash", help="exit 1 at this severity or above")
    parser.add_argument("--only-configs", action="store_true", help="skip YAML files that are not Axolotl configs")
    parser.add_argument("--fix", action="store_true", help="print the text with mechanical faults fixed")
    parser.add_argument("--diff", action="store_true", help="print what --fix would change")


def run(options: argparse.Namespace) -> int:
    """Check each config; exit 1 when one is worse than --fail-on allows, 2 for files that cannot be read."""
    try:
        count = count_of(options)
    except UnusableFileError as reason:
        print(f"helpbot: {reason}", file=sys.stderr)
        return 2
    if options.dataset is not None and not options.dataset.is_file():
        print(f"helpbot: cannot read {options.dataset}: no such file.", file=sys.stderr)
        return 2
    if options.tokenizer is not None and (wrong := _unusable(options.tokenizer)):
        print(f"helpbot: cannot count tokens: {wrong}.", file=sys.stderr)
        return 2
    options.paths, options.dataset = without_rows(options.paths, options.dataset)
    # In a job of GitHub's the paths are what a workflow says, never somebody's question.
    options.paths, words = (options.paths, "") if options.format == "github" else words_of(options.paths)
    if words:
        config = text_or_word(options.paths[0]) if len(options.paths) == 1 else None
        told = answer_words("your words", words, config=config, gpus=count, style=options.format)
        if not options.paths:
            return int(told)
    if not options.paths:
        return _propose(options)
    if not options.hub:
        return _check_all(options, count, None)
    with opened() as console:
        return 2 if console is None else _check_all(options, count, console)


def _check_all(options: argparse.Namespace, count: int, console: Console | None) -> int:
    """Check each config, with a look at the Hub where there is a way to it."""
    code = 0
    texts = [(path, _script_as_config(path, text_or_word(path))) for path in _files(options.paths)]
    kinds = {path: kind_given(path, text) for path, text in texts if text is not None}
    configs = [text for path, text in texts if text is not None and kinds[path] not in _WORDS]
    alone = len(configs) == 1
    for path, text in texts:
        if text is None:
            code = 2
            continue
        try:
            with time_limit():
                if kinds[path] in _WORDS and not options.only_configs:
                    config = configs[0] if alone else None
                    bad = answer_words(path, text, config=config, gpus=count, style=options.format)
                else:
                    bad = _check_one(path, text, options, count, console, alone=alone)
        except TimeUp as limit:
            print(f"helpbot: {printable(path)} takes more than {limit}, so it was skipped.", file=sys.stderr)
            code = 2
            continue
        code = code or int(bad)
    return code


def _script_as_config(path: str, text: str | None) -> str | None:
    """The settings of a script for another trainer as a config, which is said; every other text as it is."""
    script = script_config(text) if text and kind_given(path, text) == "other" else None
    if script is not None:
        print(f"helpbot: {printable(path)}: {SCRIPT_NOTE}", file=sys.stderr)
    return text if script is None else script


def _check_one(
    path: str, text: str, options: argparse.Namespace, count: int, console: Console | None, *, alone: bool
) -> bool:
    """Check one config; whether it is worse than --fail-on allows. Of one that is `alone` what the Hub adds is said."""
    if options.only_configs and not _is_training_config(text):
        print(f"helpbot: {printable(path)} is not an Axolotl config, so it was skipped.", file=sys.stderr)
        return False
    facts = None if console is None else console.look(hub_targets(read(text)))
    report, config = checked(
        text,
        gpus=count,
        axolotl=options.axolotl,
        dataset=_sample(options),
        tokenizer=options.tokenizer,
        hub=facts,
        size=DataSize(rows=options.rows),
    )
    if options.gpu is not None or options.format == "json" or says_a_cure(report):
        report = on_cards(report, config, options.gpu, options.price)
    if options.fix or options.diff:
        _write_corrected(path, text, report, gpus=count, whole=options.fix and not options.diff)
    else:
        if options.format == "text" and report.secrets:
            _write_secrets(path, report.secrets)
        write(path, report, options.format)
        if console is None and options.format == "text" and alone and hub_targets(config).any:
            print("With --hub, I look up the model and the datasets: parameters, columns, rows, and steps.\n")
    return _fails(report.findings, options.fail_on)


def _unusable(tokenizer: Path) -> str | None:
    """Why a tokenizer cannot be used."""
    from knowledge.samples.tokens import read_tokenizer

    try:
        read_tokenizer(tokenizer)
    except ValueError as error:
        return str(error)
    return None


def _sample(options: argparse.Namespace) -> Sample | None:
    """The rows with the configs."""
    if options.dataset is None:
        return None
    from knowledge.samples import Sample

    return Sample(options.dataset, options.dataset.name, options.tokenizer, examples=options.examples)


def _propose(options: argparse.Namespace) -> int:
    """Print the block that fits rows; exit 1 where none does or a row ends the run, 2 where there are no rows."""
    dataset: Path | None = options.dataset
    if dataset is None:
        print(_GIVE, file=sys.stderr)
        return 2
    from knowledge.samples import check_rows, propose_block

    proposal = propose_block(dataset)
    block, ends = proposal.block, False
    if options.format == "json":
        plain = {"file": str(dataset), "block": block, "lost": proposal.lost, "words": proposal.words}
        plain |= {"before": proposal.before, "after": proposal.after, "after_block": proposal.after_block}
        kept = {key: value for key, value in plain.items() if value or key in ("file", "block")}
        print(json.dumps(kept, ensure_ascii=False, separators=(",", ":")))
    elif block is not None:
        sys.stdout.write(block)
        sample = check_rows(read(block), dataset, name=dataset.name, tokenizer=options.tokenizer)
        for finding in sample.findings:
            # The lines of the block are nobody's: rows and names say where it is.
            print(f"{_head(replace(finding, places=()))}\n  {finding.message} [{finding.rule}]", file=sys.stderr)
            ends = ends or finding.severity.rank <= Severity.CRASH.rank
        for line in (*rows_lines(sample), *mask_lines(sample)):
            print(line.replace("**", ""), file=sys.stderr)
    if proposal.words:
        print(f"helpbot: {dataset}: {proposal.words}", file=sys.stderr)
    if proposal.after and options.format != "json":
        shown = f"now:   {proposal.before}\nthen:  {proposal.after}\n\n{proposal.after_block}"
        print(shown.rstrip(), file=sys.stderr)
    return int(block is None or ends)


def _count(word: str) -> int:
    if not word.isdecimal():
        raise argparse.ArgumentTypeError("a whole number, 0 or more")
    return int(word)


def _release(word: str) -> str:
    """The release that is meant; reading the list of releases waits until somebody asks for one."""
    from knowledge.facts import load_names
    from knowledge.releases import known_release, nearest_release

    known = known_release(word)
    if known is None:
        first, last = load_names().releases[0], load_names().releases[-1]
        reason = f"I do not know Axolotl {printable(word)}; the nearest release that I know is {nearest_release(word)}"
        raise argparse.ArgumentTypeError(f"{reason} ({first} to {last})")
    return known


def _files(paths: Iterable[str]) -> Iterator[str]:
    for path in paths:
        if path != "-" and Path(path).is_dir():
            yield from sorted(str(each) for each in Path(path).rglob("*") if each.suffix in _SUFFIXES)
        else:
            yield path


def _is_training_config(text: str) -> bool:
    """Whether a file that nobody called an Axolotl config looks like one.

    It names `base_model`, or has three other top-level keys that Axolotl knows; a text that no key can be read from
    counts when a line begins with `base_model:`.
    """
    config = read(text)
    if not config.values:
        return any(line.startswith("base_model:") for line in text.splitlines())
    if config.launcher is not None:
        return False
    known = sum(1 for key in config.values if isinstance(key, str) and config.field(key) is not None)
    return "base_model" in config.values or known >= 3


def _fails(findings: Iterable[Finding], level: str) -> bool:
    return any(finding.severity.rank <= _LEVELS[level] for finding in findings)


# -- writers -------------------------------------------------------------------------------------------------------


def write(path: str, report: Report, style: str) -> None:
    """Print a report as text, as JSON, or as annotations of GitHub."""
    _WRITERS[style](path, report)


def _write_json(path: str, report: Report) -> None:
    print(json.dumps({"file": path, **json_of(report)}, ensure_ascii=False, separators=(",", ":")))


def json_of(report: Report) -> dict[str, Any]:
    """The report as scripts read it; findings about rows carry `source`, `row` and `rows`."""
    from knowledge.json_values import to_plain

    plain = to_plain(report, exclude={"secrets"})
    for finding in plain["findings"]:
        if finding["source"] == "config":
            for key in ("source", "row", "rows"):
                del finding[key]
    for part in ("dataset", "hub"):
        if plain[part] is None:
            del plain[part]
    if report.dataset is not None:
        plain["dataset"]["examples"] = [_example(each) for each in report.dataset.examples]
    return plain


def _example(example: Example) -> dict[str, Any]:
    """A row as the run reads it, or why the run stops at it."""
    named: dict[str, Any] = {"row": example.row, **({"part": example.part} if example.part else {})}
    if example.error:
        return {**named, "error": example.error}
    return {**named, "parts": [{"text": part.text, "trained": part.trained} for part in example.parts]}


def _write_corrected(path: str, text: str, report: Report, *, gpus: int, whole: bool) -> None:
    """The corrected text or what differs in it; secrets are masked here as everywhere, which is said with it."""
    from knowledge.fixes import corrected, diff
    from knowledge.secrets import mask

    given = text
    if report.secrets:
        given = mask(text)
        print(
            f"helpbot: {path} contains a secret, which is masked below. Do not overwrite your file with this output.",
            file=sys.stderr,
        )
    mended = corrected(given, report.findings)
    still = checked(mended, gpus=gpus)[0].findings
    left = list(dict.fromkeys(finding.fields[0] for finding in still if finding.fields))
    if left:
        print(f"helpbot: left unchanged for you to decide: {', '.join(left)}.", file=sys.stderr)
    exact().write(mended if whole else diff(given, mended, path))


def _write_secrets(path: str, secrets: Sequence[Secret]) -> None:
    """Name the secrets of a text and what to do about each: only their place shows that they were masked."""
    kinds = listed([with_article(kind) for kind in dict.fromkeys(secret.kind for secret in secrets)])
    print(f"helpbot: {printable(path)} contains {kinds}, masked below.", file=sys.stderr)
    for place, revoke in secret_places(secrets):
        print(f"  {place}: {revoke}", file=sys.stderr)


def _write_github(path: str, report: Report) -> None:
    for finding in report.findings:
        level = {0: "error", 1: "error", 2: "warning", 3: "warning"}.get(finding.severity.rank, "notice")
        message = (
            annotated(f"{finding.message} {finding.why}").replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
        )
        title = finding.rule.replace(":", " ").replace(",", " ")
        file = annotated(path).replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
        file = file.replace("\r", "%0D").replace("\n", "%0A")
        place = f"line={finding.line or 1},col={finding.column or 1}"
        print(f"::{level} file={file},{place},title={title}::{message}", file=exact())


def printable(path: str) -> str:
    """A file's name on one line: in a job of GitHub's a line that begins with `::` would be a command."""
    return path.replace("\r", "\\r").replace("\n", "\\n")


@at_once()
def _write_text(path: str, report: Report) -> None:
    for line in (*report.origin[:1], headline(report), *report.origin[1:]):
        print(f"{printable(path)}: {line}")
    if report.origin and any(finding.edit is not None for finding in report.findings):
        print(f"  `helpbot check {printable(path)} --fix` prints the corrected copy.")
    if report.repairs:
        print(f"  {' '.join(report.repairs)}")
    for line in outlook(report, report.findings):
        print(f"  {line.replace('**Plan**', f'`helpbot plan {printable(path)}`').replace('**', '')}")
    severity = None
    for finding in without_repetition(report.findings):
        if finding.severity is not severity:
            severity = finding.severity
            print(f"\n{severity.heading}")
        print(f"  {_head(finding)}")
        print(f"    {finding.message}")
        if finding.why:
            print(f"    {finding.why} [{finding.rule}]")
        else:
            print(f"    [{finding.rule}]")
        for line in finding.mended.splitlines():
            print(f"      {line}")
    _write_plan(report)
    if report.silenced:
        print(f"\nSilenced by comments in the file: {report.silenced}.")
    print(f"\nNot checked: {'; '.join(report.not_checked)}.\n")


def _write_plan(report: Report) -> None:
    if lines := run_lines(report):
        print("\nYour run")
        for line in lines:
            print(f"  {line.replace('**', '')}")
    if report.dataset is not None and (mask := mask_lines(report.dataset)):
        print("\nWhat is trained in the first rows")
        for line in mask:
            print(f"  {line}")


def _head(finding: Finding) -> str:
    row = f"row {finding.row} · " if finding.row else ""
    if finding.places:
        words = "  ".join(place.excerpt for place in finding.places if place.excerpt)
        lines = sorted({place.line for place in finding.places})
        where = f"line {lines[0]}" if len(lines) == 1 else f"lines {', '.join(str(line) for line in lines)}"
        return f"{row}{where} · {words}"
    return f"{row}{', '.join(finding.fields)}"


_WRITERS = {"text": _write_text, "json": _write_json, "github": _write_github}
