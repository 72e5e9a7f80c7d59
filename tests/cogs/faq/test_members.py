"""What members do with the FAQ: find, read, share, answer somebody, say whether it helped."""

import discord
import pytest

from bot.views.faq.reading import FaqButton, Helped
from bot.views.kit.layout import layout
from bot.views.kit.limits import TEXT, length


async def test_a_topic_shows_its_entry_privately_and_counts_without_who(town, tools):
    entry = await town.add("Out of memory: what do I lower first?", "1. `micro_batch_size` to 1", aliases=("OOM",))
    for topic in (
        "Out of memory: what do I lower first?",
        "oom",
        "out of memory",
        "lower first",
        "micro_batch_size",
        "memroy",
    ):
        result = await town.ben.slash(town.channel, "faq", topic=topic)
        said = tools.said(result)
        if topic == "memroy":
            assert "Nothing fits `memroy` exactly" in said
            assert list(tools.select(tools.answer(result), "Read")) == [entry.content.title]
            continue
        assert tools.answer(result).ephemeral
        assert "1. `micro_batch_size` to 1" in said
        assert "kept by this server's moderators, changed just now" in said
    assert await town.store.counts.get(town.guild.id, "faq-viewed", entry.key) == 5


async def test_what_is_typed_is_completed_with_titles(town):
    for number in range(40):
        await town.add(f"Packing question {number}", "about rows")
    await town.add("Saving", "where checkpoints go", aliases=("hub",))

    choices = await town.ben.autocomplete(town.channel, "faq", "topic", "pack")
    assert len(choices) == 25
    assert all("Packing question" in choice["name"] for choice in choices)
    for typed in ("hub", "checkpo", "savin", "savign", "SAVING"):
        assert [choice["name"] for choice in await town.ben.autocomplete(town.channel, "faq", "topic", typed)] == [
            "Saving"
        ]
    assert await town.ben.autocomplete(town.channel, "faq", "topic", "zebra") == []
    await town.store.counts.add(town.guild.id, "faq-viewed", "saving")
    assert (await town.ben.autocomplete(town.channel, "faq", "topic", ""))[0]["name"] == "Saving"


async def test_without_a_topic_the_categories_can_be_walked_through(town, tools):
    for number in range(30):
        await town.add(f"Entry {number:02}", "text", category="Rows")
    await town.add("Alone", "text", category="Memory")

    shown = await town.ben.slash(town.channel, "faq")
    assert "**Memory** · 1 entry" in tools.said(shown)
    assert "**Rows** · 30 entries" in tools.said(shown)
    message = tools.answer(shown)
    value = tools.select(message, "Category")["Rows"]
    await town.ben.select(message, [value], custom_id=tools.select_id(message, "Category"))
    listed = [tools.answer(shown)]
    assert "1–25 of 30" in tools.said(listed[0])
    await town.ben.click(listed[0], label="Next")
    assert "26–30 of 30" in tools.said(listed[0])
    value = tools.select(listed[0], "Read")["Entry 29"]
    read = await town.ben.select(listed[0], [value], custom_id=tools.select_id(listed[0], "Read"))
    assert "### Entry 29" in tools.said(read)


async def test_a_search_that_finds_nothing_is_counted_by_text_and_masked(town, tools):
    await town.add()
    token = "hf_" + "a" * 34
    for topic in ("Zebra", "zebra", token):
        result = await town.ben.slash(town.channel, "faq", topic=topic)
        assert tools.answer(result).ephemeral
        assert "No entry in this server's FAQ fits" in tools.said(result)
    misses = {miss.query: miss.times for miss in await town.store.misses.top(town.guild.id)}
    assert misses.pop("Zebra") == 2
    assert len(misses) == 1
    assert token not in str(misses)


async def test_an_empty_faq_says_how_it_is_filled(town, tools):
    assert "/faq-admin import" in tools.said(await town.ben.slash(town.channel, "faq"))


