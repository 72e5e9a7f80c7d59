"""/model."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.ext import commands

from bot import jobs
from bot.checking import defaults_of
from bot.replies import answered_command
from bot.responses import answer, think
from bot.services import ServiceBot
from bot.views import commands as words
from bot.views.kit.limits import OPTIONS
from bot.views.model import model_layout
from knowledge.hub import ModelTarget, Targets, is_repository
from knowledge.model_support import model_types
from knowledge.secrets import mask


class Model(commands.Cog):
    """Whether Axolotl trains a model."""

    @app_commands.command(name="model", description=words.MODEL)
    @app_commands.describe(name=words.MODEL_NAME)
    @answered_command
    async def model(self, interaction: discord.Interaction[ServiceBot], name: app_commands.Range[str, 1, 150]) -> None:
        """Shows its class, the features that know it, and the cards that hold it."""
        await think(interaction)
        services, plain, config = interaction.client.services, mask(name.strip()), None
        allowed = (await defaults_of(services, interaction.guild_id)).hub is not False
        if services.hub is not None and allowed and is_repository(plain):
            targets = Targets(model=ModelTarget(field="", id=plain, parts=("config",)))
            facts = await services.hub.look(targets, member=interaction.user.id)
            config = facts.model.config if facts is not None and facts.model is not None else None
        found = await services.workers.run(jobs.support, name=plain, config=config)
        await answer(interaction, model_layout(found))

    @model.autocomplete("name")
    async def _types(self, _interaction: discord.Interaction[ServiceBot], typed: str) -> list[app_commands.Choice[str]]:
        begun = typed.strip().lower()
        found = [each for each in model_types() if begun in each.lower()]
        return [app_commands.Choice(name=each, value=each) for each in found[:OPTIONS]]


async def setup(bot: ServiceBot) -> None:
    """Adds the cog."""
    await bot.add_cog(Model())
