"""Several processes on one PostgreSQL: at once, killed, restarted under load, with no connection left."""

import asyncio
import os
import signal
import subprocess
import sys
import textwrap

import asyncpg
import pytest

from bot.store import (
    DatabaseRefused,
    EntryContent,
    OutcomeUnknown,
    Store,
    StoreBusy,
    StoreUnavailable,
    open_store,
)
from bot.store.migrations import migrations
from bot.store.postgres import PostgresDatabase
from tests.places import ROOT

HOME = 900_000_000_000_000_001


def content(text):
    return EntryContent(title="Packing", text=text)


def process(code, *arguments):
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


EDIT = """
    import asyncio, sys
    from bot.store import EditConflict, EntryContent, open_store
    url, guild, entry_id, name = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    async def main():
        store = await open_store(url)
        print("open", flush=True)
        sys.stdin.readline()
        async def editor(number):
            seen = await store.faq.get(guild, entry_id)
            while True:
                text = f"{seen.content.text}\\n{name} {number}"
                content = EntryContent(title="Packing", text=text)
                try:
                    return await store.faq.edit(guild, entry_id, content, expected=seen.version, author_id=number)
                except EditConflict as conflict:
                    seen = conflict.current
        await asyncio.gather(*(editor(number) for number in range(25)))
        await store.close()
    asyncio.run(main())
"""

HOLD = """
    import asyncio, sys
    from bot.store import open_store
    async def main():
        store = await open_store(sys.argv[1])
        async with store.database.writing() as session:
            await session.run("UPDATE guilds SET faq_revision = faq_revision + 100, gpus = 99")
            await session.run("UPDATE faq_entries SET title = 'half', version = 77")
            print("inside", flush=True)
            await asyncio.sleep(600)
    asyncio.run(main())
"""

ALONE = """
    import asyncio, sys
    from bot.store import open_store
    async def main():
        store = await open_store(sys.argv[1])
        async with store.alone("command-sync"):
            print("inside", flush=True)
            await asyncio.sleep(float(sys.argv[2]))
            print("outside", flush=True)
        await store.close()
    asyncio.run(main())
"""


async def test_two_processes_edit_one_entry_and_lose_nothing(postgres_url):
    store = await open_store(postgres_url)
    entry = await store.faq.add(HOME, content("start"), author_id=1)
    editors = [process(EDIT, postgres_url, HOME, entry.id, name) for name in ("one", "two")]
    for editor in editors:
        assert editor.stdout.readline() == "open\n"
    for editor in editors:
        editor.stdin.write("go\n")
        editor.stdin.flush()
    for editor in editors:
        assert await asyncio.to_thread(editor.wait, 60) == 0

    final = await store.faq.get(HOME, entry.id)
    lines = final.content.text.split("\n")[1:]
    assert sorted(lines) == sorted(f"{name} {number}" for name in ("one", "two") for number in range(25))
    assert final.version == 51
    assert [version.number for version in await store.faq.history(HOME, entry.id)] == list(range(1, 52))
    await store.close()


async def test_a_process_killed_in_a_transaction_leaves_nothing_half_done(postgres_url):
    store = await open_store(postgres_url)
    entry = await store.faq.add(HOME, content("start"), author_id=1)
    holder = process(HOLD, postgres_url)
    assert await asyncio.to_thread(holder.stdout.readline) == "inside\n"
    waiting = asyncio.create_task(store.faq.edit(HOME, entry.id, content("next"), expected=1, author_id=2))
    await asyncio.sleep(0.2)
    assert not waiting.done()
    os.kill(holder.pid, signal.SIGKILL)
    changed = await asyncio.wait_for(waiting, 10)
    assert (changed.version, changed.content.title, changed.content.text) == (2, "Packing", "next")
    assert (await store.guilds.settings(HOME)).gpus is None
    await store.close()


async def test_one_process_at_a_time_and_a_killed_one_lets_go(postgres_url):
    store = await open_store(postgres_url)
    first = process(ALONE, postgres_url, 600)
    assert await asyncio.to_thread(first.stdout.readline) == "inside\n"
    second = process(ALONE, postgres_url, 0)
    line = asyncio.create_task(asyncio.to_thread(second.stdout.readline))
    await asyncio.sleep(1.0)
    assert not line.done()
    os.kill(first.pid, signal.SIGKILL)
    assert await asyncio.wait_for(line, 15) == "inside\n"
    assert await asyncio.to_thread(second.wait, 15) == 0
    async with store.alone("command-sync"):
        pass
    await store.close()


async def test_processes_that_start_together_migrate_once(postgres_server):
    url = await postgres_server.fresh("together")
    stores = await asyncio.gather(*(open_store(url) for _ in range(4)))
    for number, store in enumerate(stores):
        await store.marks.set(f"mark {number}", "here")
    rows = await postgres_server.ask("SELECT version FROM schema_version", "together")
    assert [row["version"] for row in rows] == [len(migrations("postgresql"))]
    for store in stores:
        await store.close()