async def test_a_shared_entry_can_be_removed_by_its_sharer_and_by_moderators(town, tools):
    await town.add()
    for remover, allowed in ((town.ben, True), (town.anna, True), (town.hugo, False)):
        private = await town.ben.slash(town.channel, "faq", topic="packing")
        shared = tools.answer(await town.ben.click(tools.answer(private), label="Share"))
        assert not shared.ephemeral
        assert "Short rows together." in tools.said(shared)
        assert f"shared by <@{town.ben.id}>" in tools.said(shared)
        await remover.click(shared, label="Remove")
        gone = shared.id not in {message.id for message in town.channel.history()}
        assert gone == allowed


async def test_an_answer_to_a_member_is_public_and_pings_only_them(town, tools):
    await town.add(text="@everyone <@&1> read this")
    result = await town.anna.slash(town.channel, "faq", topic="packing", member=town.ben)
    message = tools.answer(result)
    assert not message.ephemeral
    assert tools.said(message).startswith(f"<@{town.ben.id}>")
    sent = next(request for request in reversed(town.env.http_requests) if request.path.endswith("/callback"))
    assert sent.json["data"]["allowed_mentions"] == {"parse": [], "users": [town.ben.id]}


async def test_a_message_can_be_answered_by_its_error_phrase(town, tools):
    entry = await town.add("Memory", "Lower the batch.", phrases=("CUDA out of memory",))
    question = await town.ben.send(town.channel, "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate")
    picker = await town.anna.context_menu(town.channel, "Answer with FAQ", question)
    message = tools.answer(picker)
    assert message.ephemeral
    assert list(tools.select(message, "Entry")) == ["Memory"]

    await town.anna.select(message, [str(entry.id)], custom_id=tools.select_id(message, "Entry"))
    reply = town.channel.last_message
    assert reply.reference.message_id == question.id
    assert "Lower the batch." in tools.said(reply)


async def test_another_entry_can_be_searched_for_an_answer(town, tools):
    await town.add()
    question = await town.ben.send(town.channel, "hello")
    message = tools.answer(await town.anna.context_menu(town.channel, "Answer with FAQ", question))
    form = await town.anna.click(message, label="Search")
    found = await town.anna.submit_modal(form, {tools.fields(form)[0]: "pack"})
    assert list(tools.select(tools.answer(found), "Entry")) == ["Packing"]


async def test_whether_it_helped_is_counted_once_a_member(town, tools):
    entry = await town.add()
    shared = await town.post(layout(discord.ui.ActionRow(Helped.button("This helped", 0, f"helped:{entry.id}"))))
    for member in (town.ben, town.ben, town.hugo):
        assert "Counted" in tools.said(await member.click(shared, label="This helped"))
    private = tools.answer(await town.ben.slash(town.channel, "faq", topic="packing"))
    assert "Counted" in tools.said(await town.ben.click(private, label="No"))
    counts = town.store.counts
    assert await counts.get(town.guild.id, "faq-helped", entry.key) == 2
    assert await counts.get(town.guild.id, "faq-unhelped", entry.key) == 0


@pytest.mark.parametrize(
    "text", ["wort " * 800, "x" * 4000, "```yaml\n" + "key: value\n" * 350 + "```", "\n".join(["ab"] * 1300)]
)
async def test_a_text_of_4000_characters_is_shown_whole_page_by_page(town, tools, text):
    entry = await town.add("t" * 100, text[:4000], aliases=("long",))
    message = tools.answer(await town.ben.slash(town.channel, "faq", topic="long"))
    seen = []
    while True:
        shown = [part["content"] for part in tools.parts(message, 10)]
        assert sum(length(part) for part in shown) <= TEXT
        seen.append(shown[1])
        pages = next(label for label in tools.buttons(message) if label.startswith("Page"))
        if pages.split()[1] == pages.split()[3]:
            break
        await town.ben.click(message, label="Next")
    whole = "".join("".join(page.split()) for page in seen).replace("```yaml", "").replace("```", "")
    assert whole == "".join(entry.content.text.split()).replace("```yaml", "").replace("```", "")
    assert all(page.count("```") % 2 == 0 for page in seen)


