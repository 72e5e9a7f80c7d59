"""What to change so that a run fits the next smaller cards, or one that is named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from knowledge.gpus import usable_gib
from knowledge.memory.changes import Change, Changes
from knowledge.memory.estimate import run_of
from knowledge.value import value

if TYPE_CHECKING:
    from knowledge.config import Config

_OFFERED = (80, 48, 24, 16, 12, 8)
_MOST = 2


@value
class Fitting:
    """The way to a card.

    Attributes:
        card_gb: The card's memory in GB, as its name says.
        changes: What to change, cheapest first; empty where the run fits as it is.
        fits: Whether the card holds the run with all of them.
    """

    card_gb: float
    changes: tuple[Change, ...]
    fits: bool


def fitting_card(config: Config, card_gb: float) -> Fitting | None:
    """What makes a run fit a card; None where nothing is known of its memory."""
    run = run_of(config)
    return None if run is None else _fitting(Changes(run), card_gb)


def smaller_cards(config: Config) -> tuple[Fitting, ...]:
    """The way to the next smaller cards that people have, the largest first; those that no change reaches are left out.

    Where not even the largest can be reached, that one is told with `fits` False.
    """
    run = run_of(config)
    if run is None:
        return ()
    changes = Changes(run)
    ways: dict[tuple[str, ...], Fitting] = {}
    for card in _OFFERED:
        if usable_gib(card) >= changes.high_gib:
            continue
        way = _fitting(changes, card)
        if not way.fits:
            return tuple(ways.values()) or (way,)
        if len(ways) == _MOST and _keys(way) not in ways:
            break
        # What fits a smaller card with the same changes need not be said of a larger one.
        ways[_keys(way)] = way
    return tuple(ways.values())


def _fitting(changes: Changes, card_gb: float) -> Fitting:
    found = changes.fitting(usable_gib(card_gb))
    fits = found[-1].fits if found else changes.high_gib <= usable_gib(card_gb)
    return Fitting(card_gb=card_gb, changes=found, fits=fits)


def _keys(way: Fitting) -> tuple[str, ...]:
    return tuple(str(change.keys) for change in way.changes)


def change_line(change: Change) -> str:
    """What to write, what the run then needs, and what that costs, in a line."""
    return f"{keys_in_words(change.keys)}: about {change.estimate_gib:.0f} GiB. {change.effect}"


def keys_in_words(keys: dict[str, str | int | float | bool | None]) -> str:
    """What to write: `cut_cross_entropy: true` with `CutCrossEntropyPlugin` in `plugins`."""
    plugin = str(keys.get("plugins", "")).rpartition(".")[2]
    words: list[str] = []
    for key, written in keys.items():
        if key != "plugins":
            # The key right behind the plugin is the plugin's own.
            words.append(_key_in_words(key, written) + (f" with `{plugin}` in `plugins`" if plugin else ""))
            plugin = ""
    return ", ".join(words)


def _key_in_words(key: str, value: Any) -> str:
    block, _, name = key.rpartition(".")
    if value is None:
        return f"no `{key}`"
    return f"`{name}: {_yaml(value)}` in `{block}`" if block else f"`{key}: {_yaml(value)}`"


def _yaml(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
