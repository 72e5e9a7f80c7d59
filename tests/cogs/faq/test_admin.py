"""What moderators do with the FAQ: write, change, remove, bring back, name, take in and give out."""

import asyncio
import re

import pytest
import yaml

from bot.store import EntryContent
from bot.store.faq_file import starter_pack

TITLE = "Out of memory: what do I lower first?"


async def test_an_entry_is_written_previewed_and_saved(town, tools):
    form = await town.anna.slash(town.channel, "faq-admin add")
    assert [part["label"] for part in form.modal["components"]] == ["Title", "Text", "Aliases", "Category", "Links"]
    links = 'micro_batch_size\nno_such_field\n"CUDA out of memory"\nSome other entry'
    preview = await town.fill(town.anna, form, TITLE, "1. `micro_batch_size`", "OOM, CUDA oom", "Memory", links)
    assert tools.answer(preview).ephemeral
    assert tools.buttons(tools.answer(preview)) == ["Save", "Edit again", "Cancel"]
    assert "`no_such_field`: no field" in tools.said(preview)
    assert await town.store.faq.all(town.guild.id) == ()

    saved = await town.anna.click(tools.answer(preview), label="Save")
    assert tools.said(saved).startswith("Saved")
    assert tools.answer(saved).ephemeral
    assert (await town.find("oom")).content == EntryContent(
        title=TITLE,
        text="1. `micro_batch_size`",
        category="Memory",
        aliases=("OOM", "CUDA oom"),
        fields=("micro_batch_size", "no_such_field"),
        phrases=("CUDA out of memory",),
        see_also=("Some other entry",),
    )
    assert tools.buttons(tools.answer(preview)) == []
    assert f"### {TITLE}" in tools.said(await town.ben.slash(town.channel, "faq", topic="out of memory"))


async def test_cancel_and_edit_again_change_nothing(town, tools):
    preview = await town.fill(town.anna, await town.anna.slash(town.channel, "faq-admin add"), "One", "text", "uno")
    again = await town.anna.click(tools.answer(preview), label="Edit again")
    assert tools.prefilled(again)[:3] == ["One", "text", "uno"]
    second = await town.fill(town.anna, again, "Two", "text")
    await town.anna.click(tools.answer(second), label="Cancel")
    assert await town.store.faq.all(town.guild.id) == ()
    late = await town.anna.slash(town.channel, "faq-admin stats")
    assert "0 entries" in tools.said(late)


async def test_an_edit_is_prefilled_and_makes_a_version_that_the_log_channel_hears_of(town, tools):
    await town.anna.slash(town.channel, "faq-admin settings", log_channel=town.log)
    await town.write(town.anna, "Packing", "one\ntwo", aliases="pack", links="sample_packing")
    form = await town.mona.slash(town.channel, "faq-admin edit", entry="pack", note="clearer")
    assert tools.prefilled(form) == ["Packing", "one\ntwo", "pack", None, "sample_packing"]
    preview = await town.fill(town.mona, form, "Packing", "one\nthree", "pack", None, "sample_packing")
    assert "Changes text." in tools.said(preview)
    await town.mona.click(tools.answer(preview), label="Save")

    versions = await town.store.faq.history(town.guild.id, (await town.find("packing")).id)
    assert [(version.number, version.author_id, version.note) for version in versions] == [
        (1, town.anna.id, ""),
        (2, town.mona.id, "clearer"),
    ]
    told = "\n".join(tools.said(message) for message in town.log.history())
    assert f"<@{town.mona.id}> changed **Packing**: clearer" in told
    assert "-two" in told
    assert "+three" in told
    shown = tools.said(await town.anna.slash(town.channel, "faq-admin history", entry="Packing"))
    assert "**Version 2** · edited by" in shown
    assert "-two\n+three" in shown


async def test_two_moderators_at_once_the_second_sees_the_difference_and_loses_nothing(town, tools):
    entry = await town.add("Packing", "first\nsecond")
    anna = await town.anna.slash(town.channel, "faq-admin edit", entry="Packing")
    mona = await town.mona.slash(town.channel, "faq-admin edit", entry="Packing")
    annas = await town.fill(town.anna, anna, "Packing", "first\nby anna")
    monas = await town.fill(town.mona, mona, "Packing", "first\nby mona")
    assert "Saved" in tools.said(await town.anna.click(tools.answer(annas), label="Save"))

    conflict = await town.mona.click(tools.answer(monas), label="Save")
    said = tools.said(conflict)
    assert "version 2 is stored now" in said
    assert "-by anna" in said
    assert "+by mona" in said
    assert (await town.store.faq.get(town.guild.id, entry.id)).content.text == "first\nby anna"
    again = await town.mona.click(tools.answer(conflict), label="Edit again")
    assert tools.prefilled(again)[1] == "first\nby mona"
    both = await town.fill(town.mona, again, "Packing", "first\nby anna\nby mona")
    assert "Saved" in tools.said(await town.mona.click(tools.answer(both), label="Save"))
    assert (await town.store.faq.get(town.guild.id, entry.id)).version == 3


