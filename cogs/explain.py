"""/explain."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.ext import commands

from bot.checking import defaults_of
from bot.faq_offers import offered
from bot.replies import answered_command
from bot.responses import answer, begin
from bot.services import ServiceBot
from bot.views import commands as words
from bot.views.asking import answer_question
from bot.views.explanation import choices_of, explanation_layout
from bot.views.faq.reading import offer_rows
from bot.views.hub_name import hub_layout
from knowledge.explanation import explain, search
from knowledge.hub import is_repository, named
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
        if found.kind is None and await self._names_a_repository(interaction, field.strip()):
            return
        if found.kind is None:
            if len(field.split()) == 1 and search_answer(field).level == "unknown":
                await answer(interaction, explanation_layout(found, interaction.user.id))
            else:
                await answer_question(interaction, field)
            return
        named = [found.path] if found.path else []
        entries = await offered(interaction.client.services.store, interaction.guild_id, fields=named, rules=named)
        view = explanation_layout(found, interaction.user.id, offer_rows(entries, interaction.user.id))
        await answer(interaction, view)

    async def _names_a_repository(self, interaction: discord.Interaction[ServiceBot], name: str) -> bool:
        """Answers with what the Hub holds under an `owner/name`; False where it is not one, or nobody may ask."""
        services = interaction.client.services
        if services.hub is None or "/" not in name or not is_repository(name):
            return False
        if (await defaults_of(services, interaction.guild_id)).hub is False:
            return False
        await begin(interaction)
        facts = await services.hub.look(named(name), member=interaction.user.id)
        await answer(interaction, hub_layout(name, facts))
        return True

    @explain.autocomplete("field")
    async def _names(self, _interaction: discord.Interaction[ServiceBot], typed: str) -> list[app_commands.Choice[str]]:
        return choices_of(search(typed[:100]))


async def setup(bot: ServiceBot) -> None:
    """Adds the cog."""
    await bot.add_cog(Explain())
