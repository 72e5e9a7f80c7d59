"""The logs: lines of text or JSON on standard error, in which no token and no key stands."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

from knowledge import secrets

if TYPE_CHECKING:
    from bot.settings import Settings

_PLAIN = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


def configure_logs(settings: Settings) -> None:
    """Sends logs to standard error, in the settings' form; tokens and keys are masked in every one of them."""
    handler = logging.StreamHandler()
    token = settings.token.get_secret_value() if settings.token else ""
    handler.setFormatter(LogFormat(token, as_json=settings.log_format == "json"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level)
    logging.getLogger("discord.client").setLevel(logging.ERROR)  # it warns of voice, which is not used
    # At DEBUG these write what members send, and tokens with which an interaction can be answered.
    for telling in ("discord.http", "discord.webhook", "discord.state", "asyncpg"):
        logging.getLogger(telling).setLevel(max(logging.INFO, root.level))
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
