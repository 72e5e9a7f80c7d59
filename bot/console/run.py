"""`helpbot run`: the bot on Discord."""

from __future__ import annotations

import asyncio
import logging
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from bot.client import HelpBot
    from bot.health import HealthServer
    from bot.settings import Settings

SUMMARY = "Connect to Discord with the token in DISCORD_TOKEN."
_WITHOUT = (
    "helpbot: DISCORD_TOKEN is not set. Create a bot at discord.com/developers/applications, copy its token from "
    "the Bot page, and set it in the environment or in a file .env. `helpbot demo` needs no token."
)
_NO_INTENT = (
    "helpbot: HELPBOT_HELP_CHANNELS is on, but the application lacks the message content intent. Turn on Message "
    "Content Intent on its Bot page at discord.com/developers, or set HELPBOT_HELP_CHANNELS=off."
)
_ENDED = "helpbot: the connection to Discord ended: {}."
_TOKEN_REVOKED = 4004
_REFUSED = "helpbot: Discord refuses the token in DISCORD_TOKEN. Reset it on the application's Bot page."


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes: nothing, its settings come from the environment."""


def run(_options: argparse.Namespace) -> int:
    """Run until interrupted; exit 2 when the bot cannot start."""
    from bot.logs import configure_logs

    settings = read_settings()
    if settings is None:
        return 2
    if settings.token is None:
        print(_WITHOUT, file=sys.stderr)
        return 2
    configure_logs(settings)
    return asyncio.run(_run(settings))


def read_settings() -> Settings | None:
    """The settings of the environment; None, and the reasons on standard error, where one is wrong."""
    from pydantic import ValidationError

    from bot.settings import Settings

    try:
        return Settings.from_environment()
    except ValidationError as error:
        for each in error.errors(include_input=False, include_url=False):
            name = ".".join(str(part) for part in each["loc"]) or "settings"
            print(f"helpbot: HELPBOT_{name.upper()}: {each['msg']}.", file=sys.stderr)
        return None


async def _run(settings: Settings) -> int:
    import discord

    from bot.client import create_bot
    from bot.stopping import stop_signal
    from bot.store import DatabaseRefused

    bot = create_bot(settings)
    async with stop_signal() as stop:
        health = await serve_health(bot, settings)
        token = settings.token.get_secret_value() if settings.token else ""
        running = asyncio.create_task(bot.start(token))
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
        await bot.close()
        if health is not None:
            await health.close()
        stopping.cancel()
        try:
            await running
        except DatabaseRefused as error:
            print(f"helpbot: {error}", file=sys.stderr)
            return 2
        except discord.LoginFailure:
            print(_REFUSED, file=sys.stderr)
            return 2
        except discord.ConnectionClosed as error:
            # The gateway minds a token that was reset while the bot ran.
            revoked = error.code == _TOKEN_REVOKED
            print(_REFUSED if revoked else _ENDED.format(_reason(error)), file=sys.stderr)
            return 2 if revoked else 1
        except discord.PrivilegedIntentsRequired:
            print(_NO_INTENT, file=sys.stderr)
            return 2
        except (OSError, discord.DiscordException) as error:
            print(_ENDED.format(_reason(error)), file=sys.stderr)
            return 1
    return 0


def _reason(error: Exception) -> str:
    """What Discord said, without anything that was sent to it."""
    name = type(error).__name__
    if (code := getattr(error, "code", None)) is None:
        return name
    status = getattr(error, "status", None)
    where = "its code" if status is None else f"status {status}, code"
    return f"{name}, {where} {code} (discord.com/developers/docs/topics/opcodes-and-status-codes)"


async def serve_health(bot: HelpBot, settings: Settings) -> HealthServer | None:
    """Serves /healthz and /metrics; None where the settings want none or the port is taken, which the log says."""
    from bot.health import HealthServer

    if not settings.health_port:
        return None
    server = HealthServer(bot, settings.health_host, settings.health_port)
    try:
        await server.start()
    except OSError as error:
        logging.getLogger(__name__).error(
            "the health port is in use: set HELPBOT_HEALTH_PORT to another, or to 0 for none",
            extra={"reason": error.strerror},
        )
        return None
    return server
