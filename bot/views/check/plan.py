"""The plan of a run: its numbers, the curve of its learning rate, and what is not known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from discord import ui

from bot import jobs
from bot.errors import UserError
from bot.views.check.curve import NAME
from bot.views.check.report import subject
from bot.views.check.run import run_lines, table
from bot.views.kit import limits
from bot.views.kit.layout import Colour, container, layout, picture, small
from knowledge.json_values import to_plain
from knowledge.memory import change_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.answers import Checked
    from bot.services import Services
    from knowledge.memory import Fitting

_ASSUMPTIONS = 900
_CARDS = 1300
NO_CURVE = "The learning rate curve took too long to draw. Press **Plan** again to get it."
NO_PLAN = "There is no plan: I could read neither a batch nor a number of epochs from the config."


async def plan_layout(services: Services, checked: Checked) -> tuple[ui.LayoutView, dict[str, Any]]:
    """The plan of a config that was checked, and the files to send with it."""
    plan, memory = checked.report.plan, checked.report.memory
    if plan is None:
        raise UserError(NO_PLAN)
    items: list[ui.Item[Any]] = [ui.TextDisplay(f"### Your run\n{small(subject(checked))}")]
    items.append(ui.TextDisplay("\n\n".join(run_lines(checked.report))))
    items.append(ui.TextDisplay(table(plan, memory, checked.report.duration)))
    files: dict[str, Any] = {}
    curve = await _curve(services, checked)
    if isinstance(curve, jobs.Picture):
        gallery, files["file"] = picture(curve.png, curve.alt, NAME)
        items.append(gallery)
    elif curve is not None:
        items.append(ui.TextDisplay(small(curve)))
    if ways := [way for way in checked.report.ways if way.changes]:
        items += [ui.Separator(), ui.TextDisplay(limits.cut(fitting_text(ways), _CARDS))]
    view: list[ui.Item[Any]] = [container(Colour.NEUTRAL, *items)]
    duration = checked.report.duration
    said = [*plan.assumptions, *(duration.assumptions if duration is not None else ())]
    if said:
        view.append(ui.TextDisplay(small(limits.cut(" ".join(dict.fromkeys(said)), _ASSUMPTIONS))))
    return layout(*view), files


def fitting_text(ways: Sequence[Fitting]) -> str:
    """The cheapest changes that make the run fit smaller cards."""
    parts = []
    for way in ways:
        head = f"**To fit a card of {way.card_gb:g} GB**"
        if not way.fits:
            head = f"**I know of no change that makes it fit a card of {way.card_gb:g} GB.** The closest is:"
        steps = [f"{place}. {change_line(change)}" for place, change in enumerate(way.changes, 1)]
        parts.append("\n".join([head, *steps]))
    return "\n\n".join(parts)


async def _curve(services: Services, checked: Checked) -> jobs.Picture | str | None:
    """The picture, or why there is none; a plan without it is better than none."""
    try:
        plan = to_plain(checked.report.plan)
        return await services.workers.run(jobs.curve, text=checked.submission.text, gpus=checked.gpus, plan=plan)
    except UserError:
        return NO_CURVE
