"""Whether the bot is well: /healthz, and /metrics beside it. Nothing of what members write."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST

from bot.store import StoreError

if TYPE_CHECKING:
    from bot.services import ServiceBot


class HealthServer:
    """Serves /healthz and /metrics.

    Args:
        bot: Whose health it tells.
        host: Address to listen on.
        port: Port; 0 takes any free one.
    """

    def __init__(self, bot: ServiceBot, host: str, port: int) -> None:
        self._bot = bot
        self._host = host
        self._port = port
        self._runner: web.AppRunner | None = None

    async def start(self) -> int:
        """Starts to listen; returns the port.

        Raises:
            OSError: the address is taken.
        """
        app = web.Application()
        app.add_routes([web.get("/healthz", self._healthz), web.get("/metrics", self._metrics)])
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, self._port)
        try:
            await site.start()
        except OSError:
            await self.close()
            raise
        address: tuple[str, int] = self._runner.addresses[0]
        return address[1]

    async def close(self) -> None:
        """Stops listening."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _healthz(self, _request: web.Request) -> web.Response:
        state = await health(self._bot)
        return web.json_response(state, status=200 if state["status"] == "ok" else 503)

    async def _metrics(self, _request: web.Request) -> web.Response:
        return web.Response(
            body=self._bot.services.metrics.text(
                guilds=len(self._bot.guilds),
                waiting=self._bot.services.workers.waiting,
                connected=self._bot.connected,
                latency=self._bot.latency if self._bot.connected else math.nan,
            ),
            headers={"Content-Type": CONTENT_TYPE_LATEST},
        )


async def health(bot: ServiceBot) -> dict[str, Any]:
    """The state of the bot: `status` is "ok", or what is wrong."""
    status = "ok"
    if bot.services.in_flight.draining:
        status = "closing"
    elif not bot.connected:
        status = "not connected to Discord"
    else:
        try:
            await bot.services.store.marks.get("health")
        except StoreError:
            status = "the database does not answer"
    return {
        "status": status,
        "version": bot.services.version,
        "guilds": len(bot.guilds),
        "open_commands": len(bot.services.in_flight),
        "waiting_checks": bot.services.workers.waiting,
    }
