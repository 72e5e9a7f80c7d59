"""The next step for a config: Axolotl's commands, serving, and what to look at where the model disappoints."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final

import discord
from discord import ui

from bot import jobs
from bot.errors import UserError
from bot.responses import answer
from bot.views.kit import limits
from bot.views.kit.escape import inert
from bot.views.kit.layout import Colour, container, layout, small

if TYPE_CHECKING:
    from bot.services import ServiceBot
    from knowledge.next_steps import NextSteps

MODELFILE: Final = "Modelfile"
NO_STEPS: Final = "There is no next step: this text has no `base_model`, so it is not a training config."
_COMMANDS: Final = 1600
_LIST: Final = 650


def next_layout(found: NextSteps) -> tuple[ui.LayoutView, dict[str, Any]]:
    """The steps, and the Modelfile to send with them."""
    blocks = [limits.block(each.command, "sh", 300) + each.purpose for each in found.commands]
    taken, _ = limits.pack(blocks, _COMMANDS)
    head = f"### Next step\n{small(f'Commands for Axolotl {found.axolotl}, in order.')}"
    items: list[ui.Item[Any]] = [ui.TextDisplay(head), ui.TextDisplay("\n".join(blocks[:taken]))]
    files: dict[str, Any] = {}
    if found.vllm:
        items += [ui.Separator(), ui.TextDisplay("**Serve it with vLLM**\n" + limits.block(found.vllm, "sh", 300))]
    if found.modelfile is not None:
        file = discord.File(io.BytesIO(found.modelfile.text.encode()), MODELFILE)
        files["file"] = file
        said = f"For Ollama: `ollama create tuned -f {MODELFILE}`. {found.modelfile.remark}".rstrip()
        items += [ui.TextDisplay(limits.cut(said, 300)), ui.File(file)]
    lists = [
        f"**{title}**\n" + "\n".join(f"- {inert(_plain(point))}" for point in points)
        for title, points in (
            ("If it answers like the base model", found.like_the_base),
            ("If it writes nonsense, or does not stop", found.garbage),
        )
        if points
    ]
    for text in lists:
        items += [ui.Separator(), ui.TextDisplay(limits.cut(text, _LIST))]
    return layout(container(Colour.NEUTRAL, *items)), files


async def show_next(interaction: discord.Interaction[ServiceBot], text: str, name: str, gpus: int) -> None:
    """Answers with the commands for a config and a Modelfile.

    Args:
        interaction: What asked for it; it has been deferred.
        text: The config.
        name: Its file, as the commands name it.
        gpus: GPUs of the run.

    Raises:
        UserError: It is not a training config.
    """
    found = await interaction.client.services.workers.run(jobs.steps, text=text, name=name, gpus=gpus)
    if found is None:
        raise UserError(NO_STEPS)
    view, files = next_layout(found)
    await answer(interaction, view, **files)


def _plain(point: str) -> str:
    """A point without the marks of code, which would be shown as they are."""
    return point.replace("`", "")
