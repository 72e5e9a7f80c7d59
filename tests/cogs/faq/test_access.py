"""Nobody but moderators changes the FAQ: not by command, not by a button, form or list that another opened."""

import discord
import pytest
import simcord

from bot.pending import Draft, PendingImport, Removal, Restoration
from bot.store import EntryContent
from bot.store.faq_file import starter_pack
from bot.views.faq import edit, importing, proposing, stats, versions
from bot.views.kit.layout import layout

COMMANDS = {
    "faq-admin add": {},
    "faq-admin edit": {"entry": "Packing"},
    "faq-admin remove": {"entry": "Packing"},
    "faq-admin restore": {"entry": "Packing"},
    "faq-admin history": {"entry": "Packing"},
    "faq-admin alias": {"entry": "Packing", "add": "pack"},
    "faq-admin export": {},
    "faq-admin import": {},
    "faq-admin stats": {},
    "faq-admin settings": {"gpus": 4},
}
DENIED = "Only moderators can do this"


async def state(store, guild):
    """Everything that a change would change."""
    return (await store.transfer.export(guild.id)).entries, await store.guilds.settings(guild.id)


def test_every_command_is_tried(simcord_bot):
    from cogs.faq_admin import FaqAdmin

    assert {f"faq-admin {command.name}" for command in FaqAdmin.__cog_app_commands__} == set(COMMANDS)


def test_every_button_is_tried():
    presses = {*edit.PRESSES, *versions.PRESSES, *importing.PRESSES, *stats.PRESSES, *proposing.PRESSES}
    assert {press.NAME for press in presses} == set(PRESSES)


async def test_members_do_not_see_the_commands_and_are_refused_where_a_server_shows_them(town, tools):
    await town.add("Packing")
    before = await state(town.store, town.guild)
    for command, options in COMMANDS.items():
        with pytest.raises(simcord.SetupError, match="not visible"):
            await town.ben.slash(town.channel, command, **options)
    await town.open_admin()
    for command, options in COMMANDS.items():
        result = await town.ben.slash(town.channel, command, **options)
        assert result.modal is None, command
        assert DENIED in tools.said(result), command
        assert tools.answer(result).ephemeral, command
    assert await state(town.store, town.guild) == before


async def test_the_moderator_role_opens_the_commands(town, tools):
    await town.add("Packing")
    await town.store.guilds.change(town.guild.id, moderator_role_id=town.helper_role.id)
    await town.open_admin()
    for command, options in COMMANDS.items():
        result = await town.hugo.slash(town.channel, command, **options)
        assert result.modal is not None or DENIED not in tools.said(result), command
        assert DENIED in tools.said(await town.ben.slash(town.channel, command, **options)), command


async def test_titles_are_not_offered_to_members(town):
    await town.add("Packing")
    await town.open_admin()
    for command in ("faq-admin edit", "faq-admin remove", "faq-admin alias", "faq-admin restore", "faq-admin history"):
        assert await town.ben.autocomplete(town.channel, command, "entry", "p") == []
        assert await town.anna.autocomplete(town.channel, command, "entry", "p") != []


async def _presses(town, owner):
    """Every button and list with a state that would work for its owner."""
    entry = await town.add("Packing", "text")
    content = EntryContent(title="Packing", text="changed")
    begun = town.env.bot.services.pending
    draft = begun.keep(Draft(town.guild.id, owner, content, entry.id, entry.version))
    removal = begun.keep(Removal(town.guild.id, owner, entry.id, expected=entry.version, note=""))
    back = begun.keep(Restoration(town.guild.id, owner, entry.id, number=1, expected=entry.version, note=""))
    plan = await town.store.transfer.plan(town.guild.id, starter_pack())
    pending = begun.keep(PendingImport(town.guild.id, owner, plan))
    asked = town.env.bot.services.proposals.asked("how do I pack rows?")
    town.env.bot.services.proposals.helped(town.guild.id, entry.id, asked)
    option = [discord.SelectOption(label="1", value="1")]
    return {
        "faq-save": edit.SaveDraft.button("press", owner, draft),
        "faq-again": edit.EditAgain.button("press", owner, draft),
        "faq-cancel": edit.CancelDraft.button("press", owner, draft),
        "faq-remove": versions.RemoveEntry.button("press", owner, removal),
        "faq-restore": versions.RestoreEntry.button("press", owner, back),
        "faq-version": versions.ChooseVersion.select("list", owner, option, str(entry.id)),
        "faq-history": versions.TurnHistory.button("press", owner, f"{entry.id}:1"),
        "faq-import": importing.Import.button("press", owner, f"{pending}:all"),
        "faq-make": stats.MakeEntry.select("list", owner, option),
        "faq-wording": proposing.MakeAlias.button("press", owner, f"{entry.id}:{asked}"),
    }


