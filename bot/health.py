"""Whether the bot is well, and what it does: /healthz, /metrics and the logs. Nothing of what members write."""

from __future__ import annotations

import json
import logging
from contextlib import contextmanager
from time import perf_counter
from typing import TYPE_CHECKING, Any

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from bot.store import StoreError
from knowledge import secrets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.client import HelpBot
    from bot.settings import Settings

_log = logging.getLogger(__name__)
_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 15.0)
_PLAIN = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


class Metrics:
    """Counts and times; labels are names of commands, rules' verdicts and kinds of secrets, never what was written."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._commands = Histogram(
            "helpbot_command_seconds", "Time to answer.", ["command"], registry=self.registry, buckets=_SECONDS
        )
        self._failures = Counter("helpbot_failures", "What went wrong.", ["kind"], registry=self.registry)
        self._checks = Counter("helpbot_checks", "Configs checked.", ["verdict"], registry=self.registry)
        self._secrets = Counter("helpbot_secrets", "Secrets found and masked.", ["kind"], registry=self.registry)
        self._open = Gauge("helpbot_open_commands", "Commands in flight.", registry=self.registry)
        self._queue = Gauge("helpbot_queue", "Checks that wait or run.", registry=self.registry)
        self._guilds = Gauge("helpbot_guilds", "Servers that this process sees.", registry=self.registry)

    @contextmanager
    def command(self, name: str) -> Iterator[None]:
        """Times a command."""
        start = perf_counter()
        self._open.inc()
        try:
            yield
        finally:
            self._open.dec()
            self._commands.labels(name).observe(perf_counter() - start)

    def failure(self, kind: str) -> None:
        """Counts a failure."""
        self._failures.labels(kind).inc()

    def check(self, verdict: str) -> None:
        """Counts a check by its verdict."""
        self._checks.labels(verdict).inc()

    def secret(self, kind: str) -> None:
        """Counts a secret by its kind."""
        self._secrets.labels(kind).inc()

    def text(self, bot: HelpBot) -> bytes:
        """All of them, as Prometheus reads them."""
        self._guilds.set(len(bot.guilds))
        self._queue.set(bot.workers.waiting)
        return generate_latest(self.registry)


class HealthServer:
    """Serves /healthz and /metrics.

    Args:
        bot: Whose health it tells.
        host: Address to listen on.
        port: Port; 0 takes any free one.
    """

    def __init__(self, bot: HelpBot, host: str, port: int) -> None:
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
        return web.Response(body=self._bot.metrics.text(self._bot), headers={"Content-Type": CONTENT_TYPE_LATEST})


async def health(bot: HelpBot) -> dict[str, Any]:
    """The state of the bot: `status` is "ok", or what is wrong."""
    status = "ok"
    if bot.in_flight.draining:
        status = "closing"
    elif not bot.is_ready():
        status = "not connected to Discord"
    else:
        try:
            await bot.store.marks.get("health")
        except StoreError:
            status = "the database does not answer"
    return {
        "status": status,
        "version": bot.version,
        "guilds": len(bot.guilds),
        "open_commands": len(bot.in_flight),
        "waiting_checks": bot.workers.waiting,
    }


def configure_logs(settings: Settings) -> None:
    """Sends logs to standard error, in the settings' form; tokens and keys are masked in every one of them."""
    handler = logging.StreamHandler()
    token = settings.token.get_secret_value() if settings.token else ""
    handler.setFormatter(LogFormat(token, as_json=settings.log_format == "json"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level)
    logging.getLogger("discord.client").setLevel(logging.ERROR)  # it warns of voice, which is not used
    for chatty in ("discord.gateway", "aiosqlite", "matplotlib", "PIL"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, root.level))


class LogFormat(logging.Formatter):
    """One line of text or JSON for each record, with what was given in `extra`.

    Args:
        token: The bot's own token, which is masked wherever it turns up.
        as_json: Whether to write JSON.
    """

    def __init__(self, token: str = "", *, as_json: bool = False) -> None:
        super().__init__("%(asctime)s")
        self._token = token
        self._json = as_json

    def format(self, record: logging.LogRecord) -> str:
        """The record as a line, masked."""
        fields = {name: value for name, value in record.__dict__.items() if name not in _PLAIN}
        message = record.getMessage()
        if record.exc_info:
            fields["trace"] = self.formatException(record.exc_info)
        if self._json:
            head = {"time": self.formatTime(record), "level": record.levelname, "logger": record.name}
            line = json.dumps({**head, "message": message, **fields}, default=str)
        else:
            rest = " ".join(f"{name}={value}" for name, value in fields.items() if name != "trace")
            line = f"{self.formatTime(record)} {record.levelname:<7} {record.name}: {message} {rest}".rstrip()
            if "trace" in fields:
                line += f"\n{fields['trace']}"
        if self._token:
            line = line.replace(self._token, "masked-discord-token")
        return secrets.mask(line)
