"""What tests of every package share. The bot is imported only by tests that drive it."""

import pytest

# How long a simulated Discord waits for the bot, in seconds: a busy machine must not fail a test.
_PATIENCE = 60.0


def pytest_collection_modifyitems(items):
    """Gives every test with a simulated Discord that patience."""
    for item in items:
        if "simcord_env" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.simcord(settle_timeout=_PATIENCE))


@pytest.fixture
def simcord_bot(tmp_path):
    """The bot that `simcord_env` runs; configs are checked on threads of this process."""
    from tests.world import usual_bot

    return usual_bot(tmp_path)


@pytest.fixture
async def world(simcord_env):
    """The usual world; errors that nobody looked at fail the test."""
    from tests.world import World

    yield World(simcord_env.bot, simcord_env)
    await simcord_env.bot.close()


@pytest.fixture(name="tools")
def _tools():
    """What tests read answers with."""
    from tests import world

    return world
