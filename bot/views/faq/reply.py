"""Answering somebody's message with an entry of the FAQ, where everybody sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import discord
from discord import ui

from bot.errors import UserError
from bot.faq_offers import home_of
from bot.permissions import is_moderator, post_reply, require_public
from bot.responses import acknowledge, answer, open_form
from bot.views.faq import words
from bot.views.faq.proposing import MakeAlias
from bot.views.faq.reading import count_view, entry_of, options_of, shared_layout
from bot.views.kit.components import Form, Press, field, number_in, typed
from bot.views.kit.layout import Colour, container, layout

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.services import ServiceBot
    from bot.store import EntryName

_OFFERED = 10


class ReplyWith(Press, name="faq-reply"):
    """Posts the chosen entry as a reply. The state is the message: channel, id, and the digest of its words."""

    async def pressed(self, interaction: discord.Interaction[ServiceBot]) -> None:
        """Posts it, if both the member and the bot may write there."""
        channel_id, _, rest = self.state.partition(":")
        message_id, _, digest = rest.partition(":")
        entry = await entry_of(interaction, self.values[0])
        require_server(interaction)
        await acknowledge(interaction)
        channel = interaction.client.get_partial_messageable(number_in(channel_id), guild_id=interaction.guild_id)
        await post_reply(channel.get_partial_message(number_in(message_id)), shared_layout(interaction, entry))
        proposals = interaction.client.services.proposals
        proposals.helped(entry.guild_id, entry.id, digest)
        done: list[ui.Item[Any]] = [container(Colour.CLEAN, ui.TextDisplay(words.POSTED))]
        if proposals.find(entry.guild_id, entry.id, digest) is not None and await is_moderator(interaction):
            state = f"{entry.id}:{digest}"
            done.append(ui.ActionRow(MakeAlias.button(words.FIND_BY_THESE, interaction.user.id, state)))
        await interaction.edit_original_response(view=layout(*done))
        await count_view(interaction.client.services.store, entry)


class SearchReply(Press, name="faq-search"):
    """Opens a field to search by other words. The state is the message."""

    async def pressed(self, interaction: discord.Interaction[ServiceBot]) -> None:
        """Opens it."""
        await open_form(interaction, SearchForm(self.state))


class SearchForm(Form):
    """Words to search for."""

    def __init__(self, message: str) -> None:
        super().__init__("Search the FAQ", name="faq-search")
        self._message = message
        self.query = field("Words", longest=100)
        self.add_item(self.query)

    async def submitted(self, interaction: discord.Interaction[ServiceBot]) -> None:
        """Shows what fits."""
        found = await interaction.client.services.store.faq.search(home_of(interaction), typed(self.query), _OFFERED)
        await answer(interaction, picker_layout(found.entries, self._message, interaction.user.id))


async def fitting(interaction: discord.Interaction[ServiceBot], text: str) -> tuple[EntryName, ...]:
    """Entries that may answer a message: by an error phrase in it first, then by its words."""
    faq, home = interaction.client.services.store.faq, home_of(interaction)
    found = await faq.search(home, text[:1000], _OFFERED)
    return tuple(dict.fromkeys((*await faq.answering(home, text), *found.entries)))


def picker_layout(entries: Sequence[EntryName], message: str, owner: int) -> ui.LayoutView:
    """The entries to choose from, and a way to others."""
    text = words.PICK if entries else words.PICK_EMPTY
    view: list[ui.Item[Any]] = [container(Colour.NEUTRAL, ui.TextDisplay(text))]
    if entries:
        view.append(ui.ActionRow(ReplyWith.select("Entry", owner, options_of(entries), message)))
    view.append(ui.ActionRow(SearchReply.button(words.PICK_SEARCH, owner, message)))
    return layout(*view)


def require_server(interaction: discord.Interaction[ServiceBot]) -> None:
    """Lets through who may write in this channel of a server, if the bot may too.

    Raises:
        UserError: one of them may not, or there is no server.
    """
    if interaction.guild_id is None:
        raise UserError(words.NO_MEMBER_HERE)
    require_public(interaction)


PRESSES: tuple[type[Press], ...] = (ReplyWith, SearchReply)
