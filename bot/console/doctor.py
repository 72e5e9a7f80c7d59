"""`helpbot doctor`: whether this machine, this token and this database let the bot run."""

from __future__ import annotations

import asyncio
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import AsyncIterator

    import discord

    from bot.settings import Settings

SUMMARY = "Check versions, settings, database, token, and permissions, and say what to fix."
_PACKAGES = ("discord.py", "pydantic", "PyYAML", "aiosqlite", "matplotlib", "prometheus-client", "simcord", "asyncpg")
_NEEDED = frozenset(_PACKAGES) - {"simcord", "asyncpg"}
_PERMISSIONS = (
    "view_channel",
    "send_messages",
    "send_messages_in_threads",
    "embed_links",
    "attach_files",
    "read_message_history",
)

_Line = tuple[bool, str]
"""Whether it is well, and the sentence."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("--offline", action="store_true", help="do not contact Discord")


def run(options: argparse.Namespace) -> int:
    """Print one line a look; exit 1 when something keeps the bot from running."""
    from bot.console.run import read_settings

    settings = read_settings()
    if settings is None:
        return 2
    return asyncio.run(_print_all(settings, offline=options.offline))


async def _print_all(settings: Settings, *, offline: bool) -> int:
    healthy = True
    async for well, sentence in look(settings, offline=offline):
        healthy = healthy and well
        print(f"{'ok    ' if well else 'FIX   '}{sentence}", flush=True)
    print("Everything is in order." if healthy else "Fix what is marked FIX, then run this again.")
    return 0 if healthy else 1


async def look(settings: Settings, *, offline: bool = False) -> AsyncIterator[_Line]:
    """Everything that is looked over, in order."""
    for line in _versions():
        yield line
    yield await _database(settings)
    yield _links(settings)
    if settings.token is None:
        yield False, "DISCORD_TOKEN is not set: `helpbot run` needs it, `helpbot demo` and `helpbot check` do not."
    elif offline:
        yield True, "DISCORD_TOKEN is set; Discord was not contacted."
    else:
        async for line in _discord(settings.token.get_secret_value(), reads=settings.reads_messages):
            yield line


def _versions() -> list[_Line]:
    from knowledge.catalog import Catalog

    lines = [(sys.version_info >= (3, 11), f"Python {platform.python_version()} (3.11 or later).")]
    for name in _PACKAGES:
        try:
            lines.append((True, f"{name} {version(name)}."))
        except PackageNotFoundError:
            if name in _NEEDED:
                lines.append((False, f"{name} is not installed: install axolotl-help-bot again."))
            else:
                lines.append((True, f"{name} is not installed, which only {_use_of(name)} needs."))
    catalog = Catalog.load()
    lines.append((True, f"Facts about Axolotl {catalog.axolotl}: {len(catalog.fields):,} fields."))
    return lines


def _links(settings: Settings) -> _Line:
    if not settings.link_hosts:
        return True, "HELPBOT_LINK_HOSTS is empty: no link is followed."
    return True, f"Links are followed to {', '.join(settings.link_hosts)}."


def _use_of(name: str) -> str:
    return {"simcord": "the demo", "asyncpg": "PostgreSQL"}[name]


async def _database(settings: Settings) -> _Line:
    from bot.store import DatabaseRefused, StoreError, open_store

    kind = settings.address.partition(":")[0]
    try:
        store = await open_store(settings.address)
    except DatabaseRefused as error:
        return False, f"Database ({kind}): {error}"
    try:
        await store.marks.set("doctor", "looked")
    except StoreError as error:
        return False, f"Database ({kind}): {error}"
    finally:
        await store.close()
    return True, f"Database ({kind}) can be read and written."


def _intent(flags: discord.ApplicationFlags, *, reads: bool) -> _Line:
    granted = flags.gateway_message_content or flags.gateway_message_content_limited
    if not reads:
        return True, "No privileged intents are needed; message content and members can stay off."
    if granted:
        return True, "HELPBOT_HELP_CHANNELS is on, and the application has the message content intent."
    return False, (
        "HELPBOT_HELP_CHANNELS is on, but the application lacks the message content intent: turn on Message Content "
        "Intent on its Bot page, or set HELPBOT_HELP_CHANNELS=off."
    )


async def _discord(token: str, *, reads: bool) -> AsyncIterator[_Line]:
    import aiohttp
    import discord

    client = discord.Client(intents=discord.Intents.none())
    try:
        await client.login(token)
        info = await client.application_info()
        yield True, f"The token belongs to {info.name}."
        yield _intent(info.flags, reads=reads)
        async for guild in client.fetch_guilds(limit=20):
            whole = await client.fetch_guild(guild.id, with_counts=False)  # with its roles, which the list leaves out
            permissions = (await whole.fetch_member(client.user.id if client.user else info.id)).guild_permissions
            missing = [name for name in _PERMISSIONS if not getattr(permissions, name)]
            words = f"missing {', '.join(missing)}" if missing else "the bot has the permissions it can use"
            yield True, f"Server {guild.id}: {words}."
    except discord.LoginFailure:
        yield False, "Discord refuses the token: reset it on the application's Bot page."
    except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
        yield False, f"Discord cannot be reached: {type(error).__name__}."
    finally:
        await client.close()
