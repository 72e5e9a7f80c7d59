"""Buttons, selects and modals that survive a restart: their state is in their custom id.

A press has three parts in its custom id: its name, the member who may use it (0: everybody), and a state. Whoever else
presses gets a private word; whatever breaks becomes a private reply.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, ClassVar, Self

import discord
from discord import ui

from bot.errors import UserError
from bot.forms import OPEN
from bot.permissions import is_moderator
from bot.replies import answered, guarded, handle, reply
from bot.responses import acknowledge
from bot.views.kit import limits, notice
from bot.views.kit.layout import Colour

if TYPE_CHECKING:
    import re

    from bot.services import ServiceBot

_DIGITS = 19
"""Of the largest number that a database holds; ids of Discord have as many."""
_TEMPLATE = r":(?P<owner>\d{1,20}):(?P<state>[^\s]{0,70})"


def number_in(state: str) -> int:
    """An id or a page in the state of a press; 0, which neither is, where there is none."""
    number = int(state) if state.isdecimal() and len(state) <= _DIGITS else 0
    return number if number < 2**63 else 0


class Press(ui.DynamicItem[ui.Item[Any]], template=r"(?!)"):
    """One button or select; subclasses give their name and say what they do.

    Attributes:
        NAME: First part of the custom id, unique in the bot.
        owner: Id of the member who may use it, or 0.
        state: Whatever the button needs to know.
    """

    NAME: ClassVar[str] = ""

    def __init_subclass__(cls, *, name: str) -> None:
        super().__init_subclass__(template=name + _TEMPLATE)
        cls.NAME = name

    def __init__(self, item: ui.Item[Any], owner: int, state: str) -> None:
        super().__init__(item)
        self.owner = owner
        self.state = state

    @classmethod
    def identify(cls, owner: int, state: str = "") -> str:
        """The custom id of a press."""
        return f"{cls.NAME}:{owner}:{state}"

    @classmethod
    def button(
        cls,
        label: str,
        owner: int,
        state: str = "",
        *,
        style: discord.ButtonStyle = discord.ButtonStyle.secondary,
        disabled: bool = False,
    ) -> Self:
        """A button of this kind."""
        item: ui.Button[Any] = ui.Button(
            label=limits.one_line(label, limits.LABEL),
            style=style,
            custom_id=cls.identify(owner, state),
            disabled=disabled,
        )
        return cls(item, owner, state)

    @classmethod
    def select(cls, placeholder: str, owner: int, options: list[discord.SelectOption], state: str = "") -> Self:
        """A select of this kind; at most 25 options."""
        item: ui.Select[Any] = ui.Select(
            placeholder=placeholder, options=options[: limits.OPTIONS], custom_id=cls.identify(owner, state)
        )
        return cls(item, owner, state)

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """The press that was used, from what its message holds."""
        return cls(item, int(match["owner"]), match["state"])

    async def interaction_check(self, interaction: discord.Interaction[Any], /) -> bool:
        """Lets the owner through; tells everybody else why not."""
        if self.owner in (0, interaction.user.id):
            return True
        await reply(interaction, notice.NOT_YOURS, colour=Colour.WARNING)
        return False

    async def callback(self, interaction: discord.Interaction[Any], /) -> None:
        """Does what the subclass says; exceptions become replies."""
        await guarded(interaction, self._pressed(interaction))

    @answered
    async def _pressed(self, interaction: discord.Interaction[ServiceBot]) -> None:
        interaction.client.services.spend(interaction)
        await self.pressed(interaction)

    async def pressed(self, interaction: discord.Interaction[ServiceBot]) -> None:
        """What the button does."""
        raise NotImplementedError

    @property
    def values(self) -> list[str]:
        """What was chosen in a select."""
        return self.item.values if isinstance(self.item, ui.Select) else []


class Form(ui.Modal):
    """A modal; subclasses say what happens with what was filled in.

    Args:
        title: At most 45 characters are shown.
        name: Says in logs and metrics which one it is.
    """

    def __init__(self, title: str, *, name: str) -> None:
        super().__init__(
            title=limits.one_line(title, limits.MODAL_TITLE),
            timeout=None,
            custom_id=f"{name}:modal:{secrets.token_hex(8)}",
        )
        OPEN[self.custom_id] = self.stop

    @answered
    async def on_submit(self, interaction: discord.Interaction[ServiceBot]) -> None:  # type: ignore[override]
        """Hands over to the subclass; errors for people become replies."""
        interaction.client.services.spend(interaction)
        await self.submitted(interaction)

    async def on_error(  # type: ignore[override]
        self, interaction: discord.Interaction[Any], error: Exception, /
    ) -> None:
        """What nobody foresaw."""
        await handle(interaction, error)

    async def submitted(self, interaction: discord.Interaction[ServiceBot]) -> None:
        """What happens with what was filled in."""
        raise NotImplementedError


async def take_back(interaction: discord.Interaction[ServiceBot], sharer: str) -> None:
    """Removes the shared message below which a button was pressed, for who shared it and for moderators.

    Args:
        interaction: The press.
        sharer: The id of the member who shared it.

    Raises:
        UserError: it is somebody else.
    """
    mine = sharer == str(interaction.user.id)
    if not mine and not interaction.permissions.manage_messages and not await is_moderator(interaction):
        raise UserError(notice.NOT_YOUR_SUMMARY)
    await acknowledge(interaction)
    await interaction.delete_original_response()


def field(
    label: str,
    *,
    default: str | None = None,
    hint: str | None = None,
    required: bool = True,
    paragraph: bool = False,
    longest: int | None = None,
    example: str | None = None,
) -> ui.Label[Any]:
    """A text field of a modal, in its label."""
    return ui.Label(
        text=limits.one_line(label, limits.MODAL_LABEL),
        description=limits.one_line(hint, limits.MODAL_HINT) if hint else None,
        component=ui.TextInput(
            style=discord.TextStyle.paragraph if paragraph else discord.TextStyle.short,
            default=default,
            required=required,
            max_length=longest or (limits.PARAGRAPH if paragraph else 200),
            placeholder=limits.one_line(example, limits.MODAL_HINT) if example else None,
        ),
    )


def typed(label: ui.Label[Any]) -> str:
    """What was typed into a text field of a modal."""
    component = label.component
    return (component.value or "").strip("\n") if isinstance(component, ui.TextInput) else ""


def whole_number(text: str, what: str, lowest: int, highest: int) -> int:
    """A whole number that was typed.

    Raises:
        UserError: it is none, or out of range.
    """
    cleaned = text.strip().replace("_", "")
    if not cleaned.isascii() or not cleaned.isdigit() or not lowest <= int(cleaned[:9]) <= highest:
        raise UserError(f"{what} must be a whole number from {lowest} to {highest}, such as {max(lowest, 8)}.")
    return int(cleaned)