async def test_of_many_moderators_who_save_at_once_one_wins_and_all_others_are_told(town, tools):
    await town.add("Packing", "start")
    crowd = [
        town.guild.add_member(town.env.create_user(f"m{n}"), roles=[town.guild.roles["Manager"]]) for n in range(5)
    ]
    previews = []
    for number, member in enumerate(crowd):
        form = await member.slash(town.channel, "faq-admin edit", entry="Packing")
        previews.append(await town.fill(member, form, "Packing", f"text {number}"))
    results = []
    for member, preview in zip(crowd, previews, strict=True):
        results.append(await member.click(tools.answer(preview), label="Save"))
    said = [tools.said(result) for result in results]
    assert sum(text.startswith("Saved") for text in said) == 1
    assert sum("Your changes are not saved yet" in text for text in said) == 4


async def test_removing_asks_first_and_can_be_undone(town, tools):
    await town.add("Packing", "text")
    asked = await town.anna.slash(town.channel, "faq-admin remove", entry="Packing", note="old")
    assert await town.find("Packing")
    assert tools.buttons(tools.answer(asked)) == ["Remove", "Cancel"]
    removed = await town.anna.click(tools.answer(asked), label="Remove")
    assert tools.said(removed).startswith("Removed")
    assert await town.find("Packing") is None
    assert "No entry in this server's FAQ" in tools.said(await town.ben.slash(town.channel, "faq", topic="packing"))

    choices = await town.anna.autocomplete(town.channel, "faq-admin restore", "entry", "pack")
    assert [choice["name"] for choice in choices] == ["Packing (removed)"]
    restored = await town.anna.slash(town.channel, "faq-admin restore", entry=choices[0]["value"])
    assert tools.said(restored).startswith("Restored")
    assert (await town.find("Packing")).content.text == "text"


async def test_an_older_version_is_shown_before_it_comes_back(town, tools):
    entry = await town.add("Packing", "old")
    content = entry.content.model_copy(update={"text": "new"})
    await town.store.faq.edit(town.guild.id, entry.id, content, expected=1, author_id=1)
    shown = await town.anna.slash(town.channel, "faq-admin restore", entry="Packing")
    message = tools.answer(shown)
    assert "not removed" in tools.said(shown)
    asked = await town.anna.select(message, ["1"], custom_id=tools.select_id(message, "Bring back a version"))
    assert "-new\n+old" in tools.said(asked)
    assert (await town.find("Packing")).content.text == "new"
    assert "Restored" in tools.said(await town.anna.click(tools.answer(asked), label="Restore"))
    assert (await town.find("Packing")).content.text == "old"


async def test_aliases_come_and_go(town, tools):
    await town.add("Packing", aliases=("pack",))
    said = tools.said(
        await town.anna.slash(town.channel, "faq-admin alias", entry="Packing", add="multi, pack", remove="PACK")
    )
    assert said.startswith("Saved")
    assert (await town.find("MULTI, pack")).content.title == "Packing"
    assert await town.find("pack") is None
    await town.add("Other")
    said = tools.said(await town.anna.slash(town.channel, "faq-admin alias", entry="Packing", add="other"))
    assert "already leads to the entry “Other”" in said
    form = await town.anna.slash(town.channel, "faq-admin edit", entry="Packing")
    preview = await town.fill(town.anna, form, "Packing", "changed", tools.prefilled(form)[2])
    await town.anna.click(tools.answer(preview), label="Save")
    assert (await town.find("Packing")).content.aliases == ("multi, pack",)


@pytest.mark.parametrize(
    ("title", "text", "reason"),
    [
        (" \u200b ", "text", "title is empty"),
        ("Title", " \u202e\n ", "text is empty"),
        ("packing", "text", "already leads to the entry “Packing”"),
        ("PACKING ", "text", "already leads to the entry “Packing”"),
    ],
)
async def test_what_can_not_be_saved_is_refused_with_the_reason_and_kept(town, tools, title, text, reason):
    await town.add("Packing")
    refused = await town.fill(town.anna, await town.anna.slash(town.channel, "faq-admin add"), title, text, "one, two")
    assert reason in tools.said(refused)
    assert tools.buttons(tools.answer(refused)) == ["Edit again", "Cancel"]
    again = await town.anna.click(tools.answer(refused), label="Edit again")
    assert tools.prefilled(again)[2] == "one\ntwo"
    saved = await town.fill(town.anna, again, "Fine", "text", "one")
    assert "Saved" in tools.said(await town.anna.click(tools.answer(saved), label="Save"))


