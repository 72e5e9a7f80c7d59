"""An entry's past: what differs from version to version, removing, bringing back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import discord
from discord import ui

from bot.errors import UserError
from bot.pending import Removal, Restoration
from bot.permissions import require_moderator
from bot.responses import acknowledge, answer, update
from bot.views.faq import admin_words as words
from bot.views.faq.diff import difference
from bot.views.faq.edit import CancelDraft, begun_of
from bot.views.faq.log import tell
from bot.views.faq.words import ago
from bot.views.kit import limits, notice
from bot.views.kit.components import Press, number_in
from bot.views.kit.escape import inert
from bot.views.kit.layout import Colour, container, layout, small
from bot.views.kit.paging import pages_of
from bot.views.kit.wording import plural

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.services import ServiceBot
    from bot.store import Entry, EntryContent, Version

_ON_PAGE = 4
_DIFF = 500
_NOTE = 100
_ROOM = 2800


class RemoveEntry(Press, name="faq-remove"):
    """Removes an entry. The state is the key of what was begun."""

    async def pressed(self, interaction: discord.Interaction[ServiceBot]) -> None:
        """Says "Removed" after the commit."""
        removal = await begun_of(interaction, self.state, Removal)
        await acknowledge(interaction)
        entry = await interaction.client.services.store.faq.remove(
            removal.guild_id, removal.entry_id, author_id=removal.owner, expected=removal.expected, note=removal.note
        )
        interaction.client.services.pending.drop(self.state)
        done = notice.notice(words.removed(entry), colour=Colour.CLEAN)
        # The question loses its buttons here, so that nobody presses twice; what follows is the reply to the press.
        await interaction.edit_original_response(view=done)
        await answer(interaction, notice.notice(words.removed(entry), colour=Colour.CLEAN))
        await tell(interaction, "removed", entry.content.title, removal.note)


class RestoreEntry(Press, name="faq-restore"):
    """Brings back a version. The state is the key of what was begun."""

    async def pressed(self, interaction: discord.Interaction[ServiceBot]) -> None:
        """Says "Restored" after the commit."""
        restoration = await begun_of(interaction, self.state, Restoration)
        await acknowledge(interaction)
        entry = await restore(interaction, restoration)
        interaction.client.services.pending.drop(self.state)
        done = notice.notice(words.restored(entry), colour=Colour.CLEAN)
        # The question loses its buttons here, so that nobody presses twice; what follows is the reply to the press.
        await interaction.edit_original_response(view=done)
        await answer(interaction, notice.notice(words.restored(entry), colour=Colour.CLEAN))


class ChooseVersion(Press, name="faq-version"):
    """Asks whether a version shall come back. The state is the entry's id."""

    async def pressed(self, interaction: discord.Interaction[ServiceBot]) -> None:
        """Shows it with a button."""
        guild_id = await require_moderator(interaction)
        entry, versions = await entry_and_versions(interaction, guild_id, number_in(self.state))
        await ask_restore(interaction, entry, versions, int(self.values[0]), "")


class TurnHistory(Press, name="faq-history"):
    """Turns the page of a history. The state is the entry's id and the page."""

    async def pressed(self, interaction: discord.Interaction[ServiceBot]) -> None:
        """Shows another page in the same message."""
        guild_id = await require_moderator(interaction)
        number, _, page = self.state.partition(":")
        entry, versions = await entry_and_versions(interaction, guild_id, number_in(number))
        now = interaction.client.services.store.clock()
        view = history_layout(entry, versions, now, interaction.user.id, number_in(page))
        await update(interaction, view)


async def entry_and_versions(
    interaction: discord.Interaction[ServiceBot], guild_id: int, entry_id: int
) -> tuple[Entry, tuple[Version, ...]]:
    """An entry of a server, removed or not, and its versions.

    Raises:
        UserError: the server has no such entry.
    """
    faq = interaction.client.services.store.faq
    entry = await faq.get(guild_id, entry_id)
    if entry is None:
        raise UserError(words.unknown_entry(f"#{entry_id}"))
    return entry, await faq.history(guild_id, entry_id)


async def restore(interaction: discord.Interaction[ServiceBot], restoration: Restoration) -> Entry:
    """Brings an entry back, and tells the log channel."""
    entry = await interaction.client.services.store.faq.restore(
        restoration.guild_id,
        restoration.entry_id,
        restoration.number,
        author_id=restoration.owner,
        expected=restoration.expected,
        note=restoration.note,
    )
    await tell(interaction, "restored", entry.content.title, restoration.note)
    return entry


