"""What differs between two configs, and what that changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from discord import ui

from bot.views.check.finding import finding_text
from bot.views.check.report import file_name
from bot.views.explanation import related
from bot.views.kit import limits
from bot.views.kit.escape import inert, spoken
from bot.views.kit.layout import Colour, colour_of, container, layout, small
from bot.views.kit.wording import plural
from knowledge.search import first_sentence
from knowledge.text import listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from knowledge.compare import Comparison, Effect, FieldChange
    from knowledge.finding import Finding

_EFFECTS = 900
_CHANGES = 1300
_FINDINGS = 700
_LONGEST_SAME = 12


def comparison_layout(found: Comparison, before: str, after: str, owner: int, note: str = "") -> ui.LayoutView:
    """The answer to /compare.

    Args:
        found: What differs.
        before: Name of the first file.
        after: Name of the second.
        owner: Who may use the select below it.
        note: A sentence about what was asked.
    """
    real = [change for change in found.changes if not change.reads_same]
    gpus = f"{found.gpus_before} → {found.gpus_after} GPUs" if found.gpus_before != found.gpus_after else ""
    about = [f"{file_name(before)} → {file_name(after)}", gpus or plural(found.gpus_before, "GPU")]
    head = f"### {_headline(found, len(real))}\n{small(' · '.join(about))}"
    if any(verdict != "runs" for verdict in (found.verdict_before, found.verdict_after)):
        names = (file_name(before), file_name(after))
        said = [f"**{name}**: {verdict}." for name, verdict in zip(names, found.verdicts, strict=True)]
        head = "\n".join([head, *said])
    if note:
        head = f"{head}\n{small(inert(note))}"
    items: list[ui.Item[Any]] = [ui.TextDisplay(head)]
    for title, text in (
        ("What that does", _effects(found.effects)),
        ("What differs", _changes(real)),
        ("New findings", _findings(found.new_findings)),
        ("Gone", _findings(found.gone_findings)),
    ):
        if text:
            items += [ui.Separator(), ui.TextDisplay(f"**{title}**\n{text}")]
    new = [finding.severity for finding in found.new_findings]
    colour = colour_of(new) if new else Colour.NEUTRAL
    view: list[ui.Item[Any]] = [container(colour, *items)]
    same = [limits.code(change.path, 60) for change in found.changes if change.reads_same]
    if same:
        more = len(same) - _LONGEST_SAME
        shown = [*same[:_LONGEST_SAME], f"{more} more"] if more > 0 else same
        view.append(ui.TextDisplay(small(limits.cut(f"Written differently, read the same: {listed(shown)}.", 400))))
    if select := related("Explain", owner, [(change.path, "differs") for change in real]):
        view.append(ui.ActionRow(select))
    return layout(*view)


def _headline(found: Comparison, real: int) -> str:
    if found.same:
        return "Both make the same run."
    if not real:
        return "Only the number of GPUs differs."
    new, gone = len(found.new_findings), len(found.gone_findings)
    changes = f"{plural(real, 'difference')} in what Axolotl reads"
    counts = [f"{plural(new, 'new finding')}"] if new else []
    counts += [f"{gone} gone"] if gone else []
    return f"{changes}; {listed(counts)}." if counts else f"{changes}."


def _effects(effects: Sequence[Effect]) -> str:
    lines = [limits.cut(spoken(effect.words), 240) for effect in effects]
    return _packed(lines, _EFFECTS, "effect")


def _changes(changes: Sequence[FieldChange]) -> str:
    lines = []
    for change in changes:
        before = limits.code(change.before) if change.before is not None else "absent"
        after = limits.code(change.after) if change.after is not None else "absent"
        meaning = f"\n{first_sentence(change.meaning, 200)}" if change.meaning else ""
        lines.append(f"{limits.code(change.path, 60)}: {before} → {after}{meaning}")
    return _packed(lines, _CHANGES, "difference")


def _findings(findings: Sequence[Finding]) -> str:
    return _packed([limits.cut(finding_text(finding), 300) for finding in findings], _FINDINGS, "finding", "\n\n")


def _packed(lines: Sequence[str], room: int, noun: str, gap: str = "\n") -> str:
    """Whole lines as far as they fit, and how many are left."""
    taken, _ = limits.pack(lines, room, gap=len(gap))
    shown = list(lines[:taken])
    if taken < len(lines):
        shown.append(f"… and {plural(len(lines) - taken, f'more {noun}')}.")
    return gap.join(shown)
