"""A server with members in it, driven through the real bot on an in-process Discord."""

from contextlib import asynccontextmanager
from pathlib import Path

import discord
import simcord

from bot.client import create_bot
from bot.settings import Settings

CLEAN = """\
base_model: Qwen/Qwen2.5-0.5B
datasets:
  - path: org/rows
    type: alpaca
sequence_len: 2048
micro_batch_size: 2
gradient_accumulation_steps: 4
num_epochs: 3
learning_rate: 0.0002
optimizer: adamw_torch
lr_scheduler: cosine
"""
BROKEN = """\
# my first run
base_model: Qwen/Qwen2.5-0.5B
datasets:
  - path: org/rows
    type: alpaca
max_seq_length: 2048   # long rows
micro_batch_size: 2
gradient_accumulation_steps: 4
num_epochs: 3
learning_rate: 0.0002
save_steps: 100
saves_per_epoch: 2
"""


PATIENCE = 60.0
"""Seconds of wall clock that the bot may take for one answer: the machine may have other work."""


class World:
    """The bot, a server, a channel, two members and a moderator."""

    def __init__(self, bot, env):
        self.bot = bot
        self.env = env
        self.guild = env.create_guild("Fine-tuning")
        self.channel = self.guild.create_text_channel("help")
        self.ann = self.guild.add_member(env.create_user("ann"))
        self.ben = self.guild.add_member(env.create_user("ben"))
        permissions = discord.Permissions(manage_guild=True, manage_messages=True, view_channel=True)
        self.role = self.guild.create_role("Moderators", permissions=permissions)
        self.max = self.guild.add_member(env.create_user("max"), roles=[self.role])

    async def check(self, text, who=None, name="config.yaml", **options):
        """/checkconfig with a file; returns the answer."""
        data = text.encode() if isinstance(text, str) else text
        result = await (who or self.ann).slash(self.channel, "checkconfig", file=(name, data), **options)
        return answer(result)

    async def press(self, message, label, who=None):
        """Presses a button; returns what came back."""
        return await (who or self.ann).click(message, label=label)


def answer(result):
    """The newest message of an interaction."""
    return result.followups[-1] if result.followups else result.response


def components(message):
    """Every component of a message, nested ones included."""
    found, queue = [], [each if isinstance(each, dict) else each.to_dict() for each in message.components]
    while queue:
        each = queue.pop(0)
        found.append(each)
        queue = [*each.get("components", []), *queue]
        if accessory := each.get("accessory"):
            found.append(accessory)
    return found


def words(message):
    """All text of a message, as a reader sees it from top to bottom."""
    return "\n".join(each["content"] for each in components(message) if "content" in each)


def labels(message):
    """The buttons of a message."""
    return [each["label"] for each in components(message) if each.get("type") == 2]


def options(message):
    """The options of the selects of a message."""
    return [option["value"] for each in components(message) for option in each.get("options", [])]


def usual_bot(folder, **settings):
    """A bot with a database of its own, on one shard."""
    return create_bot(
        Settings(**{"database": folder / "bot.sqlite3", "workers": 0, "shard_count": 1, "hub": "off", **settings})
    )


@asynccontextmanager
async def running(folder: Path, **settings):
    """A bot on an in-process Discord; errors that nobody looked at fail the test."""
    bot = usual_bot(folder, **settings)
    try:
        async with simcord.run(bot, settle_timeout=PATIENCE) as env:
            yield World(bot, env)
    finally:
        await bot.close()
