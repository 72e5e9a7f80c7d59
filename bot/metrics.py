"""What the bot does, in numbers: counts and times for /metrics. Nothing of what members write."""

from __future__ import annotations

from contextlib import contextmanager
from time import perf_counter
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

if TYPE_CHECKING:
    from collections.abc import Iterator

_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 15.0)


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
        self._connected = Gauge("helpbot_connected", "1 while connected to Discord.", registry=self.registry)
        self._latency = Gauge("helpbot_gateway_seconds", "Time to a heartbeat's answer.", registry=self.registry)

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

    def text(self, *, guilds: int, waiting: int, connected: bool, latency: float) -> bytes:
        """All of them, as Prometheus reads them.

        Args:
            guilds: Servers that this process sees.
            waiting: Checks that wait or run.
            connected: Whether every shard has its connection to Discord.
            latency: Seconds to the answer to a heartbeat; not a number where there is none.
        """
        self._connected.set(connected)
        self._latency.set(latency)
        self._guilds.set(guilds)
        self._queue.set(waiting)
        return generate_latest(self.registry)
