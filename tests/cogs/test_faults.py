"""What members read when Discord, a file, the database or the bot itself fails; and what the log keeps of it."""

import asyncio
import logging
import re

import pytest

from bot import jobs
from bot.errors import UserError
from bot.incidents import trace
from bot.store import StoreUnavailable
from bot.views.kit import notice


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_failure_of_discords_own_is_told_as_that_and_is_no_incident(world, tools, caplog, status):
    world.env.inject_error("PATCH", "/webhooks/*", status=status, times=1)
    with caplog.at_level(logging.WARNING):
        assert tools.words(await world.check(tools.CLEAN)) == notice.DISCORD_FAILED
    assert "incident" not in caplog.text
    assert len(world.env.errors) == 1


async def test_when_discord_takes_nothing_at_all_the_log_says_so(world, tools, caplog):
    world.env.inject_error("*", "/webhooks/*", status=429, times=None)
    with caplog.at_level(logging.WARNING):
        await world.check(tools.CLEAN)
    assert "could not reply" in caplog.text
    assert len(world.env.errors) == 1


async def test_an_expired_interaction_leaves_a_line_in_the_log_and_no_error(world, tools, caplog):
    world.env.inject_error("POST", "/interactions/*/callback", status=404, code=10062, times=None)
    with caplog.at_level(logging.WARNING):
        await world.ann.slash(world.channel, "explain", field="lora_r")
    assert "interaction expired before it was answered" in caplog.text
    assert world.env.errors == []


async def test_an_answer_that_was_deleted_meanwhile_is_no_fault_of_the_bot(world, tools, caplog):
    world.env.inject_error("PATCH", "/webhooks/*", status=404, code=10008, times=None)
    with caplog.at_level(logging.WARNING):
        await world.check(tools.CLEAN)
    assert "expired before it was answered" in caplog.text
    assert "incident" not in caplog.text
    assert world.env.errors == []


async def test_an_attachment_that_cannot_be_fetched_is_named(world, tools, monkeypatch):
    import discord

    async def gone(_self, **_options):
        raise discord.NotFound(_Response(), "Unknown Attachment")

    monkeypatch.setattr(discord.Attachment, "read", gone)
    assert "I could not download `config.yaml`" in tools.words(await world.check(tools.CLEAN))


async def test_the_unforeseen_gets_an_incident_number_and_a_log_without_content(world, tools, monkeypatch, caplog):
    def broken(**_arguments):
        raise ValueError("".join(["secret", " words"]))

    monkeypatch.setattr(jobs, "check", broken)
    with caplog.at_level(logging.ERROR):
        text = tools.words(await world.check(tools.CLEAN))
    (number,) = re.findall(r"incident number `([0-9a-f]{8})`", text)
    assert len(world.env.errors) == 1
    (record,) = [each for each in caplog.records if each.message == "incident"]
    assert record.incident == number
    assert record.command == "checkconfig"
    assert "test_faults.py" in record.trace
    assert "ValueError" in record.trace
    assert "secret words" not in f"{record.__dict__}"


async def test_a_button_that_breaks_is_answered_too(world, tools, monkeypatch):
    shown = await world.check(tools.CLEAN)

    def broken(*_arguments):
        raise RuntimeError

    monkeypatch.setattr("bot.views.check.answer.share_summary", broken)
    assert "incident number" in tools.words(tools.answer(await world.press(shown, "Share summary")))
    assert world.env.errors == []


async def test_a_check_works_while_the_database_is_away(world, tools, monkeypatch):
    async def away(_guild_id):
        raise StoreUnavailable("The database is locked.")

    monkeypatch.setattr(world.bot.services.store.guilds, "settings", away)
    text = tools.words(await world.check(tools.CLEAN))
    assert "I found nothing wrong" in text
    assert "I cannot read this server's settings at the moment" in text
    monkeypatch.setattr(world.bot.services.store.reports, "count_open", away)
    monkeypatch.setattr(world.bot.services.store.reports, "open", away)
    reply = tools.answer(await world.max.slash(world.channel, "rules reports"))
    assert tools.words(reply) == "The database is locked."


