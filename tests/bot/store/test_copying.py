"""From one database to another: everything, checked, again and again, the source untouched."""

import hashlib
import sqlite3

import pytest

from bot.cli import main
from bot.store import EntryContent, HelpChannel, StoreError, open_store, sqlite_url
from bot.store.copying import TABLES, copy_database

HOME, OTHER = 900_000_000_000_000_001, 900_000_000_000_000_002


async def fill(store):
    for guild in (HOME, OTHER):
        for title in ("Packing", "Memory \U0001f98e", "שלום"):
            content = EntryContent(title=title, text=f"about {title}", aliases=(f"{title} two",), fields=("lora_r",))
            entry = await store.faq.add(guild, content, author_id=1)
        await store.faq.edit(guild, entry.id, content.model_copy(update={"text": "changed"}), expected=1, author_id=2)
        await store.faq.remove(guild, entry.id, author_id=3, note="old")
        await store.guilds.change(guild, gpus=8, axolotl="0.21.0", moderator_role_id=2**62)
        await store.mutes.mute(guild, "a-rule", author_id=1, reason="noise")
        report = await store.reports.add(guild, rule="a", comment="c", reporter_id=2, axolotl="0.21.0")
        await store.misses.add(guild, "zebra")
        await store.counts.add(guild, "faq-viewed", "packing", by=3)
        await store.help_channels.put(guild, HelpChannel(5, "answer", reminders=True))
        await store.help_posts.see(guild + 1, guild_id=guild, channel_id=5)
    await store.reports.close(OTHER, report.id, author_id=1)
    await store.marks.set("command-tree", "abc")
    await store.help_channels.leave_alone(7, alone=True)


@pytest.fixture
async def source(tmp_path):
    """An SQLite file with something of everything."""
    path = tmp_path / "source.sqlite3"
    store = await open_store(sqlite_url(path))
    await fill(store)
    await store.close()
    return path


async def everything(url):
    store = await open_store(url)
    try:
        return [await store.transfer.export(guild) for guild in (HOME, OTHER)]
    finally:
        await store.close()


def entries(files):
    return [file.entries for file in files]


async def test_everything_arrives_and_works(source, url):
    before = hashlib.sha256(source.read_bytes()).hexdigest()
    copied = await copy_database(sqlite_url(source), url)
    assert hashlib.sha256(source.read_bytes()).hexdigest() == before
    assert {table.table: table.rows for table in copied.tables} == {
        "guilds": 2,
        "marks": 1,
        "faq_entries": 6,
        "faq_versions": 10,
        "faq_names": 8,
        "faq_links": 4,
        "faq_words": 8,
        "mutes": 2,
        "reports": 2,
        "misses": 2,
        "counts": 2,
        "help_channels": 2,
        "help_posts": 2,
        "help_opt_outs": 1,
    }
    assert entries(await everything(url)) == entries(await everything(sqlite_url(source)))
    store = await open_store(url)
    assert [name.title for name in await store.faq.suggest(HOME, "memory")] == ["Memory \U0001f98e"]
    assert await store.reports.count_open(HOME) == 1
    new = await store.faq.add(HOME, EntryContent(title="New", text="text"), author_id=1)
    assert new.id > 6
    await store.close()


async def test_it_can_be_run_again(source, url):
    assert (await copy_database(sqlite_url(source), url)).changed
    assert not (await copy_database(sqlite_url(source), url)).changed
    store = await open_store(sqlite_url(source))
    await store.marks.set("command-tree", "later")
    await store.close()
    assert (await copy_database(sqlite_url(source), url)).changed

    store = await open_store(url)
    await store.marks.set("command-tree", "changed in the target")
    await store.close()
    with pytest.raises(StoreError, match="data that neither the source"):
        await copy_database(sqlite_url(source), url)
    store = await open_store(url)
    assert await store.marks.get("command-tree") == "changed in the target"
    await store.close()
    assert (await copy_database(sqlite_url(source), url, overwrite=True)).changed


async def test_the_way_back_is_the_same(source, url, tmp_path):
    await copy_database(sqlite_url(source), url)
    back = sqlite_url(tmp_path / "back.sqlite3")
    await copy_database(url, back)
    assert entries(await everything(back)) == entries(await everything(sqlite_url(source)))


async def test_a_copy_can_be_made_while_the_bot_has_the_source_open(source, url):
    running = await open_store(sqlite_url(source))
    assert (await copy_database(sqlite_url(source), url)).changed
    await running.close()


async def test_no_table_and_no_column_is_forgotten(source):
    # But for the cache of the Hub, which fills again by itself.
    database = sqlite3.connect(source)
    names = [name for (name,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    kept = [name for name in names if not name.startswith(("sqlite_", "faq_search", "hub_lookups"))]
    assert {name: [row[1] for row in database.execute(f"PRAGMA table_info({name})")] for name in kept} == {
        name: list(columns) for name, columns in TABLES.items()
    }


def test_the_commands(source, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HELPBOT_DATABASE", str(source))
    target = sqlite_url(tmp_path / "target.sqlite3")
    assert main(["migrate", sqlite_url(source), target]) == 0
    assert "rows copied; counts and checksums agree" in capsys.readouterr().out
    assert main(["migrate", sqlite_url(source), target]) == 0
    assert "were there already" in capsys.readouterr().out
    assert main(["migrate", sqlite_url(tmp_path / "none.sqlite3"), target]) == 2
    assert "There is no database" in capsys.readouterr().err

    assert main(["backup", "copy.sqlite3"]) == 0
    assert main(["faq", "export", "faq.yaml", "--guild", str(HOME)]) == 0
    assert main(["faq", "import", "faq.yaml", "--guild", "77", "--dry-run"]) == 0
    out = capsys.readouterr().out
    assert "add     Packing" in out
    assert "Nothing was imported." in out
    assert main(["faq", "import", "faq.yaml", "--guild", "77"]) == 0
    assert main(["faq", "import", "faq.yaml", "--guild", "77"]) == 0
    assert "There is nothing to import." in capsys.readouterr().out
    assert main(["faq", "import", "starter", "--guild", "77"]) == 0
    assert "add     Out of memory: what do I lower first?" in capsys.readouterr().out
    assert main(["faq", "export", "-", "--guild", "77", "--no-history"]) == 0
    assert "Out of memory: what do I lower first?" in capsys.readouterr().out
    (tmp_path / "bad.yaml").write_text("entries: [{title: A}]")
    assert main(["faq", "import", "bad.yaml", "--guild", "77"]) == 1
    assert "entry 1" in capsys.readouterr().err
    assert main(["faq", "import", "absent.yaml", "--guild", "77"]) == 1

    assert main(["backup", "copy.sqlite3", "--restore"]) == 0
    assert "is restored from copy.sqlite3. The previous database is in" in capsys.readouterr().out
    assert main(["faq", "export", "-", "--guild", "77"]) == 0
    assert "entries: []" in capsys.readouterr().out
    monkeypatch.setenv("HELPBOT_DATABASE_URL", "postgresql://nobody@localhost/none")
    assert main(["backup", "copy.sqlite3"]) == 2
