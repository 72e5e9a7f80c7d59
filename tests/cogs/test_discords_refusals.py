"""What Discord refuses because of somebody's deed is said to the member; it is never told as a fault of the bot."""

import pytest
from simcord.backend.models.channel import Overwrite
from simcord.enums import OverwriteType

from bot.store import EntryContent
from bot.views.kit import notice
from bot.views.kit.components import Form

REFUSALS = {
    "the message was deleted": (400, 50035),
    "the thread is archived": (400, 50083),
    "the thread is locked": (403, 160005),
    "AutoMod stopped it": (400, 200000),
    "no right to read the history": (403, 160002),
    "the channel is gone": (404, 10003),
}


async def _entry(world):
    content = EntryContent(title="Packing", text="Fill every row.", phrases=("packing fails",))
    await world.bot.services.store.faq.add(world.guild.id, content, author_id=1)


@pytest.mark.parametrize("what", list(REFUSALS))
async def test_a_reply_that_discord_does_not_post_is_explained(world, tools, what):
    status, code = REFUSALS[what]
    await _entry(world)
    message = await world.ann.send(world.channel, f"packing fails\n```yaml\n{tools.BROKEN}```")
    checked = tools.answer(await world.max.context_menu(world.channel, "Check message", message))
    picker = tools.answer(await world.max.context_menu(world.channel, "Answer with FAQ", message))
    select = next(each for each in tools.components(picker) if each.get("options"))
    world.env.inject_error("POST", "/channels/*/messages", status=status, code=code, times=None)
    answers = [
        await world.press(checked, "Answer the author publicly", world.max),
        await world.max.select(picker, [select["options"][0]["value"]], custom_id=select["custom_id"]),
    ]
    for each in answers:
        assert tools.words(tools.answer(each)) == notice.NO_REPLY
    assert world.env.errors == []


async def test_nobody_posts_through_the_bot_where_they_may_not_write(world, tools):
    await _entry(world)
    checked = await world.check(tools.BROKEN)
    entry = tools.answer(await world.ann.slash(world.channel, "faq", topic="Packing"))
    channel = world.channel._channel
    channel.overwrites.append(Overwrite(world.guild.id, OverwriteType.ROLE, 0, 1 << 11))
    for shown, label in ((checked, "Share summary"), (entry, "Share")):
        refused = tools.answer(await world.press(shown, label))
        assert tools.words(refused) == notice.MAY_NOT_POST
        assert refused.ephemeral


async def test_a_form_that_stays_open_for_twenty_minutes_is_answered(world, tools):
    shown = await world.ann.slash(world.channel, "checkconfig")
    await world.env.advance_time(20 * 60)
    field = next(
        part["custom_id"]
        for label in shown.modal["components"]
        if (part := label["component"]).get("type") == 4 and part.get("style") == 2
    )
    answer = tools.answer(await world.ann.submit_modal(shown, {field: tools.BROKEN}))
    assert "max_seq_length" in tools.words(answer)


async def test_what_was_typed_into_a_form_from_before_a_restart_is_handed_back(world, tools, monkeypatch):
    shown = await world.ann.slash(world.channel, "checkconfig")
    form = next(each for each in world.bot._connection._view_store._modals.values() if isinstance(each, Form))
    form.stop()
    monkeypatch.setattr("bot.replies.OPEN", {})
    field = next(
        part["custom_id"]
        for label in shown.modal["components"]
        if (part := label["component"]).get("type") == 4 and part.get("style") == 2
    )
    answer = tools.answer(await world.ann.submit_modal(shown, {field: "base_model: x"}))
    assert notice.FORM_EXPIRED in tools.words(answer)
    assert [await file.read() for file in answer.attachments] == [b"base_model: x"]
