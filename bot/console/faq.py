"""`helpbot faq export|import FILE --guild ID`: the FAQ of a server as a file, for the bot's host."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from bot.store.faq_transfer import ImportPlan

SUMMARY = "Export the FAQ of a server into a file, or import one."
STARTER = "starter"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("action", choices=("export", "import"))
    parser.add_argument(
        "file", metavar="FILE", help=f"- is standard input or output; `{STARTER}` imports the starter pack"
    )
    parser.add_argument("--guild", metavar="ID", type=_guild, required=True, help="the id of the server")
    parser.add_argument("--no-history", action="store_true", help="export: only the newest versions")
    parser.add_argument(
        "--remove-missing", action="store_true", help="import: remove entries that the file does not have"
    )
    parser.add_argument("--dry-run", action="store_true", help="import: only print what would be done")
    parser.add_argument("--database", metavar="PATH_OR_URL", help="instead of HELPBOT_DATABASE or HELPBOT_DATABASE_URL")


def run(options: argparse.Namespace) -> int:
    """Export or import; exit 1 when the FAQ or file does not allow it, 2 when the database can't be opened."""
    from bot.console._database import address_of
    from bot.store import DatabaseRefused, StoreError

    address = address_of(options.database)
    if address is None:
        return 2
    try:
        if options.action == "export":
            return asyncio.run(_export(address, options))
        return asyncio.run(_import(address, options))
    except DatabaseRefused as error:
        print(error, file=sys.stderr)
        return 2
    except (StoreError, OSError, UnicodeDecodeError) as error:
        print(error, file=sys.stderr)
        return 1


async def _export(address: str, options: argparse.Namespace) -> int:
    from bot.store.copying import read_only
    from bot.store.faq_file import to_yaml

    async with read_only(address) as store:
        file = await store.transfer.export(options.guild, history=not options.no_history)
    text = to_yaml(file)
    if options.file == "-":
        print(text, end="")
    else:
        await asyncio.to_thread(Path(options.file).write_text, text, "utf-8")
        print(f"{len(file.entries)} entries of server {options.guild} are in {options.file}.")
    return 0


async def _import(address: str, options: argparse.Namespace) -> int:
    from bot.store import open_store
    from bot.store.faq_file import from_yaml, starter_pack

    starter = options.file == STARTER
    file = starter_pack() if starter else from_yaml(await asyncio.to_thread(_read, options.file))
    store = await open_store(address)
    try:
        plan = await store.transfer.plan(options.guild, file, origin=STARTER if starter else None)
        _print_plan(plan, remove_missing=options.remove_missing)
        if options.dry_run:
            print("Nothing was imported.")
            return 0
        remove = options.remove_missing and bool(plan.missing)
        if plan.does_nothing and not remove:
            print("There is nothing to import.")
            return 0
        await store.transfer.carry_out(options.guild, plan, author_id=0, remove_missing=options.remove_missing)
    finally:
        await store.close()
    print("Imported, in one transaction.")
    return 0


def _guild(text: str) -> int:
    number = int(text)
    if not 0 <= number < 2**63:
        raise ValueError(text)
    return number


def _read(name: str) -> str:
    return sys.stdin.read() if name == "-" else Path(name).read_text("utf-8-sig")


def _print_plan(plan: ImportPlan, *, remove_missing: bool) -> None:
    for entry in plan.added:
        print(f"add     {entry.title}")
    for change in (*plan.changed, *plan.returned):
        print(f"change  {change.entry.content.title}")
    for gone in (*plan.removed, *(plan.missing if remove_missing else ())):
        print(f"remove  {gone.content.title}")
    for title in plan.kept:
        print(f"keep    {title}")
