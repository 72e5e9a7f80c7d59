"""The bot in help channels: what it answers in each mode, and everything that it leaves alone."""

import gzip
import io
import zipfile
from contextlib import asynccontextmanager
from datetime import timedelta

import discord
import pytest
import simcord
from simcord.backend import serializers
from simcord.backend.models.channel import Overwrite
from simcord.enums import ChannelType, OverwriteType

from tests.world import BROKEN, CLEAN, PATIENCE, World, answer, labels, usual_bot, words

NOTHING = discord.Permissions.none()
TRACE = """\
Traceback (most recent call last):
  File "/opt/axolotl/src/axolotl/train.py", line 120, in train
    trainer.train()
torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 23.65 GiB
"""
RUN = "[2026-01-05 10:00:00,000] [INFO] [axolotl.train] Starting trainer...\n" + "".join(
    f"{{'loss': {2.5 - step / 20:.3f}, 'grad_norm': 0.9, 'learning_rate': 0.0002, 'epoch': {step / 20}}}\n"
    for step in range(1, 21)
)
CODE = """\
import torch
from pydantic import ValidationError

class Net(torch.nn.Module):
    def forward(self, x):
        return x * 2
"""
ROWS = (
    b'{"instruction": "Say hi", "input": "", "output": "hi"}\n{"instruction": "Add", "input": "1 2", "output": "3"}\n'
)
TOKEN = "hf_" + "qWeRtYuIoPaSdFgHjKlZxCvBnMqWeRtYuI"


class Help(World):
    """The usual world with a forum, and members who post in it."""

    def __init__(self, bot, env):
        super().__init__(bot, env)
        self.forum = self.guild.create_forum_channel("help-forum")

    async def open(self, channel=None, mode="answer", **switches):
        """A moderator makes a channel a help channel."""
        options = {"channel": channel or self.forum, "mode": mode, **switches}
        return words(answer(await self.max.slash(self.channel, "help-channels add", **options)))

    async def post(self, title, content, who=None, files=(), events=1):
        """A member opens a thread in the forum, as Discord tells it: the thread, then its first message."""
        who, backend = who or self.ann, self.env.backend
        thread = backend.create_thread(self.forum.id, title, who.id, type=ChannelType.PUBLIC_THREAD, broadcast=False)
        attachments = backend.store_attachments(thread.id, files)
        message = backend.prepare_message(thread.id, who.id, content, attachments=attachments)
        message.id = thread.id
        for _ in range(events):
            backend.announce_thread_create(thread)
        backend.commit_message(message, broadcast=False)
        for _ in range(events):
            backend.announce_message_create(message)
        await self.env.settle()
        (handle,) = [each for each in self.forum.threads if each.id == thread.id]
        return handle

    def permit(self, allow=NOTHING, deny=NOTHING):
        """Sets what the bot may and may not do in the text channel."""
        own = Overwrite(self.bot.user.id, OverwriteType.MEMBER, allow.value, deny.value)
        self.env.backend.set_overwrite(self.channel.id, own)

    def said(self, channel):
        """What the bot has written in a channel."""
        return [message for message in channel.history() if message.author.id == self.bot.user.id]

    def minutes(self):
        return self.bot.get_cog("HelpChannels").minutely.coro(self.bot.get_cog("HelpChannels"))


@asynccontextmanager
async def helping(folder, reading="off"):
    bot = usual_bot(folder, help_channels=reading)
    try:
        async with simcord.run(bot, settle_timeout=PATIENCE) as env:
            yield Help(bot, env)
    finally:
        await bot.close()


@pytest.fixture
def simcord_bot(tmp_path):
    """The usual bot, which may read messages."""
    return usual_bot(tmp_path, help_channels="on")


@pytest.fixture(name="room")
async def _room(simcord_env):
    yield Help(simcord_env.bot, simcord_env)
    await simcord_env.bot.close()


def block(text, language="yaml"):
    return f"```{language}\n{text}```"


