"""`helpbot health`: what the numbers of a run show, from its log or its trainer_state.json."""

from __future__ import annotations

import json
import sys
import textwrap
from typing import TYPE_CHECKING, Any

from bot.console._arguments import UnusableFileError, text_or_word
from bot.console._logs import config_given, log_arguments
from knowledge.duration import time_of
from knowledge.health import health_of

if TYPE_CHECKING:
    import argparse

    from knowledge.health import Health

SUMMARY = "Whether a run is healthy, from the loss, rate, gradient norm, and evaluation in its log."
_MOST = 60_000_000
_NO_METRICS = (
    "helpbot: {} shows no metrics: neither lines such as {{'loss': ...}}, nor trainer_state.json, "
    "nor a CSV with `step` and `loss`."
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    log_arguments(
        parser,
        logs="console log, trainer_state.json, CSV, or - for input",
        config="the YAML of the run; without it the one in the log is used",
    )


def run(options: argparse.Namespace) -> int:
    """Judge each log; exit 0, or 2 for files that cannot be read or hold no metrics."""
    try:
        config = config_given(options, _MOST)
    except UnusableFileError as error:
        print(f"helpbot: {error}", file=sys.stderr)
        return 2
    code = 0
    for path in options.logs:
        text = text_or_word(path, _MOST)
        found = None if text is None else health_of(text, config, gpus=options.gpus)
        if found is None:
            code = 2
            if text is not None:
                print(_NO_METRICS.format(path), file=sys.stderr)
        elif options.format == "json":
            print(json.dumps(json_of(path, found), ensure_ascii=False, separators=(",", ":")))
        else:
            write(path, found)
    return code


def json_of(path: str, found: Health) -> dict[str, Any]:
    """The health as scripts read it: file, steps, findings, healthy."""
    from knowledge.json_values import to_plain

    plain = to_plain(found)
    return {"file": path, **{key: plain[key] for key in ("steps", "findings", "healthy")}}


def write(path: str, found: Health) -> None:
    """Print what the numbers of a run show."""
    of = f" of {found.steps.planned:,}" if found.steps.planned else ""
    print(f"{path}: step {found.steps.done:,}{of}; its numbers {found.verdict}.")
    if found.seconds_left is not None:
        print(f"  At this speed, it ends in {time_of(found.seconds_left)}.")
    for sign in found.findings:
        first, last = sign.steps
        print(f"\n  steps {first:,}-{last:,}  {sign.severity.value}  {sign.message}  [{sign.id}]")
        print(textwrap.fill(sign.why, 110, initial_indent="    ", subsequent_indent="    "))
    print()
    for line in found.numbers:
        print(f"  {line}")
    for line in found.not_judged:
        print(textwrap.fill(f"Not judged: {line}", 110, initial_indent="  ", subsequent_indent="    "))
