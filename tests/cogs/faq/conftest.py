"""The real bot with a real database in an in-process Discord, and a town of people to talk to it."""

import logging
import re

import discord
import pytest

from bot.client import create_bot
from bot.settings import Settings
from bot.store import EntryContent


class Town:
    """A server with a moderator, a helper with the moderator role, and a member; and a second server."""

    def __init__(self, env) -> None:
        self.env = env
        self.guild = env.create_guild(name="Home")
        self.channel = self.guild.create_text_channel("general")
        self.log = self.guild.create_text_channel("log")
        manager = self.guild.create_role("Manager", permissions=discord.Permissions(manage_guild=True))
        self.helper_role = self.guild.create_role("Helper")
        self.anna = self.guild.add_member(env.create_user("anna"), roles=[manager])
        self.mona = self.guild.add_member(env.create_user("mona"), roles=[manager])
        self.hugo = self.guild.add_member(env.create_user("hugo"), roles=[self.helper_role])
        self.ben = self.guild.add_member(env.create_user("ben"))
        self.other = env.create_guild(name="Elsewhere")
        self.other_channel = self.other.create_text_channel("general")
        chief = self.other.create_role("Chief", permissions=discord.Permissions(manage_guild=True))
        self.olga = self.other.add_member(env.create_user("olga"), roles=[chief])

    @property
    def store(self):
        return self.env.bot.services.store

    async def add(self, title="Packing", text="Short rows together.", guild=None, **more):
        """An entry that is there already."""
        content = EntryContent(title=title, text=text, **more)
        return await self.store.faq.add((guild or self.guild).id, content, author_id=self.anna.id)

    async def find(self, title):
        """The entry of a title, as it is stored."""
        return await self.store.faq.find(self.guild.id, title)

    async def fill(self, who, shown, title=None, text=None, aliases=None, category=None, links=None):
        """Fills the form of an entry in the order of its fields and submits it."""
        given = dict(zip(fields(shown), (title, text, aliases, category, links), strict=True))
        return await who.submit_modal(shown, {name: value for name, value in given.items() if value is not None})

    async def write(self, who, title, text, **more):
        """The whole way of a new entry; returns the answer to Save."""
        preview = await self.fill(who, await who.slash(self.channel, "faq-admin add"), title, text, **more)
        return await who.click(answer(preview), label="Save")

    async def open_admin(self):
        """Shows /faq-admin to everybody, as a server's owner can."""
        command = next(found for found in await self.env.bot.tree.fetch_commands() if found.name == "faq-admin")
        self.guild.set_command_permissions(command, {self.guild.default_role: True})

    async def post(self, view, channel=None):
        """A message of the bot that everybody sees."""
        place = self.env.bot.get_channel((channel or self.channel).id)
        return await place.send(view=view)


def answer(result):
    """The message that a member got last."""
    return result.followups[-1] if result.followups else result.response


def said(result):
    """All texts of an answer."""
    message = answer(result) if hasattr(result, "followups") else result
    return "\n".join(part["content"] for part in parts(message, 10))


def buttons(message):
    """The labels of the buttons of a message."""
    return [part["label"] for part in parts(message, 2)]


def parts(message, kind):
    """The components of a kind, nested ones too."""
    found = []

    def walk(value):
        if isinstance(value, dict):
            if value.get("type") == kind:
                found.append(value)
            for inner in value.values():
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)

    components = message.components
    walk([part if isinstance(part, dict) else part.to_dict() for part in components])
    return found


def select(message, placeholder):
    """The options of a select: label to value."""
    for part in parts(message, 3):
        if part["placeholder"] == placeholder:
            return {option["label"]: option["value"] for option in part["options"]}
    return {}


def select_id(message, placeholder):
    return next(part["custom_id"] for part in parts(message, 3) if part["placeholder"] == placeholder)


def fields(shown):
    """The custom ids of a form's fields."""
    return [part["component"]["custom_id"] for part in shown.modal["components"]]


def prefilled(shown):
    """What stands in a form's fields."""
    return [part["component"].get("value") for part in shown.modal["components"]]


def unescaped(text):
    return re.sub(r"\\([^a-zA-Z0-9\s])", r"\1", text)


@pytest.fixture
def settings(tmp_path):
    return Settings(database=tmp_path / "helpbot.sqlite3", workers=0, health_port=0, hub="off")


@pytest.fixture
def simcord_bot(settings):
    logging.getLogger("discord").setLevel(logging.ERROR)
    return create_bot(settings)


@pytest.fixture
def town(simcord_env):
    return Town(simcord_env)


@pytest.fixture(name="tools")
def _tools():
    """The functions above, for tests that can't import this file."""
    return _Tools


class _Tools:
    answer = staticmethod(answer)
    said = staticmethod(said)
    buttons = staticmethod(buttons)
    parts = staticmethod(parts)
    select = staticmethod(select)
    select_id = staticmethod(select_id)
    fields = staticmethod(fields)
    prefilled = staticmethod(prefilled)
    unescaped = staticmethod(unescaped)
