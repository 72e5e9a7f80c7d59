"""Discord waits three seconds for a first response: it is given before a database that hangs says anything."""

import asyncio
import re
from contextlib import asynccontextmanager

import pytest

from bot import responses
from bot.store import EntryContent
from bot.store.sqlite import SqliteDatabase
from bot.views.kit import notice
from tests.cogs.test_access import COMMANDS
from tests.places import ROOT
from tests.world import running

OPENS_AFTER_LOOKING = {"faq-admin edit"}


@asynccontextmanager
async def filled(folder):
    """A world whose FAQ has one entry."""
    async with running(folder) as world:
        content = EntryContent(title="Packing", text="Fill every row.", category="Rows")
        await world.bot.services.store.faq.add(world.guild.id, content, author_id=1)
        yield world


@pytest.fixture
def hanging(monkeypatch):
    """Calling it makes the database wait until the newest interaction of a world has its first response."""

    def hang(world):
        monkeypatch.setattr(responses, "SECONDS", 0.01)
        for name in ("reading", "writing"):
            monkeypatch.setattr(SqliteDatabase, name, _behind(getattr(SqliteDatabase, name), world))

    return hang


def _behind(way, world):
    @asynccontextmanager
    async def behind(self):
        newest = list(world.env.backend.interactions.values())[-1]
        while not newest.responded:  # noqa: ASYNC110 - the in-process Discord sets no event
            await asyncio.sleep(0.005)
        async with way(self) as session:
            yield session

    return behind


@pytest.mark.parametrize("name", list(COMMANDS))
async def test_a_command_responds_before_the_database_does(tmp_path, tools, hanging, name):
    async with filled(tmp_path) as world:
        options = COMMANDS[name][1]
        hanging(world)
        if "channel" in options:
            options = options | {"channel": world.channel}
        shown = await world.max.slash(world.channel, name, **options)
        assert shown.acknowledged
        if shown.modal is None:
            text = tools.words(tools.answer(shown))
            assert (notice.FORM_TOO_LATE in text) == (name in OPENS_AFTER_LOOKING)
            assert text


async def test_a_public_answer_stays_public_and_the_wait_for_it_private(tmp_path, tools, hanging):
    async with filled(tmp_path) as world:
        hanging(world)
        result = await world.ann.slash(world.channel, "faq", topic="Packing", member=world.ben)
        assert tools.words(result.response) == notice.POSTED
        assert result.response.ephemeral
        assert not tools.answer(result).ephemeral
        assert f"<@{world.ben.id}>" in tools.words(tools.answer(result))


async def test_buttons_respond_before_the_database_does_and_do_their_work(tmp_path, tools, hanging):
    async with filled(tmp_path) as world:
        entry = tools.answer(await world.ann.slash(world.channel, "faq", topic="Packing"))
        browse = tools.answer(await world.ann.slash(world.channel, "faq"))
        removal = tools.answer(await world.max.slash(world.channel, "faq-admin remove", entry="Packing"))
        hanging(world)
        shared = tools.answer(await world.press(entry, "Share"))
        assert not shared.ephemeral
        assert "Thank" in tools.words(tools.answer(await world.press(entry, "Yes")))
        select = next(each for each in tools.components(browse) if each.get("custom_id", "").startswith("faq-list"))
        turned = await world.ann.select(browse, [select["options"][0]["value"]], custom_id=select["custom_id"])
        assert turned.acknowledged
        removed = tools.answer(await world.press(removal, "Remove", world.max))
        assert "removed" in tools.words(removed).lower()


def test_first_responses_are_given_in_one_place():
    direct = re.compile(r"\.response\.(?:send_|edit_|defer|autocomplete)")
    found = [
        str(path.relative_to(ROOT))
        for package in ("bot", "cogs")
        for path in (ROOT / package).rglob("*.py")
        if direct.search(path.read_text("utf-8"))
    ]
    assert found == ["bot/responses.py"]
