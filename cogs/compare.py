"""/compare."""

from __future__ import annotations

import asyncio

import discord
from discord import app_commands
from discord.ext import commands

from bot import intake, jobs
from bot.checking import defaults_of, look_up
from bot.gpu_option import LONGEST, card_or_note, complete_gpu
from bot.replies import answered_command
from bot.request import Sample, Submission
from bot.responses import answer, begin
from bot.services import ServiceBot
from bot.views import commands as words
from bot.views.check.intake import not_compared
from bot.views.comparison import comparison_layout
from bot.views.given import Asked, Given, answer_given, is_config
from bot.views.kit.limits import MOST_GPUS, MOST_ROWS
from knowledge.json_values import to_plain


class Compare(commands.Cog):
    """Two configs next to each other."""

    @app_commands.command(name="compare", description=words.COMPARE)
    @app_commands.describe(
        a=words.COMPARE_A,
        b=words.COMPARE_B,
        gpus=words.COMPARE_GPUS,
        gpus_b=words.COMPARE_GPUS_B,
        gpu=words.COMPARE_GPU,
        dataset=words.COMPARE_DATASET,
        rows=words.COMPARE_ROWS,
    )
    @app_commands.autocomplete(gpu=complete_gpu)
    @answered_command
    async def compare(  # noqa: PLR0913 - one argument an option
        self,
        interaction: discord.Interaction[ServiceBot],
        a: discord.Attachment,
        b: discord.Attachment,
        gpus: app_commands.Range[int, 1, MOST_GPUS] | None = None,
        gpus_b: app_commands.Range[int, 1, MOST_GPUS] | None = None,
        gpu: app_commands.Range[str, 1, LONGEST] | None = None,
        dataset: discord.Attachment | None = None,
        rows: app_commands.Range[int, 1, MOST_ROWS] | None = None,
    ) -> None:
        """Says what differs, and what that does to the run."""
        card, gpus, note = card_or_note(gpu, gpus)
        await begin(interaction)
        services = interaction.client.services
        workers = services.workers
        first, second = await intake.take(workers, a), await intake.take(workers, b)
        sample = None if dataset is None else await intake.sample_from(workers, dataset)
        if not (is_config(first) and is_config(second)):
            asked = Asked(gpus, gpu=card, rows=rows, note=note)
            await answer_given(interaction, _each(first, second, sample), asked)
            return
        defaults = await defaults_of(services, interaction.guild_id)
        count, member = gpus or defaults.gpus or 1, interaction.user.id
        facts = await asyncio.gather(*(look_up(services, each.text, member, defaults) for each in (first, second)))
        found = await workers.run(
            jobs.compare,
            before=first.text,
            after=second.text,
            gpus=count,
            gpus_after=gpus_b or count,
            gpu=card.name if card else defaults.gpu,
            dataset=None if sample is None else (sample.name, sample.data),
            rows=rows,
            hub=[None if each is None else to_plain(each) for each in facts],
        )
        note = note if card is None else card.assumed
        await answer(interaction, comparison_layout(found, first.name, second.name, interaction.user.id, note))


def _each(first: Submission | Sample, second: Submission | Sample, sample: Sample | None) -> Given:
    """What was given, each for what it is, with a word about why there is nothing to compare."""
    other = second if is_config(first) else first
    note = not_compared(other.name, "rows" if isinstance(other, Sample) else other.kind)
    given = Given()
    for piece in (first, second, *([sample] if sample else [])):
        given.add(piece.with_note(note) if isinstance(piece, Submission) else piece)
    return given


async def setup(bot: ServiceBot) -> None:
    """Adds the cog."""
    await bot.add_cog(Compare())
