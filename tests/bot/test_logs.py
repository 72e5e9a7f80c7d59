"""The logs at DEBUG: no token of an interaction, and nothing of what members and moderators write."""

import logging

import pytest

from bot.logs import configure_logs
from bot.settings import Settings
from tests.world import BROKEN, answer, running


@pytest.fixture
def levels():
    """Puts every logger back as it was."""
    loggers = [logging.getLogger(), *map(logging.getLogger, logging.root.manager.loggerDict)]
    kept = [(logger, logger.level, logger.handlers[:]) for logger in loggers]
    yield
    for logger, level, handlers in kept:
        logger.setLevel(level)
        logger.handlers[:] = handlers


async def test_debug_logs_hold_no_token_and_no_body(tmp_path, levels, capfd):
    configure_logs(Settings(log_level="DEBUG", log_format="text"))
    async with running(tmp_path) as world:
        message = await world.ann.send(world.channel, f"some words of a member\n```yaml\n{BROKEN}```")
        shown = answer(await world.ann.context_menu(world.channel, "Check message", message))
        await world.press(shown, "Share summary")
        form = await world.max.slash(world.channel, "faq-admin add")
        names = [each["component"]["custom_id"] for each in form.modal["components"]]
        await world.max.submit_modal(form, {names[0]: "A moderator's title", names[1]: "A moderator's text"})
        await world.ann.slash(world.channel, "ask", question="a question of a member")
    for name in ("discord.http", "discord.webhook.async_", "discord.state", "asyncpg.pool"):
        logging.getLogger(name).debug("POST /webhooks/1/aToken has returned with a body")
        assert not logging.getLogger(name).isEnabledFor(logging.DEBUG)
    logging.getLogger("bot.test").debug("the log is at DEBUG")
    written = capfd.readouterr().err
    assert "the log is at DEBUG" in written
    for part in ("simcord_interaction_", "aToken", "some words", "my first run", "moderator's", "question of a member"):
        assert part not in written, part
