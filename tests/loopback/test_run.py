"""`helpbot run` as a process, over the library's real HTTP client and web socket, on a Discord on loopback."""

import asyncio
import os
import signal
import socket
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from tests.loopback.stand_in import PATIENCE, Fault, StandIn
from tests.places import ROOT

CONFIG = b"base_model: Qwen/Qwen2.5-0.5B\nmax_seq_length: 2048\n"
IDENTIFY, RESUME, RECONNECT, INVALID = 2, 6, 7, 9


class Bot:
    """The process, and what it has written."""

    def __init__(self, process, output, port):
        self.process, self._output, self._port = process, output, port

    @property
    def told(self):
        return self._output.read_text()

    async def ends(self):
        """Waits for its end; returns the exit code."""
        return await asyncio.wait_for(self.process.wait(), PATIENCE)

    async def health(self, status):
        """Waits until /healthz has a status; returns what it says."""
        async with asyncio.timeout(PATIENCE), aiohttp.ClientSession() as session:
            while True:
                try:
                    async with session.get(f"http://127.0.0.1:{self._port}/healthz") as response:
                        if response.status == status:
                            return (await response.json())["status"]
                except aiohttp.ClientError:
                    pass
                await asyncio.sleep(0.05)


@asynccontextmanager
async def running(folder: Path, discord: StandIn, patience: float = 60.0):
    """The bot, connected to a stand-in; killed at the end where it still runs."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DISCORD_", "HELPBOT_"))}
    settings = {
        "DISCORD_TOKEN": "made.up.token",
        "HELPBOT_DATABASE": str(folder / "bot.sqlite3"),
        "HELPBOT_HEALTH_PORT": str(port),
        "HELPBOT_SHARD_COUNT": "1",
        "HELPBOT_WORKERS": "0",
        "HELPBOT_HUB": "off",
        "PYTHONPATH": str(ROOT),
    }
    output = folder / "output.txt"
    with output.open("w") as file:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.loopback.launch", discord.address, str(patience)),
            cwd=folder,
            env=kept | settings,
            stdout=file,
            stderr=file,
        )
    try:
        yield Bot(process, output, port)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_a_day_on_discord(tmp_path):
    async with StandIn().serving() as discord:
        async with running(tmp_path, discord) as bot:
            # Start: the commands are registered once, then one identify without privileged intents.
            identify = await discord.operation(IDENTIFY)
            assert identify["token"] == "made.up.token"
            assert not identify["intents"] & (1 << 1 | 1 << 8 | 1 << 15)
            registered = discord.requests("PUT", "/applications/1000/commands")
            assert len(registered) == 1
            assert {"about", "checkconfig", "explain", "faq"} <= {each["name"] for each in registered[0].body}
            assert await bot.health(200) == "ok"

            # A file comes from the CDN, and its answer takes the place of "thinking".
            discord.files["config.yaml"] = CONFIG
            url = f"http://{discord.address}/cdn/config.yaml"
            file = {"id": "9", "filename": "config.yaml", "size": len(CONFIG), "url": url, "proxy_url": url}
            given = [{"name": "file", "type": 11, "value": "9"}]
            token = await discord.use("checkconfig", 1, given, {"attachments": {"9": file}})
            assert "max_seq_length" in await discord.answered(1, token)

            # Rate limits are waited for, a failure of Discord's own is tried again.
            where = "/interactions/5002/token2/callback"
            limited = {"message": "slow", "retry_after": 0.05, "global": False}
            headers = {"Via": "1.1", "X-RateLimit-Bucket": "b", "Retry-After": "0.05", "X-RateLimit-Remaining": "0"}
            discord.faults.append(Fault("POST", where, 429, limited, headers))
            await discord.use("about", 2)
            await discord.request("POST", where, 2)
            where = "/interactions/5003/token3/callback"
            discord.faults.append(Fault("POST", where, 502))
            await discord.use("about", 3)
            await discord.request("POST", where, 2)

            # The gateway asks for a reconnect, vanishes, and ends the session.
            await discord.operate(RECONNECT)
            assert (await discord.operation(RESUME))["session_id"] == "session1"
            assert await bot.health(200) == "ok"
            discord.drop()
            await discord.operation(RESUME, 2)
            await discord.operate(INVALID, data=False)
            await discord.operation(IDENTIFY, 2)
            assert await bot.health(200) == "ok"
            token = await discord.use("about", 4)
            assert "Axolotl" in await discord.answered(4, token)

            bot.process.send_signal(signal.SIGTERM)
            assert await bot.ends() == 0
            assert "Traceback" not in bot.told
            assert "made.up.token" not in bot.told

        # The next start knows that the commands are registered.
        async with running(tmp_path, discord) as bot:
            await discord.operation(IDENTIFY, 3)
            assert len(discord.requests("PUT", "/applications/1000/commands")) == 1
            bot.process.send_signal(signal.SIGTERM)
            assert await bot.ends() == 0


async def test_a_gateway_that_no_longer_answers_heartbeats_is_left(tmp_path):
    async with StandIn().serving() as discord, running(tmp_path, discord, patience=3.0) as bot:
        await discord.operation(IDENTIFY)
        assert await bot.health(200) == "ok"
        discord.silent = True
        await discord.operation(RESUME)
        discord.closed = True
        discord.drop()
        assert await bot.health(503) == "not connected to Discord"
        discord.closed = discord.silent = False
        assert await bot.health(200) == "ok"


REFUSALS = {
    "the token is refused": (Fault("GET", "/users/@me", 401, {"message": "401: Unauthorized", "code": 0}), None),
    "the token is revoked": (None, 4004),
    "a shard of none is asked for": (None, 4010),
    "the intents are refused": (None, 4014),
    "the commands are refused": (Fault("PUT", "/applications/1000/commands", 403, {"code": 50001}), None),
}
TOLD = {
    "the token is refused": (2, "refuses the token in DISCORD_TOKEN"),
    "the token is revoked": (2, "refuses the token in DISCORD_TOKEN"),
    "a shard of none is asked for": (1, "its code 4010"),
    "the intents are refused": (2, "message content intent"),
    "the commands are refused": (1, "status 403, code 50001"),
}


@pytest.mark.parametrize("what", list(REFUSALS))
async def test_a_start_that_discord_refuses_ends_with_the_reason(tmp_path, what):
    fault, close_code = REFUSALS[what]
    async with StandIn().serving() as discord:
        discord.refuses = close_code
        discord.faults.extend([fault] if fault else [])
        async with running(tmp_path, discord) as bot:
            code, words = TOLD[what]
            assert await bot.ends() == code
            assert words in bot.told
            assert "Traceback" not in bot.told
            assert "made.up.token" not in bot.told
