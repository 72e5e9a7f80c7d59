"""The option `channel` of the commands that concern a help channel."""

from __future__ import annotations

from typing import Any

import discord
from discord import AppCommandOptionType, ChannelType, app_commands


class HelpChannelOption(app_commands.Transformer):
    """A text or forum channel; the library would offer media channels too, whose posts are pictures."""

    @property
    def type(self) -> AppCommandOptionType:
        """What Discord shows: a list of channels."""
        return AppCommandOptionType.channel

    @property
    def channel_types(self) -> list[ChannelType]:
        """Which of them."""
        return [ChannelType.text, ChannelType.news, ChannelType.forum]

    async def transform(
        self, _interaction: discord.Interaction[Any], value: app_commands.AppCommandChannel, /
    ) -> discord.TextChannel | discord.ForumChannel:
        """The channel that was chosen.

        Raises:
            TransformerError: The bot does not know it.
        """
        channel = value.resolve()
        if not isinstance(channel, discord.TextChannel | discord.ForumChannel):
            raise app_commands.TransformerError(value, self.type, self)
        return channel
