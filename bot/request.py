"""What a member hands in, and what is asked about it: texts and rows, their secrets masked, and the check of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pydantic.dataclasses import dataclass as validated

from knowledge.secrets import Secret
from knowledge.text_kind import Kind

if TYPE_CHECKING:
    from knowledge.gpus import Gpu
    from knowledge.hub import HubFacts

PASTED = "pasted text"
"""The name of a text that came without one."""


@validated(frozen=True, slots=True)
class Submission:
    """A text that was handed in, its secrets masked.

    Attributes:
        name: The file's name, or where it stood.
        text: The text; lines keep their numbers.
        secrets: What was masked in it.
        kind: "config" for lines of YAML, "log" for what a program printed, "rows" for JSON objects of a dataset,
            "question" for words.
        notes: Sentences about how it was read.
    """

    name: str
    text: str
    secrets: tuple[Secret, ...] = ()
    kind: Kind = "config"
    notes: tuple[str, ...] = ()

    def with_note(self, note: str) -> Submission:
        """The same text with one more sentence about how it was read."""
        return replace(self, notes=(*self.notes, note))


@dataclass(frozen=True, slots=True)
class Sample:
    """Rows of a dataset, their secrets masked.

    Attributes:
        name: The file's name.
        data: The bytes that are read of it.
        secrets: What was masked in them; their lines are lines of the file.
    """

    name: str
    data: bytes
    secrets: tuple[Secret, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckRequest:
    """A check that a member asks for.

    Attributes:
        submission: The config.
        owner: The member who asks.
        guild_id: The server in which it is asked, None in a direct message.
        gpus: GPUs; without it those that the server has set, or 1.
        gpu: The card that the run is for; without it the one that the server has set, if any.
        price: Price of one such GPU for an hour; without it the one that the host has set, if any.
        axolotl: Release; without it the one that the server has set, or the newest known.
        dataset: Rows of the dataset.
        rows: How many rows the whole dataset has, where `dataset` holds only some.
        facts: What the Hub said when the config was checked before; None asks it.
        message: Channel and message in which the config stands, where it is a message in a channel.
        public: Whether the member may answer that message in public.
        compare: Whether this is a new check, to be compared with the member's last one.
    """

    submission: Submission
    owner: int
    guild_id: int | None
    gpus: int | None = None
    gpu: Gpu | None = None
    price: float | None = None
    axolotl: str | None = None
    dataset: Sample | None = None
    rows: int | None = None
    facts: HubFacts | None = None
    message: tuple[int, int] | None = None
    public: bool = False
    compare: bool = True