@pytest.mark.parametrize(
    "text",
    [
        'O\'Brien said "no"; DROP TABLE faq_entries; --',
        'title:"a" AND (b OR NOT c*) NEAR/2 ^x {y} -z',
        "@everyone @here <@1> <@&2> <#3>",
        "x" * 4000,
        "שלום עולם, مرحبا",
        "```\nunclosed",
    ],
)
async def test_hostile_texts_are_stored_and_ping_nobody(town, tools, text):
    said = tools.said(await town.write(town.anna, "Strange " + text[:80], text))
    assert said.startswith("Saved")
    title = (await town.store.faq.all(town.guild.id))[0].content.title
    assert (await town.find(title)).content.text == text
    private = await town.ben.slash(town.channel, "faq", topic=title)
    shared = tools.answer(await town.ben.click(tools.answer(private), label="Share"))
    sent = [request.json for request in town.env.http_requests if request.path.endswith("/callback")]
    allowed = [body["data"]["allowed_mentions"] for body in sent if "allowed_mentions" in (body.get("data") or {})]
    assert all(mentions == {"parse": []} for mentions in allowed)
    assert not shared.message.mention_everyone


async def test_the_starter_pack_is_shown_then_installed_and_updated_around_edits(town, tools):
    pack = starter_pack()
    shown = await town.anna.slash(town.channel, "faq-admin import", source="starter")
    assert f"Added: {len(pack.entries)}" in tools.said(shown)
    assert await town.store.faq.all(town.guild.id) == ()
    done = await town.anna.click(tools.answer(shown), label="Import")
    assert f"Imported: {len(pack.entries)} added" in tools.said(done)
    said = tools.said(await town.ben.slash(town.channel, "faq", topic="out of memory"))
    assert "`gradient_checkpointing: true`" in said

    form = await town.anna.slash(town.channel, "faq-admin edit", entry=TITLE)
    preview = await town.fill(town.anna, form, TITLE, "ours")
    await town.anna.click(tools.answer(preview), label="Save")
    again = tools.said(await town.anna.slash(town.channel, "faq-admin import"))
    assert "nothing to import" in again
    assert TITLE in again
    assert (await town.find(TITLE)).content.text == "ours"


async def test_a_file_goes_out_and_in_again_without_loss(town, tools):
    await town.write(
        town.anna, "Packing", "a\n\n```yaml\nb: 1\n```", aliases="pack", links='lora_r\n"split is too small"'
    )
    await town.write(town.anna, "Memory", "text", category="Cards")
    exported = tools.answer(await town.anna.slash(town.channel, "faq-admin export"))
    assert exported.ephemeral
    data = await exported.attachments[0].read()
    for title in ("Packing", "Memory"):
        entry = await town.find(title)
        await town.store.faq.remove(town.guild.id, entry.id, author_id=1)

    shown = await town.anna.slash(town.channel, "faq-admin import", file=("faq.yaml", data))
    assert "Removed here, restored by this: 2" in tools.said(shown)
    await town.anna.click(tools.answer(shown), label="Import")
    again = tools.answer(await town.anna.slash(town.channel, "faq-admin export", history=False))
    before, after = (yaml.safe_load(text) for text in (data, await again.attachments[0].read()))
    for entry in before["entries"]:
        del entry["history"]
    assert before["entries"] == after["entries"]

    there = await town.olga.slash(town.other_channel, "faq-admin import", file=("faq.yaml", data))
    await town.olga.click(tools.answer(there), label="Import")
    assert (await town.store.faq.find(town.other.id, "pack")).content == (await town.find("pack")).content


async def test_an_import_removes_what_the_file_lacks_only_when_asked(town, tools):
    await town.add("Mine")
    file = ("faq.yaml", b"entries: [{title: Theirs, text: x}]")
    shown = await town.anna.slash(town.channel, "faq-admin import", file=file)
    assert "Not in the file; kept unless you remove them: 1" in tools.said(shown)
    assert tools.buttons(tools.answer(shown)) == ["Import", "Import and remove the other 1", "Cancel"]
    await town.anna.click(tools.answer(shown), label="Import and remove the other 1")
    assert {entry.content.title for entry in await town.store.faq.all(town.guild.id) if not entry.removed_at} == {
        "Theirs"
    }
    late = await town.anna.slash(town.channel, "faq-admin import", file=file)
    assert "nothing to import" in tools.said(late)


