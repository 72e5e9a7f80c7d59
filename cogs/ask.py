"""/ask and the message menu Answer this."""

from __future__ import annotations

import re

import discord
from discord import app_commands
from discord.ext import commands

from bot import intake
from bot.asking import ask
from bot.errors import UserError
from bot.faq_offers import home_of
from bot.permissions import is_moderator, post_reply, require_public
from bot.replies import answered_command
from bot.responses import answer, begin
from bot.services import ServiceBot
from bot.views import ask_words as words
from bot.views.asking import PRESSES, answer_layout, answer_question, shared_answer
from bot.views.explanation import choices_of
from bot.views.given import Asked, Given, answer_given
from knowledge.search import complete

_CODE = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)


class Ask(commands.Cog):
    """Questions in somebody's own words."""

    def __init__(self, bot: ServiceBot) -> None:
        self.bot = bot
        self.menu = app_commands.ContextMenu(name=words.MENU, callback=self.answer_this)

    async def cog_load(self) -> None:
        """Adds the message menu and the buttons of answers, and reads the index before the first question."""
        complete("")
        self.bot.tree.add_command(self.menu)
        self.bot.add_dynamic_items(*PRESSES)

    async def cog_unload(self) -> None:
        """Takes the message menu away."""
        self.bot.tree.remove_command(self.menu.name, type=self.menu.type)

    @app_commands.command(name="ask", description=words.ASK)
    @app_commands.describe(question=words.QUESTION)
    @answered_command
    async def ask(
        self, interaction: discord.Interaction[ServiceBot], question: app_commands.Range[str, 1, 1500]
    ) -> None:
        """Answers with what is known about it."""
        await answer_question(interaction, question)

    @ask.autocomplete("question")
    async def _topics(
        self, _interaction: discord.Interaction[ServiceBot], typed: str
    ) -> list[app_commands.Choice[str]]:
        return choices_of(complete(typed[:100]))

    @answered_command
    async def answer_this(self, interaction: discord.Interaction[ServiceBot], message: discord.Message) -> None:
        """Answers a message: configs and logs in it are checked, the words around them are looked up."""
        moderator = await is_moderator(interaction) and message.author.id != interaction.user.id
        await begin(interaction)
        found = await intake.from_message(self.bot.services.workers, message)
        given = Given(samples=list(found.rows))
        for taken in found.taken:
            given.add(taken)
        if found.taken or found.rows:
            await answer_given(interaction, given, Asked(message=(message.channel.id, message.id), public=moderator))
        question = _CODE.sub(" ", message.content).strip()
        if not question:
            if not found.taken and not found.rows:
                raise UserError(words.NO_QUESTION)
            return
        asked = await ask(self.bot.services.store, home_of(interaction), question)
        if asked.entries:
            self.bot.services.proposals.asked(asked.answer.question)
        if moderator and asked.answer.level == "sure" and interaction.guild_id is not None:
            require_public(interaction)
            channel = self.bot.get_partial_messageable(message.channel.id, guild_id=interaction.guild_id)
            mentions = discord.AllowedMentions(everyone=False, roles=False, users=[message.author])
            view = shared_answer(asked, interaction.user, message.author)
            await post_reply(channel.get_partial_message(message.id), view, allowed_mentions=mentions)
        if asked.answer.level != "unknown" or not (found.taken or found.rows):
            await answer(interaction, answer_layout(asked, interaction.user.id, self.bot.services.store.clock()))


async def setup(bot: ServiceBot) -> None:
    """Adds the cog."""
    await bot.add_cog(Ask(bot))
