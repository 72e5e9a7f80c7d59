"""/explain."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.ext import commands

from bot.faq_offers import offered
from bot.replies import answer, answered_command
from bot.services import ServiceBot
from bot.views import commands as words
from bot.views.asking import answer_question
from bot.views.explanation import choices_of, explanation_layout
from bot.views.faq.reading import offer_rows
from knowledge.explanation import explain, search
from knowledge.search import answer as search_answer


class Explain(commands.Cog):
    """What a name means."""

    @app_commands.command(name="explain", description=words.EXPLAIN)
    @app_commands.describe(field=words.EXPLAIN_FIELD)
    @answered_command
    async def explain(
        self, interaction: discord.Interaction[ServiceBot], field: app_commands.Range[str, 1, 1500]
    ) -> None:
        """Explains a field, a concept or a rule; everything else is a question."""
        found = explain(field[:100])
        if found.kind is None:
            if len(field.split()) == 1 and search_answer(field).level == "unknown":
                await answer(interaction, explanation_layout(found, interaction.user.id))
            else:
                await answer_question(interaction, field)
            return
        named = [found.path] if found.path else []
        entries = await offered(interaction.client.services.store, interaction.guild_id, fields=named, rules=named)
        view = explanation_layout(found, interaction.user.id, offer_rows(entries, interaction.user.id))
        await interaction.response.send_message(view=view, ephemeral=True)

    @explain.autocomplete("field")
    async def _names(self, _interaction: discord.Interaction[ServiceBot], typed: str) -> list[app_commands.Choice[str]]:
        return choices_of(search(typed[:100]))


async def setup(bot: ServiceBot) -> None:
    """Adds the cog."""
    await bot.add_cog(Explain())