@pytest.mark.parametrize(
    ("data", "reason"),
    [(b"\xff\xfe\x00", "not UTF-8"), (b"[", "YAML"), (b"entries: [{title: A}]", "entry 1"), (b"", "contains no FAQ")],
)
async def test_a_file_that_is_no_faq_is_refused(town, tools, data, reason):
    result = await town.anna.slash(town.channel, "faq-admin import", file=("faq.yaml", data))
    assert reason in tools.said(result)


async def test_statistics_lead_from_a_miss_to_an_entry(town, tools):
    await town.add("Packing", fields=("noisy_embedding_alpha", "no_such_field"), rules=("no-such-rule",))
    await town.ben.slash(town.channel, "faq", topic="zebra stripes")
    await town.ben.slash(town.channel, "faq", topic="packing")
    shown = await town.anna.slash(town.channel, "faq-admin stats")
    said, message = tools.said(shown), tools.answer(shown)
    assert "1 entry · read 1 time" in said
    assert "`zebra stripes` · 1" in said
    for flag in ("`noisy_embedding_alpha`: renamed", "`no_such_field`: no field", "`no-such-rule`: no rule"):
        assert flag in said

    form = await town.anna.select(
        message, ["zebra stripes"], custom_id=tools.select_id(message, "Write an entry for a search")
    )
    assert tools.prefilled(form)[0] == "zebra stripes"
    preview = await town.fill(town.anna, form, "Zebra stripes", "They are bands.")
    assert "Saved" in tools.said(await town.anna.click(tools.answer(preview), label="Save"))
    assert await town.store.misses.top(town.guild.id) == ()


async def test_statistics_count_every_entry_and_drop_what_is_answered_by_now(town, tools):
    for number in range(60):
        await town.add(f"Topic number {number}")
    await town.ben.slash(town.channel, "faq", topic="Topic number 7")
    await town.ben.slash(town.channel, "faq", topic="zebra stripes")
    await town.ben.slash(town.channel, "ask", question="quagga manes and hooves")
    await town.ben.slash(town.channel, "explain", field="okapi tongues")
    said = tools.said(await town.anna.slash(town.channel, "faq-admin stats"))
    assert "Never read: 59 of 60" in said
    shown = len(re.findall(r"^- Topic number", said.partition("Never read")[2], re.MULTILINE))
    assert f"and {59 - shown} more" in said
    for question in ("zebra stripes", "quagga manes and hooves", "okapi tongues"):
        assert f"`{question}` · 1" in said
    await town.write(town.anna, "Zebras", "They are bands.", aliases="zebra stripes\nquagga manes and hooves")
    later = tools.said(await town.anna.slash(town.channel, "faq-admin stats"))
    assert "zebra stripes" not in later
    assert "quagga" not in later
    assert "`okapi tongues` · 1" in later


async def test_settings_are_kept_and_only_managers_change_them(town, tools):
    said = tools.said(
        await town.anna.slash(
            town.channel,
            "faq-admin settings",
            moderator_role=town.helper_role,
            axolotl="0.21.0",
            gpus=8,
            log_channel=town.log,
        )
    )
    assert "Saved" in said
    settings = await town.store.guilds.settings(town.guild.id)
    assert (settings.moderator_role_id, settings.axolotl, settings.gpus) == (town.helper_role.id, "0.21.0", 8)
    await town.open_admin()
    assert "Manage Server permission" in tools.said(await town.hugo.slash(town.channel, "faq-admin settings", gpus=1))
    assert "**GPUs per config here** 8" in tools.said(await town.hugo.slash(town.channel, "faq-admin settings"))
    await town.anna.slash(town.channel, "faq-admin settings", clear="gpus")
    assert (await town.store.guilds.settings(town.guild.id)).gpus is None
    await town.anna.slash(town.channel, "faq-admin settings", gpu="2x rtx4090")
    settings = await town.store.guilds.settings(town.guild.id)
    assert (settings.gpu, settings.gpus) == ("RTX 4090", 2)
    shown = tools.said(await town.hugo.slash(town.channel, "faq-admin settings"))
    assert "**Card per config here** RTX 4090" in shown
    unknown = tools.said(await town.anna.slash(town.channel, "faq-admin settings", gpu="RTX 4091"))
    assert "Did you mean RTX 4090?" in unknown
    await town.anna.slash(town.channel, "faq-admin settings", clear="gpu")
    assert (await town.store.guilds.settings(town.guild.id)).gpu is None
    assert "do not know the release" in tools.said(
        await town.anna.slash(town.channel, "faq-admin settings", axolotl="9.9")
    )


