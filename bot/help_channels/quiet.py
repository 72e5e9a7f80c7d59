"""The mode quiet: who presses the bot's reaction gets the answer as a private message."""

from __future__ import annotations

from typing import TYPE_CHECKING

import discord

from bot import jobs
from bot.checking import check, diagnose, health
from bot.help_channels.contents import read
from bot.request import CheckRequest
from bot.views.check.answer import answer_layout
from bot.views.check.sample import proposal_layout
from bot.views.given import log_layout
from bot.views.help_channels import words
from bot.views.versions import versions_layout

if TYPE_CHECKING:
    from bot.services import ServiceBot


async def answer_reaction(bot: ServiceBot, event: discord.RawReactionActionEvent) -> None:
    """Answers a member who pressed the bot's own reaction."""
    if event.member is None or event.member.bot or event.guild_id is None or str(event.emoji) != words.LOOK:
        return
    posts = bot.services.store.help_posts
    channel = bot.get_channel(event.channel_id)
    thread = isinstance(channel, discord.Thread)
    post = await posts.get(event.channel_id if thread else event.message_id)
    if post is None or post.mode != "quiet" or not isinstance(channel, discord.abc.Messageable):
        return
    message = await channel.fetch_message(event.message_id)
    if not any(each.me and str(each.emoji) == words.LOOK for each in message.reactions):
        return
    await _answer(bot, event.member, message)
    await posts.mark(post.post_id, "used")


async def _answer(bot: ServiceBot, member: discord.Member, message: discord.Message) -> None:
    services = bot.services
    contents = await read(services, message)
    for log in contents.logs:
        found = await diagnose(services, log, guild_id=member.guild.id)
        run = await health(services, log, found, gpus=None, config=None)
        view, files = log_layout(log, found, run, member.id, public=True)
        await member.send(view=view, **files)
    for config in contents.configs:
        checked = await check(services, CheckRequest(config, member.id, member.guild.id))
        await member.send(view=answer_layout(checked, services.answers.keep(checked)))
    for sample in contents.samples:
        rows = await services.workers.run(jobs.rows, dataset=sample.data, dataset_name=sample.name)
        view, files = proposal_layout(sample.name, rows, sample.secrets)
        await member.send(view=view, **files)
    for listed in contents.packages:
        compared = await services.workers.run(jobs.versions, text=listed.text)
        if compared is not None:
            await member.send(view=versions_layout(compared))
