"""The FAQ as a file: out and in again without loss, shown before it is done, all or nothing; the starter pack."""

import contextlib

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.store import EntryContent, InvalidEntry, PlanOutdated, StoreError
from bot.store.content import cleaned
from bot.store.faq_file import FaqFile, FileEntry, from_yaml, starter_pack, to_yaml

HOME, OTHER, ANNA, BEN = 900_000_000_000_000_001, 900_000_000_000_000_002, 11, 12


def content(title, text="text", **more):
    return EntryContent(title=title, text=text, **more)


def entries_of(file):
    return [entry.model_dump(exclude={"history"}) for entry in file.entries]


async def fill(store, guild):
    first = await store.faq.add(
        guild,
        content(
            "Packing",
            "1. one\n\n```yaml\nsample_packing: true  # yes\n```\n  indented\ttab: 'quotes' \"too\" שלום \U0001f98e",
            category="Rows",
            aliases=("pack", "yes", "1.10"),
            fields=("sample_packing",),
            rules=("packing-without-attention",),
            phrases=("split is too small",),
            see_also=("Gone",),
        ),
        author_id=ANNA,
        note="first: with a colon",
    )
    await store.faq.edit(guild, first.id, first.content.model_copy(update={"title": "null"}), expected=1, author_id=BEN)
    gone = await store.faq.add(guild, content("Gone"), author_id=ANNA)
    await store.faq.remove(guild, gone.id, author_id=BEN, note="old")
    await store.counts.add(guild, "faq-viewed", first.key, by=7)
    await store.counts.add(guild, "faq-helped", first.key, by=2)
    return first


async def test_a_file_brings_everything_into_another_server(store):
    await fill(store, HOME)
    text = to_yaml(await store.transfer.export(HOME))

    plan = await store.transfer.plan(OTHER, from_yaml(text))
    assert ([entry.title for entry in plan.added], plan.changed, plan.removed) == (["null", "Gone"], (), ())
    await store.transfer.carry_out(OTHER, plan, author_id=BEN)

    there, here = await store.transfer.export(OTHER), await store.transfer.export(HOME)
    assert entries_of(there) == entries_of(here)
    for new, old in zip(there.entries, here.entries, strict=True):
        assert new.history[:-1] == old.history
        assert (new.history[-1].kind, new.history[-1].author_id) == ("imported", BEN)
    assert (await store.faq.find(OTHER, "PACK")).content.title == "null"
    assert [name.title for name in await store.faq.removed(OTHER)] == ["Gone"]


async def test_the_own_file_changes_nothing(store):
    await fill(store, HOME)
    plan = await store.transfer.plan(HOME, from_yaml(to_yaml(await store.transfer.export(HOME))))
    assert plan.does_nothing
    assert (plan.same, plan.missing) == (2, ())


async def test_an_import_says_what_it_adds_changes_returns_removes_and_leaves(store):
    stay = await store.faq.add(HOME, content("Stay"), author_id=ANNA)
    change = await store.faq.add(HOME, content("Change"), author_id=ANNA)
    back = await store.faq.add(HOME, content("Back"), author_id=ANNA)
    go = await store.faq.add(HOME, content("Go"), author_id=ANNA)
    await store.faq.remove(HOME, back.id, author_id=ANNA)
    file = from_yaml(
        """
        entries:
          - {title: change, text: new, category: Rows}
          - {key: back, title: Back, text: text}
          - {key: go, title: Go, text: text, removed: true}
          - {title: Fresh, text: text}
        """
    )
    plan = await store.transfer.plan(HOME, file)
    assert [entry.title for entry in plan.added] == ["Fresh"]
    assert [(item.entry.content.title, item.content.text) for item in plan.changed] == [("Change", "new")]
    assert [item.entry.id for item in plan.returned] == [back.id]
    assert [entry.id for entry in plan.removed] == [go.id]
    assert [entry.id for entry in plan.missing] == [stay.id]
    assert len(await store.faq.suggest(HOME, "")) == 3

    await store.transfer.carry_out(HOME, plan, author_id=BEN)
    assert {name.title for name in await store.faq.suggest(HOME, "")} == {"Stay", "change", "Back", "Fresh"}
    assert (await store.faq.history(HOME, change.id))[-1].kind == "imported"

    again = await store.transfer.plan(HOME, file)
    await store.transfer.carry_out(HOME, again, author_id=BEN, remove_missing=True)
    assert {name.title for name in await store.faq.suggest(HOME, "")} == {"change", "Back", "Fresh"}


async def test_titles_may_be_swapped(store):
    one = await store.faq.add(HOME, content("One"), author_id=ANNA)
    two = await store.faq.add(HOME, content("Two"), author_id=ANNA)
    file = FaqFile(
        entries=(FileEntry(key=one.key, title="Two", text="1"), FileEntry(key=two.key, title="One", text="2"))
    )
    await store.transfer.carry_out(HOME, await store.transfer.plan(HOME, file), author_id=ANNA)
    assert (await store.faq.find(HOME, "two")).id == one.id
    assert (await store.faq.find(HOME, "one")).id == two.id


async def test_a_change_after_the_preview_voids_it(store):
    entry = await store.faq.add(HOME, content("Entry"), author_id=ANNA)
    plan = await store.transfer.plan(HOME, from_yaml("entries: [{title: Entry, text: from the file}]"))
    await store.faq.edit(HOME, entry.id, content("Entry", "by hand"), expected=1, author_id=BEN)
    with pytest.raises(PlanOutdated):
        await store.transfer.carry_out(HOME, plan, author_id=ANNA)
    assert (await store.faq.get(HOME, entry.id)).content.text == "by hand"


