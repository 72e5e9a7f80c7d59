"""Reading along: which messages are looked into, one answer for each, and silence in every doubt."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import aiohttp
import discord

from bot.cooldowns import Cooldown
from bot.errors import UserError
from bot.help_channels import care
from bot.help_channels.answering import for_everybody, to_question
from bot.help_channels.contents import read
from bot.help_channels.phrases import tells_to_be_quiet
from bot.help_channels.place import Places, missing
from bot.incidents import number, trace
from bot.intake import files_of, has_block
from bot.store import StoreError
from bot.views.help_channels import words
from bot.views.help_channels.answer import answer_layout
from bot.views.help_channels.presses import answer_buttons, see_button
from bot.views.kit import notice
from knowledge import secrets

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterator
    from datetime import datetime

    from discord import ui

    from bot.help_channels.contents import Contents
    from bot.help_channels.place import Place
    from bot.services import ServiceBot

_log = logging.getLogger(__name__)
LATE_SECONDS = 120.0
"""An answer that would come later is dropped."""
_EDITED_SECONDS = 24 * 3600.0
"""For so long an edited post is read again."""
_TEXTS, _FILES, _CHECKS = 64, 8, 8
"""Messages that are worked on at once: those of words alone, and those with files, which take memory; of the former,
checks. All are read before most are checked, so their authors soon see that the bot is typing."""
_WAITING = 200
"""Messages that may wait to be read; more of them are not read at all."""
_AUTHOR = (4, 1 / 120)
_CHANNEL = (60, 1 / 2)
"""Answers at once, and how many more a second."""
_SECRETS_IN = 20_000
_QUESTION = 5
"""Words that a question has at least, where nobody has asked the bot."""
_KINDS = (discord.MessageType.default, discord.MessageType.reply)


class Reader:
    """What happens with each message."""

    def __init__(self, bot: ServiceBot) -> None:
        self._bot = bot
        self.places = Places()
        self._authors = Cooldown(*_AUTHOR)
        self._channels = Cooldown(*_CHANNEL)
        self._texts, self._files = asyncio.Semaphore(_TEXTS), asyncio.Semaphore(_FILES)
        self._checks = asyncio.Semaphore(_CHECKS)
        self._waiting: Counter[int] = Counter()
        self._told: set[int] = set()

    @contextmanager
    def unasked(self) -> Iterator[None]:
        """Ends every failure of what happens inside: nobody asked the bot, so nobody is told."""
        try:
            yield
        except (UserError, StoreError, discord.HTTPException, aiohttp.ClientError) as error:
            _log.info("no answer in a help channel", extra={"error": type(error).__name__})
            self._bot.services.metrics.failure("help-unanswered")
        except Exception as error:  # noqa: BLE001 - the one handler
            _log.error("incident", extra={"incident": number(), "command": "help-channels", "trace": trace(error)})
            self._bot.services.metrics.failure("incident")

    async def arrived(self, message: discord.Message, since: datetime | None = None) -> None:
        """A message was written, or edited at that time."""
        if message.author.bot or message.webhook_id is not None or message.type not in _KINDS:
            return
        addressed = self._is_addressed(message)
        place = await self._place(message)
        if tells_to_be_quiet(message.content, addressed=addressed):
            await self._silence(message, place, addressed=addressed)
        elif addressed:
            await self._queue(message, since, self._answer_question_to_me(message))
        elif place is not None and self._bot.services.settings.reads_messages and await self._concerns(message, place):
            await self._queue(message, since, self._help(message, place))

    async def edited(self, message: discord.Message) -> None:
        """A message was edited: its answer is renewed; without one it is read as if it were new."""
        if message.edited_at is None or message.author.bot or _age(message.created_at) > _EDITED_SECONDS:
            return
        place = await self._place(message)
        post = await self._bot.services.store.help_posts.get(message.id) if place is not None else None
        if post is None or post.claimed_at is None:
            await self.arrived(message, message.edited_at)
        elif post.mode == "answer" and post.answer_id is not None and post.silenced_at is None:
            await self._queue(message, message.edited_at, self._renew(message, post.post_id, post.answer_id))

    async def deleted(self, guild_id: int, channel_id: int, message_id: int) -> None:
        """A message is gone: what was said about it goes too."""
        if not await self.places.channels(self._bot.services.store, guild_id):
            return
        post = await self._bot.services.store.help_posts.get(message_id)
        if post is not None and post.answer_id is not None and post.answer_id != message_id:
            with suppress(discord.HTTPException):
                await self._bot.get_partial_messageable(channel_id).get_partial_message(post.answer_id).delete()
            await self._bot.services.store.help_posts.answered(post.post_id, None)

    async def opened(self, thread: discord.Thread) -> None:
        """A forum post was made: it is counted, and greeted by its title where its text is not handed out."""
        services = self._bot.services
        place = await self.places.find(services.store, thread.guild.id, thread, thread.id)
        if place is None or not place.forum:
            return
        posts = services.store.help_posts
        await posts.see(thread.id, guild_id=thread.guild.id, channel_id=place.settings.channel_id, forum=True)
        if services.settings.reads_messages or place.settings.mode == "quiet" or thread.owner_id is None:
            return
        if missing(place.settings.mode, thread, thread.guild.me) or not await posts.claim(thread.id, "offer"):
            return
        see = see_button(thread.owner_id, thread.id)
        sent = await thread.send(view=notice.notice(words.GREETING, buttons=(see,)))
        await posts.answered(thread.id, sent.id)

    def _is_addressed(self, message: discord.Message) -> bool:
        """Whether a message mentions the bot by name, replies to it, or stands in a direct message to it."""
        me = self._bot.user
        if me is None:
            return False
        replied = message.reference.resolved if message.reference else None
        to_me = isinstance(replied, discord.Message) and replied.author.id == me.id
        return message.guild is None or to_me or any(user.id == me.id for user in message.mentions)

    async def _place(self, message: discord.Message) -> Place | None:
        if message.guild is None:
            return None
        return await self.places.find(self._bot.services.store, message.guild.id, message.channel, message.id)

    async def _silence(self, message: discord.Message, place: Place | None, *, addressed: bool) -> None:
        """The bot was told to be quiet: in the thread, or about the message whose answer was replied to."""
        posts = self._bot.services.store.help_posts
        if isinstance(message.channel, discord.Thread) and message.guild is not None and (place or addressed):
            channel_id = message.channel.parent_id
            await posts.see(message.channel.id, guild_id=message.guild.id, channel_id=channel_id)
            await posts.mark(message.channel.id, "silenced")
            await posts.mark(message.channel.id, "wrong")
        replied = message.reference.resolved if message.reference else None
        if addressed and isinstance(replied, discord.Message) and replied.reference is not None:
            if (about := replied.reference.message_id) is not None:
                await posts.mark(about, "silenced")
                await posts.mark(about, "wrong")

    async def _concerns(self, message: discord.Message, place: Place) -> bool:
        """Whether a message may hold something that its author wants to be read; cheap, for it sees all of them."""
        thread = message.channel if isinstance(message.channel, discord.Thread) else None
        if thread is not None and message.author.id != thread.owner_id:
            await self._bot.services.store.help_posts.mark(thread.id, "person")
            return False
        if thread is not None and (thread.archived or thread.locked):
            return False
        if message.reference is not None and message.type is discord.MessageType.reply:
            return False
        if files_of(message, self._bot.services.links) or message.message_snapshots or has_block(message.content):
            return True
        return (place.forum and place.first) or bool(secrets.find(message.content[:_SECRETS_IN]))

    async def _queue(self, message: discord.Message, since: datetime | None, work: Awaitable[None]) -> None:
        """Lets some messages at a time through; what would be answered late is dropped."""
        written = since or message.created_at
        author = message.author.id
        full = self._waiting.total() >= _WAITING or self._waiting[author] >= _AUTHOR[0]
        if full or _age(written) > LATE_SECONDS:
            _drop(work)
            self._bot.services.metrics.failure("help-dropped")
            return
        self._waiting[author] += 1
        try:
            files = files_of(message, self._bot.services.links) or message.message_snapshots
            async with self._files if files else self._texts:
                if _age(written) > LATE_SECONDS:
                    _drop(work)
                    self._bot.services.metrics.failure("help-dropped")
                    return
                await work
        finally:
            self._waiting[author] -= 1
            self._waiting += Counter()  # leaves those above zero

    async def _help(self, message: discord.Message, place: Place) -> None:
        """Answers a message that nobody asked the bot about, in the mode of its channel."""
        services, posts = self._bot.services, self._bot.services.store.help_posts
        if message.guild is None:
            return
        if place.forum:
            await posts.see(place.post_id, guild_id=message.guild.id, channel_id=place.settings.channel_id, forum=True)
        contents = await read(services, message, whole=place.forum)
        told = contents.secrets and await care.warn(message, contents.secrets, delete=place.settings.delete_secrets)
        if told or await services.store.help_channels.wants_none(message.author.id):
            return
        if not contents.found and not (place.forum and place.first):
            return
        if await self._may_not(message, place) or self._is_too_much(message):
            return
        await posts.see(place.post_id, guild_id=message.guild.id, channel_id=place.settings.channel_id)
        if contents.found:
            await self._in_mode(message, place, contents)
        elif place.settings.mode == "answer":
            await self._answer_first_post(message, place)

    async def _in_mode(self, message: discord.Message, place: Place, contents: Contents) -> None:
        posts, mode = self._bot.services.store.help_posts, place.settings.mode
        if not await posts.claim(place.post_id, mode):
            return
        if mode == "quiet":
            await message.add_reaction(words.LOOK)
            await posts.answered(place.post_id, None)
        elif mode == "offer":
            button = see_button(message.author.id, message.id)
            sent = await _reply(message, notice.notice(words.offer(contents), buttons=(button,)))
            await posts.answered(place.post_id, sent.id)
        else:
            with suppress(discord.HTTPException):
                await message.channel.typing()
            async with self._checks:
                found = await for_everybody(self._bot.services, message, contents)
            if _age(message.edited_at or message.created_at) > LATE_SECONDS:
                return
            solved = place.forum and place.settings.solved
            buttons = answer_buttons(message.author.id, message.id, place.post_id, solved=solved)
            sent = await _reply(message, answer_layout(found.boxes, buttons))
            await posts.answered(place.post_id, sent.id, found.topic)
            if place.settings.tags:
                await care.tag(message.channel, found.tags)

    async def _answer_first_post(self, message: discord.Message, place: Place) -> None:
        """Answers a forum post that asks something: where the answer is sure, openly; perhaps, with a button."""
        posts = self._bot.services.store.help_posts
        level, view, topic = await to_question(self._bot.services, message, fewest_words=_QUESTION)
        if level == "unknown" or not await posts.claim(place.post_id, "answer" if level == "sure" else "offer"):
            return
        if level == "sure":
            solved = place.settings.solved
            _add(view, answer_buttons(message.author.id, message.id, place.post_id, solved=solved, see=False))
            sent = await _reply(message, view)
        else:
            button = see_button(message.author.id, message.id)
            sent = await _reply(message, notice.notice(words.PERHAPS, buttons=(button,)))
        await posts.answered(place.post_id, sent.id, topic)

    async def _answer_question_to_me(self, message: discord.Message) -> None:
        """Answers who mentions the bot or replies to it: a config, a log, rows, a question."""
        services, posts = self._bot.services, self._bot.services.store.help_posts
        if isinstance(message.channel, discord.Thread):
            thread = await posts.get(message.channel.id)
            if thread is not None and thread.silenced_at is not None and not self._is_mention(message):
                return
        contents = await read(services, message)
        if message.guild and contents.secrets and await care.warn(message, contents.secrets, delete=False):
            return
        level, view, topic = "sure", None, ""
        if not contents.found:
            level, view, topic = await to_question(services, message)
            if level == "unknown":
                if not self._is_mention(message) and message.guild is not None:
                    return
                view = notice.notice(words.NOTHING)
        if self._is_too_much(message):
            return
        guild_id = message.guild.id if message.guild else 0
        await posts.see(message.id, guild_id=guild_id, channel_id=message.channel.id)
        if not await posts.claim(message.id, "answer"):
            return
        if view is None:
            found = await for_everybody(services, message, contents)
            view = answer_layout(found.boxes, answer_buttons(message.author.id, message.id, message.id))
            topic = found.topic
        sent = await _reply(message, view)
        await posts.answered(message.id, sent.id, topic)

    async def _renew(self, message: discord.Message, post_id: int, answer_id: int) -> None:
        """Renews the answer to a message that was edited."""
        contents = await read(self._bot.services, message)
        if not contents.found:
            return
        found = await for_everybody(self._bot.services, message, contents)
        place = await self._place(message)
        solved = place is not None and place.forum and place.settings.solved
        buttons = answer_buttons(message.author.id, message.id, post_id, solved=solved)
        answer = self._bot.get_partial_messageable(message.channel.id).get_partial_message(answer_id)
        await answer.edit(view=answer_layout(found.boxes, buttons))
        await self._bot.services.store.help_posts.answered(post_id, answer_id, found.topic)

    def _is_mention(self, message: discord.Message) -> bool:
        """Whether the text itself names the bot; a reply mentions it without."""
        return self._bot.user is not None and self._bot.user.id in message.raw_mentions

    def _is_too_much(self, message: discord.Message) -> bool:
        """Whether the author or the channel has had its share of answers."""
        return bool(self._authors.take(message.author.id) or self._channels.take(message.channel.id))

    async def _may_not(self, message: discord.Message, place: Place) -> bool:
        """Whether the bot lacks a permission; once a start moderators get a line about it where they want changes."""
        if message.guild is None or not isinstance(message.channel, discord.abc.GuildChannel | discord.Thread):
            return True
        lacking = missing(place.settings.mode, message.channel, message.guild.me)
        channel_id = place.settings.channel_id
        if lacking and channel_id not in self._told:
            self._told.add(channel_id)
            settings = await self._bot.services.store.guilds.settings(message.guild.id)
            if settings.log_channel_id is not None:
                log = self._bot.get_partial_messageable(settings.log_channel_id, guild_id=message.guild.id)
                with suppress(discord.HTTPException):
                    await log.send(view=notice.notice(words.silent(channel_id, lacking)))
        return bool(lacking)


async def _reply(message: discord.Message, view: ui.LayoutView) -> discord.Message:
    """Replies; nobody but the author is mentioned."""
    mentions = discord.AllowedMentions(everyone=False, roles=False, users=False, replied_user=True)
    return await message.reply(view=view, allowed_mentions=mentions)


def _add(view: ui.LayoutView, buttons: list[Any]) -> None:
    view.add_item(discord.ui.ActionRow(*buttons))


def _age(moment: datetime) -> float:
    return (discord.utils.utcnow() - moment).total_seconds()


def _drop(work: Awaitable[None]) -> None:
    """Ends a coroutine that is not going to be awaited."""
    if asyncio.iscoroutine(work):
        work.close()