async def test_too_many_commands_are_slowed_down_with_the_seconds_to_wait(tmp_path, tools):
    async with tools.running(tmp_path, member_burst=3) as world:
        for _ in range(3):
            await world.ann.slash(world.channel, "explain", field="lora_r")
        refused = tools.answer(await world.ann.slash(world.channel, "explain", field="lora_r"))
        assert re.fullmatch(
            r"That was a lot of commands in a short time\. Try again in 1 second\.", tools.words(refused)
        )
        assert refused.ephemeral
        other = tools.answer(await world.ben.slash(world.channel, "explain", field="lora_r"))
        assert "### lora_r" in tools.words(other)
        assert await world.ann.autocomplete(world.channel, "explain", "field", "lora")


async def test_a_full_queue_says_so(world, tools):
    world.bot.services.workers.waiting = 10**6
    assert re.search(r"The bot is busy.* Try again in [\d,]+ seconds?\.", tools.words(await world.check(tools.CLEAN)))
    world.bot.services.workers.waiting = 0


async def test_closing_lets_a_command_answer_and_cuts_off_what_takes_too_long(tmp_path, tools, monkeypatch):
    from bot import client

    monkeypatch.setattr(client, "_DRAIN_SECONDS", 1.0)
    async with tools.running(tmp_path) as world:
        bot, said = world.bot, []

        class Interaction:
            pass

        async def quick():
            with bot.services.in_flight.flight(Interaction()):
                await asyncio.sleep(0.2)
                said.append("answered")

        async def stuck():
            with bot.services.in_flight.flight(Interaction()):
                await asyncio.sleep(60)

        async def reply(interaction, text, **_options):
            said.append(text)

        monkeypatch.setattr("bot.replies.reply", reply)
        tasks = [asyncio.create_task(quick()), asyncio.create_task(stuck())]
        await asyncio.sleep(0.05)
        await bot.close()
        assert said[0] == "answered"
        assert "restarted before it finished" in said[1]
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_while_closing_new_commands_are_told(world, tools):
    world.bot.services.in_flight.draining = True
    assert "is restarting" in tools.words(await world.check(tools.CLEAN))
    world.bot.services.in_flight.draining = False


async def test_commands_are_registered_once_for_one_tree(tmp_path, tools):
    from bot.client import create_bot

    async with tools.running(tmp_path) as world:
        first = [request for request in world.env.http_requests if "commands" in str(request) and "PUT" in str(request)]
        assert len(first) == 1
        await world.bot.close()
        again = create_bot(world.bot.services.settings)
        await world.env.restart_bot(again)
        puts = [request for request in world.env.http_requests if "commands" in str(request) and "PUT" in str(request)]
        assert len(puts) == 1
        await again.close()


def test_a_trace_names_places_and_types_only():
    try:
        try:
            int("hf_secret")
        except ValueError as error:
            raise UserError("hf_secret") from error
    except UserError as error:
        found = trace(error)
    assert "hf_secret" not in found.replace('int("hf_secret")', "").replace('UserError("hf_secret")', "")
    assert "caused by" in found
    assert "UserError" in found


class _Response:
    status = 404
    reason = "Not Found"


@pytest.mark.parametrize("kind", ["commands", "menus"])
async def test_every_command_is_counted_as_in_flight(world, kind):
    from discord import AppCommandType, app_commands

    tree = world.bot.tree
    found = (
        [each for each in tree.walk_commands() if isinstance(each, app_commands.Command)]
        if kind == "commands"
        else tree.get_commands(type=AppCommandType.message)
    )
    assert found
    for command in found:
        assert command.callback.__code__.co_filename.endswith("bot/replies.py"), command.qualified_name
