"""Cures: YAML to copy that fixes what was met, tried on the rows before it is offered; else a hint at the rows."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from knowledge.document import dump as as_yaml
from knowledge.samples.entry import Entry
from knowledge.samples.fits import TEXT_KEYS
from knowledge.samples.kinds import names_under
from knowledge.samples.templates import template_names
from knowledge.samples.wording import Cure, load_told, shown
from knowledge.secrets import mask
from knowledge.text import nearest

if TYPE_CHECKING:
    from collections.abc import Callable

    from knowledge.samples.candidates import Candidates
    from knowledge.samples.fits import Fit
    from knowledge.samples.issues import Issues, Met
    from knowledge.samples.rows import Rows

TRIED = 64
"""A cure is tried on as many rows."""


def dump(block: dict[str, Any]) -> str:
    """A block of YAML to copy; columns that are named after a secret are masked in it."""
    return mask(as_yaml(block))


@dataclass(slots=True)
class Curer:
    """Works out cures for one sample.

    `attempt` reads the first rows with another entry and other root keys and gives the issues that are left.
    """

    candidates: Candidates
    attempt: Callable[[Entry, dict[str, Any]], Issues | None]

    @property
    def entry(self) -> Entry:
        """The entry as it is."""
        return self.candidates.entry

    def cure(self, met: Met) -> Cure | None:
        """The cure of one fault, or None where nothing but the rows' author can tell."""
        for fit in self.candidates.of(met):
            if self.mends(met, fit):
                return Cure(fit.words, self.block(fit), self.nearest(met))
        nearest = self.nearest(met)
        if nearest:
            return Cure(f"Did you mean `{nearest}`?", suggestion=nearest)
        words = hint(met, self.candidates.rows)
        return Cure(words) if words else None

    def changed(self, fit: Fit) -> Entry:
        """The entry with a change made."""
        written = {key: value for key, value in self.entry.written.items() if key not in fit.drops}
        written.update(copy.deepcopy(fit.keys))
        return Entry(written, written, self.entry.path, str(fit.root.get("rl", self.entry.rl) or ""))

    def mends(self, met: Met, fit: Fit) -> bool:
        """Whether the fault is gone with a change, and no other one that stops the run has come."""
        entry = self.changed(fit)
        if entry.written == self.entry.written and not fit.root:
            return False
        left = self.attempt(entry, fit.root)
        if left is None or any(each.rule == met.rule and each.detail == met.detail for each in left.met.values()):
            return False
        return not any(load_told()[each.rule].severity.rank <= 1 for each in left.met.values())

    def block(self, fit: Fit) -> str:
        """A change as YAML to copy: root keys, and the whole entry where it changes. Blank means left out."""
        block: dict[str, Any] = dict(fit.root)
        if fit.keys or fit.drops:
            block[self.entry.path.partition("[")[0]] = [self.changed(fit).written]
        return dump(block).replace(": null\n", ":\n")

    def nearest(self, met: Met) -> str | None:
        """The nearest name of a type or template that is not known."""
        if met.rule not in ("rows-type-unknown", "rows-type-style", "rows-template-unknown"):
            return None
        names = template_names() if met.rule == "rows-template-unknown" else names_under(self.entry.rl)
        word = ":".join(met.detail) if met.rule == "rows-type-style" else met.detail[0]
        return nearest(word, names)


def hint(met: Met, rows: Rows) -> str:
    """Where the rows themselves hold what is missed, in words."""
    if met.rule == "rows-column-missing":
        return _elsewhere((met.detail[0], *met.also), rows)
    if met.rule == "rows-message-keys":
        return "Add it to every message."
    if met.rule in ("rows-content-untrained", "rows-content-missing"):
        for row in rows.values[:200]:
            for value in row.values():
                for message in value if isinstance(value, list) else ():
                    if isinstance(message, dict) and message.get(met.detail[0]) is None:
                        other = next((key for key in TEXT_KEYS if message.get(key)), None)
                        if other is not None:
                            return f"They have it in `{other}`."
    return ""


def _elsewhere(names: tuple[str, ...], rows: Rows) -> str:
    """A column that stands deeper, is written otherwise, or whose rows are single messages."""
    first = rows.values[0] if rows.values else {}
    last = names[0].rpartition(".")[2]
    for column, value in first.items():
        if isinstance(value, dict) and (last in value or names[0] in value):
            return f"It is inside `{shown(column)}`: move it to the top level."
    for column in rows.columns:
        if column.lower() == names[0].lower() or column.strip() == names[0]:
            return f"The rows have `{shown(column)}`: write it exactly like that."
    if {"role", "content"} <= rows.columns.keys():
        return "Each line is a single message: put all turns of a conversation into one row."
    return ""