async def test_nothing_is_read_where_no_moderator_asked_for_it(room):
    await room.ann.send(room.channel, block(BROKEN))
    assert room.said(room.channel) == []
    assert room.said(await room.post("Help", block(BROKEN))) == []


async def test_a_forum_post_with_a_config_is_answered_with_the_findings_and_never_the_config(room):
    await room.open()
    thread = await room.post("Nothing works", f"What is wrong?\n{block(BROKEN)}")
    (said,) = room.said(thread)
    assert "max_seq_length" in words(said)
    assert "save_steps" in words(said)
    assert "my first run" not in words(said)
    assert labels(said) == ["All of it, only for you", "Solved", "This is wrong"]
    assert [user.id for user in said.mentions] in ([room.ann.id], [])


async def test_a_log_and_rows_are_answered_too(room):
    await room.open()
    assert "out of memory" in words(room.said(await room.post("OOM", block(TRACE, "")))[0]).lower()
    (said,) = room.said(await room.post("Which type?", "These are my rows", files=[("rows.jsonl", ROWS)], who=room.ben))
    assert "type: alpaca" in words(said)


@pytest.mark.parametrize("name", ["train.log.gz", "logs.zip"])
async def test_a_packed_log_is_read_like_the_log(room, name):
    await room.open(room.channel)
    packed = io.BytesIO()
    if name.endswith(".gz"):
        packed.write(gzip.compress(TRACE.encode()))
    else:
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("train.log", TRACE)
    await room.ann.send(room.channel, "it stopped", attachments=[(name, packed.getvalue())])
    assert "out of memory" in words(room.said(room.channel)[0]).lower()


async def test_the_log_of_a_run_without_an_error_is_answered_by_its_numbers(room):
    await room.open(room.channel)
    await room.ann.send(room.channel, block(RUN, ""))
    (said,) = room.said(room.channel)
    assert "This run's numbers look fine" in words(said)
    shown = answer(await room.press(said, "All of it, only for you"))
    assert "This run's numbers look fine" in words(shown)
    assert [each.filename for each in shown.attachments] == ["health.png"]


async def test_a_list_of_packages_is_compared_only_where_axolotl_is_in_it(room):
    await room.open(room.channel)
    await room.ann.send(room.channel, block("torch==2.0.1\ntransformers==4.30.0\npeft==0.4.0\n", ""))
    assert room.said(room.channel) == []
    await room.ann.send(room.channel, block("axolotl==0.21.0\ntransformers==4.30.0\npeft==0.4.0\n", ""))
    (said,) = room.said(room.channel)
    assert "Axolotl requires" in words(said)
    assert "transformers" in words(answer(await room.press(said, "All of it, only for you")))


async def test_a_post_gets_those_of_the_forums_own_tags_that_fit(room):
    await room.open(tags=True)
    forum = room.bot.get_channel(room.forum.id)
    await forum.edit(available_tags=[discord.ForumTag(name=name) for name in ("Config", "Solved", "Off topic")])
    thread = await room.post("Help", block(BROKEN))
    names = {each.id: each.name for each in room.bot.get_channel(room.forum.id).available_tags}
    stored = room.env.backend.get_channel(thread.id)
    assert [names[each] for each in stored.applied_tags] == ["Config"]
    await room.press(room.said(thread)[0], "Solved")
    assert [names[each] for each in stored.applied_tags] == ["Config", "Solved"]
    assert stored.thread_metadata.archived


async def test_of_hundreds_of_posts_at_once_some_are_answered_and_the_rest_is_silence(room):
    await room.open(room.channel, "quiet")
    for number in range(200):
        author = room.ann if number % 2 else room.ben
        room.env.backend.create_message(room.channel.id, author.id, block(BROKEN))
    await room.env.settle()
    assert sum(bool(message.reactions) for message in room.channel.history()) == 8
    assert room.env.errors == []


