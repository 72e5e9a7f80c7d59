"""What is remembered of recent answers, in memory only: for their buttons, and for "3 fixed, 1 left".

A config is kept for its own buttons, with its secrets masked, for an hour at most. What a second check is compared with
is rule ids, paths and hashes of its keys, never the config.
"""

from __future__ import annotations

import secrets
import time
import zlib
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, cast

from cachetools import TTLCache

from bot.request import PASTED
from knowledge import Report
from knowledge.hub import HubFacts
from knowledge.json_values import from_json, to_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bot.request import CheckRequest, Submission
    from bot.store import EntryName
    from knowledge.finding import Finding

_ANSWERS = 1000
_BYTES = 16 << 20
_QUICK = 1
_CHECKS = 5000
_CHECK_SECONDS = 3600.0
_CORRECTED = ".corrected"


@dataclass(frozen=True, slots=True)
class Progress:
    """What became of the findings of the check before, and the name of the file that was checked then."""

    name: str
    mended: int
    left: int
    new: int


@dataclass(frozen=True, slots=True)
class Checked:
    """A config that was checked, and what came out.

    Attributes:
        request: What was asked.
        report: What was found.
        gpus: GPUs that it was checked for.
        axolotl: Axolotl release that it was checked for, None for the newest known.
        notes: Sentences about how the text was taken.
        muted: Rules that the server has muted, with the reason.
        progress: What became of the findings of the member's check before.
        faq: Entries of the server's FAQ that explain the findings.
    """

    request: CheckRequest
    report: Report
    gpus: int
    axolotl: str | None = None
    notes: tuple[str, ...] = ()
    muted: Mapping[str, str] = field(default_factory=dict)
    progress: Progress | None = None
    faq: tuple[EntryName, ...] = ()

    @property
    def submission(self) -> Submission:
        """The config, its secrets masked."""
        return self.request.submission

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings that are shown: rules that the server has muted are left out."""
        return tuple(finding for finding in self.report.findings if finding.rule not in self.muted)


@dataclass(frozen=True, slots=True)
class _Packed:
    """An answer as it is kept: its large parts compressed, which is a tenth of them."""

    bare: Checked
    text: bytes
    report: bytes
    rows: bytes
    facts: bytes

    @classmethod
    def of(cls, checked: Checked) -> _Packed:
        request, dataset = checked.request, checked.request.dataset
        large = (
            request.submission.text.encode("utf-8", "surrogatepass"),
            to_json(checked.report).encode(),
            dataset.data if dataset is not None else b"",
            to_json(request.facts).encode() if request.facts is not None else b"",
        )
        small = replace(
            request,
            submission=replace(request.submission, text=""),
            dataset=None if dataset is None else replace(dataset, data=b""),
            facts=None,
        )
        bare = replace(checked, request=small, report=cast("Report", None))
        return cls(bare, *(zlib.compress(part, _QUICK) for part in large))

    def unpacked(self) -> Checked:
        small, dataset = self.bare.request, self.bare.request.dataset
        facts = zlib.decompress(self.facts)
        text = zlib.decompress(self.text).decode("utf-8", "surrogatepass")
        request = replace(
            small,
            submission=replace(small.submission, text=text),
            dataset=None if dataset is None else replace(dataset, data=zlib.decompress(self.rows)),
            facts=from_json(HubFacts, facts) if facts else None,
        )
        report = from_json(Report, zlib.decompress(self.report))
        return replace(self.bare, request=request, report=report)

    def size(self) -> int:
        """Bytes; a small answer counts for more than it has, so that there are never more than `_ANSWERS`."""
        large = (self.text, self.report, self.rows, self.facts)
        return max(sum(map(len, large)), _BYTES // _ANSWERS)


@dataclass(frozen=True, slots=True)
class _Before:
    name: str
    file: str
    keys: frozenset[int]
    findings: Counter[tuple[str, tuple[str, ...]]]


def _keys(text: str) -> frozenset[int]:
    """What tells whether two texts are one config: its keys, as numbers that nobody can read."""
    return frozenset(hash(line.partition(":")[0].strip()) for line in text.splitlines() if ":" in line)


def _now() -> float:
    return time.monotonic()


class Answers:
    """Recent answers by key, and recent checks by member.

    Args:
        minutes: How long an answer is kept.
    """

    def __init__(self, minutes: int) -> None:
        self._kept: TTLCache[str, _Packed] = TTLCache(_BYTES, minutes * 60.0, timer=_now, getsizeof=_Packed.size)
        self._before: TTLCache[int, _Before] = TTLCache(_CHECKS, _CHECK_SECONDS, timer=_now)

    def keep(self, checked: Checked) -> str:
        """Keeps an answer; returns the key under which its buttons find it."""
        key = secrets.token_urlsafe(9)
        self._kept[key] = _Packed.of(checked)
        return key

    def find(self, key: str) -> Checked | None:
        """The answer of a key, or None when it has expired."""
        found = self._kept.get(key)
        return found.unpacked() if found else None

    def compare(self, owner: int, submission: Submission, findings: Iterable[Finding]) -> Progress | None:
        """Remembers a check of a member and compares it with the one before, if that was of the same config.

        It is taken for the same when its name and most of its keys are; a pasted text, which has no name, also has to
        share findings with the one before, or to have no new ones.
        """
        name, keys = submission.name, _keys(submission.text)
        current = Counter((finding.rule, finding.fields) for finding in findings)
        stem = name.replace(_CORRECTED, "")
        before = self._before.get(owner)
        self._before[owner] = _Before(stem, name, keys, current)
        if before is None:
            return None
        left = (before.findings & current).total()
        progress = Progress(before.file, before.findings.total() - left, left, current.total() - left)
        # The corrected copy of a pasted text has a name, the text had none.
        named = stem if before.name != PASTED or _CORRECTED not in name else PASTED
        of_copy = named != PASTED or _CORRECTED in name
        alike = len(before.keys & keys) * 2 >= len(before.keys | keys)
        same = before.name == named and alike and (of_copy or progress.left > 0 or progress.new == 0)
        return progress if same and before.findings else None