async def ask_restore(
    interaction: discord.Interaction[ServiceBot], entry: Entry, versions: Sequence[Version], number: int, note: str
) -> None:
    """Shows a version against what is stored, with a button that brings it back."""
    wanted = next((version for version in versions if version.number == number), None)
    if wanted is None:
        raise UserError(words.NO_VERSIONS)
    owner = interaction.user.id
    key = interaction.client.services.pending.keep(
        Restoration(entry.guild_id, owner, entry.id, number=number, expected=entry.version, note=note)
    )
    box = _question(wanted.content, f"version {number}: {words.RESTORE_QUESTION}", 1800)
    changes = difference(entry.content, wanted.content, 1200)
    items: list[ui.Item[Any]] = [box]
    if changes:
        items.append(ui.TextDisplay(changes))
    restore_button = RestoreEntry.button("Restore", owner, key, style=discord.ButtonStyle.success)
    row: ui.ActionRow[Any] = ui.ActionRow(restore_button, CancelDraft.button("Cancel", owner, key))
    await answer(interaction, layout(*items, row))


async def ask_remove(interaction: discord.Interaction[ServiceBot], entry: Entry, note: str) -> None:
    """Shows the entry with a button that removes it."""
    owner = interaction.user.id
    key = interaction.client.services.pending.keep(
        Removal(entry.guild_id, owner, entry.id, expected=entry.version, note=note)
    )
    row: ui.ActionRow[Any] = ui.ActionRow(
        RemoveEntry.button("Remove", owner, key, style=discord.ButtonStyle.danger),
        CancelDraft.button("Cancel", owner, key),
    )
    await answer(interaction, layout(_question(entry.content, words.REMOVE_QUESTION, _ROOM), row))


def history_layout(
    entry: Entry, versions: Sequence[Version], now: datetime, owner: int, page: int = 1, head: str = ""
) -> ui.LayoutView:
    """The versions of an entry, newest first, each with what it changed."""
    newest = list(reversed(versions))
    pages = max(1, -(-len(newest) // _ON_PAGE))
    page = min(max(page, 1), pages)
    shown = newest[(page - 1) * _ON_PAGE : page * _ON_PAGE]
    earlier = {version.number: version.content for version in versions}
    title = f"### {inert(entry.content.title)}\n{small(plural(len(versions), 'version'))}"
    items: list[ui.Item[Any]] = [ui.TextDisplay(f"{head}\n{title}".strip())]
    for version in shown:
        items += [ui.Separator(), ui.TextDisplay(_version(version, earlier.get(version.number - 1), now))]
    view: list[ui.Item[Any]] = [container(Colour.NEUTRAL, *items)]
    options = [
        discord.SelectOption(label=f"Version {version.number}", value=str(version.number), description=version.kind)
        for version in newest[(page - 1) * _ON_PAGE : (page - 1) * _ON_PAGE + limits.OPTIONS]
    ]
    view.append(ui.ActionRow(ChooseVersion.select("Bring back a version", owner, options, str(entry.id))))
    if pages > 1:
        view.append(
            ui.ActionRow(
                TurnHistory.button("Back", owner, f"{entry.id}:{page - 1}", disabled=page == 1),
                TurnHistory.button("Next", owner, f"{entry.id}:{page + 1}", disabled=page == pages),
            )
        )
    return layout(*view)


def _version(version: Version, before: EntryContent | None, now: datetime) -> str:
    note = f" · {inert(limits.one_line(version.note, _NOTE))}" if version.note else ""
    head = (
        f"**Version {version.number}** · {version.kind} by {words.who(version.author_id)} · {ago(version.made_at, now)}"
    )
    changes = difference(before, version.content, _DIFF) if before is not None else ""
    return f"{head}{note}\n{changes}".rstrip()


def _question(content: EntryContent, below: str, room: int) -> ui.Container[Any]:
    head = f"### {inert(content.title)}\n{small(below)}"
    return container(Colour.WARNING, ui.TextDisplay(head), ui.TextDisplay(pages_of(content.text, room)[0]))


PRESSES: tuple[type[Press], ...] = (RemoveEntry, RestoreEntry, ChooseVersion, TurnHistory)