async def test_of_a_thousand_posts_of_many_authors_at_once_a_channels_share_is_answered(tmp_path):
    """Those that find the queue full are dropped at once, and of the others the channel's limit lets some through."""
    async with helping(tmp_path, reading="on") as world:
        await world.open(world.channel, "quiet")
        authors = [world.guild.add_member(world.env.create_user(f"member{number}")) for number in range(250)]
        for author in authors * 4:
            world.env.backend.create_message(world.channel.id, author.id, block(BROKEN))
        await world.env.settle()
        answered = [message for message in world.channel.history() if message.reactions]
        assert 60 <= len(answered) < 200
        assert all(reaction.count == 1 for message in answered for reaction in message.reactions)
        assert world.env.errors == []


@pytest.mark.parametrize("looks", [1, 2], ids=["in the queue", "during the check"])
async def test_an_answer_that_waited_for_too_long_is_dropped(room, monkeypatch, looks):
    await room.open(room.channel)
    ages = iter([1.0] * looks)
    monkeypatch.setattr("bot.help_channels.reader._age", lambda _written: next(ages, 121.0))
    await room.ann.send(room.channel, block(BROKEN))
    assert room.said(room.channel) == []
    monkeypatch.undo()
    await room.ben.send(room.channel, block(BROKEN))
    assert len(room.said(room.channel)) == 1


async def test_an_offer_is_pressed_by_the_author_alone_and_shows_everything_privately(room):
    await room.open(room.channel, "offer")
    await room.ann.send(room.channel, block(BROKEN))
    (said,) = room.said(room.channel)
    assert labels(said) == ["Show me what you found"]
    assert "belongs to" in words(answer(await room.press(said, "Show me what you found", room.ben)))
    shown = answer(await room.press(said, "Show me what you found"))
    assert shown.ephemeral
    assert "max_seq_length" in words(shown)


async def test_an_offer_that_nobody_presses_is_removed_after_an_hour(room, monkeypatch):
    await room.open(room.channel, "offer")
    await room.ann.send(room.channel, block(BROKEN))
    store = room.bot.services.store
    later = store.clock() + timedelta(minutes=61)
    monkeypatch.setattr(store.help_posts, "_clock", lambda: later)
    assert len(room.said(room.channel)) == 1
    await room.minutes()
    assert room.said(room.channel) == []


async def test_quiet_adds_a_reaction_and_answers_who_presses_it_in_private(room):
    await room.open(room.channel, "quiet")
    message = await room.ann.send(room.channel, block(BROKEN))
    assert room.said(room.channel) == []
    (reaction,) = room.channel.history()[-1].reactions
    await room.ben.react(message, str(reaction.emoji))
    assert room.said(room.channel) == []
    assert "max_seq_length" in words(room.ben.user.dm_channel.history()[-1])


@pytest.mark.parametrize(
    "text",
    [
        "does anybody know why my loss is flat?",
        "lol same",
        block(CODE, "python"),
        block("version: '3'\nservices:\n  web:\n    image: nginx\n    ports:\n      - 80:80\n"),
        block("learning_rate: 0.0002\nlora_r: 16\n"),
        block("Traceback (most recent call last):\n  File \"app.py\", line 3, in <module>\nKeyError: 'user'\n", ""),
        block('{"name": "x", "version": "1"}', "json"),
    ],
)
async def test_chat_code_and_parts_of_configs_get_no_answer(room, text):
    await room.open(room.channel)
    await room.ann.send(room.channel, text)
    assert room.said(room.channel) == []


async def test_bots_webhooks_and_replies_between_members_get_no_answer(room):
    await room.open(room.channel)
    other = room.guild.add_member(room.env.create_user("robot", bot=True))
    await other.send(room.channel, block(BROKEN))
    hook = room.guild.create_webhook(room.channel)
    await hook.send(block(BROKEN))
    question = await room.ann.send(room.channel, "how do I write it?")
    await room.ben.send(room.channel, f"like this {block(BROKEN)}", reply_to=question)
    assert room.said(room.channel) == []


