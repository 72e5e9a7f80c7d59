"""The plan of a run: its numbers, the curve of its learning rate, and what is not known."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import discord
from discord import ui

from bot import jobs
from bot.errors import UserError
from bot.views import limits
from bot.views.curve import NAME
from bot.views.layout import Colour, container, layout, small
from bot.views.report import subject
from bot.views.run import run_lines, table

if TYPE_CHECKING:
    from bot.answers import Checked
    from bot.client import HelpBot

_ASSUMPTIONS = 900
NO_CURVE = "The curve of the learning rate took too long to draw. Press **Plan** again for it."
NO_PLAN = "There is no plan: the config names neither a batch nor a number of epochs that can be read."


async def plan_layout(bot: HelpBot, checked: Checked) -> tuple[ui.LayoutView, dict[str, Any]]:
    """The plan of a config that was checked, and the files to send with it."""
    plan, memory = checked.report.plan, checked.report.memory
    if plan is None:
        raise UserError(NO_PLAN)
    items: list[ui.Item[Any]] = [ui.TextDisplay(f"### Your run\n{small(subject(checked))}")]
    items.append(ui.TextDisplay("\n".join(run_lines(checked.report))))
    items.append(ui.TextDisplay(table(plan, memory)))
    files: dict[str, Any] = {}
    curve = await _curve(bot, checked)
    if isinstance(curve, jobs.Curve):
        files["file"] = discord.File(io.BytesIO(curve.png), NAME)
        words = limits.one_line(curve.alt, limits.DESCRIPTION)
        items.append(ui.MediaGallery(discord.MediaGalleryItem(f"attachment://{NAME}", description=words)))
    elif curve is not None:
        items.append(ui.TextDisplay(small(curve)))
    view: list[ui.Item[Any]] = [container(Colour.NEUTRAL, *items)]
    if plan.assumptions:
        view.append(ui.TextDisplay(small(limits.cut(" ".join(plan.assumptions), _ASSUMPTIONS))))
    return layout(*view), files


async def _curve(bot: HelpBot, checked: Checked) -> jobs.Curve | str | None:
    """The picture, or why there is none; a plan without it is better than none."""
    try:
        return await bot.workers.run(jobs.curve, text=checked.text, gpus=checked.gpus)
    except UserError:
        return NO_CURVE
