"""What every engine does alike: the same tests on SQLite and on PostgreSQL."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from bot.store import (
    EditConflict,
    EntryContent,
    EntryMissing,
    InvalidEntry,
    StoreError,
    TitleTaken,
    open_store,
)

HOME, OTHER = 900_000_000_000_000_001, 900_000_000_000_000_002
ANNA, BEN = 11, 12


def content(title="Out of memory: what do I lower first?", text="Lower `micro_batch_size`.", **more):
    return EntryContent(title=title, text=text, **more)


async def titles(names):
    return [name.title for name in names]


async def test_an_added_entry_is_found_by_title_alias_and_words(store):
    added = await store.faq.add(
        HOME, content(aliases=("OOM", "CUDA oom"), category="Memory"), author_id=ANNA, note="asked often"
    )

    for name in ("out of memory: WHAT do i lower first?", "oom", "  cuda   OOM "):
        assert (await store.faq.find(HOME, name)).id == added.id
    for typed in ("out of", "OOM", "lower", "micro_batch", "memroy", "batch size"):
        assert await titles(await store.faq.suggest(HOME, typed)) == [added.content.title], typed
    assert await store.faq.suggest(HOME, "zebra") == ()
    assert added.version == 1
    assert added.changed_by == ANNA


async def test_servers_do_not_see_one_another(store):
    entry = await store.faq.add(HOME, content(rules=("some-rule",)), author_id=ANNA)
    await store.mutes.mute(HOME, "some-rule", author_id=ANNA, reason="noise")
    report = await store.reports.add(HOME, rule="some-rule", comment="wrong", reporter_id=BEN, axolotl="0.21.0")
    await store.misses.add(HOME, "zebra")

    assert await store.faq.get(OTHER, entry.id) is None
    assert await store.faq.find(OTHER, entry.content.title) is None
    assert await store.faq.suggest(OTHER, "memory") == ()
    assert await store.faq.linked(OTHER, rules=("some-rule",)) == ()
    assert await store.faq.history(OTHER, entry.id) == ()
    assert await store.mutes.rules(OTHER) == frozenset()
    assert not await store.reports.close(OTHER, report.id, author_id=ANNA)
    assert await store.misses.top(OTHER) == ()
    with pytest.raises(EntryMissing):
        await store.faq.edit(OTHER, entry.id, content(text="taken over"), expected=1, author_id=BEN)
    with pytest.raises(EntryMissing):
        await store.faq.remove(OTHER, entry.id, author_id=BEN)
    with pytest.raises(EntryMissing):
        await store.faq.restore(OTHER, entry.id, 1, author_id=BEN)
    assert (await store.faq.add(OTHER, content(), author_id=BEN)).content.title == entry.content.title


async def test_a_name_leads_to_one_entry_of_a_server_without_regard_to_case(store):
    await store.faq.add(HOME, content("Straße", aliases=("Road",)), author_id=ANNA)

    for title, aliases in (("STRASSE", ()), ("  straße ", ()), ("road", ()), ("Path", ("ROAD",))):
        with pytest.raises(TitleTaken, match="Straße"):
            await store.faq.add(HOME, content(title, aliases=aliases), author_id=BEN)
    assert len(await store.faq.all(HOME)) == 1


async def test_every_change_is_a_version_and_any_of_them_comes_back(store):
    first = await store.faq.add(HOME, content(text="one"), author_id=ANNA, note="new")
    second = await store.faq.edit(HOME, first.id, content("Memory", "two"), expected=1, author_id=BEN, note="shorter")
    removed = await store.faq.remove(HOME, first.id, author_id=ANNA, expected=2)

    assert second.version == 2
    assert removed.removed_at is not None
    assert await store.faq.find(HOME, "Memory") is None
    assert await titles(await store.faq.removed(HOME)) == ["Memory"]
    restored = await store.faq.restore(HOME, first.id, 1, author_id=BEN)
    assert (await store.faq.find(HOME, first.content.title)).content == restored.content == first.content
    told = [(v.number, v.kind, v.author_id, v.note, v.content.text) for v in await store.faq.history(HOME, first.id)]
    assert told == [
        (1, "added", ANNA, "new", "one"),
        (2, "edited", BEN, "shorter", "two"),
        (3, "removed", ANNA, "", "two"),
        (4, "restored", BEN, "", "one"),
    ]


async def test_a_title_given_away_in_between_stops_a_restore(store):
    old = await store.faq.add(HOME, content("Packing", "old"), author_id=ANNA)
    await store.faq.remove(HOME, old.id, author_id=ANNA)
    await store.faq.add(HOME, content("packing", "new"), author_id=BEN)

    with pytest.raises(TitleTaken):
        await store.faq.restore(HOME, old.id, author_id=ANNA)
    assert (await store.faq.get(HOME, old.id)).removed_at is not None


async def test_fifty_concurrent_edits_lose_nothing(store):
    entry = await store.faq.add(HOME, content(text="start"), author_id=ANNA)

    async def editor(number):
        seen = entry
        while True:
            try:
                lines = f"{seen.content.text}\nline {number}"
                return await store.faq.edit(
                    HOME, entry.id, content(text=lines), expected=seen.version, author_id=number
                )
            except EditConflict as conflict:
                seen = conflict.current

    done = await asyncio.gather(*(editor(number) for number in range(50)))

    assert sorted(entry.version for entry in done) == list(range(2, 52))
    final = await store.faq.get(HOME, entry.id)
    assert sorted(final.content.text.split("\n")[1:]) == sorted(f"line {number}" for number in range(50))
    assert [version.number for version in await store.faq.history(HOME, entry.id)] == list(range(1, 52))


async def test_of_fifty_edits_of_one_version_one_wins_and_the_others_are_told(store):
    entry = await store.faq.add(HOME, content(text="start"), author_id=ANNA)
    edits = (
        store.faq.edit(HOME, entry.id, content(text=f"text {number}"), expected=1, author_id=number)
        for number in range(50)
    )
    results = await asyncio.gather(*edits, return_exceptions=True)

    losers = [result for result in results if isinstance(result, EditConflict)]
    winners = [result for result in results if not isinstance(result, Exception)]
    assert len(winners) == 1
    assert len(losers) == 49
    assert {loser.current.content.text for loser in losers} == {winners[0].content.text}


async def test_an_edit_that_changes_nothing_makes_no_version(store):
    entry = await store.faq.add(HOME, content(), author_id=ANNA)
    same = await store.faq.edit(HOME, entry.id, content(), expected=1, author_id=BEN)
    assert same.version == 1
    assert same.changed_by == ANNA


@pytest.mark.parametrize(
    "text",
    [
        'O\'Brien said "no"; DROP TABLE faq_entries; --',
        'title:"a" AND (b OR NOT c*) NEAR/2 ^x {y} -z',
        "@everyone <@1> <@&2> <#3> **bold** `code` ||spoiler|| [a](http://x.invalid)",
        "שלום עולם مرحبا بالعالم",
        "% _ ? $1 :name \\ \\0 {} \U0001f98e",
        "x" * 4000,
    ],
)
async def test_hostile_text_is_stored_as_it_was_written_and_can_be_searched_for(store, text):
    entry = await store.faq.add(HOME, content("Strange", text, aliases=(text[:90],)), author_id=ANNA)
    assert (await store.faq.find(HOME, "strange")).content.text == text
    assert (await store.faq.find(HOME, text[:90])).id == entry.id
    await store.faq.suggest(HOME, text[:100])
    await store.faq.search(HOME, text)
    await store.faq.answering(HOME, text)
    await store.misses.add(HOME, text)
    assert (await store.misses.top(HOME))[0].times == 1


async def test_a_search_for_whole_entries_finds_what_a_search_names_in_its_order(store):
    for title in ("Packing of rows", "Packing: when does it hurt?", "Sharded checkpoints"):
        await store.faq.add(HOME, content(title, f"About {title.lower()}"), author_id=ANNA)
    await store.faq.add(OTHER, content("Packing elsewhere"), author_id=ANNA)
    named = await store.faq.search(HOME, "packing")
    whole = await store.faq.search_whole(HOME, "packing")
    assert [entry.id for entry in whole] == [name.id for name in named.entries]
    assert {entry.content.text for entry in whole} == {"About packing of rows", "About packing: when does it hurt?"}
    assert await store.faq.search_whole(HOME, "zebra") == ()


@pytest.mark.parametrize(
    "typed", ['"', "'", "*", "AND", "a OR", "NEAR(", "title:", "^", "-", "%", "_", "\\", "\0", "\ud800", "‮"]
)
async def test_no_query_is_a_syntax_error(store, typed):
    await store.faq.add(HOME, content(), author_id=ANNA)
    await store.faq.suggest(HOME, typed)
    await store.faq.search(HOME, typed)
    await store.faq.find(HOME, typed)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (content(" \u200b\u202e "), "title is empty"),
        (content(text=" \n\u2066\t "), "text is empty"),
        (content("t" * 101), "the limit is 100"),
        (content(text="t" * 4001), "the limit is 4,000"),
        (content(category="c" * 41), "the limit is 40"),
        (content(aliases=("a" * 101,)), "the limit is 100"),
        (content(aliases=tuple(f"alias {n}" for n in range(26))), "the limit is 25"),
    ],
)
async def test_what_can_not_be_stored_is_refused_with_the_reason(store, wrong, reason):
    with pytest.raises(InvalidEntry, match=reason):
        await store.faq.add(HOME, wrong, author_id=ANNA)
    assert await store.faq.all(HOME) == ()


async def test_invisible_characters_are_left_out(store):
    entry = await store.faq.add(HOME, content("A\u202eb\x00c\n d", "e\x07f\u2066g\r\nh\ud800  \n"), author_id=ANNA)
    assert (entry.content.title, entry.content.text) == ("Abc d", "efg\nh")


async def test_links_lead_from_rules_and_fields_and_errors_to_entries(store):
    rule = await store.faq.add(HOME, content("By rule", rules=("a-rule",), fields=("lora_r",)), author_id=ANNA)
    field = await store.faq.add(
        HOME, content("By field", fields=("lora_r",), phrases=("CUDA out of memory",)), author_id=ANNA
    )

    assert await store.faq.linked(HOME, fields=("lora_r",), rules=("a-rule",)) == (rule.name, field.name)
    thousands = [f"unknown_{number}" for number in range(3_000)]
    assert await store.faq.linked(HOME, (*thousands, "lora_r", *thousands), ["a-rule"]) == (rule.name, field.name)
    assert await store.faq.linked(HOME, fields=("other",)) == ()
    assert await store.faq.answering(HOME, "RuntimeError: cuda out\nof memory. Tried to allocate") == (field.name,)
    await store.faq.edit(HOME, rule.id, content("By rule"), expected=1, author_id=ANNA)
    assert await store.faq.linked(HOME, rules=("a-rule",)) == ()
    await store.faq.remove(HOME, field.id, author_id=ANNA)
    assert await store.faq.answering(HOME, "CUDA out of memory") == ()
    assert await store.faq.links(HOME) == ()


async def test_popular_entries_come_first_and_unused_ones_are_listed(store):
    for title in ("Alpha", "Beta", "Gamma"):
        await store.faq.add(HOME, content(title, category="Letters"), author_id=ANNA)
    await store.counts.add(HOME, "faq-viewed", "gamma", by=5)
    await store.counts.add(HOME, "faq-viewed", "beta")

    assert await titles(await store.faq.suggest(HOME, "")) == ["Gamma", "Beta", "Alpha"]
    assert await titles(await store.faq.unused(HOME)) == ["Alpha"]
    assert [(c.name, c.entries) for c in await store.faq.categories(HOME)] == [("Letters", 3)]
    assert await titles(await store.faq.in_category(HOME, "Letters", skip=1)) == ["Beta", "Gamma"]
    assert [(c.subject, c.times) for c in await store.counts.top(HOME, "faq-viewed")] == [("gamma", 5), ("beta", 1)]
    assert await store.counts.total(HOME, "faq-viewed") == 6


async def test_a_beginning_is_ranked_before_words_and_words_of_titles_before_words_of_texts(store):
    await store.faq.add(HOME, content("Saving", "about packing"), author_id=ANNA)
    await store.faq.add(HOME, content("All about packing", "x"), author_id=ANNA)
    await store.faq.add(HOME, content("Packing rows", "x"), author_id=ANNA)
    assert await titles(await store.faq.suggest(HOME, "packing")) == ["Packing rows", "All about packing", "Saving"]


async def test_a_question_with_unknown_words_still_finds_and_says_that_it_is_not_sure(store):
    await store.faq.add(HOME, content(), author_id=ANNA)
    found = await store.faq.search(HOME, "please help my gpu is out of memory")
    assert (await titles(found.entries), found.sure) == (["Out of memory: what do I lower first?"], False)
    assert (await store.faq.search(HOME, "lower memory")).sure


async def test_misses_are_counted_by_text_and_bounded(store):
    for query in ("Zebra", "zebra ", "ZEBRA", "lion"):
        await store.misses.add(HOME, query)
    await store.misses.add(HOME, "  ")
    assert [(miss.query, miss.times) for miss in await store.misses.top(HOME)] == [("Zebra", 3), ("lion", 1)]
    assert await store.misses.forget(HOME, "zEBRA")
    assert not await store.misses.forget(HOME, "zebra")
    assert [miss.query for miss in await store.misses.top(HOME)] == ["lion"]


async def test_settings_change_one_at_a_time(store):
    assert await store.guilds.settings(HOME) == await store.guilds.settings(OTHER)
    await store.guilds.change(HOME, moderator_role_id=5, gpus=8)
    now = await store.guilds.change(HOME, log_channel_id=6, axolotl="0.21.0", gpus=None)
    assert (now.moderator_role_id, now.log_channel_id, now.axolotl, now.gpus) == (5, 6, "0.21.0", None)
    assert await store.guilds.settings(HOME) == now


async def test_mutes_and_reports(store):
    await store.mutes.mute(HOME, "b-rule", author_id=ANNA, reason="noise")
    await store.mutes.mute(HOME, "a-rule", author_id=ANNA, reason="first")
    await store.mutes.mute(HOME, "a-rule", author_id=BEN, reason="second")
    assert [(mute.rule, mute.author_id, mute.reason) for mute in await store.mutes.all(HOME)] == [
        ("a-rule", BEN, "second"),
        ("b-rule", ANNA, "noise"),
    ]
    assert await store.mutes.unmute(HOME, "a-rule")
    assert not await store.mutes.unmute(HOME, "a-rule")
    assert await store.mutes.rules(HOME) == {"b-rule"}

    report = await store.reports.add(
        HOME, rule="a", comment="It is\x00 right", reporter_id=BEN, axolotl="0.21.0", finding="f"
    )
    assert await store.reports.open(HOME) == (report,)
    assert report.comment == "It is right"
    assert await store.reports.count_open(HOME) == 1
    assert await store.reports.close(HOME, report.id, author_id=ANNA)
    assert not await store.reports.close(HOME, report.id, author_id=ANNA)
    assert await store.reports.open(HOME) == ()


async def test_marks_outlive_the_process(url):
    store = await open_store(url)
    await store.marks.set("commands", "one")
    await store.marks.set("commands", "two")
    await store.close()
    await store.close()
    again = await open_store(url)
    assert await again.marks.get("commands") == "two"
    assert await again.marks.get("else") is None
    await again.close()


async def test_a_servers_data_goes_thirty_days_after_the_bot_left(url):
    now = datetime(2026, 1, 1, tzinfo=UTC)
    store = await open_store(url, clock=lambda: now)
    try:
        for guild in (HOME, OTHER):
            entry = await store.faq.add(guild, content(fields=("lora_r",)), author_id=ANNA)
            await store.mutes.mute(guild, "a-rule", author_id=ANNA, reason="")
            await store.reports.add(guild, rule="a", comment="c", reporter_id=BEN, axolotl="0.21.0")
            await store.misses.add(guild, "zebra")
            await store.counts.add(guild, "faq-viewed", entry.key)
            await store.guilds.change(guild, gpus=4)
        await store.guilds.left(HOME)
        now += timedelta(days=29, hours=23)
        await store.guilds.left(HOME)
        assert await store.guilds.remove_expired() == ()
        now += timedelta(hours=1)
        assert await store.guilds.remove_expired() == (HOME,)

        async with store.database.reading() as session:
            for table in (
                "guilds",
                "faq_entries",
                "faq_names",
                "faq_links",
                "faq_words",
                "mutes",
                "reports",
                "misses",
                "counts",
            ):
                rows = await session.rows(f"SELECT DISTINCT guild_id FROM {table}")
                assert [row["guild_id"] for row in rows] == [OTHER], table
            assert len(await session.rows("SELECT * FROM faq_versions")) == 1
        assert await store.faq.suggest(HOME, "memory") == ()
        assert len(await store.faq.suggest(OTHER, "memory")) == 1
    finally:
        await store.close()


async def test_a_server_that_comes_back_in_time_keeps_its_data(url):
    now = datetime(2026, 1, 1, tzinfo=UTC)
    store = await open_store(url, clock=lambda: now)
    try:
        for guild in (1, 2, 3, 4):
            await store.guilds.change(guild, gpus=guild)
        await store.guilds.left(1)
        await store.guilds.left(2)
        await store.guilds.joined(1)
        # While the process was down: 3 was left, 2 joined again; 4 belongs to another process.
        await store.guilds.reconcile([1, 2], mine=lambda guild: guild != 4)
        now += timedelta(days=31)
        assert await store.guilds.remove_expired() == (3,)
        assert (await store.guilds.settings(2)).gpus == 2
    finally:
        await store.close()


async def test_a_block_that_raises_changes_nothing(store):
    await store.guilds.change(HOME, gpus=1)

    async def fail_half_way():
        async with store.database.writing() as session:
            await session.run("UPDATE guilds SET gpus = 2 WHERE guild_id = ?", HOME)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail_half_way()
    assert (await store.guilds.settings(HOME)).gpus == 1


async def test_a_cancelled_change_leaves_no_open_transaction(store):
    entered = asyncio.Event()

    async def stuck():
        async with store.database.writing() as session:
            await session.run("INSERT INTO marks (name, value) VALUES ('half', 'done')")
            entered.set()
            await asyncio.sleep(60)

    task = asyncio.create_task(stuck())
    await entered.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await store.marks.get("half") is None
    await store.marks.set("half", "whole")
    assert await store.marks.get("half") == "whole"


async def test_alone_lets_one_in_at_a_time(store):
    inside = 0
    most = 0

    async def work():
        nonlocal inside, most
        async with store.alone("command-sync"):
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0.01)
            inside -= 1

    await asyncio.gather(*(work() for _ in range(5)))
    assert most == 1


async def test_a_closed_store_says_so(store):
    await store.close()
    with pytest.raises(StoreError, match="shutting down"):
        await store.marks.get("x")


async def test_what_the_hub_said_is_kept_for_a_while_and_not_without_end(url, monkeypatch):
    now = datetime(2026, 1, 1, tzinfo=UTC)
    store = await open_store(url, clock=lambda: now)
    await store.hub.put("a", "found", 60)
    await store.hub.put("a", "found again", 60)
    assert await store.hub.get("a") == "found again"
    await store.hub.put("b", "x" * 300_000, 60)
    assert await store.hub.get("b") is None

    monkeypatch.setattr("bot.store.lookups.KEPT_LOOKUPS", 3)
    for number in range(5):
        await store.hub.put(f"later-{number}", "found", 100 + number)
    assert [await store.hub.get(key) for key in ("a", "later-1", "later-2")] == [None, None, "found"]

    now += timedelta(seconds=103)
    assert [await store.hub.get(f"later-{number}") is None for number in range(5)] == [True] * 4 + [False]
    now += timedelta(days=1)
    await store.hub.put("new", "found", 60)
    assert await store.hub.get("later-4") is None
    await store.close()
