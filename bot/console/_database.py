"""Which database a command works on."""

from __future__ import annotations

from pathlib import Path


def address_of(given: str | None) -> str | None:
    """The address from an option, else from the environment; None when the environment can't be read (said already)."""
    from bot.console.run import read_settings
    from bot.store import sqlite_url

    if given is not None:
        return given if "://" in given else sqlite_url(Path(given))
    settings = read_settings()
    return settings.address if settings is not None else None
