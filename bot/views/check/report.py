"""The answer to a check: verdict, findings by severity, the run, what was not checked. What does not fit is paged."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from discord import ui

from bot.views.check.finding import finding_texts
from bot.views.check.outlook import outlook
from bot.views.check.run import run_lines
from bot.views.check.secret_places import secret_places, with_article
from bot.views.check.verdict import is_unreadable, verdict
from bot.views.kit import limits
from bot.views.kit.escape import inert, spoken
from bot.views.kit.layout import colour_of, container, layout, small
from bot.views.kit.wording import plural
from knowledge.finding import Severity
from knowledge.secrets import mask
from knowledge.text import listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.answers import Checked
    from knowledge.finding import Finding
    from knowledge.secrets import Secret

_PLAIN_NAME = re.compile(r"[\w .()+-]{1,80}\Z")
_HEAD = 1300
_RUN = 900
_FOOT = 500
_SECRETS = 600
_EXCERPT_LINE = 60


@dataclass(frozen=True, slots=True)
class Page:
    """One page of findings: those from `start` up to `end`, of `total`; `number` and `pages` count from 1."""

    start: int
    end: int
    total: int
    number: int
    pages: int


def report_layout(checked: Checked, rows: Sequence[ui.ActionRow[Any]], page: Page) -> ui.LayoutView:
    """The answer to a check.

    Args:
        checked: What was checked, and what came out.
        rows: Rows of buttons and selects below the answer.
        page: Which of its findings.
    """
    shown = checked.findings
    items: list[ui.Item[Any]] = [ui.TextDisplay(_head(checked, first=page.number == 1))]
    for text in _groups(shown, page):
        items += [ui.Separator(), ui.TextDisplay(text)]
    first = page.number == 1
    if first and (run := _run(checked)):
        items += [ui.Separator(), ui.TextDisplay(run)]
    view: list[ui.Item[Any]] = []
    if first and (warning := _secrets(checked)):
        view.append(ui.TextDisplay(warning))
    view.append(container(colour_of(finding.severity for finding in shown), *items))
    if first and (foot := _foot(checked)):
        view.append(ui.TextDisplay(foot))
    return layout(*view, *rows)


def page_of(checked: Checked, number: int) -> Page:
    """The page with a number; the nearest one where there is none of that number."""
    texts = finding_texts(_listed(checked.findings))
    starts = [0]
    while True:
        room = limits.PAGE - _fixed(checked, len(starts) == 1)
        rest = _with_headings(checked.findings, texts, starts[-1])
        taken, _ = limits.pack(rest, room)
        if starts[-1] + taken >= len(texts):
            break
        starts.append(starts[-1] + taken)
    index = min(max(number, 1), len(starts)) - 1
    end = starts[index + 1] if index + 1 < len(starts) else len(texts)
    return Page(starts[index], end, len(texts), index + 1, len(starts))


def subject(checked: Checked) -> str:
    """`config.yaml · 38 keys · 4 GPUs`."""
    parts = [file_name(checked.submission.name), plural(checked.report.keys, "key")]
    if not checked.report.launcher:
        parts.append(plural(checked.gpus, "GPU"))
    if checked.request.dataset is not None:
        parts.append(f"rows of {file_name(checked.request.dataset.name)}")
    return " · ".join(parts)


def file_name(name: str) -> str:
    """A file's name as it is, its secrets masked, or as code where it would turn into format."""
    name = mask(name)
    if _PLAIN_NAME.match(name) and "__" not in name and not name.startswith(("_", "-", "#")):
        return name
    return limits.code(name, 80)


