"""The first line of an answer, for somebody who reads nothing else."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from bot.views.kit.wording import listed, plural, spelled
from knowledge.finding import Severity
from knowledge.plan import GUIDE_BATCH

if TYPE_CHECKING:
    from collections.abc import Iterable

    from knowledge import Report
    from knowledge.finding import Finding

_YAML = "yaml-"
_NEAR = 0.1


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
        only = " Axolotl would show you only the first." if errors > 1 else ""
        return f"{name} refuses this: {plural(errors, 'reason')}{rest}.{only}"
    if crashes := count[Severity.CRASH]:
        what = "launch" if report.launcher else "run"
        return f"{name} accepts this, but the {what} fails: {plural(crashes, 'reason')}."
    if report.verdict == "refused":
        return f"{name} refuses this; the reason is muted on this server."
    doubts: list[str] = []
    if ignored:
        doubts.append(f"{spelled(ignored, 'key')} {'does' if ignored == 1 else 'do'} nothing")
    if warnings := count[Severity.WARNING]:
        doubts.append(f"{spelled(warnings, 'thing')} may not be as you mean")
    if (times := guide_factor(report)) is not None:
        doubts.append(f"the batch is {times} times the guide's")
    if doubts:
        return f"{name} {'takes this launcher file' if report.launcher else 'starts this'}, but {listed(doubts)}."
    return f"I found nothing wrong{' in this launcher file' if report.launcher else ''} for {name}."


def guide_factor(report: Report) -> int | None:
    """How many times the guide's batch this is because of its GPUs alone, where one GPU would meet the guide."""
    plan = report.plan
    if plan is None or plan.real_global_batch is None or plan.data_parallel is None or plan.data_parallel < 2:
        return None
    alone = plan.real_global_batch // plan.data_parallel
    return plan.data_parallel if abs(alone - GUIDE_BATCH) <= GUIDE_BATCH * _NEAR else None
