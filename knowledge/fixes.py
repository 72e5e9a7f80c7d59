"""Edits -> proven edits, corrected text and a diff. Only mechanical faults are fixed; every other byte is kept."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from knowledge.finding import Severity
from knowledge.pattern import expression
from knowledge.value import replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from knowledge.finding import Edit, Finding


_RECHECKS = 48
"""Corrected copies that are checked for one config; edits that are not proven by then are not offered."""
_RECHECKED = 2 << 20
"""Characters of corrected copies that are checked for one config, at least one copy: a long text has fewer of them."""
_LINE_END = expression(r"\r\n|\n|\r")
_UNWANTED = frozenset({Severity.ERROR, Severity.CRASH, Severity.IGNORED})
SPOILS = frozenset({"yaml-duplicate-key", "not-read-in-this-kind-of-run"})
"""Two edits that write the same key, so that one of the values would be lost, and a name that does nothing either."""


class Reading(NamedTuple):
    """What a check makes of a text: the values as YAML reads them, and the findings."""

    values: Any
    findings: list[Finding]


def proven(text: str, before: Reading, read: Callable[[str], Reading]) -> list[Finding]:
    """The findings, with only those edits that a second check of the corrected copy bears out.

    An edit is borne out when its finding is gone, no new ERROR, CRASH or IGNORED has come, and no value has changed
    that its finding is not about. All edits together have to be, too: one that spoils the copy is left out.

    Args:
        text: The text that was checked, as it was given.
        before: What the check made of it.
        read: Checks another text in the same way.
    """
    offered = [finding for finding in before.findings if finding.edit is not None]
    if not offered:
        return before.findings
    good = _Proof(text, before, read).good(offered, [])
    kept = {id(finding) for finding in good}
    return [
        finding if finding.edit is None or id(finding) in kept else _without_edit(finding)
        for finding in before.findings
    ]


def _without_edit(finding: Finding) -> Finding:
    return replace(finding, edit=None, mended="")


class _Proof:
    """Tries edits on a text, all of them first; where that spoils the copy, halves of them."""

    def __init__(self, text: str, before: Reading, read: Callable[[str], Reading]) -> None:
        self._text, self._before, self._read = text, before, read
        self._known = Counter(map(_key, before.findings))
        self._left = min(_RECHECKS, max(1, _RECHECKED // max(1, len(text))))

    def good(self, findings: list[Finding], kept: list[Finding]) -> list[Finding]:
        """Those that are kept already, and of the findings all whose edits can be done beside them."""
        if self._holds([*kept, *findings]):
            return [*kept, *findings]
        if len(findings) == 1:
            return kept
        half = len(findings) // 2
        return self.good(findings[half:], self.good(findings[:half], kept))

    def _holds(self, findings: list[Finding]) -> bool:
        if self._left == 0:
            return False
        self._left -= 1
        after = self._read(corrected(self._text, findings))
        keys = Counter(map(_key, after.findings))
        gone = Counter(map(_key, findings))
        if any(keys[key] > self._known[key] - count for key, count in gone.items()):
            return False
        worse = {_key(each) for each in after.findings if each.severity in _UNWANTED or each.rule in SPOILS}
        if any(keys[key] > self._known[key] for key in worse):
            return False
        return self._keeps_values(after.values, findings)

    def _keeps_values(self, after: Any, findings: list[Finding]) -> bool:
        """Whether nothing changed but what the findings are about."""
        before = self._before.values
        if not isinstance(before, dict) or not isinstance(after, dict):
            return isinstance(after, dict)
        about = {path.partition(".")[0].partition("[")[0] for finding in findings for path in finding.fields}
        kept = before.keys() - about
        return all(key in after and after[key] == before[key] for key in kept) and (
            bool(about) or after.keys() == before.keys()
        )


def _key(finding: Finding) -> tuple[str, tuple[str, ...]]:
    return finding.rule, finding.fields


def corrected(text: str, findings: Iterable[Finding]) -> str:
    """The text as given, with the findings' edits done; of edits that overlap only the first is."""
    starts = _line_starts(text)
    end_of_line = "\r\n" if "\r\n" in text else "\n"
    spans = sorted(
        (
            _offset(starts, edit.line, edit.column),
            _offset(starts, edit.end_line, edit.end_column),
            edit.replacement.replace("\n", end_of_line),
        )
        for edit in _edits(findings)
    )
    parts: list[str] = []
    done = 0
    for start, end, replacement in spans:
        if start < done:
            continue
        parts += [text[done:start], replacement]
        done = end
    return "".join([*parts, text[done:]])


def diff(before: str, after: str, name: str = "config.yaml") -> str:
    """A unified diff, empty when nothing changed."""
    import difflib

    lines = difflib.unified_diff(
        before.splitlines(keepends=True), after.splitlines(keepends=True), name, f"{name} (corrected)", n=1
    )
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)


def _edits(findings: Iterable[Finding]) -> list[Edit]:
    return list(dict.fromkeys(finding.edit for finding in findings if finding.edit is not None))


def _line_starts(text: str) -> list[int]:
    return [0, *(match.end() for match in _LINE_END.finditer(text))]


def _offset(starts: list[int], line: int, column: int) -> int:
    return starts[min(line, len(starts)) - 1] + column - 1
