"""Who may use what: every command, button, select and form, as a stranger, elsewhere, in a direct message, replayed.

The tables list all of them. A new one without an entry fails the first test.
"""

import contextlib
import sqlite3

import discord
import pytest
from discord import app_commands, ui

from bot.faq_offers import SHARED_GUILD
from bot.views.kit.components import Form, Press
from tests.places import ROOT
from tests.world import BROKEN, running

ANYBODY, MODERATORS, SERVER = "anybody, everywhere", "moderators", "members of a server"
OWNER, AUTHOR = "who asked for it", "its author and moderators"

COMMANDS = {
    "about": (ANYBODY, {}),
    "help": (ANYBODY, {}),
    "batchsize": (ANYBODY, {"micro_batch_size": 1, "gradient_accumulation_steps": 1, "gpus": 1}),
    "checkconfig": (ANYBODY, {"file": ("c.yaml", b"base_model: x\n")}),
    "model": (ANYBODY, {"name": "Qwen/Qwen3-8B"}),
    "newconfig": (ANYBODY, {"model": "Qwen/Qwen3-8B", "gpu": "RTX 3090", "aim": "chat"}),
    "fit": (ANYBODY, {"model": "meta-llama/Llama-3.1-8B"}),
    "compare": (ANYBODY, {"a": ("a.yaml", b"base_model: x\n"), "b": ("b.yaml", b"base_model: y\n")}),
    "ask": (ANYBODY, {"question": "why is my loss flat"}),
    "explain": (ANYBODY, {"field": "lora_r"}),
    "faq": (ANYBODY, {"topic": "packing"}),
    "faq-admin add": (MODERATORS, {}),
    "faq-admin edit": (MODERATORS, {"entry": "Packing"}),
    "faq-admin remove": (MODERATORS, {"entry": "Packing"}),
    "faq-admin restore": (MODERATORS, {"entry": "Packing"}),
    "faq-admin history": (MODERATORS, {"entry": "Packing"}),
    "faq-admin alias": (MODERATORS, {"entry": "Packing", "add": "packs"}),
    "faq-admin export": (MODERATORS, {}),
    "faq-admin import": (MODERATORS, {}),
    "faq-admin stats": (MODERATORS, {}),
    "faq-admin settings": (MODERATORS, {}),
    "help-channels add": (MODERATORS, {"channel": "help", "mode": "quiet"}),
    "help-channels list": (MODERATORS, {}),
    "help-channels remove": (MODERATORS, {"channel": "help"}),
    "help-channels pause": (MODERATORS, {"channel": "help"}),
    "help-channels stats": (MODERATORS, {}),
    "rules mute": (MODERATORS, {"rule": "foreign-key", "reason": "none"}),
    "rules unmute": (MODERATORS, {"rule": "foreign-key"}),
    "rules list": (MODERATORS, {}),
    "rules reports": (MODERATORS, {}),
}
MENUS = {"Answer this": ANYBODY, "Check message": ANYBODY, "Answer with FAQ": ANYBODY, "Save as FAQ entry": MODERATORS}
# Names of buttons and selects; True where it is a select.
PRESSES = {
    "corrected": (OWNER, False),
    "new-wish": (OWNER, False),
    "new-gpu": (OWNER, False),
    "new-fits": (OWNER, False),
    "new-next": (OWNER, False),
    "plan": (OWNER, False),
    "rows": (OWNER, False),
    "gpus": (OWNER, False),
    "share": (OWNER, False),
    "public": (OWNER, False),
    "page": (OWNER, False),
    "explain": (OWNER, True),
    "wrong": (OWNER, False),
    "unshare": (AUTHOR, False),
    "reported": (MODERATORS, False),
    "help-see": (OWNER, False),
    "help-solved": (AUTHOR, False),
    "help-wrong": (AUTHOR, False),
    "help-leave": (OWNER, False),
    "next": (OWNER, True),
    "ask-open": (OWNER, True),
    "ask-read": (OWNER, False),
    "faq": (ANYBODY, False),
    "faq-open": (ANYBODY, True),
    "faq-list": (ANYBODY, True),
    "faq-page": (ANYBODY, False),
    "faq-helped": (ANYBODY, False),
    "faq-share": (OWNER, False),
    "faq-unshare": (AUTHOR, False),
    "faq-reply": (OWNER, True),
    "faq-search": (OWNER, False),
    "faq-save": (MODERATORS, False),
    "faq-again": (MODERATORS, False),
    "faq-cancel": (MODERATORS, False),
    "faq-import": (MODERATORS, False),
    "faq-make": (MODERATORS, True),
    "faq-wording": (MODERATORS, True),
    "faq-remove": (MODERATORS, False),
    "faq-restore": (MODERATORS, False),
    "faq-version": (MODERATORS, True),
    "faq-history": (MODERATORS, False),
}
# Forms open only from a command or a button of the same table, for who pressed it; they can't be replayed.
FORMS = {
    "WrongAdviceForm": "wrong",
    "GpuForm": "gpus",
    "NewGpuForm": "new-gpu",
    "PasteForm": "checkconfig",
    "SearchForm": "faq-search",
    "EntryForm": "faq-admin add",
}
ONLY_MODERATORS = "Only moderators can do this"
IN_A_SERVER = "This works only inside a server"


