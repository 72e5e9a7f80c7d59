"""The way of a check through the bot: settings of the server, workers, mutes, what is remembered for the buttons."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from bot import jobs
from bot.answers import Checked
from bot.store import GuildSettings, StoreUnavailable
from bot.views.check import words
from bot.views.faq.reading import offered

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.client import HelpBot
    from bot.intake import Sample, Taken
    from knowledge.diagnosis import Diagnosis

_log = logging.getLogger(__name__)


async def check(
    bot: HelpBot,
    taken: Taken,
    *,
    owner: int,
    guild_id: int | None,
    gpus: int | None = None,
    axolotl: str | None = None,
    dataset: Sample | None = None,
    message: tuple[int, int] | None = None,
    public: bool = False,
    compare: bool = True,
) -> Checked:
    """Checks a text for a member.

    Args:
        bot: Whose workers and store are used.
        taken: The text, its secrets masked.
        owner: The member who asked.
        guild_id: The server in which it was asked.
        gpus: GPUs; without it those that the server has set, or 1.
        axolotl: Release; without it the one that the server has set, or the newest known.
        dataset: Rows of the dataset.
        message: Channel and message in which the text stands.
        public: Whether the member may answer that message in public.
        compare: Whether this is a new check, to be compared with the member's last one.

    Raises:
        UserError: the bot is busy, or the check took too long.
    """
    settings, muted, notes = await _of_server(bot, guild_id)
    said = list(taken.notes) + notes
    if gpus is None and settings.gpus is not None:
        said.append(words.server_gpus(settings.gpus))
    if axolotl is None and settings.axolotl is not None:
        said.append(words.server_release(settings.axolotl))
    count, release = gpus or settings.gpus or 1, axolotl or settings.axolotl
    report = await bot.workers.run(
        jobs.check,
        text=taken.text,
        gpus=count,
        axolotl=release,
        dataset=None if dataset is None else dataset.data,
        dataset_name="" if dataset is None else dataset.name,
    )
    bot.metrics.check(report.verdict)
    for secret in (*taken.secrets, *(dataset.secrets if dataset is not None else ())):
        bot.metrics.secret(secret.kind)
    shown = [finding for finding in report.findings if finding.rule not in muted]
    return Checked(
        owner=owner,
        name=taken.name,
        text=taken.text,
        report=report,
        gpus=count,
        axolotl=release,
        dataset=dataset,
        notes=tuple(said),
        guild_id=guild_id,
        message=message,
        public=public,
        secrets=taken.secrets,
        muted=muted,
        progress=bot.answers.compare(owner, taken.name, shown) if compare else None,
        faq=await offered(
            bot.store,
            guild_id,
            fields=[field for finding in shown for field in finding.fields],
            rules=[finding.rule for finding in shown],
        ),
    )


async def defaults_of(bot: HelpBot, guild_id: int | None) -> GuildSettings:
    """What a server has set for checks; nothing where it is no server, or cannot be asked."""
    settings, _, _ = await _of_server(bot, guild_id)
    return settings


async def diagnose(bot: HelpBot, taken: Taken, *, guild_id: int | None, gpus: int | None = None) -> Diagnosis:
    """Leads a pasted log to its cause.

    Raises:
        UserError: the bot is busy, or it took too long.
    """
    settings = await defaults_of(bot, guild_id)
    for secret in taken.secrets:
        bot.metrics.secret(secret.kind)
    return await bot.workers.run(jobs.diagnose, text=taken.text, gpus=gpus or settings.gpus or 1)


async def _of_server(bot: HelpBot, guild_id: int | None) -> tuple[GuildSettings, Mapping[str, str], list[str]]:
    """What a server has set; a check works without it, and says so."""
    if guild_id is None:
        return GuildSettings(), {}, []
    try:
        settings = await bot.store.guilds.settings(guild_id)
        mutes = await bot.store.mutes.all(guild_id)
    except StoreUnavailable as error:
        _log.error("database unavailable", extra={"error": type(error).__name__})
        bot.metrics.failure("store")
        return GuildSettings(), {}, [words.NO_SETTINGS]
    return settings, {mute.rule: mute.reason for mute in mutes}, []
