"""/checkconfig and the message menu Check message."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import discord
from discord import app_commands, ui
from discord.ext import commands

from bot import intake, jobs
from bot.checking import check, diagnose
from bot.errors import UserError
from bot.gpu_option import LONGEST, chosen_gpu, complete_gpu
from bot.permissions import is_moderator
from bot.replies import answer, answered_command
from bot.request import CheckRequest, Submission
from bot.services import ServiceBot
from bot.views import commands as words
from bot.views.check import intake as intake_words
from bot.views.check import words as checking
from bot.views.check.answer import PRESSES, show
from bot.views.check.sample import proposal_layout
from bot.views.diagnosis import diagnosis_layout
from bot.views.kit import limits
from bot.views.kit.components import Form, field, typed, whole_number
from bot.views.kit.limits import MOST_GPUS, MOST_ROWS
from knowledge.duration import MOST
from knowledge.facts import load_names


class _Asked(NamedTuple):
    """The options of a check that are not the config."""

    gpus: int | None
    axolotl: str | None
    gpu: str | None
    price: float | None
    rows: int | None


class CheckConfig(commands.Cog):
    """Configs in, answers out."""

    def __init__(self, bot: ServiceBot) -> None:
        self.bot = bot
        self.menu = app_commands.ContextMenu(name=words.CHECK_MESSAGE, callback=self.check_message)

    async def cog_load(self) -> None:
        """Adds the message menu and the buttons of answers."""
        self.bot.tree.add_command(self.menu)
        self.bot.add_dynamic_items(*PRESSES)

    async def cog_unload(self) -> None:
        """Takes the message menu away."""
        self.bot.tree.remove_command(self.menu.name, type=self.menu.type)

    @app_commands.command(name="checkconfig", description=words.CHECK)
    @app_commands.describe(
        file=words.CHECK_FILE,
        gpus=words.CHECK_GPUS,
        dataset=words.CHECK_DATASET,
        rows=words.CHECK_ROWS,
        version=words.CHECK_VERSION,
        gpu=words.CHECK_GPU,
        price=words.CHECK_PRICE,
    )
    @app_commands.autocomplete(gpu=complete_gpu)
    @answered_command
    async def checkconfig(  # noqa: PLR0913 - one argument an option
        self,
        interaction: discord.Interaction[ServiceBot],
        file: discord.Attachment | None = None,
        gpus: app_commands.Range[int, 1, MOST_GPUS] | None = None,
        dataset: discord.Attachment | None = None,
        rows: app_commands.Range[int, 1, MOST_ROWS] | None = None,
        version: app_commands.Range[str, 1, 20] | None = None,
        gpu: app_commands.Range[str, 1, LONGEST] | None = None,
        price: app_commands.Range[float, 0.0, MOST] | None = None,
    ) -> None:
        """Checks a file; proposes a block for rows without one; with neither opens a form to paste a config into."""
        release = _release(version)
        card, gpus = chosen_gpu(gpu, gpus)
        asked = _Asked(gpus, release, card.name if card else None, price, rows)
        if file is None:
            if dataset is None:
                await interaction.response.send_modal(PasteForm(asked))
            else:
                await _answer_rows(interaction, dataset)
            return
        await interaction.response.defer(ephemeral=True, thinking=True)
        submission = await intake.from_attachment(self.bot.services.workers, file)
        await _answer_one(interaction, _request(interaction, submission, asked), dataset)

    @checkconfig.autocomplete("version")
    async def _releases(
        self, _interaction: discord.Interaction[ServiceBot], typed: str
    ) -> list[app_commands.Choice[str]]:
        found = [release for release in reversed(load_names().releases) if release.startswith(typed.strip())]
        return [app_commands.Choice(name=release, value=release) for release in found[: limits.OPTIONS]]

    @answered_command
    async def check_message(self, interaction: discord.Interaction[ServiceBot], message: discord.Message) -> None:
        """Checks every config in a message."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        found = await intake.from_message(self.bot.services.workers, message)
        if not found.taken:
            raise UserError(intake_words.NOTHING_FOUND)
        moderator = await is_moderator(interaction) and message.author.id != interaction.user.id
        took = checking.took([taken.name for taken in found.taken], found.left)
        first, *others = found.taken
        for submission in (first.with_note(took), *others):
            request = CheckRequest(
                submission,
                interaction.user.id,
                interaction.guild_id,
                message=(message.channel.id, message.id),
                public=moderator,
                compare=False,
            )
            await _answer_one(interaction, request)


