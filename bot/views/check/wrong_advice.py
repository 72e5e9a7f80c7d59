"""Reports of wrong advice: a form for members, a queue for moderators. Rule and field names, never the config."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import discord
from discord import ui

from bot.errors import UserError
from bot.permissions import require_moderator, server_of
from bot.responses import answer, open_form
from bot.views.kit import limits, notice
from bot.views.kit.components import Form, Press, field, number_in, typed
from bot.views.kit.escape import inert
from bot.views.kit.layout import Colour, container, layout, small
from bot.views.kit.wording import plural
from knowledge.secrets import mask

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.answers import Checked
    from bot.services import ServiceBot
    from bot.store import Report

_log = logging.getLogger(__name__)
_COMMENT = 500


class WrongAdvice(Press, name="wrong"):
    """Opens the form in which a member says which finding is wrong. The state is the answer's key."""

    async def pressed(self, interaction: discord.Interaction[ServiceBot]) -> None:
        """Opens the form."""
        checked = interaction.client.services.answers.find(self.state)
        if checked is None:
            raise UserError(notice.EXPIRED)
        await open_form(interaction, WrongAdviceForm(checked))


class WrongAdviceForm(Form):
    """Which finding, and why it is wrong."""

    def __init__(self, checked: Checked) -> None:
        super().__init__("Which advice is wrong?", name="wrong")
        self._checked = checked
        self._findings = {finding.rule: finding for finding in reversed(checked.findings)}
        rules = list(dict.fromkeys(finding.rule for finding in checked.findings))[: limits.OPTIONS]
        options = [
            discord.SelectOption(
                label=limits.one_line(rule, limits.OPTION),
                value=rule,
                description=limits.one_line(self._findings[rule].message, limits.OPTION),
            )
            for rule in rules
        ]
        self.rule: ui.Label[Any] = ui.Label(text="Finding", component=ui.Select(options=options))
        self.comment = field(
            "What is wrong with it?",
            paragraph=True,
            required=False,
            longest=_COMMENT,
            hint="Moderators see this, the rule, and field names, not your config",
        )
        self.add_item(self.rule)
        self.add_item(self.comment)

    async def submitted(self, interaction: discord.Interaction[ServiceBot]) -> None:
        """Stores the report and tells the moderators' channel."""
        guild_id = server_of(interaction)
        if guild_id is None:
            raise UserError(notice.SERVER_ONLY)
        select = self.rule.component
        rule = select.values[0] if isinstance(select, ui.Select) and select.values else ""
        finding = self._findings.get(rule)
        if finding is None:
            raise UserError(notice.EXPIRED)
        report = await interaction.client.services.store.reports.add(
            guild_id,
            rule=rule,
            comment=mask(typed(self.comment)),
            reporter_id=interaction.user.id,
            axolotl=self._checked.report.axolotl,
            finding=", ".join(mask(name) for name in finding.fields),
        )
        await answer(interaction, notice.notice(REPORTED))
        await _tell_moderators(interaction, report)


class CloseReport(Press, name="reported"):
    """Takes a report out of the queue. The state is its number."""

    async def pressed(self, interaction: discord.Interaction[ServiceBot]) -> None:
        """Closes it."""
        guild_id = await require_moderator(interaction)
        number = number_in(self.state)
        if not await interaction.client.services.store.reports.close(guild_id, number, author_id=interaction.user.id):
            raise UserError(ALREADY_CLOSED)
        await answer(interaction, notice.notice(f"Report {number} is closed."))


REPORTED = (
    "The moderators of this server have your report: the rule, the field names, and your words, but not your "
    "config. Until they decide, trust Axolotl's own message over mine."
)
ALREADY_CLOSED = "This report is already closed, or belongs to another server."
EMPTY_QUEUE = "There are no open reports of wrong advice."


def queue_layout(reports: Sequence[Report], total: int) -> ui.LayoutView:
    """The oldest open reports, each with a button that closes it."""
    items: list[ui.Item[Any]] = [ui.TextDisplay(f"### {plural(total, 'report')} of wrong advice")]
    for report in reports[:8]:
        button = CloseReport.button("Close", 0, str(report.id))
        items.append(ui.Section(ui.TextDisplay(_report(report)), accessory=button))
    foot = small("If a rule is wrong, `/rules mute` hides it here until it is fixed.")
    return layout(container(Colour.WARNING, *items), ui.TextDisplay(foot))


def _report(report: Report) -> str:
    words = f"\n{limits.cut(inert(report.comment), 250)}" if report.comment else ""
    fields = f" · {limits.code(report.finding)}" if report.finding else ""
    return f"**{report.id}** · {limits.code(report.rule, 60)}{fields} · Axolotl {report.axolotl}{words}"


async def _tell_moderators(interaction: discord.Interaction[ServiceBot], report: Report) -> None:
    """Posts the report in the channel that the moderators chose; the queue has it in any case."""
    guild_id = interaction.guild_id or 0
    settings = await interaction.client.services.store.guilds.settings(guild_id)
    if settings.log_channel_id is None:
        return
    channel = interaction.client.get_partial_messageable(settings.log_channel_id, guild_id=guild_id)
    try:
        await channel.send(view=queue_layout([report], 1))
    except discord.HTTPException as error:
        _log.warning("could not tell the moderators' channel", extra={"status": error.status, "code": error.code})
