"""Everything that is stored, behind one door that does not tell which engine stands behind it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from bot.store.clock import utc_now
from bot.store.counts import Counts
from bot.store.errors import DatabaseRefused
from bot.store.faq import Faq
from bot.store.faq_transfer import FaqTransfer
from bot.store.guilds import Guilds
from bot.store.help_channels import HelpChannels
from bot.store.help_posts import HelpPosts
from bot.store.lookups import HubLookups
from bot.store.marks import Marks
from bot.store.misses import Misses
from bot.store.mutes import Mutes
from bot.store.reports import Reports

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from bot.store.clock import Clock
    from bot.store.database import Database

_SQLITE = "sqlite:///"


class Store:
    """The nouns of the database.

    Attributes:
        database: the engine, for the store's own modules and tests.
    """

    def __init__(self, database: Database, clock: Clock = utc_now) -> None:
        self.database = database
        self.clock = clock
        self.guilds = Guilds(database, clock)
        self.faq = Faq(database, clock)
        self.transfer = FaqTransfer(database, clock)
        self.mutes = Mutes(database, clock)
        self.reports = Reports(database, clock)
        self.misses = Misses(database, clock)
        self.counts = Counts(database, clock)
        self.marks = Marks(database)
        self.hub = HubLookups(database, clock)
        self.help_channels = HelpChannels(database)
        self.help_posts = HelpPosts(database, clock)

    def alone(self, name: str) -> AbstractAsyncContextManager[None]:
        """Lets one task of all processes at a time into the block, for what must happen once."""
        return self.database.alone(name)

    async def backup_daily(self, *, keep: int = 7) -> str | None:
        """Makes today's backup unless it is there; says where, or None if there was nothing to do."""
        return await self.database.backup_daily(keep=keep)

    async def close(self) -> None:
        """Lets running transactions end and closes the database; may be called twice."""
        await self.database.close()


def sqlite_url(path: Path) -> str:
    """The address of an SQLite file."""
    return f"{_SQLITE}{path}"


def sqlite_path(url: str) -> Path | None:
    """The file that an address names, or None where it is of another engine."""
    return Path(unquote(url.removeprefix(_SQLITE))) if url.startswith(_SQLITE) and url != _SQLITE else None


async def open_store(url: str, *, clock: Clock = utc_now) -> Store:
    """Opens the database of an address and brings its schema up to date.

    Args:
        url: `sqlite:///data/helpbot.sqlite3` (relative), `sqlite:////var/lib/helpbot/db.sqlite3` (absolute), or
            `postgresql://user@host/name`.
        clock: the time to write with changes.

    Raises:
        DatabaseRefused: the address is of no known kind, or the database can't be opened.
    """
    if path := sqlite_path(url):
        from bot.store.sqlite import SqliteDatabase

        return Store(await SqliteDatabase.open(path), clock)
    if urlsplit(url).scheme in ("postgresql", "postgres"):
        from bot.store.postgres import PostgresDatabase

        return Store(await PostgresDatabase.open(url), clock)
    raise DatabaseRefused(
        "The database address must begin with sqlite:/// and a path, or with postgresql://. Set HELPBOT_DATABASE_URL "
        "to one of them, or HELPBOT_DATABASE to the path of an SQLite file."
    )
