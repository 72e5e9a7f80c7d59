"""Importing entries: what would be done is shown first, then done in one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import discord
from discord import ui

from bot.errors import UserError
from bot.pending import PendingImport
from bot.permissions import require_moderator
from bot.responses import acknowledge, answer
from bot.store import PlanOutdated
from bot.views.faq import admin_words as words
from bot.views.faq.diff import changed_parts
from bot.views.faq.edit import CancelDraft
from bot.views.faq.log import tell
from bot.views.kit import limits, notice
from bot.views.kit.components import Press
from bot.views.kit.escape import inert
from bot.views.kit.layout import Colour, container, layout, small

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.services import ServiceBot
    from bot.store.faq_transfer import ImportPlan

_LISTED = 650


class Import(Press, name="faq-import"):
    """Does an import. The state is its key, and `all` where entries that are not in the file go."""

    async def pressed(self, interaction: discord.Interaction[ServiceBot]) -> None:
        """Says "Imported" after the commit."""
        guild_id = await require_moderator(interaction)
        key, _, extent = self.state.partition(":")
        pending = interaction.client.services.pending.find(key, PendingImport)
        if pending is None:
            raise UserError(words.IMPORT_NOTHING_LEFT)
        if pending.guild_id != guild_id or pending.owner != interaction.user.id:
            raise UserError(words.NOT_YOUR_DRAFT)
        interaction.client.services.pending.drop(key)
        await acknowledge(interaction)
        plan, remove_missing = pending.plan, extent == "all"
        try:
            await interaction.client.services.store.transfer.carry_out(
                guild_id, plan, author_id=interaction.user.id, remove_missing=remove_missing
            )
        except PlanOutdated:
            raise
        except Exception:
            interaction.client.services.pending.keep(pending, key)
            raise
        gone = len(plan.removed) + (len(plan.missing) if remove_missing else 0)
        text = words.imported(len(plan.added), len(plan.changed) + len(plan.returned), gone)
        # The question loses its buttons here, so that nobody presses twice; what follows is the reply to the press.
        await interaction.edit_original_response(view=notice.notice(text, colour=Colour.CLEAN))
        await answer(interaction, notice.notice(text, colour=Colour.CLEAN))
        await tell(
            interaction, "imported", "the starter pack" if plan.origin else "a file", text.partition(":")[2].strip()
        )


async def ask_import(interaction: discord.Interaction[ServiceBot], guild_id: int, plan: ImportPlan) -> None:
    """Shows what an import would do, with buttons that do it."""
    pending = PendingImport(guild_id=guild_id, owner=interaction.user.id, plan=plan)
    key = interaction.client.services.pending.keep(pending)
    await answer(interaction, plan_layout(plan, key, interaction.user.id))


def plan_layout(plan: ImportPlan, key: str, owner: int) -> ui.LayoutView:
    """The titles that would be added, changed and removed, and those that stay as they are."""
    source = "The starter pack" if plan.origin else "The file"
    groups = [
        ("Added", [entry.title + (" (removed)" if entry.removed else "") for entry in plan.added]),
        ("Changed", [_changed(change.entry.content, change.content) for change in plan.changed]),
        ("Removed here, restored by this", [change.content.title for change in plan.returned]),
        ("Removed", [entry.content.title for entry in plan.removed]),
        ("Not in the file; kept unless you remove them", [entry.content.title for entry in plan.missing]),
        ("Kept as moderators wrote them", list(plan.kept)),
    ]
    items: list[ui.Item[Any]] = [
        ui.TextDisplay(f"### {source}: preview, nothing is imported yet\n{small(_same(plan))}")
    ]
    for name, titles in groups:
        if titles:
            items += [ui.Separator(), ui.TextDisplay(f"**{name}: {len(titles)}**\n{_list(titles)}")]
    buttons: list[Press] = []
    if not plan.does_nothing:
        buttons.append(Import.button("Import", owner, f"{key}:", style=discord.ButtonStyle.success))
    if plan.missing:
        label = (
            f"Import and remove the other {len(plan.missing)}" if buttons else f"Remove the other {len(plan.missing)}"
        )
        buttons.append(Import.button(label, owner, f"{key}:all", style=discord.ButtonStyle.danger))
    if not buttons:
        return layout(container(Colour.CLEAN, *items, ui.TextDisplay(words.IMPORT_SAME)))
    buttons.append(CancelDraft.button("Cancel", owner, key))
    return layout(container(Colour.NEUTRAL, *items), ui.ActionRow(*buttons))


def file_layout(text: str, file: discord.File) -> ui.LayoutView:
    """A file with a sentence above it."""
    return layout(container(Colour.NEUTRAL, ui.TextDisplay(text), ui.File(file)))


def _changed(before: Any, after: Any) -> str:
    return f"{before.title} ({changed_parts(before, after)})"


def _same(plan: ImportPlan) -> str:
    return f"{plan.same} of its entries are already the same here."


def _list(titles: Sequence[str]) -> str:
    lines = [f"- {inert(limits.one_line(title, 130))}" for title in titles]
    taken, _ = limits.pack(lines, _LISTED - 30, gap=1)
    more = len(lines) - taken
    return "\n".join([*lines[:taken], *([f"- and {more} more"] if more else [])])


PRESSES: tuple[type[Press], ...] = (Import,)
