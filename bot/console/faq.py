"""`helpbot faq [TOPIC]`: the starter FAQ; `helpbot faq export|import FILE --guild ID`: that of a server as a file."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from bot.store.faq_transfer import ImportPlan

SUMMARY = "Read the starter FAQ; export a server's FAQ to a file, or import one."
STARTER = "starter"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument(
        "words",
        nargs="*",
        metavar="TOPIC | export FILE | import FILE",
        help="leave out to list all entries; as FILE, - is standard input or output, and "
        f"`import {STARTER}` imports the starter pack",
    )
    parser.add_argument("--guild", metavar="ID", type=_guild, help="export and import: the server's id")
    parser.add_argument("--no-history", action="store_true", help="export: only the newest versions")
    parser.add_argument("--remove-missing", action="store_true", help="import: remove entries that are not in the file")
    parser.add_argument("--dry-run", action="store_true", help="import: only print what would change")
    parser.add_argument("--database", metavar="PATH_OR_URL", help="instead of HELPBOT_DATABASE or HELPBOT_DATABASE_URL")


def run(options: argparse.Namespace) -> int:
    """Read, export or import.

    Exit 1 when there is nothing to show or the FAQ or file does not allow it, 2 for unusable arguments or a database
    that can't be opened.
    """
    words = options.words
    if words[:1] not in (["export"], ["import"]) or (len(words) != 2 and options.guild is None):
        return _read_starter(" ".join(words))
    if len(words) != 2 or options.guild is None:
        print("helpbot faq export and import need a FILE and --guild ID.", file=sys.stderr)
        return 2
    options.action, options.file = words
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


def _read_starter(topic: str) -> int:
    """Print the entry that a topic means, those that may be meant, or all titles."""
    from bot.console.ask import print_text
    from bot.store.faq_file import starter_pack
    from bot.store.words import name_key

    entries = starter_pack().entries
    if not topic:
        category = ""
        for entry in sorted(entries, key=lambda each: each.category):
            if entry.category != category:
                category = entry.category
                print(f"\n{category}")
            print(f"  {entry.key:<26}{entry.title}")
        print("\nhelpbot faq TOPIC shows one, by its name, its title, or the words of a question.")
        return 0
    wanted = name_key(topic)
    for entry in entries:
        if wanted in (entry.key, *map(name_key, (entry.title, *entry.aliases))):
            print(f"{entry.title}\n")
            print_text(entry.text)
            return 0
    return _ask_starter(topic)


def _ask_starter(topic: str) -> int:
    from bot.console import ask
    from knowledge.search import answer

    found = answer(topic)
    ask.write(found)
    return 1 if found.level == "unknown" else 0


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
        print(f"{len(file.entries)} entries of server {options.guild} were written to {options.file}.")
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
    print("Imported: everything was saved.")
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
