"""The Hub as commands ask it: for as long as one of them runs."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.hub.at_once import Console
    from knowledge.config import Config
    from knowledge.hub import Targets


@contextmanager
def opened() -> Iterator[Console | None]:
    """A way to the Hub, imported only here; None, and a word about it, where its address cannot be used."""
    begun = perf_counter()
    from bot.hub.at_once import Console

    try:
        console = Console(begun)
    except ValueError as error:
        print(f"helpbot: cannot ask the Hub: {error}.", file=sys.stderr)
        yield None
        return
    try:
        yield console
    finally:
        console.close()


def hub_targets(config: Config) -> Targets:
    """What a config names on the Hub; what exists where the command runs is none of it."""
    from knowledge.hub import targets_of

    return targets_of(config, exists=lambda name: Path(name).exists())
