"""The plan of a run: its numbers, the curve of its learning rate, and what is not known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from discord import ui

from bot.views import limits
from bot.views.layout import Colour, container, layout, small
from bot.views.report import subject
from bot.views.run import run_lines, table

if TYPE_CHECKING:
    from bot.answers import Checked
    from bot.client import HelpBot

_ASSUMPTIONS = 900


async def plan_layout(bot: HelpBot, checked: Checked) -> tuple[ui.LayoutView, dict[str, Any]]:
    """The plan of a config that was checked, and the files to send with it."""
    plan, memory = checked.report.plan, checked.report.memory
    assert plan is not None
    items: list[ui.Item[Any]] = [ui.TextDisplay(f"### Your run\n{small(subject(checked))}")]
    items.append(ui.TextDisplay("\n".join(run_lines(checked.report))))
    items.append(ui.TextDisplay(table(plan, memory)))
    files: dict[str, Any] = {}
    view: list[ui.Item[Any]] = [container(Colour.NEUTRAL, *items)]
    if plan.assumptions:
        view.append(ui.TextDisplay(small(limits.cut(" ".join(plan.assumptions), _ASSUMPTIONS))))
    return layout(*view), files
