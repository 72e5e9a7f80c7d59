"""Members' own wordings as aliases, and a moderator's reply as an entry: proposed here, made by a moderator's press."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import discord
from discord import ui

from bot.errors import UserError
from bot.pending import Draft
from bot.permissions import require_moderator
from bot.responses import acknowledge, answer, open_form
from bot.store import EntryContent
from bot.store.content import TEXT_LIMIT, TITLE_LIMIT
from bot.views.faq import admin_words as words
from bot.views.faq.edit import EntryForm
from bot.views.faq.log import tell
from bot.views.faq.reading import entry_of
from bot.views.kit import limits, notice
from bot.views.kit.components import Press
from bot.views.kit.layout import Colour
from bot.views.kit.wording import plural
from knowledge.secrets import mask

if TYPE_CHECKING:
    from bot.services import ServiceBot, Services

_log = logging.getLogger(__name__)


class MakeAlias(Press, name="faq-wording"):
    """Makes a wording that an entry answered an alias of it: the entry's id and the digest, chosen or as the state."""

    async def pressed(self, interaction: discord.Interaction[ServiceBot]) -> None:
        """Says so after the commit."""
        guild_id = await require_moderator(interaction)
        services = interaction.client.services
        number, _, digest = (self.values[0] if self.values else self.state).partition(":")
        entry = await entry_of(interaction, number)
        proposal = services.proposals.find(guild_id, entry.id, digest)
        if proposal is None:
            raise UserError(words.PROPOSAL_GONE)
        await acknowledge(interaction)
        content = entry.content.model_copy(update={"aliases": (*entry.content.aliases, proposal.wording)})
        saved = await services.store.faq.edit(
            guild_id, entry.id, content, expected=entry.version, author_id=interaction.user.id, note="a member's words"
        )
        services.proposals.drop(guild_id, entry.id, digest)
        await services.store.misses.forget(guild_id, proposal.wording)
        await answer(interaction, notice.notice(words.alias_changed(saved), colour=Colour.CLEAN))
        await tell(interaction, "changed the aliases of", saved.content.title)


async def wording_rows(services: Services, guild_id: int, owner: int) -> list[ui.ActionRow[Any]]:
    """A select of the wordings that are proposed to a server; no row where there are none."""
    options: list[discord.SelectOption] = []
    for proposal in services.proposals.of(guild_id):
        entry = await services.store.faq.get(guild_id, proposal.entry_id)
        known = await services.store.faq.find(guild_id, proposal.wording)
        if entry is None or entry.removed_at is not None or known is not None:
            services.proposals.drop(guild_id, proposal.entry_id, proposal.digest)
            continue
        told = f"helped {plural(proposal.times, 'time')}: {entry.content.title}"
        options.append(
            discord.SelectOption(
                label=limits.one_line(proposal.wording, limits.OPTION),
                value=f"{entry.id}:{proposal.digest}",
                description=limits.one_line(told, limits.OPTION),
            )
        )
        if len(options) == limits.OPTIONS:
            break
    return [ui.ActionRow(MakeAlias.select(words.MAKE_ALIAS, owner, options))] if options else []


async def save_reply(interaction: discord.Interaction[ServiceBot], message: discord.Message) -> None:
    """Opens the form of a new entry with a message as its text and, where it is a reply, the question as its title."""
    guild_id = await require_moderator(interaction)
    question = await _question_of(interaction, message)
    content = EntryContent(
        title=limits.one_line(mask(question), TITLE_LIMIT) if question.strip() else "",
        text=limits.cut(mask(message.content), TEXT_LIMIT),
    )
    draft = Draft(guild_id=guild_id, owner=interaction.user.id, content=content, query=question or None)
    await open_form(interaction, EntryForm(draft))


async def _question_of(interaction: discord.Interaction[ServiceBot], message: discord.Message) -> str:
    """The message that a message replies to; empty where it replies to none, or to one that the bot cannot read."""
    reference = message.reference
    if reference is None or reference.message_id is None:
        return ""
    if isinstance(reference.resolved, discord.Message):
        return reference.resolved.content
    channel = interaction.client.get_partial_messageable(reference.channel_id, guild_id=interaction.guild_id)
    try:
        return (await channel.fetch_message(reference.message_id)).content
    except discord.HTTPException as error:
        _log.info("the question of a reply cannot be read", extra={"status": error.status})
        return ""


PRESSES: tuple[type[Press], ...] = (MakeAlias,)
