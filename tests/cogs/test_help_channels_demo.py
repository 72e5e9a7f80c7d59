"""The demo's channel: a visitor posts a config and a log and is answered in each mode; a moderator sees the figures."""

from bot.demo import demo
from tests.world import BROKEN, answer, labels, words

LOG = """\
Traceback (most recent call last):
  File "/opt/axolotl/src/axolotl/train.py", line 120, in train
    trainer.train()
torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 23.65 GiB
"""


async def test_a_visitor_is_answered_in_each_mode_and_a_moderator_sees_the_figures():
    async with demo(workers=0) as running:
        channel, member = running.channel, running.member

        async def post(text):
            before = len(channel.history())
            message = await member.send(channel, f"```\n{text}```")
            return message, channel.history()[before + 1 :]

        async def mode(name):
            await running.moderator.slash(channel, "help-channels add", channel=channel, mode=name)

        _, (said,) = await post(BROKEN)
        assert "max_seq_length" in words(said)
        _, (said,) = await post(LOG)
        assert "out of memory" in words(said).lower()
        await mode("offer")
        _, (said,) = await post(BROKEN)
        assert labels(said) == ["Show me what you found"]
        await mode("quiet")
        message, said = await post(LOG)
        assert said == []
        (reaction,) = channel.history()[-1].reactions
        await member.react(message, str(reaction.emoji))
        assert "out of memory" in words(member.user.dm_channel.history()[-1]).lower()
        result = await running.moderator.slash(channel, "help-channels stats")
        assert "**4 posts** seen, **4** answered by me" in words(answer(result))
