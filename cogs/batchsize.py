"""/batchsize."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.ext import commands

from bot.replies import answered_command
from bot.responses import answer
from bot.services import ServiceBot
from bot.views import commands as words
from bot.views.batch import batch_layout
from bot.views.kit.limits import MOST_GPUS
from knowledge.plan import GUIDE_BATCH, batch_advice

_MOST = 1_000_000


class BatchSize(commands.Cog):
    """The effective batch."""

    @app_commands.command(name="batchsize", description=words.BATCH)
    @app_commands.describe(
        micro_batch_size=words.BATCH_MICRO,
        gradient_accumulation_steps=words.BATCH_ACCUMULATION,
        gpus=words.BATCH_GPUS,
        target=words.BATCH_TARGET,
    )
    @answered_command
    async def batchsize(
        self,
        interaction: discord.Interaction[ServiceBot],
        micro_batch_size: app_commands.Range[int, 1, _MOST],
        gradient_accumulation_steps: app_commands.Range[int, 1, _MOST],
        gpus: app_commands.Range[int, 1, MOST_GPUS],
        target: app_commands.Range[int, 1, _MOST] | None = None,
    ) -> None:
        """Multiplies, and says what keeps the product."""
        advice = batch_advice(micro_batch_size, gradient_accumulation_steps, gpus, target or GUIDE_BATCH)
        await answer(interaction, batch_layout(advice, guide=target is None))


async def setup(bot: ServiceBot) -> None:
    """Adds the cog."""
    await bot.add_cog(BatchSize())
