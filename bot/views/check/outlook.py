"""What decides for somebody who reads no further: does it run, does it learn, does it fit; each with what to change."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from bot.views.check.cost import fit_line
from bot.views.check.finding import where
from bot.views.kit.limits import code
from bot.views.kit.wording import plural
from knowledge.finding import Severity
from knowledge.memory import keys_in_words
from knowledge.plan import trainer_warmup
from knowledge.plan.words import ENOUGH, FEW, more_steps
from knowledge.schedule import KINDS
from knowledge.text import listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from knowledge import Report
    from knowledge.finding import Finding
    from knowledge.memory import Fitting
    from knowledge.plan import TrainingPlan

_MOST_KEYS: Final = 5
_COMMON_GB: Final = 24
"""What fits a card of this memory fits what most people have."""
_SHORT_WARMUP: Final = 2


def outlook(report: Report, findings: Sequence[Finding]) -> tuple[str, ...]:
    """At most three sentences; nothing of a text that is not a training config.

    Args:
        report: What was found.
        findings: Those that are shown.
    """
    if report.plan is None or report.launcher:
        return ()
    lines = (_runs(findings), _learns(report, report.plan), _fits(report))
    return tuple(line for line in lines if line)


def _runs(findings: Sequence[Finding]) -> str:
    for severity, words in ((Severity.ERROR, "**Does not start**"), (Severity.CRASH, "**Starts, then fails**")):
        reasons = [finding for finding in findings if finding.severity is severity]
        if reasons:
            places = list(dict.fromkeys(_place(finding) for finding in reasons))
            more = f" and {plural(len(places) - 2, 'more place')}" if len(places) > 2 else ""
            named = places[:2] if more else [listed(places)]
            return f"{words}: fix {', '.join(named)}{more} first."
    return ""


def _place(finding: Finding) -> str:
    """Where it is, within a sentence: what is missing has no line, so its name stands there."""
    if not finding.places and finding.fields:
        return code(finding.fields[0])
    # Where lines of the config are the cure, nobody has to edit the rows that it stops at.
    place = where(replace(finding, row=None) if finding.mended and finding.places else finding)
    return f"{place[:1].lower()}{place[1:]}"


def _learns(report: Report, plan: TrainingPlan) -> str:
    sample, part = report.dataset, plan.of_rows
    if sample is not None and sample.rows and not sample.rows_failed and not sample.trained_tokens and sample.lengths:
        return "**Learns nothing**: no token of these rows is trained."
    steps = plan.optimizer_steps_done
    if part is not None and part.more and part.steps:
        return f"{part.example:,} rows like these make about {plural(part.steps, 'step')}."
    if not steps or (plan.train_rows is None and plan.total_num_steps is None and not _limited(plan)):
        return ""
    low, high = plan.total_num_steps_range or (steps, steps)
    number = f"{'' if low == high else 'about '}{plural(steps, 'optimizer step')}"
    return _steps(plan, high, number)


def _limited(plan: TrainingPlan) -> bool:
    """Whether `max_steps` alone says how many steps there are."""
    return plan.trainer_max_steps == plan.optimizer_steps_done


def _steps(plan: TrainingPlan, steps: int, number: str) -> str:
    """A word on the number of steps: by the most that there may be, so that it is sure."""
    kind = KINDS.get(plan.lr_scheduler)
    warmup = trainer_warmup(plan.warmup_steps, steps) if kind is None or kind.warmup else 0
    never = warmup > _SHORT_WARMUP and warmup >= steps
    if steps < FEW and plan.train_rows is not None:
        line = f"**hardly learns**: only {number}{', nothing but warm-up' if never else ''}."
        line += f" {_more(plan)}"
        return _sentence(plan, line.rstrip() + (" Set `warmup_ratio: 0.1`." if never else ""))
    if never:
        line = f"**never reaches its learning rate**: {number}, nothing but warm-up. Set `warmup_ratio: 0.1`."
        return _sentence(plan, line)
    if steps < ENOUGH and plan.train_rows is not None:
        return _sentence(plan, f"**makes few steps**: {number}. {_more(plan)}".rstrip())
    return _sentence(plan, f"**learns** over {number}.")


def _sentence(plan: TrainingPlan, line: str) -> str:
    """The line as it begins a sentence, or as it goes on after a condition."""
    return f"{plan.condition}, the run {line}" if plan.condition else f"**{line[2:3].upper()}{line[3:]}"


def _more(plan: TrainingPlan) -> str:
    """What makes more steps."""
    part = plan.of_rows
    if cure := more_steps(plan):
        return f"{cure}."
    if part is not None and part.steps:
        return f"{part.example:,} such rows would make about {part.steps:,}."
    return "It needs more rows."


def says_a_cure(report: Report) -> bool:
    """Whether the outlook has to name what makes the run fit a smaller card, which takes some time to find."""
    memory = report.memory
    return memory is not None and (not memory.fits or min(memory.fits) > _COMMON_GB)


def _fits(report: Report) -> str:
    memory = report.memory
    if memory is None:
        return ""
    if report.gpu is not None:
        from knowledge.gpus import gpu_named  # few ask for a card

        card = gpu_named(report.gpu)
        cure = _cure(report.ways) if report.fits is False else ""
        return f"{fit_line(memory, card)}{f' {cure}' if cure else ''}"
    about = f"about {memory.estimate_gib:.0f} GiB per GPU"
    if not memory.fits:
        return f"**Does not fit on any single card**: {about}. {_cure(report.ways)}".rstrip()
    least = min(memory.fits)
    line = f"**Fits cards of {least} GB and up**: {about}."
    if least > _COMMON_GB and (cure := _cure(report.ways)):
        line += f" {cure}"
    return line


def _cure(ways: Sequence[Fitting]) -> str:
    """The cheapest changes that bring it to the largest of the cards it does not fit."""
    way = next((each for each in ways if each.fits and each.changes), None)
    if way is None:
        return "I know of no change that makes it fit." if ways else ""
    keys: dict[str, str | int | float | bool | None] = {}
    for change in way.changes:
        keys |= change.keys
    if len(keys) > _MOST_KEYS:
        return f"For {way.card_gb:g} GB it takes {plural(len(way.changes), 'change')}: see **Plan**."
    last = way.changes[-1]
    return f"For {way.card_gb:g} GB: {keys_in_words(keys)} (about {last.estimate_gib:.0f} GiB)."
