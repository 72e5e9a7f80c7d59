"""What `plan`, `check` and `compare` take and tell of graphics cards: fit, time and cost."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from bot.console._arguments import UnusableFileError, gpus, text_of
from bot.views.check.cost import cost_line, duration_lines, fit_line
from knowledge.duration import cost_of, price_of
from knowledge.gpus import UnknownGpu, gpu_named
from knowledge.memory import fits, memory_of
from knowledge.plan import plan_of

if TYPE_CHECKING:
    from knowledge.config import Config
    from knowledge.duration import Cost, Duration, Pace
    from knowledge.gpus import Gpu

_LOG = 4_000_000
"""Bytes at the end of a log that are read."""


def gpu_arguments(parser: argparse.ArgumentParser, *, log: bool = True) -> None:
    """Declare the number of GPUs, their name, a price and a log."""
    gpu_argument(parser, exact=False)
    parser.add_argument("--price", type=_price, help="price of one GPU per hour, to get the cost")
    if log:
        parser.add_argument("--log", metavar="LOG", help="log of this run, to measure its speed")


def gpu_argument(parser: argparse.ArgumentParser, *, exact: bool = True) -> None:
    """Declare the number of GPUs and their name; where it need not be `exact`, `count_of` tells of an unknown one."""
    parser.add_argument("--gpus", type=gpus, help="GPUs of the run (default 1, or the count in --gpu)")
    parser.add_argument(
        "--gpu",
        type=_gpu if exact else _gpu_or_error,
        metavar="NAME",
        help='the card, for fit and time: "RTX 4090", "2x A100 80GB"',
    )


def count_of(options: argparse.Namespace) -> int:
    """How many GPUs the options name; says so where the card's name is misspelled.

    A name that no card has is told too, and leaves the options without a card: the rest can still be answered.

    Raises:
        UnusableFileError: the name of the card says another number.
    """
    gpu: Gpu | UnknownGpu | None = options.gpu
    inside = None if gpu is None else gpu.count
    if inside is not None and options.gpus is not None and inside != options.gpus:
        raise UnusableFileError(f"--gpu says {inside} GPUs and --gpus says {options.gpus}: give only one of them.")
    if isinstance(gpu, UnknownGpu):
        print(f"helpbot: {gpu} Everything else is answered.", file=sys.stderr)
        options.gpu = None
    elif gpu is not None and gpu.guessed:
        print(f"helpbot: {gpu.assumed}", file=sys.stderr)
    return int(options.gpus or inside or 1)


def pace_from(options: argparse.Namespace, config: Config) -> Pace | None:
    """The speed in the log that the options name.

    Raises:
        UnusableFileError: it cannot be read, or shows no speed.
    """
    if not options.log:
        return None
    from knowledge.duration import pace_of

    pace = pace_of(text_of(options.log, _LOG), plan_of(config).optimizer_steps_done)
    if pace is None:
        raise UnusableFileError(f"{options.log} shows no training progress bar, so the speed is unknown.")
    return pace


def gpu_json(options: argparse.Namespace, config: Config, pace: Pace | None = None) -> dict[str, Any]:
    """What the JSON says of the card; nothing where none is named."""
    from knowledge.json_values import to_plain

    if options.gpu is None:
        return {}
    duration, cost = _measures(options, config, pace)
    found: dict[str, Any] = {
        "duration": None if duration is None else to_plain(duration),
        "fits": fits(memory_of(config), options.gpu),
    }
    if options.price is not None:
        found["cost"] = None if cost is None else to_plain(cost)
    return found


def gpu_lines(options: argparse.Namespace, config: Config, pace: Pace | None = None) -> list[str]:
    """What the text says of the card."""
    if options.gpu is None:
        return []
    duration, cost = _measures(options, config, pace)
    lines = [fit_line(memory_of(config), options.gpu), *duration_lines(duration), cost_line(cost, config.gpus)]
    if duration is not None:
        lines.append("About the time: " + " ".join(duration.assumptions))
    return [line.replace("**", "") for line in lines if line]


def _measures(options: argparse.Namespace, config: Config, pace: Pace | None) -> tuple[Duration | None, Cost | None]:
    from knowledge.duration import duration_of

    duration = duration_of(config, options.gpu, pace)
    return duration, cost_of(duration, options.price, config.gpus)


def _gpu(word: str) -> Gpu:
    found = _gpu_or_error(word)
    if isinstance(found, UnknownGpu):
        raise argparse.ArgumentTypeError(str(found)) from found
    return found


def _gpu_or_error(word: str) -> Gpu | UnknownGpu:
    try:
        return gpu_named(word)
    except UnknownGpu as error:
        return error


def _price(word: str) -> float:
    try:
        return price_of(word)
    except ValueError as error:
        raise argparse.ArgumentTypeError("a price per GPU-hour, 0 or more") from error
