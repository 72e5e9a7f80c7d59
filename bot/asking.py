"""A question to everything that the bot knows, the entries of the server that it is asked in included."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import TYPE_CHECKING

from bot.faq_offers import SHARED_GUILD
from bot.proposals import digest_of
from bot.store import StoreError
from knowledge.search import Answer, OwnEntry, Topic, answer, first_sentence
from knowledge.secrets import mask

if TYPE_CHECKING:
    from bot.store import Entry, Store

_log = logging.getLogger(__name__)
_CANDIDATES = 12
"""Entries of the server that are compared closely; its own search brings them up."""


@dataclass(frozen=True, slots=True)
class Asked:
    """An answer, and the server's entries among its topics.

    Attributes:
        answer: What was found.
        entries: Key -> the entry of the server.
    """

    answer: Answer
    entries: dict[str, Entry]

    @property
    def digest(self) -> str:
        """What the votes on the answers to this question are known by."""
        return digest_of(self.answer.question)

    @property
    def entry(self) -> Entry | None:
        """The server's entry that comes first, where one does."""
        first = next(iter(self.answer.answers), None)
        return self.entries.get(first.id) if first is not None and first.kind == "faq" else None


async def ask(store: Store, guild_id: int, question: str) -> Asked:
    """What is known about a question; where the database is away, what the bot knows without it."""
    entries: dict[str, Entry] = {}
    try:
        entries = {entry.key: entry for entry in await store.faq.search_whole(guild_id, question[:1000], _CANDIDATES)}
    except StoreError as error:
        _log.warning("asked without the server's entries", extra={"error": type(error).__name__})
    own = [
        OwnEntry(
            key=key,
            title=each.content.title,
            text=each.content.text,
            names=(*each.content.aliases, *each.content.phrases),
        )
        for key, each in entries.items()
    ]
    found = answer(question, own)
    first = found.answers[0] if found.answers else None
    if found.level == "sure" and first is not None and first.id in entries and first.kind == "faq":
        found = await _doubted(store, guild_id, found, first)
    shown = {topic.id for topic in found.answers if topic.kind == "faq"}
    return Asked(found, {key: entry for key, entry in entries.items() if key in shown})


def pairing(digest: str, key: str) -> str:
    """What the votes on an entry as the answer to the question with a digest are counted under."""
    return blake2b(f"{key} {digest}".encode(), digest_size=6).hexdigest()


async def _doubted(store: Store, guild_id: int, found: Answer, first: Topic) -> Answer:
    """The answer, as one of several and last, where the votes of this server say that it does not help."""
    pair = pairing(digest_of(found.question), first.id)
    try:
        against = await store.counts.get(guild_id, "ask-unhelped", pair)
        if not against or against <= await store.counts.get(guild_id, "ask-helped", pair):
            return found
    except StoreError as error:
        _log.warning("answered without the votes", extra={"error": type(error).__name__})
        return found
    return replace(
        found, level="perhaps", answers=(*found.answers[1:], replace(first, text=first_sentence(first.text)))
    )


async def count_miss(store: Store, guild_id: int, question: str) -> None:
    """Keeps the text of a question that a server's members asked without an answer, without who asked it."""
    if guild_id == SHARED_GUILD:
        return
    try:
        await store.misses.add(guild_id, mask(question))
    except StoreError as error:
        _log.warning("a question in vain was not kept", extra={"error": type(error).__name__})


async def answered_by_entry(store: Store, guild_id: int, question: str) -> bool:
    """Whether an entry of the server answers a question: it has it as a name, or comes first for it without doubt."""
    if await store.faq.find(guild_id, question) is not None:
        return True
    asked = await ask(store, guild_id, question)
    return asked.answer.level == "sure" and asked.entry is not None
