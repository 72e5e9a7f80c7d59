"""A list of installed packages given to the bot: what does not fit, and the command that fixes it."""

from bot.views.commands import CHECK_MESSAGE
from tests.world import answer, running, words

LISTED = """\
Package            Version
------------------ -----------
accelerate         0.20.1
axolotl            0.21.0
peft               0.1.0
rich               13.7.0
torch              2.13.0
"""


async def test_a_pip_list_is_compared_with_what_the_release_asks_for(tmp_path):
    async with running(tmp_path) as world:
        shown = words(await world.check(LISTED, name="packages.txt"))
        assert "2 packages do not match" in shown
        assert "`peft` `0.1.0`" in shown
        assert "pip install" in shown
        message = await world.ben.send(world.channel, f"does this fit?\n```\n{LISTED}```")
        result = await world.ann.context_menu(world.channel, CHECK_MESSAGE, message)
        assert "2 packages do not match" in words(answer(result))


async def test_another_release_is_upgraded_and_what_fits_is_said_to_fit(tmp_path):
    async with running(tmp_path) as world:
        shown = words(await world.check("axolotl==0.16.0\ntorch==2.13.0\n", name="packages.txt"))
        assert "You have Axolotl `0.16.0`" in shown
        assert 'pip install --upgrade "axolotl==0.21.0"' in shown