def kinds(base):
    return {kind for child in base.__subclasses__() for kind in (child, *kinds(child))}


async def test_everything_that_can_be_used_is_in_the_tables(world):
    walked = [each for each in world.bot.tree.walk_commands() if isinstance(each, app_commands.Command)]
    assert {each.qualified_name for each in walked} == set(COMMANDS)
    menus = world.bot.tree.get_commands(type=discord.AppCommandType.message)
    assert {each.name for each in menus} == set(MENUS)
    assert not world.bot.tree.get_commands(type=discord.AppCommandType.user)
    assert {press.NAME for press in kinds(Press)} == set(PRESSES)
    assert {form.__qualname__ for form in kinds(Form)} == set(FORMS)


@pytest.mark.parametrize("page", ["README.md", "docs/discord.md"])
def test_every_command_is_in_the_documents(page):
    text = (ROOT / page).read_text("utf-8")
    assert [name for name in {name.split()[0] for name in COMMANDS} if f"`/{name}" not in text] == []
    assert [name for name in MENUS if name not in text] == []


@pytest.mark.parametrize("name", [name for name, (who, _) in COMMANDS.items() if who == MODERATORS])
async def test_commands_of_moderators_are_asked_for_on_our_side_too(world, tools, name):
    _, options = COMMANDS[name]
    visible = world.ben.available_commands(world.channel)
    assert name not in visible
    for command in await world.bot.tree.fetch_commands():
        if command.name == name.split()[0]:
            world.guild.set_command_permissions(command, {world.guild.default_role: True})
    if "channel" in options:
        options = {**options, "channel": world.channel}
    result = await world.ben.slash(world.channel, name, **options)
    assert result.modal is None
    assert ONLY_MODERATORS in tools.words(tools.answer(result))
    assert tools.answer(result).ephemeral
    assert name not in world.env.create_user("zoe").available_commands()


@pytest.mark.parametrize("name", [name for name, (who, _) in COMMANDS.items() if who == ANYBODY])
async def test_commands_for_anybody_answer_privately_in_a_direct_message(world, tools, name):
    _, options = COMMANDS[name]
    result = await world.env.create_user("zoe").slash(name, **options)
    assert tools.answer(result).ephemeral
    assert tools.words(tools.answer(result))


async def test_a_role_makes_a_moderator_and_only_in_its_own_server(world, tools):
    helpers = world.guild.create_role("Helpers")
    await world.bot.services.store.guilds.change(world.guild.id, moderator_role_id=helpers.id)
    cleo = world.guild.add_member(world.env.create_user("cleo"), roles=[helpers])
    for command in await world.bot.tree.fetch_commands():
        if command.name == "rules":
            world.guild.set_command_permissions(command, {world.guild.default_role: True})
    result = await cleo.slash(world.channel, "rules list")
    assert "Every rule is active" in tools.words(tools.answer(result))
    elsewhere = world.env.create_guild("Elsewhere")
    there = elsewhere.create_text_channel("general")
    guest = elsewhere.add_member(cleo.user)
    message = await forged(world, there, "reported", cleo.id, "1")
    refused = await guest.click(message, label="forged")
    assert ONLY_MODERATORS in tools.words(tools.answer(refused))


