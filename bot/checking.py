"""The way of a check through the bot: settings of the server, workers, mutes, what is remembered for the buttons."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from bot import jobs
from bot.answers import Checked
from bot.faq_offers import offered
from bot.store import GuildSettings, StoreUnavailable
from bot.views.check import words
from bot.views.kit.escape import inert
from knowledge.duration import cost_of
from knowledge.json_values import to_plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.jobs import RunHealth
    from bot.request import CheckRequest, Submission
    from bot.services import Services
    from knowledge.diagnosis import Diagnosis
    from knowledge.hub import HubFacts

_log = logging.getLogger(__name__)


async def check(services: Services, request: CheckRequest) -> Checked:
    """Checks a config for a member.

    Raises:
        UserError: the bot is busy, or the check took too long.
    """
    submission, dataset = request.submission, request.dataset
    settings, muted, notes = await _of_server(services, request.guild_id)
    said = [*submission.notes, *notes]
    if request.gpus is None and settings.gpus is not None:
        said.append(words.server_gpus(settings.gpus))
    if request.gpu is None and settings.gpu is not None:
        said.append(words.server_card(settings.gpu))
    if request.axolotl is None and settings.axolotl is not None:
        said.append(words.server_release(settings.axolotl))
    if request.gpu is not None and request.gpu.guessed:
        said.append(inert(request.gpu.assumed))
    gpu = request.gpu.name if request.gpu is not None else settings.gpu
    gpus, release = request.gpus or settings.gpus or 1, request.axolotl or settings.axolotl
    facts = request.facts or await look_up(services, submission.text, request.owner, settings)
    report = await services.workers.run(
        jobs.check,
        text=submission.text,
        gpus=gpus,
        axolotl=release,
        dataset=None if dataset is None else (dataset.name, dataset.data),
        hub=None if facts is None else to_plain(facts),
        gpu=gpu,
        rows=request.rows,
    )
    price = request.price or services.settings.gpu_prices.get(gpu or "")
    report = replace(report, cost=cost_of(report.duration, price, gpus))
    services.metrics.check(report.verdict)
    for secret in (*submission.secrets, *(dataset.secrets if dataset is not None else ())):
        services.metrics.secret(secret.kind)
    shown = [finding for finding in report.findings if finding.rule not in muted]
    return Checked(
        request=replace(request, facts=facts),
        report=report,
        gpus=gpus,
        axolotl=release,
        notes=tuple(said),
        muted=muted,
        progress=services.answers.compare(request.owner, submission, shown) if request.compare else None,
        faq=await offered(
            services.store,
            request.guild_id,
            fields=[field for finding in shown for field in finding.fields],
            rules=[finding.rule for finding in shown],
        ),
    )


async def look_up(services: Services, text: str, member: int, settings: GuildSettings) -> HubFacts | None:
    """What the Hub says of what a config names; None where nobody is to be asked, or there is nothing to ask for."""
    if services.hub is None or settings.hub is False:
        return None
    targets = await services.workers.run(jobs.targets, text=text)
    return await services.hub.look(targets, member=member) if targets.any else None


async def defaults_of(services: Services, guild_id: int | None) -> GuildSettings:
    """What a server has set for checks; nothing where it is not a server, or cannot be asked."""
    settings, _, _ = await _of_server(services, guild_id)
    return settings


async def diagnose(
    services: Services,
    submission: Submission,
    *,
    guild_id: int | None,
    gpus: int | None = None,
    config: str | None = None,
) -> Diagnosis:
    """Leads a pasted log to its cause, which the config of the run decides where it is at hand.

    Raises:
        UserError: the bot is busy, or it took too long.
    """
    settings = await defaults_of(services, guild_id)
    for secret in submission.secrets:
        services.metrics.secret(secret.kind)
    return await services.workers.run(
        jobs.diagnose, text=submission.text, gpus=gpus or settings.gpus or 1, config=config
    )


async def health(
    services: Services,
    submission: Submission,
    diagnosis: Diagnosis,
    *,
    gpus: int | None,
    config: str | None,
    draw: bool = True,
) -> RunHealth | None:
    """Judges the numbers of a run that nothing has ended; None where there are none, or another answer is due.

    Raises:
        UserError: the bot is busy, or it took too long.
    """
    if diagnosis.stopped:
        return None
    return await services.workers.run(jobs.health, text=submission.text, gpus=gpus or 1, config=config, draw=draw)


async def _of_server(services: Services, guild_id: int | None) -> tuple[GuildSettings, Mapping[str, str], list[str]]:
    """What a server has set; a check works without it, and says so."""
    if guild_id is None:
        return GuildSettings(), {}, []
    try:
        settings = await services.store.guilds.settings(guild_id)
        mutes = await services.store.mutes.all(guild_id)
    except StoreUnavailable as error:
        _log.error("database unavailable", extra={"error": type(error).__name__})
        services.metrics.failure("store")
        return GuildSettings(), {}, [words.NO_SETTINGS]
    return settings, {mute.rule: mute.reason for mute in mutes}, []
