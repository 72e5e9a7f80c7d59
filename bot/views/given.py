"""Whatever was given, in whatever box: every piece of it is answered, a log together with its config."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeGuard

from bot import jobs
from bot.checking import check, diagnose, health
from bot.errors import UserError
from bot.permissions import server_of
from bot.request import CheckRequest, Sample, Submission
from bot.responses import answer
from bot.views.asking import answer_question
from bot.views.check import intake as words
from bot.views.check.answer import show
from bot.views.check.sample import proposal_layout
from bot.views.diagnosis import diagnosis_layout
from bot.views.health import health_layout
from bot.views.kit.escape import inert
from bot.views.versions import installed_note, versions_layout

if TYPE_CHECKING:
    import discord
    from discord import ui

    from bot.jobs import RunHealth
    from bot.services import ServiceBot
    from knowledge.diagnosis import Diagnosis
    from knowledge.gpus import Gpu


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked about a config besides the config.

    Attributes:
        gpus: GPUs of the run.
        axolotl: Release.
        gpu: The card.
        price: Price of one such GPU for an hour.
        rows: How many rows the whole dataset has.
        message: Channel and message in which everything stands, where it is a message in a channel.
        public: Whether the member may answer that message in public.
        note: A sentence about what was asked.
    """

    gpus: int | None = None
    axolotl: str | None = None
    gpu: Gpu | None = None
    price: float | None = None
    rows: int | None = None
    message: tuple[int, int] | None = None
    public: bool = False
    note: str = ""


@dataclass(slots=True)
class Given:
    """What was given, by what it is.

    Attributes:
        configs: Texts to check; also those of which nobody can tell what they are.
        logs: What programs printed.
        samples: Rows of datasets.
        questions: Words.
    """

    configs: list[Submission] = field(default_factory=list)
    logs: list[Submission] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
    questions: list[Submission] = field(default_factory=list)

    def add(self, piece: Submission | Sample) -> None:
        """Put one piece where it belongs."""
        if isinstance(piece, Sample):
            self.samples.append(piece)
        elif piece.kind == "rows":
            self.samples.append(Sample("rows.jsonl", piece.text.encode(), piece.secrets))
        else:
            places = {"log": self.logs, "question": self.questions}
            places.get(piece.kind, self.configs).append(piece)


def is_config(piece: Submission | Sample) -> TypeGuard[Submission]:
    """Whether a piece is checked as a config."""
    return isinstance(piece, Submission) and piece.kind in ("config", "other")


async def answer_given(interaction: discord.Interaction[ServiceBot], given: Given, asked: Asked) -> None:
    """Answers every piece; the interaction is deferred.

    A list of packages is compared with what Axolotl asks for; a log is led to its cause with the config that came with
    it; rows are checked with each config, or get the block
    that fits them.

    Raises:
        UserError: nothing was given.
    """
    if not (given.configs or given.logs or given.samples or given.questions):
        raise UserError(words.NOTHING_GIVEN)
    for pieces in (given.logs, given.configs, given.questions):
        for piece in list(pieces):
            if await _answer_versions(interaction, piece):
                pieces.remove(piece)
    for log in given.logs:
        await _answer_log(interaction, log, asked, given.configs[0].text if len(given.configs) == 1 else None)
    first = given.samples[0] if given.samples else None
    for config in given.configs:
        notes = [words.one_of_rows(each.name, given.samples[0].name) for each in given.samples[1:]]
        notes += [inert(asked.note)] if asked.note else []
        request = CheckRequest(
            replace(config, notes=(*config.notes, *notes)),
            interaction.user.id,
            server_of(interaction),
            gpus=asked.gpus,
            gpu=asked.gpu,
            price=asked.price,
            axolotl=asked.axolotl,
            dataset=first,
            rows=asked.rows,
            message=asked.message,
            public=asked.public,
            compare=asked.message is None,
        )
        await show(interaction, await check(interaction.client.services, request))
    if not given.configs:
        for sample in given.samples:
            await _answer_rows(interaction, sample)
    for question in given.questions:
        await answer_question(interaction, question.text)


async def _answer_log(
    interaction: discord.Interaction[ServiceBot], log: Submission, asked: Asked, config: str | None
) -> None:
    services, public = interaction.client.services, asked.message is not None
    found = await diagnose(services, log, guild_id=server_of(interaction), gpus=asked.gpus, config=config)
    run = await health(services, log, found, gpus=asked.gpus, config=config)
    view, files = log_layout(log, found, run, interaction.user.id, public=public)
    await answer(interaction, view, **files)


def log_layout(
    log: Submission, found: Diagnosis, run: RunHealth | None, member: int, *, public: bool
) -> tuple[ui.LayoutView, dict[str, Any]]:
    """The answer to a log, and the files to send with it: the run's numbers where it has any, else the cause."""
    if run is None:
        return diagnosis_layout(found, member, notes=log.notes, secrets=log.secrets, public=public), {}
    notes = log.notes if found.installed is None else (*log.notes, installed_note(found.installed))
    view, file = health_layout(run.health, run.png, notes=notes, secrets=log.secrets, public=public)
    return view, {"file": file}


async def _answer_versions(interaction: discord.Interaction[ServiceBot], piece: Submission) -> bool:
    """Answers a list of packages; False where it is something else."""
    found = await interaction.client.services.workers.run(jobs.versions, text=piece.text)
    if found is None:
        return False
    await answer(interaction, versions_layout(found))
    return True


async def _answer_rows(interaction: discord.Interaction[ServiceBot], sample: Sample) -> None:
    """The block that fits rows without a config."""
    workers = interaction.client.services.workers
    rows = await workers.run(jobs.rows, dataset=sample.data, dataset_name=sample.name)
    view, files = proposal_layout(sample.name, rows, sample.secrets)
    await answer(interaction, view, **files)
