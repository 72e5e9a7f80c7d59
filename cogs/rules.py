"""/rules: what moderators keep quiet in their server, and reports of wrong advice."""

from __future__ import annotations

from datetime import timedelta

import discord
from discord import app_commands
from discord.ext import commands

from bot.errors import UserError
from bot.permissions import is_moderator, require_moderator
from bot.replies import answered_command
from bot.responses import answer
from bot.services import ServiceBot
from bot.views import commands as words
from bot.views import rules as rule_words
from bot.views.check.wrong_advice import EMPTY_QUEUE, queue_layout
from bot.views.kit import limits, notice
from knowledge.secrets import mask


@app_commands.default_permissions(manage_guild=True)
@app_commands.allowed_contexts(guilds=True, dms=False, private_channels=False)
@app_commands.allowed_installs(guilds=True, users=False)
class Rules(commands.GroupCog, group_name="rules", group_description=words.RULES):
    """Muted rules and the queue of reports."""

    @app_commands.command(name="mute", description=words.MUTE)
    @app_commands.describe(rule=words.MUTE_RULE, reason=words.MUTE_REASON, days=words.MUTE_DAYS)
    @answered_command
    async def mute(
        self,
        interaction: discord.Interaction[ServiceBot],
        rule: app_commands.Range[str, 1, 100],
        reason: app_commands.Range[str, 1, 200],
        days: app_commands.Range[int, 1, 3650] | None = None,
    ) -> None:
        """Keeps a rule quiet."""
        guild_id = await require_moderator(interaction)
        if rule not in rule_words.titles():
            raise UserError(rule_words.unknown_rule(rule))
        store = interaction.client.services.store
        until = store.clock() + timedelta(days=days) if days else None
        mute = await store.mutes.mute(guild_id, rule, author_id=interaction.user.id, reason=mask(reason), until=until)
        await answer(interaction, notice.notice(rule_words.muted(mute)))

    @app_commands.command(name="unmute", description=words.UNMUTE)
    @app_commands.describe(rule=words.MUTE_RULE)
    @answered_command
    async def unmute(self, interaction: discord.Interaction[ServiceBot], rule: app_commands.Range[str, 1, 100]) -> None:
        """Lets a rule speak again."""
        guild_id = await require_moderator(interaction)
        if not await interaction.client.services.store.mutes.unmute(guild_id, rule):
            raise UserError(rule_words.not_muted(rule))
        await answer(interaction, notice.notice(rule_words.unmuted(rule)))

    @app_commands.command(name="list", description=words.MUTED)
    @answered_command
    async def muted(self, interaction: discord.Interaction[ServiceBot]) -> None:
        """Lists what is muted."""
        guild_id = await require_moderator(interaction)
        mutes = await interaction.client.services.store.mutes.all(guild_id)
        view = rule_words.mutes_layout(mutes) if mutes else notice.notice(rule_words.NONE_MUTED)
        await answer(interaction, view)

    @app_commands.command(name="reports", description=words.REPORTS)
    @answered_command
    async def reports(self, interaction: discord.Interaction[ServiceBot]) -> None:
        """Shows the queue."""
        guild_id = await require_moderator(interaction)
        reports = await interaction.client.services.store.reports.open(guild_id)
        total = await interaction.client.services.store.reports.count_open(guild_id)
        view = queue_layout(reports, total) if reports else notice.notice(EMPTY_QUEUE)
        await answer(interaction, view)

    @mute.autocomplete("rule")
    async def _rules(self, _interaction: discord.Interaction[ServiceBot], typed: str) -> list[app_commands.Choice[str]]:
        wanted = typed.strip().lower().replace(" ", "-")
        titles = rule_words.titles()
        first = [rule for rule in titles if rule.startswith(wanted)]
        rest = [rule for rule, title in titles.items() if wanted in rule or typed.strip().lower() in title.lower()]
        found = list(dict.fromkeys([*first, *rest]))[: limits.OPTIONS]
        return [
            app_commands.Choice(name=limits.one_line(f"{rule} · {titles[rule]}", limits.OPTION), value=rule)
            for rule in found
        ]

    @unmute.autocomplete("rule")
    async def _muted_rules(
        self, interaction: discord.Interaction[ServiceBot], typed: str
    ) -> list[app_commands.Choice[str]]:
        if not await is_moderator(interaction):
            return []
        mutes = await interaction.client.services.store.mutes.all(interaction.guild_id or 0)
        found = [mute.rule for mute in mutes if typed.strip().lower() in mute.rule]
        return [app_commands.Choice(name=rule, value=rule) for rule in found[: limits.OPTIONS]]


async def setup(bot: ServiceBot) -> None:
    """Adds the cog."""
    await bot.add_cog(Rules())
