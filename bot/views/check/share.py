"""The public summary of an answer: verdict and findings, without the config."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import discord
from discord import ui

from bot.views.check.finding import where
from bot.views.check.report import file_name
from bot.views.check.verdict import verdict
from bot.views.kit import limits
from bot.views.kit.components import Press, take_back
from bot.views.kit.escape import spoken
from bot.views.kit.layout import colour_of, container, layout, small
from bot.views.kit.wording import plural
from knowledge.secrets import mask

if TYPE_CHECKING:
    from bot.answers import Checked
    from bot.services import ServiceBot

_ROOM = 2600
_LINE = 280


class RemoveShared(Press, name="unshare"):
    """Removes a shared summary; for who shared it and for moderators. The state is the sharer's id."""

    async def pressed(self, interaction: discord.Interaction[ServiceBot]) -> None:
        """Removes the message."""
        await take_back(interaction, self.state)


def share_summary(checked: Checked, sharer: int) -> ui.LayoutView:
    """Verdict and findings for everybody.

    Args:
        checked: What was checked.
        sharer: The member who shares it, and may remove it again.
    """
    about = small(f"{file_name(checked.submission.name)} · {plural(checked.gpus, 'GPU')} · shared by <@{sharer}>")
    foot = small("`/checkconfig` checks your own config; the answer is private.")
    return layout(
        summary_box(checked, about, _ROOM),
        ui.TextDisplay(foot),
        ui.ActionRow(RemoveShared.button("Remove", 0, str(sharer))),
    )


def summary_box(checked: Checked, about: str, room: int) -> ui.Container[Any]:
    """Verdict and findings, without the config.

    Args:
        checked: What was checked.
        about: What stands below the verdict.
        room: Characters that the findings may have.
    """
    lines = [_line(finding) for finding in checked.findings]
    taken, _ = limits.pack(lines, room, gap=1)
    shown = lines[:taken]
    if taken < len(lines):
        shown.append(f"… and {plural(len(lines) - taken, 'more finding')}.")
    items: list[ui.Item[Any]] = [ui.TextDisplay(f"### {verdict(checked.report, checked.findings)}\n{about}")]
    if shown:
        items += [ui.Separator(), ui.TextDisplay("\n".join(shown))]
    return container(colour_of(finding.severity for finding in checked.findings), *items)


def _line(finding: Any) -> str:
    fields = ", ".join(limits.code(mask(field)) for field in finding.fields[:3])
    place = f"{where(finding)} · {fields}" if fields else where(finding)
    return f"**{finding.severity.heading}** · {place}: {limits.cut(spoken(mask(finding.message)), _LINE)}"
