"""Sentences around a check: what a server has set for it, and what was taken from a message."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.views.kit import limits
from bot.views.kit.wording import plural
from knowledge.text import listed

if TYPE_CHECKING:
    from collections.abc import Sequence

NUMBER_OF_GPUS = "The number of GPUs"
NO_SETTINGS = "I cannot read this server's settings at the moment, so its defaults and mutes do not apply here."


def server_gpus(gpus: int) -> str:
    """Where the number of GPUs comes from."""
    return f"{plural(gpus, 'GPU')} is this server's default; the option `gpus` changes it."


def server_card(card: str) -> str:
    """Where the card comes from."""
    return f"{card} is this server's default card; the option `gpu` changes it."


def two_counts(named: int, given: int) -> str:
    """Two options that say different numbers of GPUs."""
    return f"`gpu` says {plural(named, 'GPU')} and `gpus` says {given}: give the number in only one of them."


def server_release(release: str) -> str:
    """Where the release comes from."""
    return f"Axolotl {release} is this server's default; the option `version` changes it."


def took(names: Sequence[str], left: Sequence[str]) -> str:
    """What was taken from a message, and what was not."""
    text = f"Taken from the message: {listed([limits.code(name) for name in names])}."
    return text + (f" Left out: {listed(list(left))}." if left else "")


def unknown_release(asked: str, nearest: str, known: Sequence[str]) -> str:
    """A release that nothing is known of."""
    return (
        f"I do not know Axolotl {limits.code(asked)}. The nearest release that I know is {nearest} "
        f"({known[0]} to {known[-1]}): give that one as `version`, or leave `version` out."
    )
