"""`helpbot backup FILE`: a copy of the database, also while the bot runs; and the way back."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

SUMMARY = "Back up the database to a file while the bot runs, or restore a backup."


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("file", metavar="FILE", type=Path)
    parser.add_argument("--restore", action="store_true", help="replace the database with FILE; stop the bot first")
    parser.add_argument("--database", metavar="PATH_OR_URL", help="instead of HELPBOT_DATABASE or HELPBOT_DATABASE_URL")


def run(options: argparse.Namespace) -> int:
    """Copy; exit 1 when it failed, 2 for an engine other than SQLite."""
    from bot.console._database import address_of
    from bot.store import StoreError, sqlite_path
    from bot.store.backups import backup_file, restore_file

    address = address_of(options.database)
    if address is None:
        return 2
    path = sqlite_path(address)
    if path is None:
        print("This backs up SQLite files. A PostgreSQL database is backed up with pg_dump.", file=sys.stderr)
        return 2
    try:
        if options.restore:
            aside = restore_file(options.file, path)
            print(
                f"{path} is restored from {options.file}." + (f" The previous database is in {aside}." if aside else "")
            )
        else:
            backup_file(path, options.file)
            print(f"{path} is backed up in {options.file} ({options.file.stat().st_size:,} bytes, checked).")
    except StoreError as error:
        print(error, file=sys.stderr)
        return 1
    return 0
