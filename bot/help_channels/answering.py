"""From what a message holds to what is said about it: for everybody, or for one member."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import discord

from bot import jobs
from bot.asking import ask
from bot.checking import check, diagnose, health
from bot.errors import UserError
from bot.faq_offers import SHARED_GUILD
from bot.request import CheckRequest
from bot.responses import answer
from bot.views.asking import answer_layout as question_layout
from bot.views.asking import answer_question
from bot.views.check.answer import show
from bot.views.check.sample import proposal_layout
from bot.views.given import log_layout
from bot.views.help_channels import answer as views
from bot.views.help_channels import words
from bot.views.kit import notice
from bot.views.versions import versions_boxes, versions_layout

if TYPE_CHECKING:
    from discord import ui

    from bot.help_channels.contents import Contents
    from bot.services import ServiceBot, Services

_CODE = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_MENTION = re.compile(r"<@!?\d+>")
_LEVELS = ("sure", "perhaps", "unknown")
_LONGEST = 1500
_MOST = 2
"""Things of one message that are answered where everybody sees it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said where everybody sees it.

    Attributes:
        boxes: What is shown.
        topic: The finding, error or entry that it is about; empty where nothing is wrong.
        tags: Words by which a forum's tags are chosen.
    """

    boxes: tuple[ui.Item[Any], ...]
    topic: str = ""
    tags: tuple[str, ...] = ()


async def for_everybody(services: Services, message: discord.Message, contents: Contents) -> Answer:
    """Answers what a message holds, logs first: verdict and findings, never a config.

    Raises:
        UserError: the bot is busy, or it took too long.
    """
    guild_id = message.guild.id if message.guild else None
    boxes: list[ui.Item[Any]] = []
    topics: list[str] = []
    tags: list[str] = []
    logs, configs = contents.logs[:_MOST], contents.configs[:_MOST]
    samples = () if logs or configs else contents.samples[:1]
    room = views.room_for(len(logs) + len(configs) + len(samples))
    for log in logs:
        found = await diagnose(services, log, guild_id=guild_id)
        run = await health(services, log, found, gpus=None, config=configs[0].text if len(configs) == 1 else None)
        if run is not None:
            boxes.append(views.health_box(run.health, room))
            topics += [sign.id for sign in run.health.findings[:1]]
            tags.append("log")
            continue
        boxes.append(views.log_box(found, room))
        first = views.telling(found)
        topics.append(first.id if first else "")
        tags += ["log", "error", *(("memory", "oom") if first and "memory" in first.id else ())]
    for number, config in enumerate(configs):
        request = CheckRequest(config, message.author.id, guild_id, compare=False)
        checked = await check(services, request)
        progress = services.answers.compare(message.id + number, config, checked.findings)
        boxes.append(views.config_box(replace(checked, progress=progress), room))
        topics.append(checked.findings[0].rule if checked.findings else "")
        tags.append("config")
    for sample in samples:
        rows = await services.workers.run(jobs.propose, dataset=sample.data, dataset_name=sample.name)
        boxes.append(views.rows_box(sample.name, rows))
        tags += ["dataset", "data"]
    for listed in () if boxes else contents.packages[:1]:
        compared = await services.workers.run(jobs.versions, text=listed.text)
        if compared is not None:
            boxes += versions_boxes(compared)
            tags.append("install")
    return Answer(tuple(boxes), next(filter(None, topics), ""), tuple(tags))


async def for_one(interaction: discord.Interaction[ServiceBot], message: discord.Message, contents: Contents) -> None:
    """Answers privately all that a message holds; without anything to check, the question in its words."""
    services, member = interaction.client.services, interaction.user.id
    for log in contents.logs:
        found = await diagnose(services, log, guild_id=interaction.guild_id)
        run = await health(services, log, found, gpus=None, config=None)
        view, files = log_layout(log, found, run, member, public=True)
        await answer(interaction, view, **files)
    for config in contents.configs:
        await show(interaction, await check(services, CheckRequest(config, member, interaction.guild_id)))
    for sample in contents.samples:
        rows = await services.workers.run(jobs.rows, dataset=sample.data, dataset_name=sample.name)
        view, files = proposal_layout(sample.name, rows, sample.secrets)
        await answer(interaction, view, **files)
    for listed in contents.packages:
        compared = await services.workers.run(jobs.versions, text=listed.text)
        if compared is not None:
            await answer(interaction, versions_layout(compared))
    if not contents.found:
        questions = questions_of(message)
        if not questions:
            raise UserError(words.NOTHING_LEFT)
        await answer_question(interaction, questions[0])


async def to_question(
    services: Services, message: discord.Message, *, fewest_words: int = 1
) -> tuple[str, ui.LayoutView, str]:
    """(how sure, the answer, its topic) for the words of a message; of a forum's post the title may be the question.

    Args:
        services: What the bot owns.
        message: The message.
        fewest_words: A text of fewer words is not looked up: "Help" and "Hello" resemble names of fields.
    """
    guild_id = message.guild.id if message.guild else SHARED_GUILD
    found = [
        await ask(services.store, guild_id, question)
        for question in questions_of(message)
        if len(question.split()) >= fewest_words
    ]
    if not found:
        return "unknown", notice.notice(words.NOTHING), ""
    asked = min(found, key=lambda each: _LEVELS.index(each.answer.level))
    view = question_layout(asked, message.author.id, services.store.clock())
    first = next(iter(asked.answer.answers), None)
    return asked.answer.level, view, first.id if first is not None else ""


def questions_of(message: discord.Message) -> tuple[str, ...]:
    """The words of a message without its code, and the title where it opens a thread."""
    asked = [_MENTION.sub(" ", _CODE.sub(" ", message.content)).strip()]
    if isinstance(message.channel, discord.Thread) and message.channel.id == message.id:
        asked.append(message.channel.name)
    return tuple(question[:_LONGEST] for question in asked if question)
