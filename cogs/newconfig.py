"""/newconfig."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.ext import commands
from rapidfuzz import process

from bot import intake
from bot.errors import UserError
from bot.gpu_option import LONGEST, chosen_gpu, complete_gpu
from bot.replies import answered_command
from bot.responses import begin
from bot.services import ServiceBot
from bot.views import commands as words
from bot.views.kit.limits import MOST_GPUS, OPTIONS
from bot.views.new import PRESSES, Wanted, show_new
from knowledge.facts import read_json
from knowledge.writing import LOSSES, aims

_USUAL = ("Qwen/Qwen3-8B", "meta-llama/Llama-3.1-8B-Instruct", "google/gemma-3-4b-it", "mistralai/Mistral-7B-v0.3")


class NewConfig(commands.Cog):
    """Wishes in, a proven config out."""

    def __init__(self, bot: ServiceBot) -> None:
        self.bot = bot

    async def cog_load(self) -> None:
        """Adds the buttons of answers."""
        self.bot.add_dynamic_items(*PRESSES)

    @app_commands.command(name="newconfig", description=words.NEW)
    @app_commands.describe(
        model=words.NEW_MODEL,
        dataset=words.NEW_DATASET,
        gpu=words.NEW_GPU,
        gpus=words.CHECK_GPUS,
        aim=words.NEW_AIM,
        rl=words.NEW_RL,
    )
    @app_commands.choices(rl=[app_commands.Choice(name=loss.upper(), value=loss) for loss in LOSSES])
    @app_commands.autocomplete(gpu=complete_gpu)
    @answered_command
    async def newconfig(  # noqa: PLR0913 - one argument an option
        self,
        interaction: discord.Interaction[ServiceBot],
        model: app_commands.Range[str, 1, 150],
        dataset: discord.Attachment | None = None,
        gpu: app_commands.Range[str, 1, LONGEST] | None = None,
        gpus: app_commands.Range[int, 1, MOST_GPUS] | None = None,
        aim: app_commands.Range[str, 1, 20] | None = None,
        rl: str | None = None,
    ) -> None:
        """Writes a config, and asks with selects for what was left out."""
        card, count = chosen_gpu(gpu, gpus, exact=True)
        if aim is not None and aim not in aims():
            raise UserError(f"There is no such aim. The aims are: {', '.join(aims())}.")
        await begin(interaction)
        rows = None
        if dataset is not None:
            sample = await intake.sample_from(self.bot.services.workers, dataset)
            rows = (sample.name, sample.data)
        wanted = Wanted(
            guild_id=interaction.guild_id or 0,
            owner=interaction.user.id,
            model=model,
            aim=aim,
            loss=rl,
            gpu=card.name if card is not None else None,
            gpus=count or 1,
            dataset=rows,
        )
        await show_new(interaction, wanted)

    @newconfig.autocomplete("model")
    async def _models(
        self, _interaction: discord.Interaction[ServiceBot], typed: str
    ) -> list[app_commands.Choice[str]]:
        known = list(read_json("models.json")["models"])
        found = [name for name, _, _ in process.extract(typed[:100], known, limit=OPTIONS)] if typed else list(_USUAL)
        return [app_commands.Choice(name=name, value=name) for name in found]

    @newconfig.autocomplete("aim")
    async def _aims(self, _interaction: discord.Interaction[ServiceBot], typed: str) -> list[app_commands.Choice[str]]:
        found = [aim for aim in aims().values() if typed.lower() in aim.name]
        return [app_commands.Choice(name=f"{aim.name}: {aim.summary}", value=aim.name) for aim in found]


async def setup(bot: ServiceBot) -> None:
    """Adds the cog."""
    await bot.add_cog(NewConfig(bot))
