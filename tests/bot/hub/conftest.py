"""A client on a stand-in, opened with what a test gives it."""

import pytest

from bot.hub.addresses import Addresses
from bot.hub.cache import Memory
from bot.hub.lookup import Hub
from bot.hub.transport import Transport
from knowledge.config import read
from knowledge.hub import targets_of
from tests.bot.hub.stand_in import stand_in

CONFIG = "base_model: org/llama\ndatasets:\n  - path: org/rows\n    type: alpaca\n"


class Asked:
    """A Hub client on a stand-in."""

    def __init__(self, running, limits=None):
        self.running = running
        self.hub = Hub(Transport(Addresses.of(running.hub, running.viewer), limits), Memory())

    async def look(self, text=CONFIG, **more):
        return await self.hub.look(targets_of(read(text)), **more)


@pytest.fixture
async def ask():
    """Opens a stand-in with what it is given, and a client on it."""
    opened = []

    async def start(*args, limits=None, **kwargs):
        running = stand_in(*args, **kwargs)
        client = Asked(await running.__aenter__(), limits)
        opened.append((running, client))
        return client

    yield start
    for running, client in opened:
        await client.hub.close()
        await running.__aexit__(None, None, None)