PRESSES = (
    "faq-save",
    "faq-again",
    "faq-cancel",
    "faq-remove",
    "faq-restore",
    "faq-version",
    "faq-history",
    "faq-import",
    "faq-make",
    "faq-wording",
)


async def use(member, message, press):
    if press in ("faq-version", "faq-make"):
        return await member.select(message, ["1"])
    return await member.click(message, label="press")


@pytest.mark.parametrize("who", ["member", "forged", "no longer a moderator", "another moderator", "another server"])
async def test_no_button_works_for_anybody_else(town, tools, who):
    """`forged`: a member presses a button that names them as its owner, as a replayed custom id could."""
    if who == "no longer a moderator":
        await town.store.guilds.change(town.guild.id, moderator_role_id=town.helper_role.id)
    users = {"forged": town.ben, "no longer a moderator": town.hugo, "another server": town.olga}
    owner = users.get(who, town.anna)
    user = {"member": town.ben, "another moderator": town.mona}.get(who, owner)
    presses = await _presses(town, owner.id)
    if who == "no longer a moderator":
        await town.store.guilds.change(town.guild.id, moderator_role_id=None)
    before = await state(town.store, town.guild)
    channel = town.other_channel if who == "another server" else town.channel

    for name, press in presses.items():
        if who == "another server" and name == "faq-make":
            # A moderator there may begin an entry of their own server.
            continue
        message = await town.post(layout(discord.ui.ActionRow(press)), channel)
        result = await use(user, message, name)
        assert result.modal is None, name
        assert result.response is None or tools.answer(result).ephemeral, name
        refusals = (
            DENIED,
            "belongs to the member",
            "belongs to another moderator",
            "belongs to another server",
            "There is no entry",
        )
        assert any(refusal in tools.said(result) for refusal in refusals), name
        assert await state(town.store, town.guild) == before, name


async def test_a_form_opened_by_a_moderator_does_not_open_the_way_for_others(town, tools):
    await town.open_admin()
    form = await town.anna.slash(town.channel, "faq-admin add")
    try:
        result = await town.fill(town.ben, form, "Mine", "text")
    except simcord.SetupError:
        return
    assert DENIED in tools.said(result)
    assert await town.store.faq.all(town.guild.id) == ()


async def test_a_moderator_who_lost_the_role_can_not_submit_or_save(town, tools):
    await town.store.guilds.change(town.guild.id, moderator_role_id=town.helper_role.id)
    await town.open_admin()
    form = await town.hugo.slash(town.channel, "faq-admin add")
    preview = await town.fill(town.hugo, form, "Mine", "text")
    second = await town.hugo.slash(town.channel, "faq-admin add")
    await town.store.guilds.change(town.guild.id, moderator_role_id=None)
    assert DENIED in tools.said(await town.hugo.click(tools.answer(preview), label="Save"))
    assert DENIED in tools.said(await town.fill(town.hugo, second, "Mine", "text"))
    assert await town.store.faq.all(town.guild.id) == ()


async def test_the_role_cannot_raise_itself(town, tools):
    await town.store.guilds.change(town.guild.id, moderator_role_id=town.helper_role.id)
    await town.open_admin()
    result = await town.hugo.slash(town.channel, "faq-admin settings", moderator_role=town.guild.default_role)
    assert "Only members with the Manage Server permission" in tools.said(result)
    assert (await town.store.guilds.settings(town.guild.id)).moderator_role_id == town.helper_role.id


async def test_the_commands_are_of_servers_only(town):
    user = town.env.create_user("dora")
    assert not any(name.startswith("faq-admin") for name in user.available_commands())