async def test_two_create_events_for_one_post_make_one_answer(room):
    await room.open()
    assert len(room.said(await room.post("Help", block(BROKEN), events=2))) == 1


async def test_an_edit_renews_the_one_answer_and_says_what_changed(room):
    await room.open()
    thread = await room.post("Help", block(BROKEN))
    first = thread.history()[0]
    await room.ann.edit(first, block(BROKEN.replace("max_seq_length", "sequence_len")))
    (said,) = room.said(thread)
    assert "1 fixed" in words(said)
    assert "max_seq_length" not in words(said)


async def test_the_preview_of_a_link_is_not_an_edit(room):
    await room.open()
    thread = await room.post("Help", block(BROKEN))
    (before,) = room.said(thread)
    message = room.env.backend.get_message(thread.id, thread.id)
    room.env.backend.emit("MESSAGE_UPDATE", dict(serializers.message_payload(room.env.backend, message)))
    await room.env.settle()
    (after,) = room.said(thread)
    assert after.edited_at == before.edited_at


async def test_a_follow_up_is_answered_only_where_the_post_was_not(room):
    await room.open()
    answered = await room.post("Help", block(BROKEN))
    await room.ann.send(answered, block(CLEAN))
    assert len(room.said(answered)) == 1
    bare = await room.post("Halp", "zzz qqq", who=room.ben)
    assert room.said(bare) == []
    await room.ann.send(bare, block(CLEAN))
    assert room.said(bare) == []
    await room.ben.send(bare, block(BROKEN))
    assert len(room.said(bare)) == 1
    await room.ben.send(bare, block(BROKEN))
    assert len(room.said(bare)) == 1


async def test_a_thread_belongs_to_its_channel_although_its_id_is_another(room):
    await room.open(room.channel)
    backend = room.env.backend
    thread = backend.create_thread(room.channel.id, "about it", room.ann.id)
    (handle,) = [each for each in room.channel.threads if each.id == thread.id]
    await room.ann.send(handle, block(BROKEN))
    assert len(room.said(handle)) == 1


@pytest.mark.parametrize("phrase", ["bad bot", "Be quiet!", "be quiet please"])
async def test_told_to_be_quiet_it_is_silent_in_that_thread(room, phrase):
    await room.open()
    thread = await room.post("Help", "zzz qqq")
    await room.ben.send(thread, phrase)
    await room.ann.send(thread, block(BROKEN))
    assert room.said(thread) == []
    assert len(room.said(await room.post("Another", block(BROKEN)))) == 1


async def test_a_member_who_wants_no_answers_gets_none_unless_they_ask(room):
    await room.open(room.channel)
    about = answer(await room.ann.slash(room.channel, "about"))
    await room.press(about, "Do not answer unless I ask")
    await room.ann.send(room.channel, block(BROKEN))
    assert room.said(room.channel) == []
    await room.ann.send(room.channel, f"<@{room.bot.user.id}> {block(BROKEN)}")
    assert len(room.said(room.channel)) == 1
    about = answer(await room.ann.slash(room.channel, "about"))
    await room.press(about, "Answer me in help channels")
    await room.ann.send(room.channel, block(BROKEN))
    assert len(room.said(room.channel)) == 2


async def test_an_author_gets_some_answers_and_then_silence(room):
    await room.open(room.channel)
    for _ in range(8):
        await room.ann.send(room.channel, block(BROKEN))
    assert len(room.said(room.channel)) == 4
    await room.ben.send(room.channel, block(BROKEN))
    assert len(room.said(room.channel)) == 5


async def test_without_a_permission_it_is_silent_and_moderators_read_why(room):
    room.permit(deny=discord.Permissions(send_messages=True))
    said = await room.open(room.channel)
    assert "I lack Send Messages there" in said
    await room.ann.send(room.channel, block(BROKEN))
    assert room.said(room.channel) == []
    shown = words(answer(await room.max.slash(room.channel, "help-channels list")))
    assert "I lack Send Messages" in shown


