"""`helpbot diagnose`: what a pasted error means, why it happens and what to change."""

from __future__ import annotations

import json
import sys
import textwrap
from typing import TYPE_CHECKING, Any

from bot.console._arguments import UnusableFileError, text_or_word
from bot.console._given import check_text, explain_log
from bot.console._logs import config_given, log_arguments
from bot.views.versions import installed_text
from knowledge.diagnosis import Diagnosis, headline
from knowledge.text_kind import kind_of

if TYPE_CHECKING:
    import argparse

    from knowledge.diagnosis import Match, Unknown

SUMMARY = "What a log or error message means, why it happens, and what to change."
_MOST = 20_000_000


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    log_arguments(
        parser,
        logs="file with a log or an error, or - for standard input",
        config="the run's YAML, which helps decide between causes",
    )


def run(options: argparse.Namespace) -> int:
    """Explain each log; exit 0, or 2 for files that cannot be read."""
    try:
        config = config_given(options, _MOST)
    except UnusableFileError as error:
        print(f"helpbot: {error}", file=sys.stderr)
        return 2
    code = 0
    for path in options.logs:
        text = text_or_word(path, _MOST)
        if text is None:
            code = 2
            continue
        if kind_of(text) == "config":
            print(f"helpbot: {path} is a config, so I check it.", file=sys.stderr)
            check_text(path, text, gpus=options.gpus, style=options.format)
            continue
        explain_log(path, text, config=config, gpus=options.gpus, style=options.format)
    return code


def write(path: str, diagnosis: Diagnosis, style: str) -> None:
    """Print a diagnosis as JSON or as text."""
    if style == "json":
        print(json.dumps({"file": path, **json_of(diagnosis)}, ensure_ascii=False, separators=(",", ":")))
    else:
        _write_text(path, diagnosis)


def json_of(diagnosis: Diagnosis) -> dict[str, Any]:
    """The diagnosis as scripts read it: matches, versions, config_found and unknown first."""
    from knowledge.json_values import to_plain

    plain = to_plain(diagnosis)
    first = {key: plain.pop(key) for key in ("matches", "versions", "config_found", "unknown")}
    return {**first, **plain}


def _write_text(path: str, diagnosis: Diagnosis) -> None:
    opening = headline(diagnosis)
    print(f"{path}: {diagnosis.happened or opening}")
    if opening != diagnosis.happened and diagnosis.happened:
        print(textwrap.fill(opening, 110))
    error = diagnosis.error
    if error and error.file:
        where = f"{error.file}:{error.file_line}" + (f" in {error.function}" if error.function else "")
        print(f"  raised in {where}" + (f", process {error.rank}" if error.rank is not None else ""))
    for match in [*diagnosis.matches, *diagnosis.warnings]:
        _write_match(match)
    if diagnosis.unknown:
        if diagnosis.unknown.quote:
            print(f"\nThe line that matters: line {diagnosis.unknown.line}\n  {diagnosis.unknown.quote}")
        for line in _unknown_lines(diagnosis.unknown):
            print(textwrap.fill(line, 110, subsequent_indent="  "))
    for follow in diagnosis.follows:
        print(f"\nline {follow.line} is only a consequence of it: {follow.meaning}")
    if diagnosis.versions:
        print("\nVersions in the text: " + ", ".join(f"{name} {of}" for name, of in sorted(diagnosis.versions.items())))
    if diagnosis.installed is not None:
        print(textwrap.fill(installed_text(diagnosis.installed), 110))
        print(f"Run: {diagnosis.installed.command}")
    if diagnosis.findings:
        print("\nThe config itself:")
        for finding in diagnosis.findings[:8]:
            print(f"  line {finding.line}  {finding.severity.value}  {finding.message}  [{finding.rule}]")


def _unknown_lines(unknown: Unknown) -> list[str]:
    """What was recognized, what resembles it, and what to send."""
    near = [f"- {meaning}" for meaning in unknown.nearest]
    resembles = ["Known errors with similar words, though none is certain to be this one:", *near] if near else []
    return ["", *unknown.recognized, *resembles, unknown.send]


def _write_match(match: Match) -> None:
    kind = "harmless" if match.harmless else match.kind
    print(f"\n{match.meaning}  [{match.id}, {kind}]\n  line {match.line}: {match.quote}")
    for number, cause in enumerate(match.causes, 1):
        print(textwrap.fill(cause, 110, initial_indent=f"  {number}. ", subsequent_indent="     "))
    for line in match.cure.split("\n"):
        if not line.startswith("```"):
            print(textwrap.fill(line, 110, initial_indent="  ", subsequent_indent="  ", drop_whitespace=False) or "")
