"""The process: settings, health, `make run`, and how it ends."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time

import aiohttp
import pytest
from pydantic import ValidationError

from bot.cli import main
from bot.health import HealthServer
from bot.settings import Settings
from tests.places import ROOT


def clean_environment(**more):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DISCORD_", "HELPBOT_"))}
    return {**kept, "PYTHONUNBUFFERED": "", **more}


def test_settings_come_from_the_environment(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    for name, value in {
        "DISCORD_TOKEN": "abc",
        "HELPBOT_DATABASE": "/data/x.sqlite3",
        "HELPBOT_SHARD_COUNT": "4",
        "HELPBOT_SHARD_IDS": "0,2",
        "HELPBOT_HEALTH_PORT": "",
    }.items():
        monkeypatch.setenv(name, value)
    settings = Settings.from_environment()
    assert settings.token.get_secret_value() == "abc"
    assert settings.shard_ids == (0, 2)
    assert settings.address == "sqlite:////data/x.sqlite3"
    assert settings.health_port == 8766, "an empty variable counts as none"
    monkeypatch.setenv("HELPBOT_DATABASE_URL", "postgresql://host/x")
    assert Settings().address == "postgresql://host/x", "the address wins over the path"
    assert "abc" not in repr(Settings())


@pytest.mark.parametrize("wrong", [{"shard_ids": "0"}, {"shard_count": 2, "shard_ids": "2"}, {"workers": -1}])
def test_wrong_settings_are_refused(wrong):
    with pytest.raises(ValidationError):
        Settings(**wrong)


def test_a_wrong_variable_is_named_without_its_value(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HELPBOT_WORKERS", "many-secret")
    assert main(["run"]) == 2
    told = capsys.readouterr().err
    assert "HELPBOT_WORKERS" in told
    assert "many-secret" not in told


def test_run_without_a_token_says_where_one_comes_from(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DISCORD_TOKEN", raising=False)
    assert main(["run"]) == 2
    assert "discord.com/developers/applications" in capsys.readouterr().err


async def test_health_and_metrics_are_served(world, tools):
    await world.check(tools.BROKEN)
    server = HealthServer(world.bot, "127.0.0.1", 0)
    port = await server.start()
    try:
        async with aiohttp.ClientSession() as session:
            async with session.get(f"http://127.0.0.1:{port}/healthz") as response:
                state = await response.json()
                assert response.status == 200
                assert state["status"] == "ok"
                assert state["guilds"] == 1
            async with session.get(f"http://127.0.0.1:{port}/metrics") as response:
                text = await response.text()
                assert 'helpbot_checks_total{verdict="refused"} 1.0' in text
                assert 'helpbot_command_seconds_count{command="checkconfig"} 1.0' in text
                assert "max_seq_length" not in text
            world.bot.services.in_flight.draining = True
            async with session.get(f"http://127.0.0.1:{port}/healthz") as response:
                assert response.status == 503
                assert (await response.json())["status"] == "closing"
            world.bot.services.in_flight.draining = False
    finally:
        await server.close()


async def test_two_processes_share_the_shards_between_them(tmp_path, tools):
    async with tools.running(tmp_path, shard_count=4, shard_ids=(0, 1)) as world:
        guild_of = {shard: world.env.create_guild(f"of {shard}", shard_id=shard).id for shard in range(4)}
        assert [world.bot.sees(guild_of[shard]) for shard in range(4)] == [True, True, False, False]
        assert world.bot.get_guild(guild_of[3]) is None
        assert world.bot.get_guild(guild_of[1]) is not None


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_make_run_without_a_token_checks_an_example_serves_the_page_and_ends_quietly(tmp_path, number):
    output = tmp_path / "out.txt"
    with output.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "bot"], cwd=ROOT, env=clean_environment(), stdout=file, stderr=subprocess.STDOUT
        )
        try:
            url = None
            for _ in range(600):
                if url := re.search(r"http://127\.0\.0\.1:\d+/\S*", output.read_text()):
                    break
                time.sleep(0.05)
            assert url, output.read_text()
            assert "effective batch" in output.read_text()
            process.send_signal(number)
            assert process.wait(10) == 0
        finally:
            process.kill()
            process.wait()
    assert "Traceback" not in output.read_text()


def test_a_signal_before_anything_is_open_leaves_no_traceback(tmp_path):
    output = tmp_path / "out.txt"
    with output.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "bot"], cwd=ROOT, env=clean_environment(), stdout=file, stderr=subprocess.STDOUT
        )
        time.sleep(0.6)
        process.send_signal(signal.SIGTERM)
        process.wait(15)
    assert "Traceback" not in output.read_text()


async def test_doctor_names_what_to_mend(tmp_path):
    from bot.console.doctor import look

    lines = [line async for line in look(Settings(database=tmp_path / "x.sqlite3"), offline=True)]
    assert all(well for well, sentence in lines if "DISCORD_TOKEN" not in sentence)
    assert [sentence for well, sentence in lines if not well] == [
        "DISCORD_TOKEN is not set: `helpbot run` needs it, `helpbot demo` and `helpbot check` do not."
    ]
    folder = tmp_path / "file"
    await asyncio.to_thread(folder.write_text, "no folder")
    lines = [line async for line in look(Settings(database=folder / "x.sqlite3", token="t"), offline=True)]
    assert any(not well and sentence.startswith("Database (sqlite): ") for well, sentence in lines)


@pytest.mark.parametrize(
    ("reading", "flags", "well", "said"),
    [
        ("off", 0, True, "No privileged intents are needed"),
        ("on", 1 << 18, True, "has the message content intent"),
        ("on", 1 << 19, True, "has the message content intent"),
        ("on", 0, False, "lacks the message content intent: turn on Message Content Intent"),
    ],
)
async def test_doctor_asks_discord_for_the_intent_that_help_channels_need(
    tmp_path, monkeypatch, reading, flags, well, said
):
    from aiohttp import web

    from bot.console.doctor import look

    user = {"id": "1", "username": "bot", "discriminator": "0000", "avatar": None, "bot": True}
    application = {
        "id": "1", "name": "Help", "description": "", "icon": None, "summary": "", "verify_key": "x", "flags": flags,
        "owner": user, "team": None, "bot_public": True, "bot_require_code_grant": False,
    }  # fmt: skip
    answers = {"/users/@me": user, "/oauth2/applications/@me": application, "/users/@me/guilds": []}

    async def discords(request):
        body = json.dumps(answers[request.path]).encode()
        return web.Response(body=body, headers={"Content-Type": "application/json"})  # the library wants no charset

    app = web.Application()
    app.router.add_get("/{path:.*}", discords)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    monkeypatch.setattr("discord.http.Route.BASE", f"http://{host}:{port}")
    try:
        settings = Settings(database=tmp_path / "x.sqlite3", token="t", help_channels=reading)
        lines = [line async for line in look(settings)]
    finally:
        await runner.cleanup()
    assert (True, "The token belongs to Help.") in lines
    assert [each for each, sentence in lines if said in sentence] == [well]
