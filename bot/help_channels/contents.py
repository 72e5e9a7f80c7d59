"""What a message holds for sure: configs, logs, rows of a dataset, lists of packages, and secrets that it shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot import intake, jobs
from bot.errors import UserError
from bot.links import LinkedFile
from bot.request import Sample

if TYPE_CHECKING:
    import discord

    from bot.request import Submission
    from bot.services import Services
    from knowledge.secrets import Secret

_MOST_FILES = 5


@dataclass(frozen=True, slots=True)
class Contents:
    """What was recognized in a message.

    Attributes:
        configs: Configs.
        logs: Logs.
        samples: Rows of datasets.
        packages: Lists of installed packages with Axolotl among them.
        secrets: Secrets in any of its texts, those in its other words included.
    """

    configs: tuple[Submission, ...] = ()
    logs: tuple[Submission, ...] = ()
    samples: tuple[Sample, ...] = ()
    packages: tuple[Submission, ...] = ()
    secrets: tuple[Secret, ...] = ()

    @property
    def found(self) -> bool:
        """Whether there is anything to check."""
        return bool(self.configs or self.logs or self.samples or self.packages)


async def read(services: Services, message: discord.Message, *, whole: bool = True) -> Contents:
    """Reads a message: its code blocks, its files and links, those of a message that it forwards.

    Args:
        services: What the bot owns.
        message: The message.
        whole: Whether a text without a code block is looked at too.

    Raises:
        UserError: a file can't be fetched, or the bot is busy.
    """
    workers = services.workers
    texts: list[Submission] = []
    samples: list[Sample] = []
    secrets: list[Secret] = []
    for part in intake.parts_of(message):
        written = await intake.submit(workers, "", part.content)
        secrets += written.secrets
        if whole or intake.has_block(part.content):
            texts += await intake.from_content(workers, part.content)
        for attachment in intake.files_of(part, services.links)[:_MOST_FILES]:
            if intake.unfit(attachment) is not None:
                continue
            try:
                taken = await intake.take(workers, attachment)
            except UserError:
                if isinstance(attachment, LinkedFile):  # a link may lead to anything; the rest is still answered
                    continue
                raise
            if isinstance(taken, Sample):
                samples.append(taken)
            else:
                texts.append(taken)
                secrets += taken.secrets
    kinds = [await workers.run(jobs.recognize, text=text.text) for text in texts]
    samples += [
        Sample(text.name, text.text.encode(), text.secrets)
        for text, kind in zip(texts, kinds, strict=True)
        if kind == "rows"
    ]
    fitting = [sample for sample in samples if await _fits(services, sample)]
    return Contents(
        configs=tuple(text for text, kind in zip(texts, kinds, strict=True) if kind == "config"),
        logs=tuple(text for text, kind in zip(texts, kinds, strict=True) if kind == "log"),
        samples=tuple(fitting),
        packages=tuple(text for text, kind in zip(texts, kinds, strict=True) if kind == "packages"),
        secrets=(*secrets, *(secret for sample in samples for secret in sample.secrets)),
    )


async def _fits(services: Services, sample: Sample) -> bool:
    """Whether a dataset type of Axolotl reads the rows; other rows are other people's data."""
    rows = await services.workers.run(jobs.propose, dataset=sample.data, dataset_name=sample.name)
    return rows.block is not None
