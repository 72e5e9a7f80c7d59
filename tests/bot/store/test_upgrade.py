"""From the database of version 0.1.0 to today's and back: nothing is lost, and an older program touches nothing."""

import hashlib
from importlib import resources

import asyncpg
import pytest

from bot.store import DatabaseRefused, EntryContent, Store, open_store, sqlite_url
from bot.store.migrations import migrations
from bot.store.postgres import PostgresDatabase
from bot.store.sqlite import SqliteDatabase

GUILD = 1
FIRST = {
    "sqlite": "c0764da3876ab25ce2bd18a08d1bee247e253ee905531b3df79826d541bf927d",
    "postgresql": "00a88db25bba7178a8d34fb11f596a687597ddb825e09915b39debc7d6c6db82",
}
"""The steps that version 0.1.0 brought."""
CONTENT = EntryContent(
    title="Packing", text="Fill every row.", aliases=("packed rows",), category="Rows", fields=("sample_packing",)
)


@pytest.fixture
def released(tmp_path):
    """The steps of version 0.1.0 by engine: folders that hold the first one alone."""

    def folder(engine):
        step = migrations(engine)[0]
        found = tmp_path / f"released-{engine}"
        found.mkdir(exist_ok=True)
        (found / step.name).write_text(step.sql)
        return found

    return folder


@pytest.mark.parametrize("engine", list(FIRST))
def test_the_steps_of_a_released_version_are_never_changed(engine):
    step = resources.files("bot.store").joinpath("migrations", engine, migrations(engine)[0].name)
    assert hashlib.sha256(step.read_bytes()).hexdigest() == FIRST[engine]


async def fill(database):
    """What moderators and members have left behind, written by today's program into tables of the first schema."""
    store = Store(database)
    await store.mutes.mute(GUILD, "foreign-key", author_id=7, reason="known here", until=None)
    await store.reports.add(GUILD, rule="ignored-key", comment="wrong", reporter_id=8, axolotl="0.21.0")
    await store.misses.add(GUILD, "zebra stripes")
    entry = await store.faq.add(GUILD, CONTENT, author_id=7)
    changed = CONTENT.model_copy(update={"text": "Fill every row to the end."})
    await store.faq.edit(GUILD, entry.id, changed, expected=entry.version, author_id=7, note="clearer")
    await store.close()


async def is_whole(store):
    """Whether all of it is there, can be searched, and can be changed."""
    assert [mute.rule for mute in await store.mutes.all(GUILD)] == ["foreign-key"]
    assert [report.comment for report in await store.reports.open(GUILD)] == ["wrong"]
    found = await store.faq.search(GUILD, "packed", 5)
    assert [name.title for name in found.entries] == ["Packing"]
    entry = await store.faq.get(GUILD, found.entries[0].id)
    assert entry.content.text == "Fill every row to the end."
    assert entry.version == 2
    assert (await store.guilds.settings(GUILD)).gpus is None


async def test_sqlite_goes_to_today_and_back_by_its_backup(tmp_path, released):
    path, old = tmp_path / "helpbot.sqlite3", released("sqlite")
    await fill(await SqliteDatabase.open(path, folder=old))
    store = await open_store(sqlite_url(path))
    await is_whole(store)
    await store.guilds.change(GUILD, gpus=4)
    await store.close()

    before = {file.name: file.read_bytes() for file in tmp_path.glob("helpbot.sqlite3*")}
    with pytest.raises(
        DatabaseRefused, match=rf"schema {len(migrations('sqlite'))}\) than this bot knows \(schema 1\)"
    ):
        await SqliteDatabase.open(path, folder=old)
    assert path.read_bytes() == before[path.name]

    backup = tmp_path / f"helpbot-before-schema-{len(migrations('sqlite'))}.sqlite3"
    backup.replace(path)
    database = await SqliteDatabase.open(path, folder=old)
    async with database.reading() as session:
        assert (await session.row("SELECT count(*) AS n FROM faq_versions"))["n"] == 2
    await database.close()
    store = await open_store(sqlite_url(path))
    await is_whole(store)
    await store.close()


async def test_postgresql_goes_to_today_and_refuses_the_older_program(postgres_server, postgres_url, released):
    url, old = await postgres_server.fresh("upgraded"), released("postgresql")
    await fill(await PostgresDatabase.open(url, folder=old))
    store = await open_store(url)
    await is_whole(store)
    await store.close()
    with pytest.raises(DatabaseRefused, match=r"than this bot knows \(schema 1\)"):
        await PostgresDatabase.open(url, folder=old)
    connection = await asyncpg.connect(url)
    try:
        assert await connection.fetchval("SELECT count(*) FROM faq_versions") == 2
    finally:
        await connection.close()
