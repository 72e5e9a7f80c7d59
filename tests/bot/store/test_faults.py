"""What the database may do to the bot: locked, full, read-only, gone, damaged, newer, foreign; killed at any moment."""

import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.store import DatabaseRefused, EntryContent, StoreBusy, StoreError, StoreUnavailable, open_store, sqlite_url
from bot.store.backups import backup_file, daily_backup, restore_file
from bot.store.migrations import migrations
from bot.store.sqlite import SqliteDatabase
from tests.places import ROOT

HOME = 900_000_000_000_000_001


@pytest.fixture
def path(tmp_path):
    return tmp_path / "helpbot.sqlite3"


@pytest.fixture
async def store(path):
    store = await open_store(sqlite_url(path))
    yield store
    await store.close()


def child(code, *arguments):
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


OPEN = """
    import asyncio, sys
    from pathlib import Path
    from bot.store import open_store, sqlite_url, DatabaseRefused
    async def main():
        try:
            store = await open_store(sqlite_url(Path(sys.argv[1])))
        except DatabaseRefused as error:
            print(error)
            return 2
        await store.close()
        return 0
    sys.exit(asyncio.run(main()))
"""

WRITE = """
    import asyncio, sys
    from pathlib import Path
    from bot.store import EntryContent, open_store, sqlite_url
    async def main():
        store = await open_store(sqlite_url(Path(sys.argv[1])))
        for number in range(1000):
            content = EntryContent(title=f"Entry {number}", text="text " * 50, aliases=(f"alias {number}",))
            entry = await store.faq.add(1, content, author_id=1)
            print(entry.id, flush=True)
            changed = content.model_copy(update={"text": f"changed {number}"})
            await store.faq.edit(1, entry.id, changed, expected=1, author_id=1)
            print(-entry.id, flush=True)
    asyncio.run(main())
"""