async def test_the_database_restarted_under_load_is_survived_without_losing_what_was_acknowledged(
    postgres_server, postgres_url
):
    store = await open_store(postgres_url)
    entry = await store.faq.add(HOME, content("start"), author_id=1)
    running = True
    saved, polite = [], []

    async def moderator(number):
        count = 0
        while running:
            count += 1
            line = f"{number}.{count}"
            try:
                added = await store.faq.add(HOME, EntryContent(title=f"Entry {line}", text="text"), author_id=number)
                saved.append(added.id)
            except StoreUnavailable as error:
                polite.append(str(error))
                await asyncio.sleep(0.05)

    async def reader():
        while running:
            try:
                assert await store.faq.find(HOME, "packing") is not None
            except StoreUnavailable as error:
                polite.append(str(error))
            await asyncio.sleep(0.01)

    load = [asyncio.create_task(moderator(number)) for number in range(5)] + [asyncio.create_task(reader())]
    await asyncio.sleep(0.5)
    await asyncio.to_thread(postgres_server.stop, "immediate")
    before = len(saved)
    await asyncio.sleep(0.5)
    with pytest.raises(StoreUnavailable, match="is not answering at the moment, so nothing was saved"):
        await store.marks.get("x")
    await asyncio.to_thread(postgres_server.start)
    await asyncio.sleep(1.0)
    running = False
    await asyncio.gather(*load)

    assert polite
    assert before > 0
    assert len(saved) > before
    stored = {found.id for found in await store.faq.all(HOME)}
    assert set(saved) | {entry.id} <= stored
    await store.close()


async def test_without_a_free_connection_commands_are_told_to_come_back(postgres_url):
    database = await PostgresDatabase.open(postgres_url, pool_size=2, acquire_seconds=0.2)
    store = Store(database)
    async with database.reading(), database.reading():
        with pytest.raises(StoreBusy, match="Try again in 10 seconds"):
            await store.marks.get("x")
    await store.marks.set("x", "y")
    assert await store.marks.get("x") == "y"
    await store.close()


async def test_a_stuck_statement_is_given_up(postgres_url):
    database = await PostgresDatabase.open(postgres_url, statement_seconds=0.3)
    with pytest.raises(StoreBusy):
        async with database.reading() as session:
            await session.row("SELECT pg_sleep(30)")
    async with database.reading() as session:
        assert (await session.row("SELECT 1 AS one"))["one"] == 1
    await database.close()


async def test_a_newer_schema_is_refused(postgres_server):
    url = await postgres_server.fresh("newer")
    await (await open_store(url)).close()
    await postgres_server.ask("UPDATE schema_version SET version = 999", "newer")
    with pytest.raises(DatabaseRefused, match="newer version"):
        await open_store(url)


async def test_a_migration_that_fails_half_way_is_undone(postgres_server, tmp_path):
    url = await postgres_server.fresh("halfway")
    await (await open_store(url)).close()
    for step in migrations("postgresql"):
        (tmp_path / step.name).write_text(step.sql)
    number = len(migrations("postgresql")) + 1
    (tmp_path / f"{number:04}_next.sql").write_text("CREATE TABLE half (x int); INSERT INTO nowhere VALUES (1);")
    with pytest.raises(DatabaseRefused, match="failed and was undone"):
        await PostgresDatabase.open(url, folder=tmp_path)
    assert not await postgres_server.ask("SELECT tablename FROM pg_tables WHERE tablename = 'half'", "halfway")
    await (await open_store(url)).close()


async def test_an_address_that_leads_nowhere_is_told_without_its_password(postgres_server):
    url = f"postgresql://helpbot:hunter2@/nothing?host={postgres_server.folder}"
    with pytest.raises(DatabaseRefused, match="HELPBOT_DATABASE_URL") as caught:
        await open_store(url)
    assert "hunter2" not in str(caught.value)


async def test_a_read_only_server_says_so(postgres_url):
    store = await open_store(postgres_url)

    async def write():
        async with store.database.writing() as session:
            await session.run("SET TRANSACTION READ ONLY")
            await session.run("INSERT INTO marks (name, value) VALUES ('a', 'b')")

    with pytest.raises(StoreUnavailable, match="read-only at the moment, so nothing was saved"):
        await write()
    await store.close()


def test_a_lost_connection_while_committing_is_told_as_unknown():
    from bot.store.postgres_faults import translated

    def commit():
        with translated(committing=True):
            raise asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation")

    with pytest.raises(OutcomeUnknown, match="may be stored or not"):
        commit()
