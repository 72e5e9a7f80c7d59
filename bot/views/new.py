"""The answer to /newconfig: the run in numbers, the choices, the file, and buttons that change one wish each."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import discord
from discord import ui

from bot.checking import defaults_of
from bot.errors import UserError
from bot.gpu_option import gpu_of
from bot.pending import Begun
from bot.permissions import server_of
from bot.responses import answer, begin, open_form
from bot.views.check.next_step import show_next
from bot.views.kit import limits, notice
from bot.views.kit.components import Form, Press, field, typed
from bot.views.kit.layout import Colour, container, layout, small
from bot.views.kit.wording import plural
from bot.writing import New, model_of, new, new_targets
from knowledge.gpus import suggest
from knowledge.json_values import to_plain
from knowledge.writing import aims

if TYPE_CHECKING:
    from bot.services import ServiceBot
    from knowledge.writing import Reason

NAME = "config.yaml"
_SHOWN = 5
_TOLD = ("sequence_len", "adapter", "gradient_accumulation_steps", "learning_rate", "num_epochs", "attn_implementation")
_DOUBLE = 2
_USUAL_LENGTH = 2048


@dataclass(frozen=True, slots=True)
class Wanted(Begun):
    """What a member wants of a config, kept for the buttons under it.

    Attributes:
        model, aim, method, length, epochs, gpus: As the command line has them; None for what was not said.
        gpu: The card's name.
        loss: The loss of a preference run, as `rl:` names it.
        dataset: Name and bytes of the rows.
        like: A config that does not fit, whose dataset and aim are kept.
        config: The config that was written, for the commands that come next.
    """

    model: str
    aim: str | None = None
    gpu: str | None = None
    gpus: int = 1
    dataset: tuple[str, bytes] | None = None
    method: str | None = None
    length: int | None = None
    epochs: float | None = None
    loss: str | None = None
    like: str | None = None
    config: str = ""


async def show_new(interaction: discord.Interaction[ServiceBot], wanted: Wanted, changed: str = "") -> None:
    """Writes a config and sends it privately.

    Args:
        interaction: What asked for it; it has been deferred.
        wanted: What is wanted.
        changed: What is other than in the config before, in words.

    Raises:
        UserError: Not even a near config can be written.
    """
    services = interaction.client.services
    made = await services.workers.run(
        new,
        model=wanted.model,
        aim=wanted.aim,
        gpu=wanted.gpu,
        gpus=wanted.gpus,
        dataset=wanted.dataset,
        method=wanted.method,
        length=wanted.length,
        epochs=wanted.epochs,
        like=wanted.like,
        loss=wanted.loss,
        hub=await _facts(interaction, wanted),
    )
    if made.refused:
        raise UserError(made.refused)
    key = services.pending.keep(replace(wanted, length=made.length, epochs=made.epochs, config=made.config))
    view, files = new_layout(made, wanted, key, changed)
    if interaction.response.is_done():
        await interaction.edit_original_response(view=view, attachments=files)
    else:
        await answer(interaction, view, files=files)


async def _facts(interaction: discord.Interaction[ServiceBot], wanted: Wanted) -> dict[str, Any] | None:
    """What the Hub says of the model, and of a dataset that is named and not given; None where it is not asked."""
    services = interaction.client.services
    settings = await defaults_of(services, server_of(interaction))
    if services.hub is None or settings.hub is False:
        return None
    targets = await services.workers.run(new_targets, model=wanted.model, like=wanted.like)
    if not targets.any:
        return None
    found: dict[str, Any] = to_plain(await services.hub.look(targets, member=wanted.owner))
    return found


def new_layout(made: New, wanted: Wanted, key: str, changed: str) -> tuple[ui.LayoutView, list[discord.File]]:
    """The answer, and the files to send with it."""
    files = [discord.File(io.BytesIO(made.config.encode()), NAME)]
    files += [discord.File(io.BytesIO(text.encode()), name) for name, text in made.files.items()]
    head = f"### A config for {limits.code(wanted.model, 60)}\n" + small(
        f"{made.title}; checked for Axolotl 0.21.0" + _told(changed, met=not made.unmet)
    )
    numbers = limits.block("\n".join(made.numbers), limit=limits.PAGE // 4)
    texts = [head, numbers, _why(made.reasons)]
    if made.unmet:
        texts.append("**Different from what you asked**\n" + limits.cut("\n".join(made.unmet), limits.PAGE // 4))
    if made.open:
        left = ", ".join(limits.code(each) for each in made.open)
        texts.append(f"**Left for you to fill in** {left}")
    items: list[ui.Item[Any]] = [ui.TextDisplay(text) for text in texts if text.strip()]
    items += [ui.File(file) for file in files]
    colour = Colour.WARNING if made.unmet else Colour.CLEAN
    return layout(container(colour, *items), *_rows(wanted, key)), files


def _told(changed: str, *, met: bool) -> str:
    """What is other than before; a wish that is not met was asked for, but is not there now."""
    return f" · {changed if met else changed.replace('now ', 'you asked for ', 1)}" if changed else ""


def _why(reasons: tuple[Reason, ...]) -> str:
    """The choices that people ask about, a line each."""
    named = {reason.field: reason.why for reason in reasons}
    chosen = [name for name in _TOLD if name in named][:_SHOWN]
    return "\n".join(f"{limits.code(name)} {limits.one_line(named[name], 260)}" for name in chosen)


def _rows(wanted: Wanted, key: str) -> list[ui.ActionRow[Any]]:
    owner = wanted.owner
    methods = [NewWish.button(label, owner, f"{key}:method:{method}") for method, label in _METHODS.items()]
    longer = NewWish.button("Longer rows", owner, f"{key}:longer")
    rows: list[ui.ActionRow[Any]] = [
        ui.ActionRow(*methods, longer, NewWish.button("More steps", owner, f"{key}:steps")),
        ui.ActionRow(NewGpu.button("Other GPU", owner, key), NewNext.button("Next step", owner, key)),
    ]
    if wanted.gpu is None:
        cards = [discord.SelectOption(label=name, value=name) for name in suggest("")]
        rows.append(ui.ActionRow(NewWish.select("Which GPU do you have?", owner, cards, f"{key}:gpu")))
    if wanted.aim is None:
        choices = [
            discord.SelectOption(label=aim.name, description=aim.summary, value=aim.name) for aim in aims().values()
        ]
        rows.append(ui.ActionRow(NewWish.select("What should the model learn?", owner, choices, f"{key}:aim")))
    return rows


_METHODS = {"full": "Full", "lora": "LoRA", "qlora": "QLoRA"}


class NewWish(Press, name="new-wish"):
    """Changes one wish; its state is the key of what was wanted, the wish, and its value unless a select gives it."""

    async def pressed(self, interaction: discord.Interaction[ServiceBot]) -> None:
        """Finds what was wanted, and writes a new config."""
        key, _, rest = self.state.partition(":")
        wish, _, value = rest.partition(":")
        wanted = interaction.client.services.pending.find(key, Wanted)
        if wanted is None:
            raise UserError(notice.EXPIRED)
        await begin(interaction)
        other, changed = _changed(wanted, wish, value or (self.values[0] if self.values else ""))
        await show_new(interaction, other, changed)


def _changed(wanted: Wanted, wish: str, value: str) -> tuple[Wanted, str]:
    """The changed wishes, and the change in words; what follows from the changed one is free again."""
    if wish == "longer":
        length = (wanted.length or _USUAL_LENGTH) * _DOUBLE
        return replace(wanted, length=length, epochs=None), f"now rows of {length:,} tokens"
    if wish == "steps":
        epochs = (wanted.epochs or 1) * _DOUBLE
        return replace(wanted, epochs=epochs, length=None), f"now {epochs:g} epochs"
    free = replace(wanted, length=None, epochs=None)
    if wish == "method":
        return replace(free, method=value), f"now {_METHODS.get(value, value)}"
    if wish == "gpu":
        return replace(free, gpu=value), f"now {value}"
    return replace(free, aim=value), f"now {value}"


class FittingOne(Press, name="new-fits"):
    """Writes a config for the model, data and card of one that does not fit; its state is the key of the check."""

    LABEL = "Write one that fits"

    async def pressed(self, interaction: discord.Interaction[ServiceBot]) -> None:
        """Finds the config that was checked, and writes another."""
        checked = interaction.client.services.answers.find(self.state)
        if checked is None:
            raise UserError(notice.EXPIRED)
        await begin(interaction)
        request, text = checked.request, checked.submission.text
        model = await interaction.client.services.workers.run(model_of, text=text)
        if not model:
            raise UserError("The config names no `base_model`. Write one, or use `/newconfig model:`.")
        wanted = Wanted(
            guild_id=server_of(interaction) or 0,
            owner=interaction.user.id,
            model=model,
            gpu=request.gpu.name if request.gpu is not None else None,
            gpus=checked.gpus,
            dataset=(request.dataset.name, request.dataset.data) if request.dataset is not None else None,
            like=text,
        )
        await show_new(interaction, wanted, "with the model, data, and card of the config that did not fit")


class NewGpu(Press, name="new-gpu"):
    """Asks for another card."""

    async def pressed(self, interaction: discord.Interaction[ServiceBot]) -> None:
        """Opens a form."""
        wanted = interaction.client.services.pending.find(self.state, Wanted)
        if wanted is None:
            raise UserError(notice.EXPIRED)
        await open_form(interaction, NewGpuForm(wanted))


class NewNext(Press, name="new-next"):
    """Shows the commands that come next for the config that was written; its state is the key of what was wanted."""

    async def pressed(self, interaction: discord.Interaction[ServiceBot]) -> None:
        """Answers with the commands and a Modelfile."""
        wanted = interaction.client.services.pending.find(self.state, Wanted)
        if wanted is None:
            raise UserError(notice.EXPIRED)
        await begin(interaction)
        await show_next(interaction, wanted.config, NAME, wanted.gpus)


class NewGpuForm(Form):
    """The name of a card, and how many."""

    def __init__(self, wanted: Wanted) -> None:
        super().__init__("Other GPU", name="new-gpu")
        self.wanted = wanted
        self.gpu = field("GPU", example="RTX 4090, 2x A100 80GB", longest=80)
        self.add_item(self.gpu)

    async def submitted(self, interaction: discord.Interaction[ServiceBot]) -> None:
        """Writes a config for it."""
        gpu = gpu_of(typed(self.gpu), exact=True)
        await begin(interaction)
        count = gpu.count or 1
        wanted = replace(self.wanted, gpu=gpu.name, gpus=count, length=None, epochs=None)
        await show_new(interaction, wanted, f"now {plural(count, 'GPU')}: {gpu.name}")


PRESSES = (NewWish, NewGpu, NewNext, FittingOne)