class PasteForm(Form):
    """The YAML in one field or two, or a file; the number of GPUs; and rows of the dataset."""

    def __init__(self, asked: _Asked) -> None:
        super().__init__(words.PASTE_TITLE, name="paste")
        self._asked, gpus = asked, asked.gpus
        self.text = field(words.PASTE_TEXT, paragraph=True, required=False)
        self.file = _upload(words.PASTE_FILE)
        self.rows = _upload(words.PASTE_ROWS)
        self.gpus = field(words.PASTE_GPUS, default=str(gpus) if gpus else None, required=False, longest=6, example="1")
        self.more = field(words.PASTE_MORE, paragraph=True, required=False)
        for item in (self.text, self.file, self.gpus, self.more, self.rows):
            self.add_item(item)

    async def submitted(self, interaction: discord.Interaction[ServiceBot]) -> None:
        """Checks what was pasted or chosen."""
        gpus = (
            whole_number(typed(self.gpus), checking.NUMBER_OF_GPUS, 1, MOST_GPUS) if typed(self.gpus).strip() else None
        )
        file, dataset = _chosen(self.file), _chosen(self.rows)
        pasted = [typed(self.text), typed(self.more)]
        if file is None and not any(part.strip() for part in pasted):
            if dataset is None:
                raise UserError(intake_words.NOTHING_GIVEN)
            await _answer_rows(interaction, dataset)
            return
        await interaction.response.defer(ephemeral=True, thinking=True)
        workers = interaction.client.services.workers
        if file is not None:
            submission = await intake.from_attachment(workers, file)
        else:
            submission = await intake.from_paste(workers, *pasted)
        await _answer_one(interaction, _request(interaction, submission, self._asked._replace(gpus=gpus)), dataset)


def _upload(label: str) -> ui.Label[Any]:
    return ui.Label(text=label, component=ui.FileUpload(required=False, max_values=1))


def _chosen(label: ui.Label[Any]) -> discord.Attachment | None:
    """The file in a field of the form."""
    upload = label.component
    return next(iter(upload.values), None) if isinstance(upload, ui.FileUpload) else None


async def _answer_rows(interaction: discord.Interaction[ServiceBot], dataset: discord.Attachment) -> None:
    """Answers for rows without a config: the block that fits them."""
    await interaction.response.defer(ephemeral=True, thinking=True)
    workers = interaction.client.services.workers
    sample = await intake.sample_from(workers, dataset)
    rows = await workers.run(jobs.rows, dataset=sample.data, dataset_name=sample.name)
    view, files = proposal_layout(sample.name, rows, sample.secrets)
    await answer(interaction, view, **files)


async def _answer_one(
    interaction: discord.Interaction[ServiceBot], request: CheckRequest, dataset: discord.Attachment | None = None
) -> None:
    """Answers for one text: a config is checked, with the rows of a file if there is one; a log is led to its cause."""
    services, submission = interaction.client.services, request.submission
    if submission.kind == "log":
        diagnosis = await diagnose(services, submission, guild_id=request.guild_id, gpus=request.gpus)
        view = diagnosis_layout(
            diagnosis,
            request.owner,
            notes=submission.notes,
            secrets=submission.secrets,
            public=request.message is not None,
        )
        await answer(interaction, view)
        return
    if dataset is not None:
        request = replace(request, dataset=await intake.sample_from(services.workers, dataset))
    await show(interaction, await check(services, request))


def _request(interaction: discord.Interaction[ServiceBot], submission: Submission, asked: _Asked) -> CheckRequest:
    return CheckRequest(
        submission,
        interaction.user.id,
        interaction.guild_id,
        gpus=asked.gpus,
        gpu=asked.gpu,
        price=asked.price,
        rows=asked.rows,
        axolotl=asked.axolotl,
    )


def _release(version: str | None) -> str | None:
    """The release that was asked for.

    Raises:
        UserError: nothing is known of it.
    """
    if version is None:
        return None
    known = load_names().releases
    asked = version.strip().removeprefix("v")
    if asked not in known:
        raise UserError(checking.unknown_release(asked, known))
    return asked if asked != known[-1] else None


async def setup(bot: ServiceBot) -> None:
    """Adds the cog."""
    await bot.add_cog(CheckConfig(bot))