async def test_an_answer_that_would_come_late_is_dropped(room):
    await room.open(room.channel)
    backend = room.env.backend
    old = backend.prepare_message(room.channel.id, room.ann.id, block(BROKEN))
    await room.env.advance_time(timedelta(minutes=3).total_seconds())
    backend.commit_message(old)
    await room.env.settle()
    assert room.said(room.channel) == []


async def test_what_was_said_about_a_deleted_message_goes_with_it(room):
    await room.open(room.channel)
    message = await room.ann.send(room.channel, block(BROKEN))
    assert len(room.said(room.channel)) == 1
    await room.ann.delete(message)
    assert room.said(room.channel) == []


async def test_a_restart_in_the_middle_gives_no_second_answer(room):
    await room.open()
    thread = await room.post("Help", "zzz qqq")
    await room.bot.services.store.help_posts.claim(thread.id, "answer")
    await room.ann.send(thread, block(BROKEN))
    assert room.said(thread) == []


async def test_paused_and_removed_channels_are_left_alone(room):
    await room.open(room.channel)
    assert "will not answer in" in words(
        answer(await room.max.slash(room.channel, "help-channels pause", channel=room.channel))
    )
    await room.ann.send(room.channel, block(BROKEN))
    assert room.said(room.channel) == []
    await room.max.slash(room.channel, "help-channels pause", channel=room.channel)
    await room.ann.send(room.channel, block(BROKEN))
    assert len(room.said(room.channel)) == 1
    await room.max.slash(room.channel, "help-channels remove", channel=room.channel)
    await room.ann.send(room.channel, block(BROKEN))
    assert len(room.said(room.channel)) == 1
    again = await room.max.slash(room.channel, "help-channels remove", channel=room.channel)
    assert "not a help channel" in words(answer(again))


async def test_a_question_in_the_forum_gets_the_entry_that_answers_it(room):
    await room.open()
    thread = await room.post("Endless answers", "How do I resume training from a checkpoint?")
    (said,) = room.said(thread)
    assert "resume_from_checkpoint" in words(said)
    assert "Solved" in labels(said)
    assert room.said(await room.post("Hello", "What is the weather like in Berlin today?", who=room.ben)) == []


async def test_a_question_that_an_entry_may_answer_gets_a_button_and_no_text(room):
    await room.open()
    thread = await room.post("Mixing", "how do people usually weight two datasets here?")
    (said,) = room.said(thread)
    assert "I may know something about this" in words(said)
    assert labels(said) == ["Show me what you found"]
    assert "belongs to" in words(answer(await room.press(said, "Show me what you found", room.ben)))
    shown = answer(await room.press(said, "Show me what you found"))
    assert shown.ephemeral
    assert "One of these may answer it" in words(shown)


async def test_solved_is_for_the_author_and_moderators_and_closes_the_thread(room):
    await room.open()
    thread = await room.post("Help", block(BROKEN))
    (said,) = room.said(thread)
    assert "Only the author" in words(answer(await room.press(said, "Solved", room.ben)))
    assert not (await room.bot.services.store.help_posts.get(thread.id)).solved_at
    await room.press(said, "Solved")
    assert (await room.bot.services.store.help_posts.get(thread.id)).solved_at


async def test_wrong_removes_the_answer_and_is_counted(room):
    await room.open()
    thread = await room.post("Help", block(BROKEN))
    await room.press(room.said(thread)[0], "This is wrong", room.max)
    assert room.said(thread) == []
    shown = words(answer(await room.max.slash(room.channel, "help-channels stats")))
    assert "**1 post** seen, **1** answered" in shown
    assert "**1 answer** marked wrong" in shown


