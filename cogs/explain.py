"""/explain."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.ext import commands

from bot import intake
from bot.checking import diagnose
from bot.faq_offers import offered
from bot.replies import answer, answered_command
from bot.services import ServiceBot
from bot.views import commands as words
from bot.views.diagnosis import diagnosis_layout
from bot.views.explanation import choices_of, explanation_layout
from bot.views.faq.reading import offer_rows
from knowledge.explanation import explain, search


class Explain(commands.Cog):
    """What a name means."""

    @app_commands.command(name="explain", description=words.EXPLAIN)
    @app_commands.describe(field=words.EXPLAIN_FIELD)
    @answered_command
    async def explain(
        self, interaction: discord.Interaction[ServiceBot], field: app_commands.Range[str, 1, 1500]
    ) -> None:
        """Explains a field, a concept or a rule; the text of an error is led to its cause."""
        found = explain(field[:100])
        if found.kind is None and len(field.split()) > 1:
            submission = await intake.from_paste(interaction.client.services.workers, field)
            await interaction.response.defer(ephemeral=True, thinking=True)
            diagnosis = await diagnose(interaction.client.services, submission, guild_id=interaction.guild_id)
            if diagnosis.matches or diagnosis.failed:
                telling = [match for match in diagnosis.matches if not match.harmless]
                entries = await offered(
                    interaction.client.services.store,
                    interaction.guild_id,
                    text=field,
                    rules=[rule for match in telling for rule in match.rules],
                )
                view = diagnosis_layout(
                    diagnosis,
                    interaction.user.id,
                    notes=submission.notes,
                    secrets=submission.secrets,
                    extra=offer_rows(entries, interaction.user.id),
                )
                await answer(interaction, view)
                return
            await answer(interaction, explanation_layout(found, interaction.user.id))
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
