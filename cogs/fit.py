"""/fit."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.ext import commands

from bot import jobs
from bot.errors import UserError
from bot.replies import answered_command
from bot.responses import answer, begin
from bot.services import ServiceBot
from bot.views import commands as words
from bot.views.fit import NO_MODEL, fit_layout

_MOST_GPUS = 64


class Fit(commands.Cog):
    """Which cards hold a model."""

    @app_commands.command(name="fit", description=words.FIT)
    @app_commands.describe(model=words.FIT_MODEL, method=words.FIT_METHOD, gpus=words.FIT_GPUS)
    @app_commands.choices(
        method=[
            app_commands.Choice(name="QLoRA", value="qlora"),
            app_commands.Choice(name="LoRA", value="lora"),
            app_commands.Choice(name="full training", value="full"),
        ]
    )
    @answered_command
    async def fit(
        self,
        interaction: discord.Interaction[ServiceBot],
        model: app_commands.Range[str, 1, 150],
        method: app_commands.Choice[str] | None = None,
        gpus: app_commands.Range[int, 1, _MOST_GPUS] | None = None,
    ) -> None:
        """Shows the table and the picture."""
        await begin(interaction)
        chosen = method.value if method is not None else "qlora"
        found = await interaction.client.services.workers.run(jobs.fit, model=model, method=chosen, gpus=gpus or 1)
        if found is None:
            raise UserError(NO_MODEL)
        view, files = fit_layout(found.table, found.png)
        await answer(interaction, view, **files)


async def setup(bot: ServiceBot) -> None:
    """Adds the cog."""
    await bot.add_cog(Fit())
