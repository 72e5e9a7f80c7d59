"""What Discord refuses of help in channels and of files: no exception, no incident, and nothing is said twice."""

import logging

import discord
import pytest

from bot.views.help_channels import words as said
from bot.views.kit import notice
from tests.cogs.test_help_channels import Help, block, helping
from tests.cogs.test_new import MODEL, ROWS
from tests.world import BROKEN, answer, labels, running, usual_bot, words

FAULTS = {
    "no permission": (403, 50013),
    "no access": (403, 50001),
    "the message is unknown": (404, 10008),
    "the channel is unknown": (404, 10003),
    "slow mode": (429, 20016),
    "the thread is archived": (400, 50083),
    "reply to a deleted message": (400, 50035),
    "Discord failed": (503, 0),
}
LOG = "".join(f"{{'loss': {3 - step / 20:.3f}, 'epoch': {step / 20}}}\n" for step in range(1, 31)).encode()


@pytest.fixture
def simcord_bot(tmp_path):
    """The usual bot, which may read messages."""
    return usual_bot(tmp_path, help_channels="on")


@pytest.fixture(name="room")
async def _room(simcord_env):
    yield Help(simcord_env.bot, simcord_env)
    await simcord_env.bot.close()


def quiet(room, caplog):
    """Nothing left the bot as an exception, and nothing counts as its own fault."""
    assert room.env.errors == []
    assert "incident" not in caplog.text
    assert "Ignoring exception" not in caplog.text


@pytest.fixture(autouse=True)
def _everything_logged(caplog):
    caplog.set_level(logging.INFO)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("mode", ["answer", "offer", "quiet"])
async def test_an_unasked_answer_that_discord_refuses_is_left_out_and_not_tried_again(room, caplog, mode, fault):
    status, code = FAULTS[fault]
    await room.open(room.channel, mode)
    way = ("PUT", "/channels/*/reactions/*") if mode == "quiet" else ("POST", "/channels/*/messages")
    room.env.inject_error(*way, status=status, code=code, times=1)
    message = await room.ann.send(room.channel, block(BROKEN))
    assert room.said(room.channel) == []
    room.env.backend.edit_message(room.channel.id, message.id, {"content": block(BROKEN + "seed: 1\n")})
    await room.env.settle()
    assert room.said(room.channel) == []
    quiet(room, caplog)


@pytest.mark.parametrize("fault", FAULTS)
async def test_tags_edits_and_deletions_that_discord_refuses_leave_the_one_answer(room, caplog, fault):
    status, code = FAULTS[fault]
    room.env.backend.get_channel(room.forum.id).available_tags = []
    await room.open(tags=True)
    for method, path in (("PATCH", "/channels/*"), ("DELETE", "/channels/*")):
        room.env.inject_error(method, path, status=status, code=code, times=None)
    thread = await room.post("Help", block(BROKEN))
    assert len(room.said(thread)) == 1
    room.env.backend.edit_message(thread.id, thread.id, {"content": block(BROKEN + "seed: 1\n")})
    await room.env.settle()
    room.env.backend.delete_message(thread.id, thread.id)
    await room.env.settle()
    assert len(room.said(thread)) == 1
    quiet(room, caplog)


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_greeting_that_discord_refuses_is_left_out(tmp_path, caplog, fault):
    status, code = FAULTS[fault]
    async with helping(tmp_path) as room:
        await room.open()
        room.env.inject_error("POST", "/channels/*/messages", status=status, code=code, times=1)
        assert room.said(await room.post("Help", block(BROKEN))) == []
        quiet(room, caplog)


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("no permission", said.MARKED),
        ("the channel is unknown", said.NOT_CLOSED),
        ("slow mode", said.NOT_CLOSED),
        ("the thread is archived", said.CLOSED),
        ("Discord failed", said.NOT_CLOSED),
    ],
)
async def test_a_thread_that_discord_does_not_close_is_told_as_that(room, caplog, fault, told):
    status, code = FAULTS[fault]
    await room.open()
    thread = await room.post("Help", block(BROKEN))
    room.env.inject_error("PATCH", "/channels/*", status=status, code=code, times=None)
    result = await room.press(room.said(thread)[0], "Solved")
    assert words(answer(result)) == told
    assert (await room.bot.services.store.help_posts.get(thread.id)).solved_at
    quiet(room, caplog)


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_wrong_answer_that_cannot_be_removed_is_noted_all_the_same(room, caplog, fault):
    status, code = FAULTS[fault]
    await room.open()
    thread = await room.post("Help", block(BROKEN))
    room.env.inject_error("DELETE", "/channels/*", status=status, code=code, times=None)
    result = await room.press(room.said(thread)[0], "This is wrong")
    assert words(answer(result)) == (said.TOLD_WRONG if status == 404 else said.NOT_REMOVED)
    assert (await room.bot.services.store.help_posts.get(thread.id)).silenced_at
    quiet(room, caplog)


@pytest.mark.parametrize("fault", ["no access", "the message is unknown", "the channel is unknown", "Discord failed"])
async def test_a_message_that_discord_does_not_show_any_more_is_told_to_its_author(room, caplog, fault):
    status, code = FAULTS[fault]
    await room.open(room.channel, "offer")
    await room.ann.send(room.channel, block(BROKEN))
    (offer,) = room.said(room.channel)
    room.env.inject_error("GET", "/channels/*/messages/*", status=status, code=code, times=None)
    told = words(answer(await room.press(offer, labels(offer)[0])))
    assert told in (said.GONE, notice.DISCORD_FAILED)
    quiet(room, caplog)


@pytest.mark.parametrize("fault", ["slow mode", "Discord failed"])
async def test_files_that_discord_does_not_take_are_told_and_sent_once(tmp_path, caplog, fault):
    status, code = FAULTS[fault]
    wishes = {"model": MODEL, "dataset": ("rows.jsonl", ROWS), "gpu": "A100 80GB"}
    async with running(tmp_path) as world:
        for command, options in (("newconfig", wishes), ("checkconfig", {"file": ("train.log", LOG)})):
            world.env.inject_error("PATCH", "/webhooks/*", status=status, code=code, times=1)
            result = await world.ann.slash(world.channel, command, **options)
            shown = [each for each in (result.response, *result.followups) if each is not None]
            assert [words(each) for each in shown] == [notice.DISCORD_FAILED]
        assert "incident" not in caplog.text
        assert all(isinstance(error.original, discord.HTTPException) for error in world.env.errors)