@pytest.mark.parametrize("name", [name for name, (who, _) in PRESSES.items() if who in (OWNER, MODERATORS)])
async def test_a_press_of_somebody_else_is_refused(world, tools, name):
    message = await forged(world, world.channel, name, world.ann.id, "1")
    result = await use(world.ben, message, name)
    assert "belongs to" in tools.words(tools.answer(result))
    assert tools.answer(result).ephemeral


@pytest.mark.parametrize("name", [name for name, (who, _) in PRESSES.items() if who == MODERATORS])
async def test_a_press_for_moderators_is_refused_to_members_and_outside_a_server(world, tools, name):
    message = await forged(world, world.channel, name, world.ben.id, "1")
    assert ONLY_MODERATORS in tools.words(tools.answer(await use(world.ben, message, name)))
    zoe = world.env.create_user("zoe")
    message = await forged(world, zoe.dm_channel, name, zoe.id, "1")
    assert IN_A_SERVER in tools.words(tools.answer(await use(zoe, message, name)))


@pytest.mark.parametrize("name", ["corrected", "plan", "gpus", "share", "public", "page", "wrong"])
async def test_a_made_up_state_finds_nothing(world, tools, name):
    for state in ("", "1", "nothing:7", "%", "x" * 60):
        message = await forged(world, world.channel, name, world.ben.id, state)
        assert "This answer has expired" in tools.words(tools.answer(await use(world.ben, message, name))), state


@pytest.mark.parametrize("name", list(PRESSES))
async def test_a_malformed_state_is_answered_in_words(world, tools, name):
    for state in ("", "x", "1:x", "0:x:y", "x:1:-1", "9" * 60, "1:" + "9" * 60):
        message = await forged(world, world.channel, name, world.max.id, state)
        result = await use(world.max, message, name)
        shown = tools.answer(result)
        assert shown is None or "incident" not in tools.words(shown), state


async def test_in_a_server_that_the_bot_has_not_joined_nothing_is_kept(tmp_path):
    # Who installs the bot for themselves uses it there: what is kept under that server nobody could read or remove.
    async with running(tmp_path, member_burst=10**6, guild_burst=10**6) as world:
        world.bot._connection._remove_guild(world.bot.get_guild(world.guild.id))
        message = await world.ann.send(world.channel, f"help, it fails\n```yaml\n{BROKEN}```")
        for name, (who, options) in COMMANDS.items():
            if who == ANYBODY:
                await world.max.slash(world.channel, name, **options)
        await world.max.slash(world.channel, "ask", question="purple elephants under the sea")
        await world.max.slash(world.channel, "faq", topic="purple elephants under the sea")
        for menu in MENUS:
            await world.max.context_menu(world.channel, menu, message)
        for name in PRESSES:
            await use(world.max, await forged(world, world.channel, name, world.max.id, "1"), name)
    with contextlib.closing(sqlite3.connect(tmp_path / "bot.sqlite3")) as database:
        assert {row[0] for row in database.execute("SELECT guild_id FROM guilds")} <= {SHARED_GUILD}


async def test_an_unknown_button_says_that_it_expired(world, tools):
    view = ui.LayoutView(timeout=None)
    view.add_item(ui.ActionRow(ui.Button(label="old", custom_id="gone-since:1:2")))
    view.stop()
    message = await world.bot.get_channel(world.channel.id).send(view=view)
    assert "has expired" in tools.words(tools.answer(await world.ann.click(message, label="old")))


async def forged(world, channel, name, owner, state):
    """A message with a button or select of that name, as if the bot had sent it for that owner."""
    custom_id = f"{name}:{owner}:{state}"
    option = discord.SelectOption(label="one", value="1")
    item = (
        ui.Select(custom_id=custom_id, options=[option])
        if PRESSES[name][1]
        else ui.Button(label="forged", custom_id=custom_id)
    )
    view = ui.LayoutView(timeout=None)
    view.add_item(ui.ActionRow(item))
    view.stop()
    return await world.bot.get_partial_messageable(channel.id).send(view=view)


async def use(who, message, name):
    if PRESSES[name][1]:
        return await who.select(message, ["1"])
    return await who.click(message, label="forged")