async def test_a_post_without_anything_is_asked_for_it_once(room, monkeypatch):
    await room.open(reminders=True)
    thread = await room.post("Help", "zzz qqq")
    store = room.bot.services.store
    later = store.clock() + timedelta(minutes=2, seconds=1)
    monkeypatch.setattr(store.help_posts, "_clock", lambda: later)
    await room.minutes()
    await room.minutes()
    (said,) = room.said(thread)
    assert "last 30 lines of the log" in words(said)


async def test_posts_that_only_the_bot_has_answered_are_listed_for_moderators(room, monkeypatch):
    await room.open()
    waiting = await room.post("Help", block(BROKEN))
    helped = await room.post("Help me", block(BROKEN), who=room.ben)
    await room.ann.send(helped, "same here, I set sequence_len")
    store = room.bot.services.store
    later = store.clock() + timedelta(days=1, minutes=1)
    monkeypatch.setattr(store.help_posts, "_clock", lambda: later)
    shown = words(answer(await room.max.slash(room.channel, "help-channels list")))
    assert f"<#{waiting.id}>" in shown
    assert f"<#{helped.id}>" not in shown


async def test_a_token_gets_its_author_a_private_word(room):
    await room.open(room.channel)
    await room.ann.send(room.channel, f"my token is {TOKEN} why does it not work")
    assert room.said(room.channel) == []
    told = words(room.ann.user.dm_channel.history()[-1])
    assert "Hugging Face" in told
    assert TOKEN not in told


async def test_a_message_with_a_token_is_deleted_where_moderators_want_that(room):
    room.permit(allow=discord.Permissions(manage_messages=True))
    await room.open(room.channel, delete_secrets=True)
    message = await room.ann.send(room.channel, f"my token is {TOKEN}")
    assert message.id not in [each.id for each in room.channel.history()]
    assert "Hugging Face" in words(room.ann.user.dm_channel.history()[-1])


async def test_mentions_and_replies_are_answered_without_reading_anything_else(tmp_path):
    async with helping(tmp_path) as world:
        assert not world.bot.intents.message_content
        await world.open(world.channel)
        await world.ann.send(world.channel, block(BROKEN))
        assert world.said(world.channel) == []
        me = f"<@{world.bot.user.id}>"
        await world.ann.send(world.channel, f"{me} {block(BROKEN)}")
        (said,) = world.said(world.channel)
        assert "max_seq_length" in words(said)
        await world.ben.send(world.channel, block(TRACE, ""), reply_to=said)
        assert "out of memory" in words(world.said(world.channel)[1]).lower()
        await world.ben.send(world.channel, "thanks, that was it", reply_to=said)
        await world.ben.send(world.channel, "bad bot", reply_to=said)
        assert len(world.said(world.channel)) == 2
        await world.max.send(world.channel, me)
        assert "Mention me with one of them" in words(world.said(world.channel)[2])
        await world.max.send(world.channel, "@everyone hello")
        assert len(world.said(world.channel)) == 3


async def test_without_reading_forum_posts_are_greeted_by_their_title(tmp_path):
    async with helping(tmp_path) as world:
        assert "has not turned on reading" in await world.open(mode="offer")
        thread = await world.post("Resume", "How do I resume training from a checkpoint?", events=2)
        (said,) = world.said(thread)
        assert "mention me here" in words(said)
        shown = answer(await world.press(said, "Show me what you found"))
        assert shown.ephemeral
        assert "resume_from_checkpoint" in words(shown)


async def test_a_direct_message_is_answered(room):
    await room.ann.send_dm(block(BROKEN))
    assert "max_seq_length" in words(room.ann.user.dm_channel.history()[-1])


async def test_the_bot_mentions_nobody_but_the_author(room):
    await room.open(room.channel)
    text = f"@everyone <@{room.ben.id}> <@&{room.role.id}>\n{block(BROKEN)}"
    await room.ann.send(room.channel, text)
    (said,) = room.said(room.channel)
    assert {user.id for user in said.mentions} <= {room.ann.id}
    assert not said.mention_everyone
    assert said.role_mentions == []