async def test_a_draft_does_not_outlive_a_restart_and_says_so(town, tools, settings):
    from bot.client import create_bot

    preview = await town.fill(town.anna, await town.anna.slash(town.channel, "faq-admin add"), "One", "text")
    await town.env.restart_bot(create_bot(settings))
    said = tools.said(await town.anna.click(tools.answer(preview), label="Save"))
    assert "restarted" in said
    assert await town.store.faq.all(town.guild.id) == ()


async def test_a_locked_database_loses_no_draft(town, tools):
    import sqlite3

    path = town.store.database.path
    preview = await town.fill(town.anna, await town.anna.slash(town.channel, "faq-admin add"), "One", "text")
    # Without the wait, so that the test is short.
    async with town.store.database.writing() as session:
        await session.rows("PRAGMA busy_timeout = 50")
    blocker = sqlite3.connect(path, isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    refused = await town.anna.click(tools.answer(preview), label="Save")
    assert "locked by another program, so nothing was saved" in tools.said(refused)
    blocker.execute("ROLLBACK")
    blocker.close()
    assert "Saved" in tools.said(await town.anna.click(tools.answer(preview), label="Save"))
    assert await town.find("One")


async def test_a_log_channel_that_is_gone_stops_nothing(town, tools):
    await town.anna.slash(town.channel, "faq-admin settings", log_channel=town.log)
    town.env.inject_error("POST", f"/channels/{town.log.id}/messages", status=403, code=50013, times=None)
    assert "Saved" in tools.said(await town.write(town.anna, "One", "text"))
    await asyncio.sleep(0)


async def test_the_longest_of_everything_fits_into_every_view(town, tools):
    await town.anna.slash(town.channel, "faq-admin settings", log_channel=town.log)
    title = "\U0001f98e" * 96
    for number in range(30):
        aliases = tuple(f"`{n}{number:02}" * 9 for n in range(9))
        await town.add(f"{title}{number:03}", "x", category="**" * 20, aliases=aliases)
    names = "\n".join(f"{'_' * 150}{number}" for number in range(25))
    form = await town.anna.slash(town.channel, "faq-admin edit", entry="`000" * 9, note="*" * 200)
    entry = (await town.store.faq.all(town.guild.id))[0]
    preview = await town.fill(town.anna, form, "*" * 100, "\U0001f98e" * 2000, None, "_" * 40, names)
    assert "Save" in tools.buttons(tools.answer(preview))
    assert "Saved" in tools.said(await town.anna.click(tools.answer(preview), label="Save"))
    for number in range(6):
        content = entry.content.model_copy(update={"text": f"{number}\n" + "line of text\n" * 300})
        found = await town.store.faq.get(town.guild.id, entry.id)
        await town.store.faq.edit(
            town.guild.id, entry.id, content, expected=found.version, author_id=town.anna.id, note="_ " * 100
        )
    for topic in range(30):
        await town.store.misses.add(town.guild.id, f"{'|' * 97}{topic}")
    name = f"#{entry.id}"
    file = "entries:\n" + "\n".join(f"- {{title: '{'*' * 97}{number:03}', text: x}}" for number in range(60))
    for command, options in {
        "faq-admin history": {"entry": name},
        "faq-admin restore": {"entry": name, "version": 2},
        "faq-admin remove": {"entry": name},
        "faq-admin alias": {"entry": name, "add": "@" * 100},
        "faq-admin stats": {},
        "faq-admin import": {"file": ("faq.yaml", file.encode())},
        "faq": {},
    }.items():
        result = await town.anna.slash(town.channel, command, **options)
        assert "Something in the bot broke" not in tools.said(result), command
        assert tools.answer(result).ephemeral, command
    message = tools.answer(await town.ben.slash(town.channel, "faq"))
    for value in tools.select(message, "Category").values():
        again = tools.answer(await town.ben.slash(town.channel, "faq"))
        await town.ben.select(again, [value], custom_id=tools.select_id(again, "Category"))
        assert tools.select(again, "Read")
    for typed in ("", "\U0001f98e", "*"):
        choices = await town.ben.autocomplete(town.channel, "faq", "topic", typed)
        assert all(1 <= len(choice["name"].encode("utf-16-le")) // 2 <= 100 for choice in choices)
        assert all(len(choice["value"].encode("utf-16-le")) // 2 <= 100 for choice in choices)
