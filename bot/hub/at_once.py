"""Looking things up from the command line: in an event loop of its own, which ends with the answer."""

from __future__ import annotations

import asyncio
import os
from time import perf_counter
from typing import TYPE_CHECKING

from bot.hub.addresses import HUB, VIEWER, Addresses
from bot.hub.cache import Memory
from bot.hub.lookup import SECONDS, Hub, switched_off
from bot.hub.transport import Transport

if TYPE_CHECKING:
    from knowledge.hub import HubFacts, Targets

_SHORTEST = 0.5
"""Seconds that a look-up gets even where the machine is slow to start it."""


class Console:
    """Looks up what one call of a command needs; cache and budget are those of the whole call.

    Args:
        begun: When the command began to ask, by `perf_counter`; what has passed since counts as waiting.

    Raises:
        ValueError: `HF_ENDPOINT` or `HELPBOT_HUB_VIEWER` is not an address that may be asked.
    """

    def __init__(self, begun: float) -> None:
        self._begun = begun
        hub = os.environ.get("HF_ENDPOINT") or HUB
        self._addresses = Addresses.of(hub, os.environ.get("HELPBOT_HUB_VIEWER") or VIEWER)
        self._off = os.environ.get("HELPBOT_HUB") == "off"
        self._loop = asyncio.new_event_loop()
        self._hub: Hub | None = None

    def look(self, targets: Targets, seconds: float = SECONDS) -> HubFacts:
        """What is known of everything that a config names; never later than told."""
        if self._off:
            return switched_off(targets)
        return self._loop.run_until_complete(self._look(targets, seconds))

    def close(self) -> None:
        """Gives up what has not come."""
        if self._hub is not None:
            self._loop.run_until_complete(self._hub.close())
        self._loop.close()

    async def _look(self, targets: Targets, seconds: float) -> HubFacts:
        if self._hub is None:
            seconds = max(seconds - (perf_counter() - self._begun), _SHORTEST)
            self._hub = Hub(Transport(self._addresses), Memory())
        return await self._hub.look(targets, seconds=seconds)
