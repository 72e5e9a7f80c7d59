"""Numbered steps from an empty database to today's, one folder an engine."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

from bot.store.errors import DatabaseRefused

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

_NAME = re.compile(r"(\d{4})_[a-z_]+\.sql")


@dataclass(frozen=True, slots=True)
class Migration:
    """One step; its number is the schema version that it leads to."""

    number: int
    name: str
    sql: str


def migrations(engine: str, folder: Traversable | None = None) -> tuple[Migration, ...]:
    """The steps of an engine in order, numbered 1, 2, 3 without a gap.

    Args:
        engine: `sqlite` or `postgresql`.
        folder: where to look instead of the package's own folder.
    """
    root = folder if folder is not None else resources.files(__package__).joinpath("migrations", engine)
    found = [
        Migration(int(match[1]), file.name, file.read_text("utf-8"))
        for file in sorted(root.iterdir(), key=lambda item: item.name)
        if (match := _NAME.fullmatch(file.name))
    ]
    if [step.number for step in found] != list(range(1, len(found) + 1)):
        raise DatabaseRefused(
            f"The migrations of {engine} are not numbered 1 to {len(found)}: the installation is damaged."
        )
    return tuple(found)


def check_version(stored: int, steps: tuple[Migration, ...]) -> None:
    """Refuses a database that a newer bot has written."""
    if stored > len(steps):
        raise DatabaseRefused(
            f"The database is from a newer version (schema {stored}) than this bot knows (schema {len(steps)}), so "
            "it was left untouched. Upgrade the bot, or restore a backup that was made before the database was "
            "upgraded."
        )
