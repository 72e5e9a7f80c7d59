"""The answer to a log: the cause of its error, or, where no exception ended the run, what its numbers show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.checking import diagnose, health
from bot.views.diagnosis import diagnosis_layout
from bot.views.health import health_layout

if TYPE_CHECKING:
    from discord import ui

    from bot.request import Submission
    from bot.services import Services


async def log_answer(
    services: Services,
    submission: Submission,
    *,
    owner: int,
    guild_id: int | None,
    gpus: int | None = None,
    public: bool,
) -> tuple[ui.LayoutView, dict[str, Any]]:
    """What a log says, and the files to send with it.

    Args:
        services: What the bot has.
        submission: The log.
        owner: Who asks.
        guild_id: The server in which it is asked.
        gpus: GPUs of the run, where they were named.
        public: Whether the log stands in a channel that others read.

    Raises:
        UserError: the bot is busy, or it took too long.
    """
    diagnosis = await diagnose(services, submission, guild_id=guild_id, gpus=gpus)
    run = await health(services, submission, diagnosis, gpus or 1)
    if run is None:
        notes, found = submission.notes, submission.secrets
        return diagnosis_layout(diagnosis, owner, notes=notes, secrets=found, public=public), {}
    view, file = health_layout(run.health, run.png, notes=submission.notes, secrets=submission.secrets, public=public)
    return view, {"file": file}
