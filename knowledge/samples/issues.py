"""What the readers meet in the rows, counted: one entry for each rule and detail, with the first row and how many."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Met:
    """One kind of fault: the first row that has it (from 0), and in how many."""

    rule: str
    detail: tuple[str, ...]
    row: int | None
    rows: int = 1


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

    def of(self, rule: str) -> list[Met]:
        """What was met of one rule."""
        return [met for met in self.met.values() if met.rule == rule]
