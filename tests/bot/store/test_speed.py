"""With 10,000 entries in a server, what is typed is answered within 20 ms at the 99th percentile."""

import asyncio
import time

from bot.store import EntryContent, open_store, sqlite_url
from bot.store.faq_file import FaqFile, FileEntry, starter_pack

HOME = 900_000_000_000_000_001
AGAIN = 3
"""The best of so many tries counts: other programs of the machine are not what is measured."""


async def p99_of_searches(store):
    pack = starter_pack().entries
    words = sorted({word.strip('?:",.').lower() for entry in pack for word in entry.title.split() if len(word) > 4})
    file = FaqFile(
        entries=tuple(
            FileEntry(
                title=" ".join(words[number * step % len(words)] for step in (1, 7, 13)) + f" {number}",
                text=pack[number % len(pack)].text,
                aliases=(f"alias {number}",),
            )
            for number in range(10_000)
        )
    )
    await store.transfer.carry_out(HOME, await store.transfer.plan(HOME, file), author_id=1)
    queries = ["", "b", "mem", "zebra", "zzzzqq"]
    queries += words[::2]
    queries += [f"{one} {other}" for one, other in zip(words[::3], words[5::3], strict=False)]
    queries += [word[0] + word[2] + word[1] + word[3:] for word in words[::3]]
    queries += [f"please {entry.title}" for entry in pack[::2]]
    times = []
    for query in queries:
        tries = []
        for _ in range(AGAIN):
            start = time.perf_counter()
            await store.faq.suggest(HOME, query)
            tries.append(time.perf_counter() - start)
        times.append(min(tries) * 1000)
    times.sort()
    return times[int(len(times) * 0.99)]


async def test_ten_thousand_entries_are_searched_within_20_ms(tmp_path):
    store = await open_store(sqlite_url(tmp_path / "helpbot.sqlite3"))
    assert await p99_of_searches(store) < 20
    entry = await store.faq.find(HOME, "alias 7777")
    changed = entry.content.model_copy(update={"title": "Sesquipedalian", "aliases": ()})
    await store.faq.edit(HOME, entry.id, changed, expected=1, author_id=1)
    found = await store.faq.suggest(HOME, "sesquipedalain")
    assert [name.title for name in found] == ["Sesquipedalian"]
    await store.close()


async def test_postgresql_needs_at_most_twice_as_long(postgres_url):
    store = await open_store(postgres_url)
    assert await p99_of_searches(store) < 40
    await store.close()


async def test_searches_do_not_wait_for_writes(tmp_path):
    store = await open_store(sqlite_url(tmp_path / "helpbot.sqlite3"))
    await store.faq.add(HOME, EntryContent(title="Packing", text="text"), author_id=1)
    async with store.database.writing() as session:
        await session.run("UPDATE guilds SET gpus = 1")
        found = await asyncio.wait_for(store.faq.suggest(HOME, "pack"), 1)
        assert [name.title for name in found] == ["Packing"]
    await store.close()