async def test_everything_of_discord_may_fail_without_a_sound(room):
    await room.open(room.channel)
    room.env.inject_error("POST", "/channels/*/messages", status=403, code=50013, times=None)
    await room.ann.send(room.channel, block(BROKEN))
    assert room.env.errors == []


async def test_where_the_bot_may_not_write_moderators_get_one_line_in_their_log(room):
    log = room.guild.create_text_channel("bot-log")
    await room.max.slash(room.channel, "faq-admin settings", log_channel=log)
    before = len(room.said(log))
    await room.open(room.channel)
    room.permit(deny=discord.Permissions(send_messages=True))
    await room.ann.send(room.channel, block(BROKEN))
    await room.ben.send(room.channel, block(BROKEN))
    assert room.said(room.channel) == []
    (line,) = room.said(log)[before:]
    assert "I lack Send Messages" in words(line)


async def test_a_token_of_an_author_who_takes_no_private_messages_gets_a_reply_that_says_only_that(room):
    await room.open(room.channel)
    room.env.inject_error("POST", "/users/@me/channels", status=403, code=50007, times=None)
    await room.ann.send(room.channel, f"my token is {TOKEN}\n{block(BROKEN)}")
    (said,) = room.said(room.channel)
    assert "Revoke it now" in words(said)
    assert TOKEN not in words(said)
    assert "max_seq_length" not in words(said)


@pytest.mark.parametrize("state", ["archived", "locked"])
async def test_a_closed_thread_stays_closed(room, state):
    await room.open()
    thread = await room.post("Help", "zzz qqq")
    setattr(room.env.backend.get_channel(thread.id).thread_metadata, state, True)
    cached = room.bot.get_channel(room.forum.id).get_thread(thread.id)
    setattr(cached, state, True)
    room.env.backend.create_message(thread.id, room.ann.id, block(BROKEN))
    await room.env.settle()
    assert room.said(thread) == []


async def test_slow_mode_and_a_thread_that_is_gone_leave_no_error(room):
    await room.open(room.channel)
    room.env.inject_error("POST", "/channels/*/messages", status=429, code=20016, times=1)
    await room.ann.send(room.channel, block(BROKEN))
    room.env.inject_error("POST", "/channels/*/messages", status=404, code=10003, times=1)
    await room.ben.send(room.channel, block(BROKEN))
    assert room.env.errors == []


async def test_a_message_that_is_deleted_during_the_check_gets_no_answer(room):
    await room.open(room.channel)
    room.env.inject_error("POST", "/channels/*/messages", status=400, code=50035, times=1)
    message = room.env.backend.create_message(room.channel.id, room.ann.id, block(BROKEN))
    room.env.backend.delete_message(room.channel.id, message.id)
    await room.env.settle()
    assert room.said(room.channel) == []
    assert room.env.errors == []


async def test_an_edit_during_the_check_still_makes_one_answer(room):
    await room.open(room.channel)
    message = room.env.backend.create_message(room.channel.id, room.ann.id, block(BROKEN))
    changed = block(BROKEN.replace("max_seq_length", "sequence_len"))
    room.env.backend.edit_message(room.channel.id, message.id, {"content": changed})
    await room.env.settle()
    assert len(room.said(room.channel)) == 1


async def test_its_own_reply_does_not_count_as_a_persons_answer(room, monkeypatch):
    await room.open()
    thread = await room.post("Help", block(BROKEN))
    assert len(room.said(thread)) == 1
    store = room.bot.services.store
    later = store.clock() + timedelta(days=1, minutes=1)
    monkeypatch.setattr(store.help_posts, "_clock", lambda: later)
    assert [post.post_id for post in await store.help_posts.unanswered(room.guild.id, timedelta(days=1))] == [thread.id]
    await room.ben.send(thread, "set sequence_len")
    assert await store.help_posts.unanswered(room.guild.id, timedelta(days=1)) == ()
