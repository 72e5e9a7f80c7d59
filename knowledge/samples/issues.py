"""What the readers meet in the rows, counted: one entry for each rule and detail, with the first row and how many."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

ANYWHERE = frozenset(
    {"rows-column-missing", "rows-role-unmapped", "rows-column-unread", "rows-image-keys", "rows-message-key-unread"}
)
MERGED = ANYWHERE | {
    "rows-printed",
    "rows-prompt-printed",
    "rows-pair-blank",
    "rows-prompt-empty",
    "rows-list-as-text",
    "rows-dates",
    "rows-answer-not-text",
}
"""Rules that say one thing of several columns; those of ANYWHERE also when they hold in different rows."""


@dataclass(slots=True)
class Met:
    """One kind of fault: the first row that has it (from 0), in how many, and `also` further names it holds for."""

    rule: str
    detail: tuple[str, ...]
    row: int | None
    rows: int = 1
    also: tuple[str, ...] = ()


@dataclass(slots=True)
class Issues:
    """The faults met so far, in the order in which they were first met."""

    met: dict[tuple[str, ...], Met] = field(default_factory=dict)

    def add(self, rule: str, row: int | None, *detail: str) -> None:
        """Count a fault of a row (None: of the file or the config)."""
        key = (rule, *detail)
        known = self.met.get(key)
        if known is None:
            self.met[key] = Met(rule, detail, row)
        else:
            known.rows += 1

    def __contains__(self, rule: str) -> bool:
        """Whether a rule was met at all."""
        return any(met.rule == rule for met in self.met.values())

    def drop(self, rule: str) -> None:
        """Forget what was met of one rule, because another one says it."""
        self.met = {key: met for key, met in self.met.items() if met.rule != rule}

    def merged(self) -> list[Met]:
        """Everything that was met; what is one fault with several columns or roles stands together."""
        groups: dict[tuple[object, ...], Met] = {}
        for met in self.met.values():
            if met.rule not in MERGED or not met.detail:
                groups[met.rule, *met.detail] = met
                continue
            key = (
                (met.rule, *met.detail[1:]) if met.rule in ANYWHERE else (met.rule, *met.detail[1:], met.row, met.rows)
            )
            known = groups.get(key)
            if known is None:
                groups[key] = replace(met)
            else:
                known.also = (*known.also, met.detail[0])
                known.rows = max(known.rows, met.rows)
                known.row = min(known.row, met.row) if known.row is not None and met.row is not None else known.row
        return list(groups.values())

    def of(self, rule: str) -> list[Met]:
        """What was met of one rule."""
        return [met for met in self.met.values() if met.rule == rule]
