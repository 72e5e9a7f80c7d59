"""/checkconfig and the message menu Check message."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands, ui
from discord.ext import commands

from bot import intake, reading
from bot.errors import UserError
from bot.gpu_option import LONGEST, card_or_note, complete_gpu
from bot.permissions import is_moderator
from bot.release_option import complete_release
from bot.replies import answered_command
from bot.responses import begin, open_form
from bot.services import ServiceBot
from bot.views import commands as words
from bot.views.check import intake as intake_words
from bot.views.check import words as checking
from bot.views.check.answer import PRESSES
from bot.views.given import Asked, Given, answer_given
from bot.views.kit.components import Form, field, typed, whole_number
from bot.views.kit.limits import MOST_GPUS, MOST_ROWS
from knowledge.duration import MOST
from knowledge.facts import load_names
from knowledge.releases import known_release, nearest_release
from knowledge.search import answer as search_answer
from knowledge.search.named import only_card

if TYPE_CHECKING:
    from collections.abc import Sequence

_FILES = 5
"""Files that the form takes at once."""


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
    @app_commands.autocomplete(gpu=complete_gpu, version=complete_release)
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
        card, gpus, note = card_or_note(gpu, gpus)
        asked = Asked(gpus, release, card, price, rows, note=note)
        if file is None and dataset is None:
            await open_form(interaction, PasteForm(asked))
            return
        await begin(interaction)
        await answer_given(interaction, await _taken(interaction, [file, dataset]), asked)

    @answered_command
    async def check_message(self, interaction: discord.Interaction[ServiceBot], message: discord.Message) -> None:
        """Answers everything in a message: configs, logs, rows; without any of them its words."""
        await begin(interaction)
        found = await intake.from_message(self.bot.services.workers, message, self.bot.services.links)
        given = Given(samples=list(found.rows))
        if not found.taken and not found.rows:
            question = reading.read(intake_words.WHOLE_MESSAGE, message.content)
            if question.kind != "question" or search_answer(question.text).level == "unknown":
                raise UserError(intake_words.NOTHING_FOUND)
            given.add(question)
        took = checking.took([*(each.name for each in found.taken), *(each.name for each in found.rows)], found.left)
        for place, taken in enumerate(found.taken):
            given.add(taken.with_note(took) if place == 0 else taken)
        moderator = await is_moderator(interaction) and message.author.id != interaction.user.id
        asked = Asked(message=(message.channel.id, message.id), public=moderator)
        cards = only_card(intake.words_beside(message)) if given.configs else None
        if cards is not None:
            several = cards.amount if cards.amount > 1 else None
            asked = replace(asked, gpu=cards.gpu, gpus=several, note=intake_words.card_in_message(cards.title))
        await answer_given(interaction, given, asked)


class PasteForm(Form):
    """Files, or text in one field or two, and the number of GPUs."""

    def __init__(self, asked: Asked) -> None:
        super().__init__(words.PASTE_TITLE, name="paste")
        self._asked, gpus = asked, asked.gpus
        self.files: ui.Label[Any] = ui.Label(
            text=words.PASTE_FILES,
            description=words.PASTE_FILES_HINT,
            component=ui.FileUpload(required=False, max_values=_FILES),
        )
        self.text = field(words.PASTE_TEXT, paragraph=True, required=False, hint=words.PASTE_TEXT_HINT)
        self.more = field(words.PASTE_MORE, paragraph=True, required=False)
        self.gpus = field(words.PASTE_GPUS, default=str(gpus) if gpus else None, required=False, longest=6, example="1")
        for item in (self.files, self.text, self.more, self.gpus):
            self.add_item(item)

    async def submitted(self, interaction: discord.Interaction[ServiceBot]) -> None:
        """Answers what was pasted and what was chosen."""
        gpus = (
            whole_number(typed(self.gpus), checking.NUMBER_OF_GPUS, 1, MOST_GPUS) if typed(self.gpus).strip() else None
        )
        pasted = [typed(self.text), typed(self.more)]
        upload = self.files.component
        files = list(upload.values) if isinstance(upload, ui.FileUpload) else []
        if not files and not any(part.strip() for part in pasted):
            raise UserError(intake_words.NOTHING_GIVEN)
        await begin(interaction)
        given = await _taken(interaction, files)
        if any(part.strip() for part in pasted):
            given.add(await intake.from_paste(interaction.client.services.workers, *pasted))
        await answer_given(interaction, given, replace(self._asked, gpus=gpus))


async def _taken(interaction: discord.Interaction[ServiceBot], files: Sequence[discord.Attachment | None]) -> Given:
    """What is in files."""
    given = Given()
    for file in files:
        if file is not None:
            given.add(await intake.take(interaction.client.services.workers, file))
    return given


def _release(version: str | None) -> str | None:
    """The release that was asked for.

    Raises:
        UserError: nothing is known of it.
    """
    if version is None:
        return None
    release, known = known_release(version), load_names().releases
    if release is None:
        raise UserError(checking.unknown_release(version.strip(), nearest_release(version), known))
    return release if release != known[-1] else None


async def setup(bot: ServiceBot) -> None:
    """Adds the cog."""
    await bot.add_cog(CheckConfig(bot))