async def test_see_also_and_explanations_are_offered(town, tools):
    await town.add("Other", "the other one")
    await town.add(see_also=("Other", "Gone"), fields=("micro_batch_size", "no_such_field"))
    message = tools.answer(await town.ben.slash(town.channel, "faq", topic="packing"))
    assert list(tools.select(message, "See also")) == ["Other"]
    assert list(tools.select(message, "Explain")) == ["micro_batch_size"]
    value = tools.select(message, "See also")["Other"]
    assert "the other one" in tools.said(
        await town.ben.select(message, [value], custom_id=tools.select_id(message, "See also"))
    )


async def test_a_config_with_thousands_of_unknown_keys_keeps_its_entries(town, tools):
    await town.add("Batch", "what it is", fields=("micro_batch_size",))
    text = "micro_batch_size: many\n" + "".join(f"key_{number}: 1\n" for number in range(4000))
    message = tools.answer(await town.ben.slash(town.channel, "checkconfig", file=("a.yaml", text.encode())))
    assert list(tools.select(message, "FAQ of this server")) == ["Batch"]


async def test_an_entry_of_another_server_can_not_be_opened(town, tools):
    entry = await town.add("Secret", "of another server", guild=town.other)
    message = await town.post(layout(discord.ui.ActionRow(FaqButton.button("FAQ: Secret", 0, str(entry.id)))))
    said = tools.said(await town.ben.click(message, label="FAQ: Secret"))
    assert "belongs to another server" in said
    assert "of another server" not in said.replace("belongs to another server", "")
    assert "No entry in this server's FAQ" in tools.said(await town.ben.slash(town.channel, "faq", topic="secret"))


async def test_buttons_work_after_a_restart_and_say_when_the_entry_is_gone(town, tools, settings):
    entry = await town.add()
    message = await town.post(layout(discord.ui.ActionRow(FaqButton.button("FAQ: Packing", 0, str(entry.id)))))
    from bot.client import create_bot

    await town.env.restart_bot(create_bot(settings))
    assert "Short rows together." in tools.said(await town.ben.click(message, label="FAQ: Packing"))
    await town.store.faq.remove(town.guild.id, entry.id, author_id=town.anna.id)
    assert "This entry was removed" in tools.said(await town.ben.click(message, label="FAQ: Packing"))


async def test_markdown_in_a_title_is_shown_inert(town, tools):
    title = "**Why** `x` <@1> ||no|| micro_batch_size __init__ [a](http://b.c)"
    await town.add(title, "text")
    said = tools.said(await town.ben.slash(town.channel, "faq", topic=title))
    assert tools.unescaped(said).startswith(f"### {title}")
    assert "micro_batch_size" in said
    for format_ in ("**", "`x`", "<@1>", "||", "__init__", "[a](http://b.c)"):
        assert format_ not in said.split("\n")[0].replace("\\", "\0")


async def test_direct_messages_are_answered_from_the_starter_entries(town, tools):
    user = town.env.create_user("dora")
    result = await user.slash("faq", topic="out of memory")
    assert "starter entry, written for Axolotl" in tools.said(result)
    assert "`gradient_checkpointing: true`" in tools.said(result)
    assert await town.store.faq.all(town.guild.id) == ()


async def test_a_database_that_is_away_spoils_no_answer(town, tools, monkeypatch):
    from bot.store import StoreBusy

    await town.add()

    async def busy(*_args, **_more):
        raise StoreBusy("The database is locked.")

    monkeypatch.setattr(town.store.counts, "add", busy)
    result = await town.ben.slash(town.channel, "faq", topic="packing")
    assert result.followups == []
    assert "Short rows together." in tools.said(result)