def _listed(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """The findings in the list: a fault of the YAML is in the head instead."""
    broken = _broken(findings)
    return tuple(finding for finding in findings if finding is not broken)


def _broken(findings: Sequence[Finding]) -> Finding | None:
    return next((finding for finding in findings if is_unreadable(finding)), None)


def _fixed(checked: Checked, first: bool) -> int:  # noqa: FBT001
    """Characters of a page that findings cannot have."""
    size = limits.length(_head(checked, first=first))
    if first:
        size += sum(limits.length(part(checked)) for part in (_run, _foot, _secrets))
    return size


def _head(checked: Checked, *, first: bool) -> str:
    told = verdict(checked.report, checked.findings)
    whose = [spoken(line) for line in checked.report.origin]
    lines = [f"### {whose[0]}", told] if whose else [f"### {told}"]
    lines.append(small(subject(checked)))
    if not first:
        return "\n".join(lines)
    lines += [limits.cut(line, 300) for line in whose[1:]]
    lines += outlook(checked.report, checked.findings)
    if checked.progress is not None:
        progress = checked.progress
        counts = f"{progress.mended} fixed, {progress.left} left, {progress.new} new"
        # What was pasted has no file's name.
        named = f" of {file_name(progress.name)}" if "." in progress.name else ""
        lines.append(f"Since your last check{named}: {counts}.")
    said = [*checked.report.repairs, *checked.notes]
    lines += [small(limits.cut(" ".join(said), 400))] if said else []
    if (broken := _broken(checked.findings)) is not None:
        lines.append(_excerpt(checked, broken))
    return limits.cut("\n".join(lines), _HEAD)


def _excerpt(checked: Checked, finding: Finding) -> str:
    """The line at fault with the one before it, what is wrong, and the lines to write instead."""
    lines = checked.submission.text.splitlines()
    parts: list[str] = []
    if finding.line and finding.line <= len(lines):
        numbers = range(max(1, finding.line - 1), finding.line + 1)
        width = len(str(finding.line))
        shown = [f"{number:>{width}}  {limits.cut(lines[number - 1], _EXCERPT_LINE)}" for number in numbers]
        if finding.column and finding.column <= _EXCERPT_LINE:
            shown.append(" " * (width + 1 + finding.column) + "^")
        parts.append(limits.block("\n".join(shown), limit=300))
    parts.append(f"{limits.cut(spoken(finding.message), 400)}\n")
    if finding.mended:
        parts.append(limits.block(finding.mended, "yaml", 300))
    more = len(_listed(checked.findings))
    if more:
        parts.append(f"I checked the rest as if that were fixed: {plural(more, 'more finding')}.")
    return "".join(parts).rstrip("\n") + ("\n" if finding.mended and not more else "")


def _with_headings(findings: Sequence[Finding], texts: Sequence[str], start: int) -> list[str]:
    """The finding texts from `start` on, with the heading before the first of each severity."""
    found = _listed(findings)
    rest: list[str] = []
    for index in range(start, len(found)):
        new = index == start or found[index].severity is not found[index - 1].severity
        heading = f"**{found[index].severity.heading}** (1,000–1,000 of 1,000)\n" if new else ""
        rest.append(heading + texts[index])
    return rest


def _groups(findings: Sequence[Finding], page: Page) -> list[str]:
    """One text a severity; findings are apart by a blank line."""
    listed_ones = _listed(findings)
    found = list(enumerate(listed_ones))
    written = finding_texts(listed_ones)
    totals = {key: [index for index, _ in group] for key, group in groupby(found, lambda each: each[1].severity)}
    texts: list[str] = []
    for severity, group in groupby(found[page.start : page.end], lambda each: each[1].severity):
        members = list(group)
        every = totals[severity]
        heading = f"**{severity.heading}**"
        if len(members) < len(every):
            first, last = members[0][0] - every[0] + 1, members[-1][0] - every[0] + 1
            heading += f" ({first}–{last} of {len(every)})" if first < last else f" ({first} of {len(every)})"
        texts.append("\n".join([heading, "\n\n".join(written[index] for index, _ in members)]))
    return texts


def _run(checked: Checked) -> str:
    lines = run_lines(checked.report)
    return limits.cut("**Your run**\n" + "\n\n".join(lines), _RUN) if lines else ""


def _foot(checked: Checked) -> str:
    parts = []
    if checked.muted and len(checked.findings) < len(checked.report.findings):
        hidden = dict.fromkeys(finding.rule for finding in checked.report.findings if finding.rule in checked.muted)
        reasons = [f"{limits.code(rule)} ({limits.one_line(inert(checked.muted[rule]), 100)})" for rule in hidden]
        parts.append(f"Muted here: {listed(reasons)}.")
    if checked.report.silenced:
        parts.append(f"Turned off by comments in the file: {plural(checked.report.silenced, 'finding')}.")
    if checked.report.not_checked:
        parts.append(f"Not checked: {'; '.join(checked.report.not_checked)}.")
    if all(finding.severity is Severity.ADVICE for finding in checked.report.findings) and not checked.report.launcher:
        parts.append("A clean report is not a guarantee: run `axolotl preprocess config.yaml` next.")
    return small(limits.cut("\n".join(parts), _FOOT))


def _secrets(checked: Checked) -> str:
    """What was masked, how it is revoked, and who could read it; empty where nothing was."""
    rows = checked.request.dataset.secrets if checked.request.dataset is not None else ()
    if not checked.submission.secrets and not rows:
        return ""
    warning = secret_warning(checked.submission.secrets, public=checked.request.message is not None, rows=rows)
    return limits.cut(warning, _SECRETS)


def secret_warning(secrets: Sequence[Secret], *, public: bool, rows: Sequence[Secret] = ()) -> str:
    """What to do about secrets in a text.

    Args:
        secrets: What was found.
        public: Whether the text is in a channel that others read.
        rows: What was found in the rows of a dataset.
    """
    kinds = dict.fromkeys(secret.kind for secret in (*rows, *secrets))
    lines = [f"**Secret found: {listed([with_article(kind) for kind in kinds])}.** I mask it in everything I show."]
    lines += [f"{place}: {revoke}" for place, revoke in (*secret_places(secrets), *secret_places(rows, "dataset, "))]
    if public:
        lines.append("Everybody in this channel can read the message, so delete it as well.")
    else:
        lines.append("This answer is private, but anyone who has the file has the secret too.")
    return "\n".join(lines)