async def test_what_every_connection_is_set_to(store):
    async with store.database.writing() as session:
        for pragma, value in (("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("busy_timeout", 5000)):
            row = await session.row(f"PRAGMA {pragma}")
            assert next(iter(row.values())) == value, pragma


KILLS = int(os.environ.get("KILLS", "0"))
"""How often more a process is killed, each time somewhere else: `make kills`."""


@pytest.mark.parametrize("writes", [1, 37, 180, *(2 + number % 45 for number in range(KILLS))])
def test_a_killed_process_loses_nothing_that_it_had_acknowledged(path, writes):
    process = child(WRITE, path)
    acknowledged = [int(process.stdout.readline()) for _ in range(writes)]
    os.kill(process.pid, signal.SIGKILL)
    acknowledged += [int(line) for line in process.stdout.read().split() if line.lstrip("-").isdigit()]
    process.wait()

    database = sqlite3.connect(path)
    assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    versions = dict(database.execute("SELECT entry_id, version FROM faq_entries"))
    for number in acknowledged:
        assert versions[abs(number)] >= (1 if number > 0 else 2)
    # What belongs together is there together, also of the change that was not acknowledged any more.
    for entry_id, version in versions.items():
        assert database.execute(
            "SELECT max(number), count(*) FROM faq_versions WHERE entry_id = ?", [entry_id]
        ).fetchone() == (
            version,
            version,
        )
        assert database.execute("SELECT count(*) FROM faq_names WHERE entry_id = ?", [entry_id]).fetchone() == (2,)
        assert database.execute("SELECT count(*) FROM faq_search WHERE rowid = ?", [entry_id]).fetchone() == (1,)
    database.close()
    assert child(OPEN, path).wait() == 0


async def test_a_second_process_is_refused_and_told_so(path, store):
    process = child(OPEN, path)
    said, _ = process.communicate()
    assert process.returncode == 2
    assert f"in use by another process ({os.getpid()})" in said
    await store.close()
    assert child(OPEN, path).wait() == 0


async def test_a_newer_database_is_refused_and_left_alone(path):
    await (await open_store(sqlite_url(path))).close()
    database = sqlite3.connect(path)
    database.execute("PRAGMA user_version = 999")
    database.close()
    with pytest.raises(DatabaseRefused, match=r"newer version .schema 999"):
        await open_store(sqlite_url(path))
    assert sqlite3.connect(path).execute("PRAGMA user_version").fetchone() == (999,)


async def test_a_migration_that_fails_half_way_is_undone(path, tmp_path):
    store = await open_store(sqlite_url(path))
    await store.marks.set("kept", "yes")
    await store.close()
    folder = tmp_path / "steps"
    folder.mkdir()
    steps = migrations("sqlite")
    for step in steps:
        (folder / step.name).write_text(step.sql)
    broken = folder / f"{len(steps) + 1:04}_next.sql"
    broken.write_text(
        "CREATE TABLE half (x INTEGER);\nUPDATE marks SET value = 'lost';\nINSERT INTO nowhere VALUES (1);\n"
    )
    with pytest.raises(DatabaseRefused, match=rf"{broken.stem}\.sql of the database's upgrade failed and was undone"):
        await SqliteDatabase.open(path, folder=folder)
    assert "half" not in sqlite3.connect(path).execute("SELECT group_concat(name) FROM sqlite_schema").fetchone()[0]

    broken.write_text("CREATE TABLE whole (x INTEGER);\n")
    database = await SqliteDatabase.open(path, folder=folder)
    async with database.reading() as session:
        assert (await session.row("SELECT value FROM marks"))["value"] == "yes"
        assert await session.rows("SELECT * FROM whole") == []
    await database.close()
    assert (tmp_path / f"helpbot-before-schema-{len(steps) + 1}.sqlite3").exists()


@pytest.mark.parametrize("damage", ["text", "foreign", "folder"])
async def test_what_is_not_our_database_is_refused_and_left_alone(path, damage):
    if damage == "text":
        path.write_text("certainly not a database, but long enough to be taken for one" * 20)
    elif damage == "foreign":
        database = sqlite3.connect(path)
        database.execute("CREATE TABLE theirs (x)")
        database.commit()
        database.close()
    else:
        path.mkdir()
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(DatabaseRefused):
        await open_store(sqlite_url(path))
    assert (path.read_bytes() if path.is_file() else None) == before


async def test_a_locked_database_says_so_and_recovers(path):
    database = await SqliteDatabase.open(path, busy_seconds=0.05)
    blocker = sqlite3.connect(path, isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")

    async def write():
        async with database.writing() as session:
            await session.run("INSERT INTO marks (name, value) VALUES ('a', 'b')")

    with pytest.raises(StoreBusy, match="locked by another program, so nothing was saved"):
        await write()
    async with database.reading() as session:
        assert await session.rows("SELECT * FROM marks") == []
    blocker.execute("ROLLBACK")
    await write()
    await database.close()


async def test_a_full_disk_says_so_and_keeps_what_was_there(store):
    await store.marks.set("kept", "yes")
    async with store.database.writing() as session:
        pages = (await session.row("PRAGMA page_count"))["page_count"]
        await session.rows(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreUnavailable, match="disk is full, so nothing was saved"):
        await store.marks.set("large", "x" * 1_000_000)
    assert await store.marks.get("kept") == "yes"
    assert await store.marks.get("large") is None


async def test_a_read_only_database_says_so(store):
    async with store.database.writing() as session:
        await session.rows("PRAGMA query_only = ON")
    with pytest.raises(StoreUnavailable, match="read-only"):
        await store.marks.set("a", "b")


@pytest.mark.parametrize("how", ["removed", "replaced"])
async def test_a_file_that_was_taken_away_is_noticed(path, store, how, tmp_path):
    path.unlink()
    if how == "replaced":
        (tmp_path / "other").write_bytes(b"x")
        (tmp_path / "other").rename(path)
    with pytest.raises(StoreUnavailable, match="removed or replaced while the bot was running"):
        await store.marks.set("a", "b")


async def test_a_folder_that_can_not_be_written_is_named(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(DatabaseRefused, match="file"):
        await open_store(sqlite_url(blocked / "folder" / "db.sqlite3"))
    with pytest.raises(DatabaseRefused, match="HELPBOT_DATABASE_URL"):
        await open_store("mysql://somewhere")


def contents(path):
    database = sqlite3.connect(path)
    try:
        return database.execute("SELECT name, value FROM marks ORDER BY name").fetchall()
    finally:
        database.close()


async def test_a_backup_is_whole_while_the_bot_writes_and_can_be_put_back(path, store, tmp_path):
    await store.marks.set("a", "1")
    copy = tmp_path / "copy.sqlite3"
    backup_file(path, copy)
    await store.marks.set("a", "2")
    assert contents(copy) == [("a", "1")]
    assert not list(tmp_path.glob("*.part"))
    await store.close()

    aside = restore_file(copy, path)
    assert contents(path) == [("a", "1")]
    assert contents(aside) == [("a", "2")]
    again = await open_store(sqlite_url(path))
    assert await again.marks.get("a") == "1"
    await again.close()


def test_a_backup_is_not_put_back_under_a_running_bot(path, tmp_path):
    code = OPEN.replace("await store.close()", "print('open', flush=True); sys.stdin.readline(); await store.close()")
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), str(path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "open\n"
    backup_file(path, tmp_path / "copy.sqlite3")
    with pytest.raises(DatabaseRefused, match="in use by another process"):
        restore_file(tmp_path / "copy.sqlite3", path)
    process.communicate("\n")


def test_a_damaged_database_makes_no_backup(path, tmp_path):
    path.write_bytes(os.urandom(8192))
    with pytest.raises(StoreError, match="not an SQLite database"):
        backup_file(path, tmp_path / "copy.sqlite3")
    with pytest.raises(StoreError, match="no database"):
        backup_file(tmp_path / "nothing", tmp_path / "copy.sqlite3")
    assert not (tmp_path / "copy.sqlite3").exists()


async def test_seven_daily_backups_are_kept(path, store):
    day = datetime(2026, 3, 1, 12, tzinfo=UTC)
    foreign = path.parent / "backups" / "mine.sqlite3"
    foreign.parent.mkdir()
    foreign.write_text("not ours")
    for number in range(10):
        await store.marks.set("day", str(number))
        assert daily_backup(path, 7, day + timedelta(days=number)) is not None
        assert daily_backup(path, 7, day + timedelta(days=number, hours=3)) is None
    found = sorted(file.name for file in (path.parent / "backups").iterdir())
    assert found == [f"helpbot-2026-03-{day:02}.sqlite3" for day in range(4, 11)] + ["mine.sqlite3"]
    assert contents(path.parent / "backups" / "helpbot-2026-03-10.sqlite3") == [("day", "9")]


async def test_the_store_makes_the_backup_of_today_once(path, store):
    made = await store.backup_daily()
    assert made is not None
    assert Path(made).parent == path.parent / "backups"
    assert await store.backup_daily() is None


async def test_a_process_may_open_its_database_again_before_the_old_one_is_closed(path, store):
    second = await open_store(sqlite_url(path))
    entry = await second.faq.add(HOME, EntryContent(title="One", text="text"), author_id=1)
    assert (await store.faq.find(HOME, "one")).id == entry.id
    await store.close()
    await second.marks.set("a", "b")
    assert child(OPEN, path).wait() == 2
    await second.close()


def test_the_migrations_are_part_of_the_wheel_and_without_gaps():
    assert [step.number for step in migrations("sqlite")] == list(range(1, len(migrations("postgresql")) + 1))
