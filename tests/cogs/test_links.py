"""Links in messages, followed to a real site on this machine: a help channel and Check message."""

import gzip
from contextlib import asynccontextmanager

import simcord
from aiohttp import web

from bot.links import MOST_LINK_BYTES
from bot.views.commands import CHECK_MESSAGE
from tests.cogs.test_help_channels import TRACE, Help, block
from tests.world import BROKEN, PATIENCE, answer, usual_bot, words


@asynccontextmanager
async def site():
    """A paste host on this machine, and what was asked of it."""
    asked = []

    async def hand_out(request):
        asked.append(request.path)
        bodies = {
            "/train.log": TRACE.encode(),
            "/train.log.gz": gzip.compress(TRACE.encode()),
            "/config.yml": BROKEN.encode(),
            "/page": b"<!DOCTYPE html><title>A paste</title>",
            "/large.log": TRACE.encode() * (MOST_LINK_BYTES // len(TRACE) + 1),
        }
        if request.path == "/moved.log":
            raise web.HTTPFound("/train.log")
        if request.path == "/elsewhere.log":
            raise web.HTTPFound(f"http://localhost:{request.url.port}/train.log")
        if request.path not in bodies:
            raise web.HTTPNotFound
        return web.Response(body=bodies[request.path])

    app = web.Application()
    app.router.add_get("/{path:.*}", hand_out)
    runner = web.AppRunner(app)
    await runner.setup()
    listening = web.TCPSite(runner, "127.0.0.1", 0)
    await listening.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}", asked
    finally:
        await runner.cleanup()


@asynccontextmanager
async def room_with(folder, hosts):
    bot = usual_bot(folder, help_channels="on", link_hosts=hosts)
    try:
        async with simcord.run(bot, settle_timeout=PATIENCE) as env:
            yield Help(bot, env)
    finally:
        await bot.close()


async def test_a_link_to_a_listed_host_is_read_like_an_attachment(tmp_path):
    async with site() as (url, asked), room_with(tmp_path, url) as room:
        await room.open(room.channel)
        for number, name in enumerate(("train.log", "moved.log", "train.log.gz"), 1):
            await room.ann.send(room.channel, f"it stopped, see {url}/{name}")
            assert len(room.said(room.channel)) == number
            assert "out of memory" in words(room.said(room.channel)[-1]).lower()
        assert asked == ["/train.log", "/moved.log", "/train.log", "/train.log.gz"]


async def test_where_a_link_leads_away_is_too_large_or_a_page_the_rest_is_answered(tmp_path):
    async with site() as (url, asked), room_with(tmp_path, url) as room:
        await room.open(room.channel)
        for name in ("elsewhere.log", "large.log", "page", "gone.log"):
            await room.ben.send(room.channel, f"it stopped, see {url}/{name}")
        assert room.said(room.channel) == []
        assert asked == ["/elsewhere.log", "/large.log", "/page", "/gone.log"]
        await room.ann.send(room.channel, f"{url}/page {block(BROKEN)}")
        assert "max_seq_length" in words(room.said(room.channel)[0])


async def test_check_message_reads_links_and_says_why_one_cannot_be_read(tmp_path):
    async with site() as (url, _), room_with(tmp_path, url) as room:
        message = await room.ann.send(room.channel, f"my config: {url}/config.yml and {url}/page")
        shown = words(answer(await room.ben.context_menu(room.channel, CHECK_MESSAGE, message)))
        assert "max_seq_length" in shown
        assert "a link that could not be read" in shown
        message = await room.ann.send(room.channel, f"my config: {url}/page")
        shown = words(answer(await room.ben.context_menu(room.channel, CHECK_MESSAGE, message)))
        assert "it is a web page" in shown


async def test_no_link_is_followed_unless_the_host_has_listed_it(tmp_path):
    async with site() as (url, asked), room_with(tmp_path, ()) as room:
        await room.open(room.channel)
        await room.ann.send(room.channel, f"it stopped, see {url}/train.log")
        message = await room.ann.send(room.channel, f"my config: {url}/config.yml")
        await room.ben.context_menu(room.channel, CHECK_MESSAGE, message)
        assert room.said(room.channel) == []
        assert asked == []
