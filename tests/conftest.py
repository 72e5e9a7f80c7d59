"""What tests of every package share. The bot is imported only by tests that drive it."""

import pytest


@pytest.fixture
async def world(tmp_path):
    """The usual world; configs are checked on threads of this process."""
    from tests.world import running

    async with running(tmp_path) as found:
        yield found


@pytest.fixture(name="tools")
def _tools():
    """What tests read answers with."""
    from tests import world

    return world
