"""`helpbot run` whose Discord is the one at the address in the first argument; the client library is the real one.

Only the library's addresses and its patience are changed: it waits 60 s for a sign of life and 5 s between identifies.
"""

import sys

import discord
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.cli import main

address, patience = sys.argv[1], float(sys.argv[2])
Route.BASE = f"http://{address}/api/v10"
DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(f"ws://{address}/")
_init = discord.Client.__init__


def init(self, **options):
    """The library's own, with the patience of the test."""
    _init(self, heartbeat_timeout=patience, **options)


async def at_once(_self, _shard_id, *, initial=False):
    """No pause before an identify."""


discord.Client.__init__ = init
discord.Client.before_identify_hook = at_once
sys.exit(main(["run"]))
