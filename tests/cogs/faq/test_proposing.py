"""Wordings of members become aliases, and replies of moderators entries, by a moderator's press and nothing else."""

import pytest

from bot.settings import Settings

WORDING = "how to get cluster time"
TITLE = "Which slots are there on the cluster?"
LIST = "Find an entry by a question that it answered"


@pytest.fixture
def settings(tmp_path):
    """With the intent to read messages, without which Discord hides the question that a reply answers."""
    database = tmp_path / "helpbot.sqlite3"
    return Settings(database=database, workers=0, health_port=0, hub="off", help_channels="on")


async def _ask(town, tools, who, question):
    return tools.answer(await who.slash(town.channel, "ask", question=question))


async def _helped(town, tools, who, entry, question=WORDING):
    """Asks, opens the entry among those that may answer, and says that it helped."""
    found = await _ask(town, tools, who, question)
    opened = tools.answer(await who.select(found, [f"entry:{entry.id}"]))
    await who.click(opened, label="Yes")


async def test_a_wording_that_helped_is_proposed_and_made_an_alias_by_a_moderator(town, tools):
    entry = await town.add(TITLE, "Book one in `#cluster`.")
    assert LIST not in str(tools.answer(await town.anna.slash(town.channel, "faq-admin stats")).components)
    await _helped(town, tools, town.ben, entry)
    await _helped(town, tools, town.hugo, entry)
    await _helped(town, tools, town.hugo, entry)
    assert (await town.find(entry.content.title)).content.aliases == ()

    shown = tools.answer(await town.anna.slash(town.channel, "faq-admin stats"))
    options = tools.select(shown, LIST)
    assert list(options) == [WORDING]
    chosen = tools.parts(shown, 3)[-1]["options"][0]
    assert chosen["description"].startswith("helped 2 times: Which slots")
    made = await town.anna.select(shown, [chosen["value"]], custom_id=tools.select_id(shown, LIST))
    assert WORDING in tools.said(made)
    assert (await town.find(WORDING)).id == entry.id
    history = await town.store.faq.history(town.guild.id, entry.id)
    assert (history[-1].author_id, history[-1].note) == (town.anna.id, "a member's words")
    assert "Book one in" in tools.said(await _ask(town, tools, town.ben, WORDING))

    again = await town.anna.select(shown, [chosen["value"]], custom_id=tools.select_id(shown, LIST))
    assert "nothing was changed" in tools.said(again)
    assert LIST not in str(tools.answer(await town.anna.slash(town.channel, "faq-admin stats")).components)


async def test_what_did_not_help_and_what_another_server_asked_is_not_proposed(town, tools):
    entry = await town.add(TITLE, "Book one in `#cluster`.")
    found = await _ask(town, tools, town.ben, WORDING)
    opened = tools.answer(await town.ben.select(found, [f"entry:{entry.id}"]))
    await town.ben.click(opened, label="No")
    assert town.env.bot.services.proposals.of(town.guild.id) == ()
    await _helped(town, tools, town.hugo, entry, "my token hf_aBcDeFgHiJkLmNoPqRsTuVwXyZaBcDeFgH: get cluster time")
    proposed = town.env.bot.services.proposals.of(town.guild.id)
    assert [each.times for each in proposed] == [1]
    assert "hf_aBc" not in proposed[0].wording
    assert town.env.bot.services.proposals.of(town.other.id) == ()


async def test_a_moderator_who_answers_a_message_can_keep_its_words(town, tools):
    entry = await town.add("Packing of short rows", "Set `sample_packing: true`.")
    question = await town.ben.send(town.channel, "how do short rows go together?")
    picker = tools.answer(await town.anna.context_menu(town.channel, "Answer with FAQ", question))
    await town.anna.select(picker, [str(entry.id)], custom_id=tools.select_id(picker, "Entry"))
    assert tools.buttons(picker) == ["Find the entry by these words"]
    made = await town.anna.click(picker, label="Find the entry by these words")
    assert "now also found as `how do short rows go together?`" in tools.said(made)
    assert (await town.find("how do short rows go together?")).id == entry.id


async def test_a_moderators_reply_becomes_an_entry_after_a_preview(town, tools):
    question = await town.ben.send(town.channel, "Where do I book the cluster?")
    reply = await town.anna.send(town.channel, "Write your name into the calendar.", reply_to=question)
    form = await town.anna.context_menu(town.channel, "Save as FAQ entry", reply)
    assert tools.prefilled(form)[:2] == ["Where do I book the cluster?", "Write your name into the calendar."]
    preview = await town.fill(town.anna, form, *tools.prefilled(form)[:2])
    assert await town.store.faq.all(town.guild.id) == ()
    assert "Saved" in tools.said(await town.anna.click(tools.answer(preview), label="Save"))
    assert (await town.find("Where do I book the cluster?")).content.text == "Write your name into the calendar."


async def test_members_cannot_save_replies(town, tools):
    await town.open_admin()
    message = await town.anna.send(town.channel, "Write your name into the calendar.")
    command = next(each for each in await town.env.bot.tree.fetch_commands() if each.name == "Save as FAQ entry")
    town.guild.set_command_permissions(command, {town.guild.default_role: True})
    result = await town.ben.context_menu(town.channel, "Save as FAQ entry", message)
    assert result.modal is None
    assert "Only moderators can do this" in tools.said(result)
