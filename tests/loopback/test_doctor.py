"""`helpbot doctor` over the library's real HTTP client, on a Discord on loopback."""

import discord
from discord.http import Route

from bot.console.doctor import look
from bot.settings import Settings
from tests.loopback.stand_in import StandIn

USED = discord.Permissions(
    view_channel=True,
    send_messages=True,
    send_messages_in_threads=True,
    embed_links=True,
    attach_files=True,
    read_message_history=True,
)
LESS = discord.Permissions(USED.value, embed_links=False, read_message_history=False)


async def test_the_permissions_of_each_server_are_those_of_the_bots_roles_there(tmp_path, monkeypatch):
    async with StandIn().serving() as stand_in:
        stand_in.guilds = {"3000": USED.value, "3001": LESS.value, "3002": discord.Permissions.all().value}
        monkeypatch.setattr(Route, "BASE", f"http://{stand_in.address}/api/v10")
        settings = Settings(database=tmp_path / "bot.sqlite3", DISCORD_TOKEN="made.up.token", hub="off")
        lines = [line async for line in look(settings)]
    assert (True, "Server 3000: the bot has the permissions it can use.") in lines
    assert (True, "Server 3001: missing embed_links, read_message_history.") in lines
    assert (True, "Server 3002: the bot has the permissions it can use.") in lines
