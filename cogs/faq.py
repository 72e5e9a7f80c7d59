"""/faq and the message menu Answer with FAQ."""

from __future__ import annotations

from typing import TYPE_CHECKING

import discord
from discord import app_commands
from discord.ext import commands

from bot.asking import ask
from bot.faq_offers import SHARED_GUILD, home_of
from bot.replies import answered_command
from bot.responses import answer, post
from bot.services import ServiceBot
from bot.views.faq import reading, reply, words
from bot.views.kit import notice
from bot.views.kit.layout import Colour
from knowledge.secrets import mask

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.store import EntryName


class Faq(commands.Cog):
    """What members read."""

    def __init__(self, bot: ServiceBot) -> None:
        self.bot = bot
        self.menu = app_commands.ContextMenu(name=words.ANSWER, callback=self.answer_message)
        self._starters_ready = False

    async def cog_load(self) -> None:
        """Adds the message menu and the buttons of entries."""
        self.bot.tree.add_command(self.menu)
        self.bot.add_dynamic_items(*reading.PRESSES, *reply.PRESSES)

    async def cog_unload(self) -> None:
        """Takes the message menu away."""
        self.bot.tree.remove_command(self.menu.name, type=self.menu.type)

    @app_commands.command(name="faq", description=words.FAQ)
    @app_commands.describe(topic=words.FAQ_TOPIC, member=words.FAQ_MEMBER)
    @answered_command
    async def faq(
        self,
        interaction: discord.Interaction[ServiceBot],
        topic: app_commands.Range[str, 1, 100] | None = None,
        member: discord.User | None = None,
    ) -> None:
        """Shows an entry, or what there is."""
        home = await self._home(interaction)
        store = self.bot.services.store
        if topic is None or not topic.strip():
            await self._overview(interaction, home)
            return
        entry = await reading.resolve(store, home, topic)
        others: tuple[EntryName, ...] = ()
        if entry is None:
            found = await store.faq.search(home, topic, 25)
            meant = await self._meant(home, topic, found.entries) if found.sure else None
            if meant is None:
                await answer(interaction, reading.near_layout(topic, found.entries, interaction.user.id))
                if home != SHARED_GUILD:
                    await store.misses.add(home, mask(topic))
                return
            others = tuple(name for name in found.entries if name != meant)
            entry = await reading.entry_of(interaction, str(meant.id))
        if member is None:
            await reading.show_entry(interaction, entry, others)
            return
        reply.require_server(interaction)
        view = reading.shared_layout(interaction, entry, to=member)
        mentions = discord.AllowedMentions(everyone=False, roles=False, users=[member])
        await post(interaction, view, allowed_mentions=mentions)
        await reading.count_view(store, entry)

    @faq.autocomplete("topic")
    async def _topics(self, interaction: discord.Interaction[ServiceBot], typed: str) -> list[app_commands.Choice[str]]:
        home = await self._home(interaction)
        return reading.choices_of(await self.bot.services.store.faq.suggest(home, typed[:100]))

    @answered_command
    async def answer_message(self, interaction: discord.Interaction[ServiceBot], message: discord.Message) -> None:
        """Offers entries to answer a message with."""
        await self._home(interaction)
        reply.require_server(interaction)
        found = await reply.fitting(interaction, message.content)
        digest = self.bot.services.proposals.asked(message.content[:1000])
        place = f"{message.channel.id}:{message.id}:{digest}"
        await answer(interaction, reply.picker_layout(found, place, interaction.user.id))

    async def _meant(self, home: int, topic: str, found: Sequence[EntryName]) -> EntryName | None:
        """The entry that a topic surely means: the only one that has its words, or the one that answers it best."""
        if len(found) < 2:
            return next(iter(found), None)
        asked = await ask(self.bot.services.store, home, topic)
        best = asked.entry.name if asked.entry is not None and asked.answer.level == "sure" else None
        return best if best in found else None

    async def _overview(self, interaction: discord.Interaction[ServiceBot], home: int) -> None:
        categories = await self.bot.services.store.faq.categories(home)
        if not categories:
            await answer(interaction, notice.notice(words.EMPTY, colour=Colour.WARNING))
            return
        popular = await self.bot.services.store.faq.suggest(home, "", 25)
        pairs = [(category.name, category.entries) for category in categories]
        await answer(interaction, reading.overview_layout(pairs, popular, interaction.user.id))

    async def _home(self, interaction: discord.Interaction[ServiceBot]) -> int:
        """The server whose FAQ answers; the starter entries for direct messages are brought up to date once a start."""
        home = home_of(interaction)
        if home == SHARED_GUILD and not self._starters_ready:
            async with self.bot.services.store.alone("starter-faq"):
                plan = await self.bot.services.store.transfer.plan_starter(home)
                if not plan.does_nothing:
                    await self.bot.services.store.transfer.carry_out(home, plan, author_id=0)
            self._starters_ready = True
        return home


async def setup(bot: ServiceBot) -> None:
    """Adds the cog."""
    await bot.add_cog(Faq(bot))
