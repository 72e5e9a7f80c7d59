"""A server with very many entries: they are found, and found while somebody writes."""

import asyncio

from bot.store import EntryContent, open_store, sqlite_url
from bot.store.faq_file import FaqFile, FileEntry, starter_pack

HOME = 900_000_000_000_000_001


async def test_one_of_ten_thousand_entries_is_found_by_its_new_title(tmp_path):
    pack = starter_pack().entries
    store = await open_store(sqlite_url(tmp_path / "helpbot.sqlite3"))
    file = FaqFile(
        entries=tuple(
            FileEntry(
                title=f"{pack[number % len(pack)].title[:80]} {number}",
                text=pack[number % len(pack)].text,
                aliases=(f"alias {number}",),
            )
            for number in range(10_000)
        )
    )
    await store.transfer.carry_out(HOME, await store.transfer.plan(HOME, file), author_id=1)
    entry = await store.faq.find(HOME, "alias 7777")
    changed = entry.content.model_copy(update={"title": "Sesquipedalian", "aliases": ()})
    await store.faq.edit(HOME, entry.id, changed, expected=1, author_id=1)
    found = await store.faq.suggest(HOME, "sesquipedalain")
    assert [name.title for name in found] == ["Sesquipedalian"]
    await store.close()


async def test_searches_do_not_wait_for_writes(tmp_path):
    store = await open_store(sqlite_url(tmp_path / "helpbot.sqlite3"))
    await store.faq.add(HOME, EntryContent(title="Packing", text="text"), author_id=1)
    async with store.database.writing() as session:
        await session.run("UPDATE guilds SET gpus = 1")
        found = await asyncio.wait_for(store.faq.suggest(HOME, "pack"), 1)
        assert [name.title for name in found] == ["Packing"]
    await store.close()