async def test_an_import_that_fails_half_way_does_nothing(store):
    await store.faq.add(HOME, content("Mine", aliases=("theirs",)), author_id=ANNA)
    file = FaqFile(entries=(FileEntry(title="New", text="x"), FileEntry(title="Other", text="x", aliases=("THEIRS",))))
    with pytest.raises(StoreError, match=r"THEIRS|theirs"):
        await store.transfer.carry_out(HOME, await store.transfer.plan(HOME, file), author_id=ANNA)
    assert [name.title for name in await store.faq.suggest(HOME, "")] == ["Mine"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "contains no FAQ"),
        ("- a", "contains no FAQ"),
        ("entries: [", "can't be read as YAML"),
        ("entries: {a: b}", "not an FAQ that can be imported"),
        ("entries: [{title: A}]", "entry 1 .“A”., text"),
        ("entries: [{title: A, text: b, color: red}]", "color"),
        ("entries: [{title: 12, text: b}]", "title"),
        ("entries: [{title: A, text: b, history: [{number: 1, kind: x, author_id: 1, made_at: now}]}]", "history"),
        ("format: 2\nentries: []", "format"),
        ("a: &a [*a]\nentries: []", "aliases"),
        ("entries: " + "[" * 100_000, "YAML"),
        ("entries: !!python/object/apply:os.system [ls]", "YAML"),
        ("entries: []\n# " + "x" * (9 << 20), "8 MiB"),
    ],
)
def test_what_is_no_faq_is_refused_with_the_place(text, reason):
    with pytest.raises(InvalidEntry, match=reason):
        from_yaml(text)


@pytest.mark.parametrize(
    "entries",
    [
        [{"title": " ", "text": "x"}],
        [{"title": "A", "text": "x"}, {"title": "a", "text": "y"}],
        [{"title": "A", "text": "x"}, {"title": "B", "text": "y", "aliases": ["A"]}],
        [{"title": "A", "text": "x" * 4001}],
    ],
)
async def test_entries_that_can_not_be_stored_are_named(store, entries):
    with pytest.raises(InvalidEntry, match=r"Entry [12] of the file"):
        await store.transfer.plan(HOME, from_yaml(yaml.safe_dump({"entries": entries})))


texts = st.text(st.characters(codec="utf-8"), min_size=1, max_size=60)


@given(title=texts, text=st.text(st.characters(codec="utf-8"), min_size=1, max_size=400), alias=texts)
def test_any_text_survives_the_file(title, text, alias):
    try:
        stored = cleaned(content(title, text, aliases=(alias,)))
    except InvalidEntry:
        return
    file = FaqFile(entries=(FileEntry(key="k", **dict(stored)),))
    assert from_yaml(to_yaml(file)) == file


async def test_the_starter_pack_comes_without_touching_what_moderators_made(store):
    pack = starter_pack()
    mine = await store.faq.add(HOME, content(pack.entries[0].title.upper(), "ours"), author_id=ANNA)
    await store.transfer.carry_out(HOME, await store.transfer.plan_starter(HOME), author_id=ANNA)

    assert len(await store.faq.all(HOME)) == len(pack.entries)
    assert (await store.faq.get(HOME, mine.id)).content.text == "ours"
    again = await store.transfer.plan_starter(HOME)
    assert again.does_nothing
    assert again.kept == (pack.entries[0].title,)


async def test_an_update_of_the_pack_spares_edited_and_removed_entries(store):
    old = FaqFile(entries=tuple(FileEntry(key=key, title=key, text="old") for key in ("plain", "edited", "removed")))
    await store.transfer.carry_out(HOME, await store.transfer.plan(HOME, old, origin="starter"), author_id=ANNA)
    edited = await store.faq.find(HOME, "edited")
    await store.faq.edit(HOME, edited.id, content("renamed", "ours"), expected=1, author_id=BEN)
    await store.faq.remove(HOME, (await store.faq.find(HOME, "removed")).id, author_id=BEN)

    new = FaqFile(
        entries=tuple(FileEntry(key=key, title=key, text="new") for key in ("plain", "edited", "removed", "added"))
    )
    for _ in range(2):
        plan = await store.transfer.plan(HOME, new, origin="starter")
        assert set(plan.kept) == {"edited", "removed"}
        assert plan.missing == ()
        await store.transfer.carry_out(HOME, plan, author_id=ANNA)
    living = {entry.content.title: entry.content.text for entry in await store.faq.all(HOME) if not entry.removed_at}
    assert living == {"plain": "new", "renamed": "ours", "added": "new"}


@given(st.text(st.characters(codec="utf-8"), max_size=300))
def test_no_text_breaks_the_reading_of_a_file(text):
    for given_ in (text, f"entries:\n  - {text}", f"entries: [{{title: A, text: {text}}}]"):
        with contextlib.suppress(InvalidEntry):
            from_yaml(given_)


@pytest.mark.parametrize(
    "text", ["entries: " + "{a: " * 1_000_000, "[" * 2_000_000, "- " * 1_000_000, "? " * 1_000_000]
)
def test_deep_nesting_is_refused(text):
    with pytest.raises(InvalidEntry, match="YAML"):
        from_yaml(text)
