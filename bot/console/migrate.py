"""`helpbot migrate SOURCE_URL TARGET_URL`: everything from one database into another."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

SUMMARY = "Copy everything from one database to another, such as from SQLite to PostgreSQL, and compare both."


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("source", metavar="SOURCE_URL", help="sqlite:///path or postgresql://...; it is only read")
    parser.add_argument("target", metavar="TARGET_URL", help="postgresql://... or sqlite:///path")
    parser.add_argument("--overwrite", action="store_true", help="replace data in the target that came from elsewhere")


def run(options: argparse.Namespace) -> int:
    """Copy, and print rows and checksum of every table; exit 1 when nothing was copied, 2 for unusable addresses."""
    from bot.store import DatabaseRefused, StoreError
    from bot.store.copying import copy_database

    try:
        copied = asyncio.run(copy_database(options.source, options.target, overwrite=options.overwrite))
    except DatabaseRefused as error:
        print(error, file=sys.stderr)
        return 2
    except StoreError as error:
        print(error, file=sys.stderr)
        return 1
    width = max(len(table.table) for table in copied.tables)
    for table in copied.tables:
        print(f"{table.table:<{width}}  {table.rows:>9,} rows  {table.checksum}")
    total = sum(table.rows for table in copied.tables)
    print(f"{total:,} rows {'copied' if copied.changed else 'were there already'}; counts and checksums agree.")
    return 0
