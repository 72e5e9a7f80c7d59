"""What commands take that read logs: files, and the config of the run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from bot.console._arguments import gpus, text_of

if TYPE_CHECKING:
    import argparse


def log_arguments(parser: argparse.ArgumentParser, *, logs: str, config: str) -> None:
    """Declare the logs, the config, the number of GPUs, and the form of the answer.

    Args:
        parser: The command's.
        logs: What its files are.
        config: What it does with the config.
    """
    parser.add_argument("logs", nargs="+", metavar="LOG", help=logs)
    parser.add_argument("--config", type=Path, help=config)
    parser.add_argument("--gpus", type=gpus, default=1, help="GPUs of the run (default 1)")
    parser.add_argument("--format", choices=("text", "json"), default="text")


def config_given(options: argparse.Namespace, most: int) -> str | None:
    """The text of the config, up to so many bytes at its end; None where none is named.

    Raises:
        UnusableFileError: It cannot be read.
    """
    return None if options.config is None else text_of(str(options.config), most)
