"""The answer to a check with its buttons, and what they do."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import discord
from discord import ui

from bot import jobs
from bot.checking import check
from bot.errors import UserError
from bot.permissions import post_reply, require_moderator, require_public
from bot.responses import answer, begin, open_form, post, update
from bot.views.check import words
from bot.views.check.correction import corrected_name, correction_layout
from bot.views.check.next_step import show_next
from bot.views.check.plan import plan_layout
from bot.views.check.report import Page, page_of, report_layout
from bot.views.check.sample import rows_layout
from bot.views.check.share import RemoveShared, share_summary
from bot.views.check.wrong_advice import CloseReport, WrongAdvice
from bot.views.explanation import Related, related
from bot.views.faq.reading import offer_rows
from bot.views.kit import notice
from bot.views.kit.components import Form, Press, field, typed, whole_number
from bot.views.kit.limits import MOST_GPUS
from bot.views.new import FittingOne
from knowledge.json_values import to_plain

if TYPE_CHECKING:
    from bot.answers import Checked
    from bot.services import ServiceBot


def answer_layout(checked: Checked, key: str, number: int = 1) -> ui.LayoutView:
    """The answer to a check, with its buttons."""
    page = page_of(checked, number)
    return report_layout(checked, rows(checked, key, page), page)


async def show(interaction: discord.Interaction[ServiceBot], checked: Checked) -> None:
    """Keeps an answer for its buttons and sends it privately."""
    key = interaction.client.services.answers.keep(checked)
    await answer(interaction, answer_layout(checked, key))


def rows(checked: Checked, key: str, page: Page) -> list[ui.ActionRow[Any]]:
    """The buttons and selects below an answer; what has nothing to do is left out."""
    owner = checked.request.owner
    buttons: list[Press] = []
    if any(finding.edit for finding in checked.findings):
        buttons.append(Corrected.button("Corrected copy", owner, key, style=discord.ButtonStyle.primary))
    if checked.report.plan is not None:
        buttons.append(Plan.button("Plan", owner, key))
    if not checked.report.launcher:
        buttons.append(OtherGpus.button("Other GPU count", owner, key))
    buttons.append(Share.button("Share summary", owner, key))
    if checked.findings and checked.request.guild_id is not None:
        buttons.append(WrongAdvice.button("Wrong advice?", owner, key))
    more: list[Press] = []
    if checked.report.fits is False:
        more.append(FittingOne.button(FittingOne.LABEL, owner, key, style=discord.ButtonStyle.primary))
    if not checked.report.launcher:
        more.append(NextStep.button("Next step", owner, key))
    if checked.report.dataset is not None and checked.report.dataset.longest:
        more.append(Rows.button("Rows: lengths and trained text", owner, key))
    found: list[ui.ActionRow[Any]] = [ui.ActionRow(*each) for each in (buttons, more) if each]
    if select := related("Explain", owner, explained(checked, page.start, page.end), key):
        found.append(ui.ActionRow(select))
    found += offer_rows(checked.faq, owner)
    if page.pages > 1:
        found.append(
            ui.ActionRow(
                Turn.button("Back", owner, f"{key}:{page.number - 1}", disabled=page.number == 1),
                Turn.button(f"Page {page.number} of {page.pages}", owner, f"{key}:", disabled=True),
                Turn.button("Next", owner, f"{key}:{page.number + 1}", disabled=page.number == page.pages),
            )
        )
    if checked.request.public:
        found.append(ui.ActionRow(AnswerPublicly.button("Answer the author publicly", owner, key)))
    return found


def explained(checked: Checked, start: int, end: int) -> list[tuple[str, str]]:
    """The fields of the findings of a page, and the rules; of an unknown key the field that was probably meant."""
    findings = checked.findings[start : end + 1] or checked.findings
    fields = [
        (name, finding.severity.heading)
        for finding in findings
        for name in ((finding.suggestion,) if finding.suggestion else finding.fields)
    ]
    return fields + [(finding.rule, f"why: {finding.message}") for finding in findings]


def find(interaction: discord.Interaction[ServiceBot], key: str) -> Checked:
    """The answer that a button belongs to.

    Raises:
        UserError: it has expired.
    """
    checked = interaction.client.services.answers.find(key)
    if checked is None:
        raise UserError(notice.EXPIRED)
    return checked


class Corrected(Press, name="corrected"):
    """Sends a copy with the mechanical faults fixed, and the diff."""

    async def pressed(self, interaction: discord.Interaction[ServiceBot]) -> None:
        """Answers with the file."""
        checked = find(interaction, self.state)
        await begin(interaction)
        findings = [to_plain(finding) for finding in checked.findings if finding.edit]
        correction = await interaction.client.services.workers.run(
            jobs.correct,
            text=checked.submission.text,
            findings=findings,
            name=checked.submission.name,
            gpus=checked.gpus,
        )
        file = discord.File(io.BytesIO(correction.text.encode()), corrected_name(checked.submission.name))
        await answer(interaction, correction_layout(checked, correction, file), file=file)


class Plan(Press, name="plan"):
    """Shows what the run will do, as numbers and as the curve of its learning rate."""

    async def pressed(self, interaction: discord.Interaction[ServiceBot]) -> None:
        """Answers with the plan."""
        checked = find(interaction, self.state)
        await begin(interaction)
        view, files = await plan_layout(interaction.client.services, checked)
        await answer(interaction, view, **files)


class NextStep(Press, name="next"):
    """Shows the commands that come next, how to serve the model, and what to look at where it disappoints."""

    async def pressed(self, interaction: discord.Interaction[ServiceBot]) -> None:
        """Answers with the commands and a Modelfile."""
        checked = find(interaction, self.state)
        await begin(interaction)
        name = checked.submission.name if checked.submission.name.endswith((".yml", ".yaml")) else "config.yaml"
        await show_next(interaction, checked.submission.text, name, checked.gpus)


class Rows(Press, name="rows"):
    """Shows how long the rows are and which text of them is trained."""

    async def pressed(self, interaction: discord.Interaction[ServiceBot]) -> None:
        """Answers with the picture and the first rows."""
        checked = find(interaction, self.state)
        dataset, facts, text = checked.request.dataset, checked.request.facts, checked.submission.text
        if checked.report.dataset is None or (dataset is None and facts is None):
            raise UserError(notice.EXPIRED)
        await begin(interaction)
        workers = interaction.client.services.workers
        hub = None if facts is None else to_plain(facts)
        if dataset is not None:
            shown = await workers.run(jobs.rows, dataset=dataset.data, dataset_name=dataset.name, text=text, hub=hub)
        else:
            shown = await workers.run(jobs.hub_rows, text=text, hub=to_plain(facts))
        view, files = rows_layout(checked.report.dataset.file, shown, hub=dataset is None)
        await answer(interaction, view, **files)


class OtherGpus(Press, name="gpus"):
    """Asks for a number of GPUs and checks the same config again."""

    async def pressed(self, interaction: discord.Interaction[ServiceBot]) -> None:
        """Opens the form."""
        await open_form(interaction, GpuForm(find(interaction, self.state)))


class GpuForm(Form):
    """One number: the GPUs."""

    def __init__(self, checked: Checked) -> None:
        super().__init__("The same config on other GPUs", name="gpus")
        self._checked = checked
        self.gpus = field("GPUs", default=str(checked.gpus), longest=6, hint="All GPUs of all machines together")
        self.add_item(self.gpus)

    async def submitted(self, interaction: discord.Interaction[ServiceBot]) -> None:
        """Checks again."""
        gpus = whole_number(typed(self.gpus), words.NUMBER_OF_GPUS, 1, MOST_GPUS)
        await begin(interaction)
        before = self._checked
        again = await check(
            interaction.client.services,
            replace(
                before.request,
                submission=replace(before.submission, notes=()),
                gpus=gpus,
                axolotl=before.axolotl,
                compare=False,
            ),
        )
        await show(interaction, again)


class Share(Press, name="share"):
    """Posts verdict and findings in the channel, without the config."""

    async def pressed(self, interaction: discord.Interaction[ServiceBot]) -> None:
        """Posts them."""
        checked = find(interaction, self.state)
        if interaction.guild_id is not None:
            require_public(interaction)
        await post(interaction, share_summary(checked, interaction.user.id))


class AnswerPublicly(Press, name="public"):
    """Replies to the message that was checked, where everybody sees it; for moderators."""

    async def pressed(self, interaction: discord.Interaction[ServiceBot]) -> None:
        """Posts the reply."""
        checked = find(interaction, self.state)
        await require_moderator(interaction)
        if checked.request.message is None:
            raise UserError(notice.EXPIRED)
        channel_id, message_id = checked.request.message
        channel = interaction.client.get_partial_messageable(channel_id, guild_id=interaction.guild_id)
        await begin(interaction)
        await post_reply(channel.get_partial_message(message_id), share_summary(checked, interaction.user.id))
        await answer(interaction, notice.notice(notice.REPLIED))


class Turn(Press, name="page"):
    """Turns the page."""

    async def pressed(self, interaction: discord.Interaction[ServiceBot]) -> None:
        """Shows another page in the same message."""
        key, _, number = self.state.rpartition(":")
        checked = find(interaction, key)
        page = int(number) if number.isdecimal() else 1
        await update(interaction, answer_layout(checked, key, page))


PRESSES: tuple[type[Press], ...] = (
    Corrected,
    Plan,
    NextStep,
    Rows,
    OtherGpus,
    Share,
    AnswerPublicly,
    Turn,
    Related,
    RemoveShared,
    WrongAdvice,
    CloseReport,
)
