"""The first line of an answer, for somebody who reads nothing else."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from bot.views.kit.wording import plural, spelled
from knowledge.finding import Severity
from knowledge.plan.words import guide_on_one_gpu
from knowledge.text import listed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from knowledge import Report
    from knowledge.finding import Finding

_YAML = "yaml-"


def is_unreadable(finding: Finding) -> bool:
    """Whether a finding is a fault of the YAML itself."""
    return finding.severity is Severity.ERROR and finding.rule.startswith(_YAML)


def verdict(report: Report, findings: Iterable[Finding]) -> str:
    """One sentence or two: what Axolotl does with the config, and how much of it is not as meant.

    Args:
        report: What was found.
        findings: Those that are shown; rules that a server has muted are not counted.
    """
    shown = tuple(findings)
    count = Counter(finding.severity for finding in shown)
    name = f"Axolotl {report.axolotl}"
    broken = next((finding for finding in shown if is_unreadable(finding)), None)
    if broken is not None:
        line = f" Line {broken.line} is the cause." if broken.line else ""
        return f"This is not valid YAML, so {name} cannot read it.{line}"
    ignored = count[Severity.IGNORED]
    if errors := count[Severity.ERROR]:
        rest = f"; {plural(ignored, 'key')} {'is' if ignored == 1 else 'are'} ignored" if ignored else ""
        return _refuses(name, errors, rest)
    if crashes := count[Severity.CRASH]:
        return _fails(report, name, crashes)
    if report.verdict == "refused":
        return f"{name} refuses this; the reason is muted on this server."
    doubts: list[str] = []
    if ignored:
        doubts.append(f"{spelled(ignored, 'key')} {'does' if ignored == 1 else 'do'} nothing")
    if warnings := count[Severity.WARNING]:
        doubts.append(f"{spelled(warnings, 'thing')} may not be as you intended")
    if (times := guide_factor(report)) is not None:
        doubts.append(f"{times} GPUs make the batch {times} times as large")
    return _starts(report, name, doubts)


def guide_factor(report: Report) -> int | None:
    """How many times the guide's batch this is because of its GPUs alone, where one GPU would meet the guide."""
    plan = report.plan
    return None if plan is None or guide_on_one_gpu(plan) is None else plan.data_parallel


def headline(report: Report) -> str:
    """The verdict for a terminal: plain numbers, and everything that was found is counted."""
    refused, fails = report.count(Severity.ERROR), report.count(Severity.CRASH)
    ignored, others = report.count(Severity.IGNORED), report.count(Severity.WARNING)
    name = f"Axolotl {report.axolotl}"
    if refused:
        return _refuses(name, refused)
    doubts = []
    if ignored:
        doubts.append(f"{plural(ignored, 'key')} {'does' if ignored == 1 else 'do'} nothing")
    if others:
        doubts.append(f"{plural(others, 'thing')} may not be as you intended")
    if fails:
        return _fails(report, name, fails, f"; {listed(doubts)}" if doubts else "")
    return _starts(report, name, doubts)


def _refuses(name: str, errors: int, rest: str = "") -> str:
    only = " Axolotl would show you only the first." if errors > 1 else ""
    return f"{name} refuses this: {plural(errors, 'reason')}{rest}.{only}"


def _fails(report: Report, name: str, crashes: int, rest: str = "") -> str:
    what = "launch" if report.launcher else "run"
    return f"{name} accepts this, but the {what} fails: {plural(crashes, 'reason')}{rest}."


def _starts(report: Report, name: str, doubts: list[str]) -> str:
    if doubts:
        return f"{name} {'accepts this launcher file' if report.launcher else 'starts this'}, but {listed(doubts)}."
    return f"I found nothing wrong{' in this launcher file' if report.launcher else ''} for {name}."
