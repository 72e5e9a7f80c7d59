"""What an answer has to leave open about the model and the datasets, in the words of its last line."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.config import Config
    from knowledge.hub.facts import HubFacts

_UNKNOWN = frozenset({"unreachable", "local", "off", "invalid"})


def unseen(config: Config, facts: HubFacts | None, *, rows: bool) -> tuple[str, ...]:
    """What was not looked at.

    Args:
        config: The config.
        facts: What the Hub said; None where nobody asked it.
        rows: Whether rows were handed in.
    """
    if facts is None:
        return ("whether the model exists",) if rows else ("whether the model and the dataset exist", "the rows")
    return tuple(_unseen(config, facts, rows=rows))


def _unseen(config: Config, facts: HubFacts, *, rows: bool) -> Iterator[str]:
    late = dict.fromkeys(facts.late)
    model = facts.model
    if model is None or (model.status in _UNKNOWN and model.id not in late):
        yield "whether the model exists"
    elif model.unread and model.id not in late:
        yield f"{', '.join(model.unread)} of the model, which the Hub did not provide"
    for found in facts.datasets:
        if found.status == "unreachable":
            late.setdefault(found.id)
        elif found.field in _pinned(config):
            yield f"the rows of {found.id}, since the Hub's viewer shows only its newest revision"
        elif found.left_out:
            yield f"{found.left_out} of the first rows of {found.id}, which the Hub's viewer cut short"
    if late:
        yield f"what the Hub did not answer in time ({', '.join(late)})"
    seen = {found.field for found in facts.datasets if found.status not in _UNKNOWN}
    entries = [f"datasets[{index}]" for index in range(len(config.datasets))]
    if not rows and not all(field in seen for field in entries):
        yield "whether the other datasets exist" if seen else "whether the dataset exists"
    if not rows and not all(found.sample for found in facts.datasets if found.field in seen):
        yield "the rows"


def _pinned(config: Config) -> frozenset[str]:
    """The entries that name a revision of their own."""
    return frozenset(f"datasets[{index}]" for index, entry in enumerate(config.datasets) if entry.get("revision"))
