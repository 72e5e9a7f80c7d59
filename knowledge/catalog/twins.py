"""Entries of `test_datasets` and `pretraining_dataset` share notes with `datasets`: what changes in the other place."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from knowledge.catalog.entries import Note

_ORDINARY = "datasets:\n"
_AFTERWARDS = {
    "test_datasets": "evals_per_epoch: 2\n",
    "pretraining_dataset": (
        "streaming: true\nsample_packing: true\nattn_implementation: flash_attention_2\nmax_steps: 1000\n"
    ),
}
"""List of entries -> the keys without which an entry of it has no effect."""
_MEASURED = "In a test set nothing is learned: what this says of learned tokens decides which tokens count in its loss."


def at_home(path: str, note: Note) -> Note:
    """The note of a path with its example in the list that the path belongs to.

    Args:
        path: A field's path, such as `test_datasets[].type`.
        note: Its note, which may have been written for an entry of `datasets`.
    """
    place = path.partition("[")[0]
    if place not in _AFTERWARDS:
        return note
    if note.example.startswith(_ORDINARY):
        moved = f"{place}:\n{note.example.removeprefix(_ORDINARY)}{_AFTERWARDS[place]}"
        note = replace(note, example=moved)
    if place == "test_datasets" and "learn" in f"{note.summary} {note.raising} {note.lower} {note.pitfalls}":
        note = replace(note, text=_MEASURED)
    return note
