"""One finding as text: its head line with the user's own words, then what happens and the cure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.views.kit import limits
from bot.views.kit.escape import spoken
from knowledge.text import listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from knowledge.finding import Finding, Place

_PLACES = 4
_LONGEST = 900
_COPY = 400
_GAP = "\u00a0"
_OF_HEADING = "Not an Axolotl field: silently ignored. "
_MANY = 4


def finding_texts(findings: Sequence[Finding]) -> list[str]:
    """The findings as texts; lines to copy that two of them share stand under the first only.

    Of the names of another trainer's config, which fill pages, each is one line: the heading says what Axolotl does.
    """
    texts: list[str] = []
    findings = without_repetition(findings)
    copied: set[str] = set()
    for finding in findings:
        lines = "" if finding.mended in copied else finding.mended
        copied.add(finding.mended)
        texts.append(finding_text(finding) + (f"\n{limits.block(lines, 'yaml', _COPY)}" if lines.strip() else ""))
    return texts


def without_repetition(findings: Sequence[Finding]) -> list[Finding]:
    """The findings; where many begin with what the heading above them says, without that beginning."""
    begins = [finding.message.startswith(_OF_HEADING) for finding in findings]
    if sum(begins) < _MANY:
        return list(findings)
    return [
        replace(finding, message=finding.message.removeprefix(_OF_HEADING)) if alike else finding
        for finding, alike in zip(findings, begins, strict=True)
    ]


def finding_text(finding: Finding) -> str:
    """Head line and message, at most 900 characters; one finding is never cut in two."""
    message = spoken(finding.message)
    if finding.suggestion and finding.suggestion not in finding.message:
        message += f" Did you mean {limits.code(finding.suggestion)}?"
    return f"{head(finding)}\n{limits.cut(message, _LONGEST - 300)}"


def head(finding: Finding) -> str:
    """`**Line 35** · warmup_ratio: 0.1`: where it is, in the user's own words."""
    return f"**{where(finding)}** · {_words(finding)}"


def where(finding: Finding) -> str:
    """The place as words: a line, several lines, a row of the dataset, or the whole file."""
    if finding.source == "dataset" and finding.row:
        more = (finding.rows or 1) - 1
        return f"Row{_GAP}{finding.row}{f' and {more:,} more' if more else ''}"
    lines = sorted({place.line for place in _places(finding)} or ({finding.line} if finding.line else set()))
    if not lines:
        return "Dataset" if finding.source == "dataset" else "Whole file"
    if len(lines) == 1:
        return f"Line{_GAP}{lines[0]}"
    if len(lines) > _PLACES or lines[-1] - lines[0] == len(lines) - 1:
        return f"Lines{_GAP}{lines[0]}–{lines[-1]}"
    return f"Lines{_GAP}{listed([str(line) for line in lines])}"


def _places(finding: Finding) -> list[Place]:
    """The places to show in file order: the first one, and those that the message does not name itself."""
    shown = [
        place
        for index, place in enumerate(finding.places)
        if index == 0 or place.path.rpartition(".")[2] not in finding.message
    ]
    return sorted(shown, key=lambda place: (place.line, place.column))


def _words(finding: Finding) -> str:
    """What stands there, else the names of the fields, else the rule."""
    excerpts = list(dict.fromkeys(place.excerpt for place in _places(finding) if place.excerpt.strip()))
    words = excerpts or list(finding.fields) or [finding.rule]
    shown = [limits.code(word) for word in words[:_PLACES]]
    more = len(words) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")
