"""Which server's FAQ answers, and which of its entries fit what is being said."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from bot.permissions import server_of
from bot.store import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterable

    import discord

    from bot.services import ServiceBot
    from bot.store import EntryName, Store

_log = logging.getLogger(__name__)
SHARED_GUILD = 0
"""Where the starter entries live that direct messages and servers without the bot are answered from."""
_OFFERED = 5


def home_of(interaction: discord.Interaction[ServiceBot]) -> int:
    """The server whose FAQ answers: the one it is asked in, else that of the starter entries."""
    return server_of(interaction) or SHARED_GUILD


async def offered(
    store: Store, guild_id: int | None, *, fields: Iterable[str] = (), rules: Iterable[str] = (), text: str = ""
) -> tuple[EntryName, ...]:
    """The entries of a server that answer a text, or explain one of these rules or fields; the most fitting first.

    Nothing where it is not a server; nothing either where the database is away, for the answer goes without it.
    """
    if guild_id is None:
        return ()
    try:
        answering = await store.faq.answering(guild_id, text) if text else ()
        linked = await store.faq.linked(guild_id, fields, rules)
    except StoreError as error:
        _log.warning("no entries to offer", extra={"error": type(error).__name__})
        return ()
    return tuple(dict.fromkeys((*answering, *linked)))[:_OFFERED]
